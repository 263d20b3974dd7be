// Protected and virtual-8086 mode: 16- and 32-bit interrupt and trap gates (SDM vol 3 ch. 7.12.1, 22.3.1; vol 2 "INT n", operation).
import type { Cpu } from '../cpu';
import { faults } from '../fault';
import { Gpr, Seg } from '../layout';
import { Rflags } from './bits';
import { type Delivery, extOf, pushedFlags } from './delivery';
import { cacheOf, type Descriptor, type Gate, isConforming, isNull, markAccessed, selectorError, unusable } from './descriptors';
import { gateSize, isInterruptGate, isTaskGate, readGate, readHandlerSegment } from './gate';
import { ioplOf, isVirtual8086 } from './mode';
import { readStackSegment } from './segments';
import { StackFrame, stackWidth, withinLimit, withStackPointer } from './stack-frame';
import { deliverTask } from './task-gate';
import { innerStack } from './tss';

const DATA_SEGMENTS = [Seg.gs, Seg.fs, Seg.ds, Seg.es] as const;

/** Flags, CS, EIP and the error code: the part of the frame that every delivery has. */
function pushReturn(cpu: Cpu, frame: StackFrame, d: Delivery, size: 2 | 4): void {
  const { state } = cpu;
  const rflags = pushedFlags(state.u64('rflags'), d);
  frame
    .push(size, rflags)
    .push(size, BigInt(state.segment(Seg.cs).selector))
    .push(size, state.u64('rip'));
  if (d.errorCode !== undefined) frame.push(size, BigInt(d.errorCode));
}

function enter(cpu: Cpu, gate: Gate, code: Descriptor, cpl: number): void {
  const { state } = cpu;
  const cleared = Rflags.TF | Rflags.NT | Rflags.RF | Rflags.VM | (isInterruptGate(gate) ? Rflags.IF : 0n);
  state.setU64('rflags', state.u64('rflags') & ~cleared);
  state.setSegment(Seg.cs, cacheOf(code, (gate.selector & 0xfffc) | cpl));
  state.setU32('cpl', cpl);
  state.setU64('rip', gate.offset);
}

/** To a more privileged level: the stack comes from the TSS; from virtual-8086 mode the data segments are saved too and become null. */
function deliverInner(cpu: Cpu, d: Delivery, gate: Gate, code: Descriptor, cpl: number): void {
  const { state } = cpu;
  const ext = extOf(d);
  const size = gateSize(gate);
  const fromVm86 = isVirtual8086(state);
  const { selector, pointer } = innerStack(cpu, cpl, ext);
  if (isNull(selector)) throw faults.ts(ext);
  const stack = readStackSegment(cpu, selector, cpl, faults.ts, ext);
  const ss = cacheOf(stack);
  const width = stackWidth(ss, false);
  const frame = new StackFrame(cpu, { ss, pointer, width, privilege: 'system', errorCode: selectorError(selector, ext) });
  if (fromVm86) for (const segment of DATA_SEGMENTS) frame.push(size, BigInt(state.segment(segment).selector));
  frame.push(size, BigInt(state.segment(Seg.ss).selector)).push(size, state.gpr(Gpr.rsp));
  pushReturn(cpu, frame, d, size);
  if (!withinLimit(cacheOf(code), gate.offset, 1)) throw faults.gp(ext);
  frame.probe();
  markAccessed(cpu, code);
  markAccessed(cpu, stack);
  frame.write();
  state.setSegment(Seg.ss, ss);
  state.setGpr(Gpr.rsp, withStackPointer(pointer, frame.pointer, width));
  if (fromVm86) for (const segment of DATA_SEGMENTS) state.setSegment(segment, unusable(0));
  enter(cpu, gate, code, cpl);
}

function deliverSame(cpu: Cpu, d: Delivery, gate: Gate, code: Descriptor, cpl: number): void {
  const { state } = cpu;
  const ext = extOf(d);
  const rsp = state.gpr(Gpr.rsp);
  const frame = StackFrame.current(cpu, rsp, ext);
  pushReturn(cpu, frame, d, gateSize(gate));
  if (!withinLimit(cacheOf(code), gate.offset, 1)) throw faults.gp(ext);
  frame.probe();
  markAccessed(cpu, code);
  frame.write();
  state.setGpr(Gpr.rsp, withStackPointer(rsp, frame.pointer, frame.width));
  enter(cpu, gate, code, cpl);
}

export function deliverLegacy(cpu: Cpu, d: Delivery): void {
  const { state } = cpu;
  const fromVm86 = isVirtual8086(state);
  if (fromVm86 && d.kind === 'int-n' && ioplOf(state) < 3) throw faults.gp(0);
  const gate = readGate(cpu, d);
  if (isTaskGate(gate)) {
    deliverTask(cpu, d, gate);
    return;
  }
  const { descriptor, cpl } = readHandlerSegment(cpu, d, gate);
  if (fromVm86 && (cpl !== 0 || isConforming(descriptor))) throw faults.gp(selectorError(gate.selector, extOf(d)));
  if (cpl < state.u32('cpl')) deliverInner(cpu, d, gate, descriptor, cpl);
  else deliverSame(cpu, d, gate, descriptor, cpl);
}
