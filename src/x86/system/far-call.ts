// CALL far: direct, through memory, through call gates to the same or an inner level (SDM vol 2 "CALL", far calls; vol 3 ch. 5.8.3 to 5.8.5).
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { faults } from '../fault';
import { Gpr, Seg } from '../layout';
import { dplOf } from './bits';
import {
  type CallGateTarget,
  checkDirect,
  checkOffset,
  checkRealOffset,
  enterCode,
  enterReal,
  readCallGate,
  readFarTarget,
} from './code-target';
import { cacheOf, type Descriptor, isCode, isConforming, isNull, markAccessed, selectorError, unusable } from './descriptors';
import { type FarPointer, immediatePointer, memoryPointer } from './far-jump';
import { isProtected, isVirtual8086 } from './mode';
import { readStackSegment } from './segments';
import { type PieceSize, StackFrame, StackReader, stackWidth, withStackPointer } from './stack-frame';
import { transferTask } from './task-gate';
import { TaskCause } from './task-switch';
import { innerStack, innerStack64 } from './tss';

const pushReturn = (cpu: Cpu, frame: StackFrame, size: PieceSize): StackFrame =>
  frame.push(size, BigInt(cpu.state.segment(Seg.cs).selector)).push(size, cpu.state.u64('rip'));

/** Pushes the return address on the current stack, then `enter`. */
function callSame(cpu: Cpu, size: PieceSize, enter: () => void): void {
  const rsp = cpu.state.gpr(Gpr.rsp);
  const frame = pushReturn(cpu, StackFrame.current(cpu, rsp), size);
  frame.probe();
  frame.write();
  cpu.state.setGpr(Gpr.rsp, withStackPointer(rsp, frame.pointer, frame.width));
  enter();
}

/** 64-bit call gate to an inner level: RSP from the TSS, SS becomes null. */
function callInnerLong(cpu: Cpu, target: CallGateTarget, cpl: number): void {
  const { state } = cpu;
  const ss = unusable(cpl, cpl);
  const pointer = innerStack64(cpu, cpl, 0, 0);
  const frame = new StackFrame(cpu, { ss, pointer, width: 8, privilege: 'system', errorCode: 0 });
  frame.push(8, BigInt(state.segment(Seg.ss).selector)).push(8, state.gpr(Gpr.rsp));
  pushReturn(cpu, frame, 8).probe();
  markAccessed(cpu, target.descriptor);
  frame.write();
  state.setSegment(Seg.ss, ss);
  state.setGpr(Gpr.rsp, frame.pointer);
}

/** 16- or 32-bit call gate to an inner level: SS:ESP from the TSS, parameters copied. */
function callInnerLegacy(cpu: Cpu, { gate, descriptor, size }: CallGateTarget, cpl: number): void {
  const { state } = cpu;
  const { selector, pointer } = innerStack(cpu, cpl, 0);
  if (isNull(selector)) throw faults.ts(0);
  const stack = readStackSegment(cpu, selector, cpl, faults.ts);
  const ss = cacheOf(stack);
  const width = stackWidth(ss, false);
  const rsp = state.gpr(Gpr.rsp);
  const reader = new StackReader(cpu, rsp);
  const parameters = Array.from({ length: gate.parameters }, () => reader.pop(size));
  const frame = new StackFrame(cpu, { ss, pointer, width, privilege: 'system', errorCode: selectorError(selector) });
  frame.push(size, BigInt(state.segment(Seg.ss).selector)).push(size, rsp);
  for (const parameter of parameters.reverse()) frame.push(size, parameter);
  pushReturn(cpu, frame, size).probe();
  markAccessed(cpu, descriptor);
  markAccessed(cpu, stack);
  frame.write();
  state.setSegment(Seg.ss, ss);
  state.setGpr(Gpr.rsp, withStackPointer(pointer, frame.pointer, width));
}

function callGate(cpu: Cpu, system: Descriptor): void {
  const cpl = cpu.state.u32('cpl');
  const target = readCallGate(cpu, system);
  const { gate, descriptor, size } = target;
  const dpl = dplOf(descriptor.access);
  checkOffset(cpu, descriptor, gate.offset);
  if (isConforming(descriptor) || dpl === cpl) {
    callSame(cpu, size, () => enterCode(cpu, descriptor, cpl, gate.offset));
    return;
  }
  if (size === 8) callInnerLong(cpu, target, dpl);
  else callInnerLegacy(cpu, target, dpl);
  enterCode(cpu, descriptor, dpl, gate.offset);
}

function call(cpu: Cpu, insn: HelperInsn, { selector, offset }: FarPointer): void {
  const { state } = cpu;
  const size = insn.operandSize === 1 ? 2 : insn.operandSize;
  if (!isProtected(state)) {
    const vm86 = isVirtual8086(state);
    checkRealOffset(cpu, offset, vm86);
    callSame(cpu, size, () => enterReal(cpu, selector, offset, vm86));
  } else {
    const target = readFarTarget(cpu, selector);
    if (isCode(target)) {
      checkDirect(cpu, target, offset);
      callSame(cpu, size, () => enterCode(cpu, target, state.u32('cpl'), offset));
    } else if (!transferTask(cpu, target, TaskCause.call)) callGate(cpu, target);
  }
  cpu.modeChanged();
}

export const callFarDirect: Helper = (cpu, insn) => call(cpu, insn, immediatePointer(insn));
export const callFarIndirect: Helper = (cpu, insn) => call(cpu, insn, memoryPointer(cpu, insn));
