// MOV to and from debug registers (SDM vol 3 ch. 19.2; vol 2 "MOV - debug registers"). What DR7 enables is in breakpoints.ts.
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { CpuFault, faults, Vector } from '../fault';
import { Cr4 } from './bits';
import { isCode64 } from './mode';
import { requireCpl0, setRegister } from './operands';

const DR6_WRITABLE = 0xe00fn;
const DR6_FIXED = 0xffff_0ff0n;
const DR6_BD = 1n << 13n;
const DR7_WRITABLE = 0xffff_23ffn;
const DR7_FIXED = 0x400n;
const DR7_GD = 1n << 13n;

/** DR4 and DR5 are DR6 and DR7 unless CR4.DE is set. */
function debugRegister(cpu: Cpu, insn: HelperInsn): number {
  const { state } = cpu;
  if (insn.reg > 7) throw faults.ud();
  const alias = insn.reg === 4 || insn.reg === 5;
  if (alias && state.u64('cr4') & Cr4.DE) throw faults.ud();
  requireCpl0(cpu);
  if (state.dr(7) & DR7_GD) {
    state.setDr(6, state.dr(6) | DR6_BD);
    throw new CpuFault(Vector.DB);
  }
  return alias ? insn.reg + 2 : insn.reg;
}

export const movToDr: Helper = (cpu, insn) => {
  const { state } = cpu;
  const number = debugRegister(cpu, insn);
  const long = isCode64(state);
  const value = BigInt.asUintN(long ? 64 : 32, state.gpr(insn.rm));
  if (number >= 6 && value >> 32n) throw faults.gp(0);
  cpu.host.event('dr-access', number, value);
  if (number === 6) state.setDr(6, (value & DR6_WRITABLE) | DR6_FIXED);
  else if (number === 7) state.setDr(7, (value & DR7_WRITABLE) | DR7_FIXED);
  else state.setDr(number, value);
  cpu.modeChanged();
};

export const movFromDr: Helper = (cpu, insn) => {
  const number = debugRegister(cpu, insn);
  cpu.host.event('dr-access', number, 0);
  setRegister(cpu.state, insn.rm, isCode64(cpu.state) ? 8 : 4, cpu.state.dr(number));
};
