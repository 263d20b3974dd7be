// DAA DAS AAA AAS AAM AAD SALC XLAT (SDM vol 2). Undefined flags as processors leave them.
import type { Cpu, Helper } from '../cpu';
import { Flag } from '../emit/flags';
import { faults } from '../fault';
import { Gpr } from '../layout';
import { setRegister } from '../system/operands';
import { effectiveAddress } from './effective-address';
import { resultFlags, setFlags } from './flags';

const al = (cpu: Cpu): number => cpu.state.gpr32(Gpr.rax) & 0xff;
const ax = (cpu: Cpu): number => cpu.state.gpr32(Gpr.rax) & 0xffff;
const setAl = (cpu: Cpu, value: number): void => setRegister(cpu.state, Gpr.rax, 1, BigInt(value & 0xff));
const setAx = (cpu: Cpu, value: number): void => setRegister(cpu.state, Gpr.rax, 2, BigInt(value & 0xffff));
const flag = (cpu: Cpu, mask: number): boolean => (cpu.state.u64('rflags') & BigInt(mask)) !== 0n;

const decimalAdjust =
  (sign: 1 | -1): Helper =>
  (cpu) => {
    const old = al(cpu);
    const carry = flag(cpu, Flag.CF);
    let value = old;
    let flags = 0;
    if ((old & 15) > 9 || flag(cpu, Flag.AF)) {
      value += 6 * sign;
      flags |= Flag.AF;
      if (sign < 0 && (carry || old < 6)) flags |= Flag.CF;
      if (sign > 0 && carry) flags |= Flag.CF;
    }
    if (old > 0x99 || carry) {
      value += 0x60 * sign;
      flags |= Flag.CF;
    } else if (sign > 0) flags &= ~Flag.CF;
    setAl(cpu, value);
    setFlags(cpu.state, 0x8d5, flags | resultFlags(value & 0xff));
  };
export const daa = decimalAdjust(1);
export const das = decimalAdjust(-1);

const asciiAdjust =
  (sign: 1 | -1): Helper =>
  (cpu) => {
    let flags = 0;
    if ((al(cpu) & 15) > 9 || flag(cpu, Flag.AF)) {
      setAx(cpu, ax(cpu) + 0x106 * sign);
      flags = Flag.AF | Flag.CF;
    }
    setAl(cpu, al(cpu) & 15);
    setFlags(cpu.state, 0x8d5, flags | resultFlags(al(cpu)));
  };
export const aaa = asciiAdjust(1);
export const aas = asciiAdjust(-1);

export const aam: Helper = (cpu, insn) => {
  const base = Number(insn.imm & 0xffn);
  if (base === 0) throw faults.de();
  const value = al(cpu);
  setAx(cpu, (Math.floor(value / base) << 8) | (value % base));
  setFlags(cpu.state, 0x8d5, resultFlags(al(cpu)));
};
export const aad: Helper = (cpu, insn) => {
  const value = ax(cpu);
  setAx(cpu, ((value & 0xff) + (value >> 8) * Number(insn.imm & 0xffn)) & 0xff);
  setFlags(cpu.state, 0x8d5, resultFlags(al(cpu)));
};
export const salc: Helper = (cpu) => setAl(cpu, flag(cpu, Flag.CF) ? 0xff : 0);

/** AL = byte at DS:[rBX + AL]. */
export const xlat: Helper = (cpu, insn) => {
  const spec = { base: Gpr.rbx, index: -1, scale: 0, displacement: BigInt(al(cpu)), ripRelative: false, addressSize: insn.addressSize };
  const linear = effectiveAddress(cpu.state, { ...spec, segment: insn.segment, bytes: 1, write: false, noSegment: false }, 0n);
  setAl(cpu, Number(cpu.memory.read(linear, 1, 'current')));
};
