// The dynamic part of 16- and 32-bit task-state segments: what a task switch saves and loads (SDM vol 3 ch. 8.2.1, figures 8-2 and 8-10).
import type { Cpu } from '../cpu';
import { Seg } from '../layout';
import { Cr0, SystemType } from './bits';

/** Offsets; registers in encoding order follow `gpr`, and ES CS SS DS (FS GS) follow `segments`. */
interface TssLayout {
  bytes: 2 | 4;
  ip: number;
  flags: number;
  gpr: number;
  segments: number;
  segmentCount: number;
  ldt: number;
  /** Least limit of the segment. */
  limit: number;
}

const TSS16: TssLayout = { bytes: 2, ip: 14, flags: 16, gpr: 18, segments: 34, segmentCount: 4, ldt: 42, limit: 0x2b };
const TSS32: TssLayout = { bytes: 4, ip: 32, flags: 36, gpr: 40, segments: 72, segmentCount: 6, ldt: 96, limit: 0x67 };
const CR3 = 28;
const TRAP = 100;
/** The 16-bit form says nothing of the upper halves of general registers. */
const UPPER_16 = 0xffff_0000n;

export interface TaskState {
  ip: bigint;
  flags: bigint;
  gpr: readonly bigint[];
  /** ES CS SS DS FS GS. */
  selectors: readonly number[];
  ldt: number;
  /** Undefined: stays as it is. */
  cr3: bigint | undefined;
  /** T: a debug exception before the first instruction. */
  trap: boolean;
}

const is16 = (type: number): boolean => type === SystemType.tss16Available || type === SystemType.tss16Busy;
const layoutOf = (type: number): TssLayout => (is16(type) ? TSS16 : TSS32);
export const minimumLimit = (type: number): number => layoutOf(type).limit;
export const taskBytes = (type: number): 2 | 4 => layoutOf(type).bytes;

export function readTask(cpu: Cpu, base: bigint, type: number): TaskState {
  const layout = layoutOf(type);
  const { bytes } = layout;
  const field = (offset: number): bigint => cpu.memory.read(base + BigInt(offset), bytes, 'system');
  const selector = (index: number): number => Number(field(layout.segments + index * bytes) & 0xffffn);
  return {
    ip: field(layout.ip),
    flags: field(layout.flags),
    gpr: Array.from({ length: 8 }, (_, i) => field(layout.gpr + i * bytes) | (bytes === 2 ? UPPER_16 : 0n)),
    selectors: Array.from({ length: 6 }, (_, i) => (i < layout.segmentCount ? selector(i) : 0)),
    ldt: Number(field(layout.ldt) & 0xffffn),
    cr3: bytes === 4 && cpu.state.u64('cr0') & Cr0.PG ? field(CR3) : undefined,
    trap: bytes === 4 && (cpu.memory.read(base + BigInt(TRAP), 2, 'system') & 1n) !== 0n,
  };
}

/** Raises what `saveTask` would raise. */
export function probeTask(cpu: Cpu, base: bigint, type: number): void {
  const layout = layoutOf(type);
  const end = layout.segments + layout.segmentCount * layout.bytes;
  cpu.memory.probeWrite(base + BigInt(layout.ip), end - layout.ip, 'system');
}

/** The running task's registers, with these flags; the static fields (LDT, CR3, stacks) are not written. */
export function saveTask(cpu: Cpu, base: bigint, type: number, flags: bigint): void {
  const { state, memory } = cpu;
  const layout = layoutOf(type);
  const { bytes } = layout;
  const put = (offset: number, value: bigint): void =>
    memory.write(base + BigInt(offset), bytes, BigInt.asUintN(bytes * 8, value), 'system');
  put(layout.ip, state.u64('rip'));
  put(layout.flags, flags);
  for (let i = 0; i < 8; i++) put(layout.gpr + i * bytes, state.gpr(i));
  for (let i = Seg.es; i < layout.segmentCount; i++) put(layout.segments + i * bytes, BigInt(state.segment(i).selector & 0xffff));
}
