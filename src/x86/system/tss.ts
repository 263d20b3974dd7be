// Stacks of inner privilege levels and the I/O map base, from the task-state segment in TR (SDM vol 3 ch. 8.2.1, 8.7; vol 1 ch. 20.5.2).
import type { Cpu } from '../cpu';
import { faults } from '../fault';
import { Seg } from '../layout';
import { Access, SystemType } from './bits';
import { selectorError } from './descriptors';
import { isCanonical } from './mode';

const is32 = (access: number): boolean =>
  (access & Access.type) === SystemType.tss32Busy || (access & Access.type) === SystemType.tss32Available;

/** SSn:ESPn of a 16- or 32-bit TSS; #TS(TR) where the limit does not cover them. */
export function innerStack(cpu: Cpu, cpl: number, ext: number): { selector: number; pointer: bigint } {
  const tr = cpu.state.segment(Seg.tr);
  const wide = is32(tr.access);
  const offset = wide ? 4 + cpl * 8 : 2 + cpl * 4;
  const pointerSize = wide ? 4 : 2;
  if (tr.access & Access.unusable || offset + pointerSize + 1 > tr.limit) throw faults.ts(selectorError(tr.selector, ext));
  const at = tr.base + BigInt(offset);
  const pointer = cpu.memory.read(at, pointerSize, 'system');
  const selector = Number(cpu.memory.read(at + BigInt(pointerSize), 2, 'system'));
  return { selector, pointer };
}

/** RSPn (ist 0) or ISTn of a 64-bit TSS. #TS(TR) outside the limit, #SS where not canonical. */
export function innerStack64(cpu: Cpu, cpl: number, ist: number, ext: number): bigint {
  const tr = cpu.state.segment(Seg.tr);
  const offset = ist === 0 ? 4 + cpl * 8 : 28 + ist * 8;
  if (tr.access & Access.unusable || offset + 7 > tr.limit) throw faults.ts(selectorError(tr.selector, ext));
  const pointer = cpu.memory.read(tr.base + BigInt(offset), 8, 'system');
  if (!isCanonical(pointer, cpu.state)) throw faults.ss(ext);
  return pointer;
}

const IO_MAP_BASE = 102;
const MINIMUM_LIMIT = 103;

/** True if the I/O permission bitmap allows all `size` ports. Two bytes are always read (vol 1 ch. 20.5.2). */
export function ioBitmapAllows(cpu: Cpu, port: number, size: 1 | 2 | 4): boolean {
  const tr = cpu.state.segment(Seg.tr);
  if (tr.access & Access.unusable || !is32(tr.access) || tr.limit < MINIMUM_LIMIT) return false;
  const map = Number(cpu.memory.read(tr.base + BigInt(IO_MAP_BASE), 2, 'system'));
  const offset = map + (port >>> 3);
  if (offset + 1 > tr.limit) return false;
  const bits = Number(cpu.memory.read(tr.base + BigInt(offset), 2, 'system'));
  return (bits & (((1 << size) - 1) << (port & 7))) === 0;
}
