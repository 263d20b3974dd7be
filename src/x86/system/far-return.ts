// RET far, and the outer stack that RET and IRET return to (SDM vol 2 "RET", far returns; vol 3 ch. 5.8.6).
import type { Cpu, Helper } from '../cpu';
import { faults } from '../fault';
import { Gpr, Seg } from '../layout';
import type { SegmentRegister } from '../vcpu-state';
import { checkRealOffset, enterCode, enterReal, isLongCode, readReturnTarget } from './code-target';
import { cacheOf, type Descriptor, isNull, markAccessed, rplOf, unusable } from './descriptors';
import { isProtected, isVirtual8086 } from './mode';
import { dropInnerSegments, readStackSegment } from './segments';
import { StackReader, stackWidth, withStackPointer } from './stack-frame';

export interface ReturnStack {
  descriptor: Descriptor | undefined;
  register: SegmentRegister;
}

/** SS of a return to `cpl`. Null is allowed for 64-bit code below CPL 3. */
export function readReturnStack(cpu: Cpu, selector: number, cpl: number, toLong: boolean): ReturnStack {
  if (isNull(selector)) {
    if (!toLong || cpl === 3 || rplOf(selector) !== cpl) throw faults.gp(0);
    return { descriptor: undefined, register: unusable(selector, cpl) };
  }
  const descriptor = readStackSegment(cpu, selector, cpl, faults.gp);
  return { descriptor, register: cacheOf(descriptor) };
}

/** Loads SS and the stack pointer by the width of the stack returned to. */
export function enterStack(cpu: Cpu, stack: ReturnStack, pointer: bigint, toLong: boolean): void {
  if (stack.descriptor) markAccessed(cpu, stack.descriptor);
  cpu.state.setSegment(Seg.ss, stack.register);
  const width = stackWidth(stack.register, toLong);
  cpu.state.setGpr(Gpr.rsp, withStackPointer(cpu.state.gpr(Gpr.rsp), pointer, width));
}

export const retFar: Helper = (cpu, insn) => {
  const { state } = cpu;
  const size = insn.operandSize === 1 ? 2 : insn.operandSize;
  const release = Number(BigInt.asUintN(16, insn.imm));
  const rsp = state.gpr(Gpr.rsp);
  const reader = new StackReader(cpu, rsp);
  const rip = reader.pop(size);
  const selector = Number(reader.pop(size) & 0xffffn);
  if (!isProtected(state)) {
    const vm86 = isVirtual8086(state);
    checkRealOffset(cpu, rip, vm86);
    reader.skip(release);
    state.setGpr(Gpr.rsp, withStackPointer(rsp, reader.pointer, reader.width));
    enterReal(cpu, selector, rip, vm86);
    cpu.modeChanged();
    return;
  }
  const target = readReturnTarget(cpu, selector, rip);
  const cpl = rplOf(selector);
  reader.skip(release);
  if (cpl === state.u32('cpl')) {
    state.setGpr(Gpr.rsp, withStackPointer(rsp, reader.pointer, reader.width));
    enterCode(cpu, target, cpl, rip);
  } else {
    const pointer = reader.pop(size);
    const toLong = isLongCode(cpu, target);
    const stack = readReturnStack(cpu, Number(reader.pop(size) & 0xffffn), cpl, toLong);
    enterCode(cpu, target, cpl, rip);
    enterStack(cpu, stack, pointer + BigInt(release), toLong);
    dropInnerSegments(cpu, cpl);
  }
  cpu.modeChanged();
};
