// ENTER PUSHA POPA BOUND (SDM vol 2).
import type { Helper } from '../cpu';
import { CpuFault, Vector } from '../fault';
import { Gpr } from '../layout';
import { register, setRegister } from '../system/operands';
import { StackFrame, StackReader, withStackPointer } from '../system/stack-frame';

export const enter: Helper = (cpu, insn) => {
  const { state } = cpu;
  const size = insn.operandSize as 2 | 4 | 8;
  const allocated = insn.imm & 0xffffn;
  const level = insn.imm2 & 31;
  const rsp = state.gpr(Gpr.rsp);
  const frame = StackFrame.current(cpu, rsp);
  frame.push(size, register(state, Gpr.rbp, size));
  const framePointer = frame.pointer;
  const outer = (i: number): bigint => {
    const rbp = state.gpr(Gpr.rbp);
    return new StackReader(cpu, withStackPointer(rbp, rbp - BigInt(size * i), frame.width)).pop(size);
  };
  for (let i = 1; i < level; i++) frame.push(size, outer(i));
  if (level > 0) frame.push(size, framePointer);
  frame.probe();
  const top = withStackPointer(rsp, frame.pointer - allocated, frame.width);
  // The new top of the stack is touched as a write would touch it.
  cpu.memory.probeWrite(new StackFrameTop(cpu, top).linear, 1, 'current');
  // The outer frame pointers may lie where this frame is being written: each is read again when its turn comes.
  StackFrame.current(cpu, rsp)
    .push(size, register(state, Gpr.rbp, size))
    .write();
  let pointer = framePointer;
  for (let i = 1; i <= level; i++) {
    const piece = StackFrame.current(cpu, withStackPointer(rsp, pointer, frame.width));
    piece.push(size, i < level ? outer(i) : framePointer).write();
    pointer = piece.pointer;
  }
  setRegister(state, Gpr.rbp, size, framePointer);
  state.setGpr(Gpr.rsp, top);
};

/** Linear address of the byte at a stack pointer. */
class StackFrameTop {
  readonly linear: bigint;
  constructor(cpu: Parameters<Helper>[0], pointer: bigint) {
    const frame = StackFrame.current(cpu, pointer);
    const ss = cpu.state.segment(2);
    this.linear = frame.width === 8 ? pointer : BigInt.asUintN(32, ss.base + frame.pointer);
  }
}

export const pusha: Helper = (cpu, insn) => {
  const { state } = cpu;
  const size = insn.operandSize as 2 | 4;
  const rsp = state.gpr(Gpr.rsp);
  const frame = StackFrame.current(cpu, rsp);
  for (let index = 0; index < 8; index++) frame.push(size, register(state, index, size));
  frame.probe();
  frame.write();
  state.setGpr(Gpr.rsp, withStackPointer(rsp, frame.pointer, frame.width));
};

export const popa: Helper = (cpu, insn) => {
  const { state } = cpu;
  const size = insn.operandSize as 2 | 4;
  const rsp = state.gpr(Gpr.rsp);
  const reader = new StackReader(cpu, rsp);
  const values = Array.from({ length: 8 }, () => reader.pop(size));
  const pointer = reader.pointer;
  values.forEach((value, i) => {
    const index = 7 - i;
    if (index !== Gpr.rsp) setRegister(state, index, size, value);
  });
  state.setGpr(Gpr.rsp, withStackPointer(rsp, pointer, reader.width));
};

export const bound: Helper = (cpu, insn) => {
  const size = insn.operandSize as 2 | 4;
  const signed = (value: bigint): bigint => BigInt.asIntN(size * 8, value);
  const low = signed(cpu.memory.read(insn.linear, size, 'current'));
  const high = signed(cpu.memory.read(BigInt.asUintN(32, insn.linear + BigInt(size)), size, 'current'));
  const index = signed(register(cpu.state, insn.reg, size));
  if (index < low || index > high) throw new CpuFault(Vector.BR);
};
