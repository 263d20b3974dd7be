// Loading segment registers: MOV, POP, Lxs, and the data segments of far returns (SDM vol 2 "MOV", vol 3 ch. 3.4.3, 5.6, 5.7, 22.2.2 for virtual-8086).
import type { Cpu } from '../cpu';
import { type CpuFault, faults } from '../fault';
import { Seg } from '../layout';
import { Access, dplOf } from './bits';
import {
  cacheOf,
  type Descriptor,
  isCode,
  isConforming,
  isNull,
  isPresent,
  isSystem,
  isWritableData,
  markAccessed,
  readDescriptor,
  rplOf,
  selectorError,
  unusable,
} from './descriptors';
import { isCode64, isReal, isVirtual8086 } from './mode';

const REAL_MODE_ACCESS = 0x93;
const VM86_ACCESS = 0xf3;

/** Real mode: base and selector change, limit and rights stay ("unreal mode" relies on it). */
export function loadRealSegment(cpu: Cpu, segment: number, selector: number): void {
  const old = cpu.state.segment(segment);
  const base = BigInt(selector) << 4n;
  const fresh = old.access & Access.unusable ? { access: REAL_MODE_ACCESS, limit: 0xffff } : {};
  cpu.state.setSegment(segment, { ...old, ...fresh, selector, base });
}

/** Virtual-8086 mode: the whole register is made from the selector. */
export function loadVm86Segment(cpu: Cpu, segment: number, selector: number): void {
  cpu.state.setSegment(segment, { selector, access: VM86_ACCESS, limit: 0xffff, base: BigInt(selector) << 4n });
}

/** Checks a stack segment for use at `cpl`; `bad` is #GP for loads and returns, #TS for stack switches. */
export function readStackSegment(cpu: Cpu, selector: number, cpl: number, bad: (code: number) => CpuFault, ext = 0): Descriptor {
  const code = selectorError(selector, ext);
  const descriptor = readDescriptor(cpu, selector, bad, ext);
  if (rplOf(selector) !== cpl || !isWritableData(descriptor) || dplOf(descriptor.access) !== cpl) throw bad(code);
  if (!isPresent(descriptor)) throw faults.ss(code);
  return descriptor;
}

function loadStackSegment(cpu: Cpu, selector: number): void {
  const cpl = cpu.state.u32('cpl');
  if (isNull(selector)) {
    if (!isCode64(cpu.state) || cpl === 3 || rplOf(selector) !== cpl) throw faults.gp(0);
    cpu.state.setSegment(Seg.ss, unusable(selector, cpl));
    return;
  }
  const descriptor = readStackSegment(cpu, selector, cpl, faults.gp);
  markAccessed(cpu, descriptor);
  cpu.state.setSegment(Seg.ss, cacheOf(descriptor));
}

function loadDataSegment(cpu: Cpu, segment: number, selector: number): void {
  if (isNull(selector)) {
    cpu.state.setSegment(segment, unusable(selector));
    return;
  }
  const code = selectorError(selector);
  const descriptor = readDescriptor(cpu, selector, faults.gp);
  if (isSystem(descriptor) || (isCode(descriptor) && !(descriptor.access & Access.readable))) throw faults.gp(code);
  const dpl = dplOf(descriptor.access);
  if (!isConforming(descriptor) && (rplOf(selector) > dpl || cpu.state.u32('cpl') > dpl)) throw faults.gp(code);
  if (!isPresent(descriptor)) throw faults.np(code);
  markAccessed(cpu, descriptor);
  cpu.state.setSegment(segment, cacheOf(descriptor));
}

/** ES, SS, DS, FS or GS; CS is #UD. */
export function loadSegment(cpu: Cpu, segment: number, selector: number): void {
  if (segment === Seg.cs || segment > Seg.gs) throw faults.ud();
  if (isReal(cpu.state)) loadRealSegment(cpu, segment, selector);
  else if (isVirtual8086(cpu.state)) loadVm86Segment(cpu, segment, selector);
  else if (segment === Seg.ss) loadStackSegment(cpu, selector);
  else loadDataSegment(cpu, segment, selector);
  cpu.modeChanged();
}

/** After a return to an outer level: data segments of the inner level become null (SDM vol 3 ch. 5.8.6 step 6). Their bases stay: 64-bit mode still uses those of FS and GS. */
export function dropInnerSegments(cpu: Cpu, cpl: number): void {
  for (const segment of [Seg.es, Seg.fs, Seg.gs, Seg.ds]) {
    const { access, base } = cpu.state.segment(segment);
    if (access & Access.unusable) continue;
    const conforming = (access & (Access.code | Access.conforming)) === (Access.code | Access.conforming);
    if (!conforming && dplOf(access) < cpl) cpu.state.setSegment(segment, { ...unusable(0), base });
  }
}
