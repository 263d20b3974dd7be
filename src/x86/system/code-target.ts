// Code segments as targets of far jumps, calls and returns: the checks, and loading CS (SDM vol 3 ch. 5.8; vol 2 "JMP", "CALL", "RET").
import type { Cpu } from '../cpu';
import { faults } from '../fault';
import { Seg } from '../layout';
import { Access, dplOf, SystemType } from './bits';
import {
  cacheOf,
  type Descriptor,
  decodeGate,
  type Gate,
  isCode,
  isConforming,
  isNull,
  isPresent,
  isSystem,
  markAccessed,
  readDescriptor,
  rplOf,
  selectorError,
  typeOf,
  upperHalf,
} from './descriptors';
import { isCanonical, isLongMode } from './mode';
import { loadRealSegment, loadVm86Segment } from './segments';
import { withinLimit } from './stack-frame';

export const isLongCode = (cpu: Cpu, descriptor: Descriptor): boolean => isLongMode(cpu.state) && (descriptor.access & Access.L) !== 0;

/** The new RIP in the new segment: canonical in 64-bit code, within the limit elsewhere. */
export function checkOffset(cpu: Cpu, descriptor: Descriptor, offset: bigint): void {
  const good = isLongCode(cpu, descriptor) ? isCanonical(offset, cpu.state) : withinLimit(cacheOf(descriptor), offset, 1);
  if (!good) throw faults.gp(0);
}

/** L and D both set are reserved in IA-32e mode. */
function checkLongBits(cpu: Cpu, descriptor: Descriptor): void {
  const both = Access.L | Access.DB;
  if (isLongMode(cpu.state) && (descriptor.access & both) === both) throw faults.gp(selectorError(descriptor.selector));
}

/** A code segment named directly by JMP or CALL: the privilege level stays. */
export function checkDirect(cpu: Cpu, descriptor: Descriptor, offset: bigint): void {
  const code = selectorError(descriptor.selector);
  const cpl = cpu.state.u32('cpl');
  const dpl = dplOf(descriptor.access);
  checkLongBits(cpu, descriptor);
  if (isConforming(descriptor) ? dpl > cpl : rplOf(descriptor.selector) > cpl || dpl !== cpl) throw faults.gp(code);
  if (!isPresent(descriptor)) throw faults.np(code);
  checkOffset(cpu, descriptor, offset);
}

export interface CallGateTarget {
  gate: Gate;
  descriptor: Descriptor;
  /** Bytes of each stack slot. */
  size: 2 | 4 | 8;
}

/** A system descriptor named by JMP or CALL, no task: a call gate and its code segment. */
export function readCallGate(cpu: Cpu, system: Descriptor): CallGateTarget {
  const code = selectorError(system.selector);
  const long = isLongMode(cpu.state);
  const cpl = cpu.state.u32('cpl');
  const type = typeOf(system);
  const known: readonly number[] = long ? [SystemType.callGate32] : [SystemType.callGate16, SystemType.callGate32];
  if (!known.includes(type)) throw faults.gp(code);
  if (dplOf(system.access) < Math.max(cpl, rplOf(system.selector))) throw faults.gp(code);
  if (!isPresent(system)) throw faults.np(code);
  const upper = long ? upperHalf(cpu, system) : undefined;
  if (long && (upper === undefined || (upper >> 40n) & 0x1fn)) throw faults.gp(code);
  const gate = decodeGate(system.raw, upper);
  if (isNull(gate.selector)) throw faults.gp(0);
  const targetCode = selectorError(gate.selector);
  const descriptor = readDescriptor(cpu, gate.selector, faults.gp);
  if (!isCode(descriptor) || dplOf(descriptor.access) > cpl) throw faults.gp(targetCode);
  if (long && (descriptor.access & (Access.L | Access.DB)) !== Access.L) throw faults.gp(targetCode);
  if (!isPresent(descriptor)) throw faults.np(targetCode);
  return { gate, descriptor, size: long ? 8 : type === SystemType.callGate16 ? 2 : 4 };
}

/** The descriptor that a far JMP or CALL names. */
export function readFarTarget(cpu: Cpu, selector: number): Descriptor {
  if (isNull(selector)) throw faults.gp(0);
  const descriptor = readDescriptor(cpu, selector, faults.gp);
  if (!isSystem(descriptor) && !isCode(descriptor)) throw faults.gp(selectorError(selector));
  return descriptor;
}

/** The code segment that a far RET or IRET goes back to. */
export function readReturnTarget(cpu: Cpu, selector: number, offset: bigint): Descriptor {
  if (isNull(selector)) throw faults.gp(0);
  const code = selectorError(selector);
  const descriptor = readDescriptor(cpu, selector, faults.gp);
  const rpl = rplOf(selector);
  const dpl = dplOf(descriptor.access);
  if (!isCode(descriptor) || rpl < cpu.state.u32('cpl')) throw faults.gp(code);
  checkLongBits(cpu, descriptor);
  if (isConforming(descriptor) ? dpl > rpl : dpl !== rpl) throw faults.gp(code);
  if (!isPresent(descriptor)) throw faults.np(code);
  checkOffset(cpu, descriptor, offset);
  return descriptor;
}

/** CS and RIP of a protected-mode transfer, all checks done. */
export function enterCode(cpu: Cpu, descriptor: Descriptor, cpl: number, rip: bigint): void {
  markAccessed(cpu, descriptor);
  cpu.state.setSegment(Seg.cs, cacheOf(descriptor, (descriptor.selector & 0xfffc) | cpl));
  cpu.state.setU32('cpl', cpl);
  cpu.state.setU64('rip', rip);
}

/** CS:IP in real and virtual-8086 mode; the offset must lie within the limit. */
export function checkRealOffset(cpu: Cpu, offset: bigint, virtual8086: boolean): void {
  const limit = virtual8086 ? 0xffff : cpu.state.segment(Seg.cs).limit;
  if (offset > BigInt(limit >>> 0)) throw faults.gp(0);
}
export function enterReal(cpu: Cpu, selector: number, offset: bigint, virtual8086: boolean): void {
  if (virtual8086) loadVm86Segment(cpu, Seg.cs, selector);
  else loadRealSegment(cpu, Seg.cs, selector);
  cpu.state.setU64('rip', offset);
}
