// IN OUT INS OUTS: permission by IOPL and the TSS bitmap, then the host's ports (SDM vol 1 ch. 20.5; vol 2). One call is one iteration of a REP.
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { faults } from '../fault';
import { goAgain } from '../general/strings';
import { Gpr, S, Seg } from '../layout';
import { Access, Rflags } from './bits';
import { portAccessed } from './breakpoints';
import { ioplOf, isCanonical, isCode64, isReal, isVirtual8086 } from './mode';
import { register, setRegister } from './operands';
import { withinLimit } from './stack-frame';
import { ioBitmapAllows } from './tss';

type IoSize = 1 | 2 | 4;
const RAX = S.gpr + Gpr.rax * 8;
const sizeOf = (insn: HelperInsn): IoSize => (insn.operandSize === 8 ? 4 : insn.operandSize);

function requirePort(cpu: Cpu, port: number, size: IoSize): void {
  const { state } = cpu;
  if (isReal(state)) return;
  const privileged = !isVirtual8086(state) && state.u32('cpl') <= ioplOf(state);
  if (!privileged && !ioBitmapAllows(cpu, port, size)) throw faults.gp(0);
}

function input(cpu: Cpu, insn: HelperInsn, port: number): void {
  cpu.host.accesses?.('port', port);
  const size = sizeOf(insn);
  requirePort(cpu, port, size);
  const value = cpu.host.portIn(port, size);
  const mask = size === 1 ? 0xff : 0xffff;
  if (size === 4) cpu.state.setGpr32(Gpr.rax, value);
  else cpu.state.setU32At(RAX, (cpu.state.gpr32(Gpr.rax) & ~mask) | (value & mask));
  portAccessed(cpu.state, port, size);
}
function output(cpu: Cpu, insn: HelperInsn, port: number): void {
  cpu.host.accesses?.('port', port);
  const size = sizeOf(insn);
  requirePort(cpu, port, size);
  const value = cpu.state.gpr32(Gpr.rax);
  cpu.host.portOut(port, size, size === 1 ? value & 0xff : size === 2 ? value & 0xffff : value);
  portAccessed(cpu.state, port, size);
}
const dx = (cpu: Cpu): number => cpu.state.gpr32(Gpr.rdx) & 0xffff;

export const inImmediate: Helper = (cpu, insn) => input(cpu, insn, Number(insn.imm & 0xffn));
export const inDx: Helper = (cpu, insn) => input(cpu, insn, dx(cpu));
export const outImmediate: Helper = (cpu, insn) => output(cpu, insn, Number(insn.imm & 0xffn));
export const outDx: Helper = (cpu, insn) => output(cpu, insn, dx(cpu));

/** Linear address of a string element at segment:index. */
function stringAddress(cpu: Cpu, segment: number, offset: bigint, size: IoSize, write: boolean): bigint {
  const { state } = cpu;
  if (isCode64(state)) {
    const base = segment === Seg.fs || segment === Seg.gs ? state.segmentBase(segment) : 0n;
    const linear = BigInt.asUintN(64, base + offset);
    if (!isCanonical(linear, state)) throw faults.gp(0);
    return linear;
  }
  const descriptor = state.segment(segment);
  const { access } = descriptor;
  const allowed = write
    ? (access & (Access.code | Access.writable)) === Access.writable
    : !(access & Access.code) || (access & Access.readable) !== 0;
  if (!withinLimit(descriptor, offset, size) || (!isReal(state) && !allowed)) throw segment === Seg.ss ? faults.ss(0) : faults.gp(0);
  return (descriptor.base + offset) & 0xffff_ffffn;
}

/** Moves the index register and counts RCX down; RIP goes back to the instruction while iterations are left. */
function advance(cpu: Cpu, insn: HelperInsn, index: number, size: IoSize): void {
  const { state } = cpu;
  const step = state.u64('rflags') & Rflags.DF ? -BigInt(size) : BigInt(size);
  setRegister(state, index, insn.addressSize, register(state, index, insn.addressSize) + step);
  if (insn.rep === 'none') return;
  const count = BigInt.asUintN(insn.addressSize * 8, register(state, Gpr.rcx, insn.addressSize) - 1n);
  setRegister(state, Gpr.rcx, insn.addressSize, count);
  if (count !== 0n) goAgain(cpu, insn);
}
const exhausted = (cpu: Cpu, insn: HelperInsn): boolean => insn.rep !== 'none' && register(cpu.state, Gpr.rcx, insn.addressSize) === 0n;

export const ins: Helper = (cpu, insn) => {
  cpu.host.accesses?.('port', dx(cpu));
  if (exhausted(cpu, insn)) return;
  const size = sizeOf(insn);
  requirePort(cpu, dx(cpu), size);
  const linear = stringAddress(cpu, Seg.es, register(cpu.state, Gpr.rdi, insn.addressSize), size, true);
  cpu.memory.probeWrite(linear, size, 'current');
  cpu.memory.write(linear, size, BigInt(cpu.host.portIn(dx(cpu), size) >>> 0), 'current');
  portAccessed(cpu.state, dx(cpu), size);
  advance(cpu, insn, Gpr.rdi, size);
};

export const outs: Helper = (cpu, insn) => {
  cpu.host.accesses?.('port', dx(cpu));
  if (exhausted(cpu, insn)) return;
  const size = sizeOf(insn);
  requirePort(cpu, dx(cpu), size);
  const linear = stringAddress(cpu, insn.segment, register(cpu.state, Gpr.rsi, insn.addressSize), size, false);
  cpu.host.portOut(dx(cpu), size, Number(cpu.memory.read(linear, size, 'current')));
  portAccessed(cpu.state, dx(cpu), size);
  advance(cpu, insn, Gpr.rsi, size);
};
