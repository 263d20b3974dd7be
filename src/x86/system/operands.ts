// Operands of system instructions: general registers by size, and the r/m16 and r16/r32/r64-or-m16 forms.
import type { Cpu, HelperInsn } from '../cpu';
import { faults } from '../fault';
import { effectiveAddress } from '../general/effective-address';
import type { VcpuState } from '../vcpu-state';
import { Cr4 } from './bits';
import { isProtected } from './mode';

/** 32-bit writes clear the upper half; 8- and 16-bit writes keep the rest. */
export function setRegister(state: VcpuState, register: number, size: 1 | 2 | 4 | 8, value: bigint): void {
  if (size >= 4) state.setGpr(register, BigInt.asUintN(size * 8, value));
  else {
    const mask = size === 1 ? 0xffn : 0xffffn;
    state.setGpr(register, (state.gpr(register) & ~mask) | (value & mask));
  }
}

export const register = (state: VcpuState, index: number, size: 1 | 2 | 4 | 8): bigint => BigInt.asUintN(size * 8, state.gpr(index));

/** Linear address of `bytes` bytes at or `offset` bytes behind the memory operand, for operands whose size the row does not say (far pointers, table images). */
export function operandAddress(cpu: Cpu, insn: HelperInsn, bytes: number, write: boolean, offset = 0): bigint {
  const { address } = insn;
  if (!address) return insn.linear + BigInt(offset);
  return effectiveAddress(cpu.state, { ...address, part: offset, bytes, write }, insn.rip + BigInt(insn.length));
}

/** Selector operand: the low word of a register, or a word in memory. */
export function readSelector(cpu: Cpu, insn: HelperInsn): number {
  if (insn.rm >= 0) return cpu.state.gpr32(insn.rm) & 0xffff;
  return Number(cpu.memory.read(insn.linear, 2, 'current'));
}

/** SLDT, STR, SMSW: a register takes the operand size, memory always a word. */
export function writeWordOrRegister(cpu: Cpu, insn: HelperInsn, value: bigint): void {
  if (insn.rm >= 0) setRegister(cpu.state, insn.rm, insn.operandSize, value);
  else cpu.memory.write(operandAddress(cpu, insn, 2, true), 2, value & 0xffffn, 'current');
}

export function requireCpl0(cpu: Cpu): void {
  if (cpu.state.u32('cpl') !== 0) throw faults.gp(0);
}

/** Not recognised in real and virtual-8086 mode. */
export function requireProtected(cpu: Cpu): void {
  if (!isProtected(cpu.state)) throw faults.ud();
}

/** SGDT, SIDT, SLDT, SMSW, STR above CPL 0 with CR4.UMIP. */
export function requireNoUmip(cpu: Cpu): void {
  if (cpu.state.u64('cr4') & Cr4.UMIP && cpu.state.u32('cpl') > 0) throw faults.gp(0);
}
