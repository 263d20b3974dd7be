// MOV and POP to segment registers, and LDS LES LFS LGS LSS (SDM vol 2).
import type { Helper } from '../cpu';
import { faults } from '../fault';
import { Gpr, Seg } from '../layout';
import { readSelector, setRegister } from './operands';
import { loadSegment } from './segments';
import { StackFrame, StackReader, withStackPointer } from './stack-frame';

const MOV_SS_SHADOW = 2;

export const movToSegment: Helper = (cpu, insn) => {
  if (insn.reg === Seg.cs || insn.reg > Seg.gs) throw faults.ud();
  loadSegment(cpu, insn.reg, readSelector(cpu, insn));
  if (insn.reg === Seg.ss) cpu.state.setU32('shadow', MOV_SS_SHADOW);
};

/** A register takes the operand size, zero-extended; memory always a word. */
export const movFromSegment: Helper = (cpu, insn) => {
  if (insn.reg > Seg.gs) throw faults.ud();
  const selector = BigInt(cpu.state.segment(insn.reg).selector & 0xffff);
  if (insn.rm >= 0) setRegister(cpu.state, insn.rm, insn.operandSize, selector);
  else cpu.memory.write(insn.linear, 2, selector, 'current');
};

const pop =
  (segment: number): Helper =>
  (cpu, insn) => {
    const rsp = cpu.state.gpr(Gpr.rsp);
    const reader = new StackReader(cpu, rsp);
    const selector = Number(reader.pop(insn.operandSize === 1 ? 2 : insn.operandSize) & 0xffffn);
    loadSegment(cpu, segment, selector);
    cpu.state.setGpr(Gpr.rsp, withStackPointer(rsp, reader.pointer, reader.width));
    if (segment === Seg.ss) cpu.state.setU32('shadow', MOV_SS_SHADOW);
  };
export const popEs = pop(Seg.es);
export const popSs = pop(Seg.ss);
export const popDs = pop(Seg.ds);
export const popFs = pop(Seg.fs);
export const popGs = pop(Seg.gs);

/** The selector is zero-extended to the operand size (some CPUs write only its word: SDM vol 2 "PUSH"). */
const push =
  (segment: number): Helper =>
  (cpu, insn) => {
    const { state } = cpu;
    const rsp = state.gpr(Gpr.rsp);
    const size = insn.operandSize === 1 ? 2 : insn.operandSize;
    const selector = BigInt(state.segment(segment).selector & 0xffff);
    const frame = StackFrame.current(cpu, rsp).push(size, selector);
    frame.write();
    state.setGpr(Gpr.rsp, withStackPointer(rsp, frame.pointer, frame.width));
  };
export const pushEs = push(Seg.es);
export const pushCs = push(Seg.cs);
export const pushSs = push(Seg.ss);
export const pushDs = push(Seg.ds);
export const pushFs = push(Seg.fs);
export const pushGs = push(Seg.gs);

const loadFar =
  (segment: number): Helper =>
  (cpu, insn) => {
    const size = insn.operandSize === 1 ? 2 : insn.operandSize;
    const offset = cpu.memory.read(insn.linear, size, 'current');
    const selector = Number(cpu.memory.read(insn.linear + BigInt(size), 2, 'current'));
    loadSegment(cpu, segment, selector);
    setRegister(cpu.state, insn.reg, insn.operandSize, offset);
  };
export const les = loadFar(Seg.es);
export const lds = loadFar(Seg.ds);
export const lfs = loadFar(Seg.fs);
export const lgs = loadFar(Seg.gs);
export const lss = loadFar(Seg.ss);
