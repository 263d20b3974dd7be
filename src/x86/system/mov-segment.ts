// MOV and POP to segment registers, and LDS LES LFS LGS LSS (SDM vol 2).
import type { Helper } from '../cpu';
import { faults } from '../fault';
import { Gpr, Seg } from '../layout';
import { operandAddress, readSelector, setRegister } from './operands';
import { loadSegment } from './segments';
import { StackReader, withStackPointer } from './stack-frame';

const MOV_SS_SHADOW = 2;

export const movToSegment: Helper = (cpu, insn) => {
  if (insn.reg === Seg.cs || insn.reg > Seg.gs) throw faults.ud();
  loadSegment(cpu, insn.reg, readSelector(cpu, insn));
  if (insn.reg === Seg.ss) cpu.state.setU32('shadow', MOV_SS_SHADOW);
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

const loadFar =
  (segment: number): Helper =>
  (cpu, insn) => {
    const size = insn.operandSize === 1 ? 2 : insn.operandSize;
    const linear = operandAddress(cpu, insn, size + 2, false);
    const offset = cpu.memory.read(linear, size, 'current');
    const selector = Number(cpu.memory.read(linear + BigInt(size), 2, 'current'));
    loadSegment(cpu, segment, selector);
    setRegister(cpu.state, insn.reg, insn.operandSize, offset);
  };
export const les = loadFar(Seg.es);
export const lds = loadFar(Seg.ds);
export const lfs = loadFar(Seg.fs);
export const lgs = loadFar(Seg.gs);
export const lss = loadFar(Seg.ss);
