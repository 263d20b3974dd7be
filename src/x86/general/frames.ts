// ENTER PUSHA POPA BOUND (SDM vol 2).
import type { Cpu, Helper } from '../cpu';
import { CpuFault, faults, Vector } from '../fault';
import { Gpr, Seg } from '../layout';
import { isCanonical } from '../system/mode';
import { operandAddress, register, setRegister } from '../system/operands';
import { type PieceSize, StackFrame, StackReader, withinLimit, withStackPointer } from '../system/stack-frame';

const pushOne = (cpu: Cpu, pointer: bigint, size: PieceSize, value: bigint): bigint => {
  const frame = StackFrame.current(cpu, pointer).push(size, value);
  frame.probe();
  frame.write();
  return withStackPointer(pointer, frame.pointer, frame.width);
};

/** The stack pointer moves last, so that a fault restarts the instruction; what has been stored until then stays, as on processors. */
export const enter: Helper = (cpu, insn) => {
  const { state } = cpu;
  const size = insn.operandSize as PieceSize;
  const allocated = insn.imm & 0xffffn;
  const level = insn.imm2 & 31;
  const rbp = state.gpr(Gpr.rbp);
  let pointer = pushOne(cpu, state.gpr(Gpr.rsp), size, register(state, Gpr.rbp, size));
  const framePointer = pointer;
  for (let i = 1; i < level; i++) {
    const { width } = StackFrame.current(cpu, pointer);
    const outer = new StackReader(cpu, withStackPointer(rbp, rbp - BigInt(size * i), width)).pop(size);
    pointer = pushOne(cpu, pointer, size, outer);
  }
  if (level > 0) pointer = pushOne(cpu, pointer, size, framePointer);
  const { width } = StackFrame.current(cpu, pointer);
  const top = withStackPointer(pointer, pointer - allocated, width);
  probeTop(cpu, top, width, size);
  setRegister(state, Gpr.rbp, size, framePointer);
  state.setGpr(Gpr.rsp, top);
};

/** The new top of the stack is touched as a write would touch it. */
function probeTop(cpu: Cpu, top: bigint, width: 2 | 4 | 8, size: PieceSize): void {
  const ss = cpu.state.segment(Seg.ss);
  const offset = width === 8 ? top : BigInt.asUintN(width * 8, top);
  if (width === 8 ? !isCanonical(top, cpu.state) : !withinLimit(ss, offset, size)) throw faults.ss(0);
  cpu.memory.probeWrite(width === 8 ? top : BigInt.asUintN(32, ss.base + offset), size, 'current');
}

/** A fault on the way leaves what has been stored so far, and the stack pointer as it was. */
export const pusha: Helper = (cpu, insn) => {
  const { state } = cpu;
  const size = insn.operandSize as PieceSize;
  let pointer = state.gpr(Gpr.rsp);
  for (let index = 0; index < 8; index++) pointer = pushOne(cpu, pointer, size, register(state, index, size));
  state.setGpr(Gpr.rsp, pointer);
};

/** A fault on the way leaves the registers popped so far, and the stack pointer as it was. */
export const popa: Helper = (cpu, insn) => {
  const { state } = cpu;
  const size = insn.operandSize as PieceSize;
  const rsp = state.gpr(Gpr.rsp);
  const reader = new StackReader(cpu, rsp);
  for (let index = 7; index >= 0; index--) {
    const value = reader.pop(size);
    if (index !== Gpr.rsp) setRegister(state, index, size, value);
  }
  state.setGpr(Gpr.rsp, withStackPointer(rsp, reader.pointer, reader.width));
};

export const bound: Helper = (cpu, insn) => {
  const size = insn.operandSize as 2 | 4;
  const signed = (value: bigint): bigint => BigInt.asIntN(size * 8, value);
  const low = signed(cpu.memory.read(operandAddress(cpu, insn, size, false), size, 'current'));
  const high = signed(cpu.memory.read(operandAddress(cpu, insn, size, false, size), size, 'current'));
  const index = signed(register(cpu.state, insn.reg, size));
  if (index < low || index > high) throw new CpuFault(Vector.BR);
};
