// CLI, STI, PUSHF, POPF with IOPL in all modes (SDM vol 2; vol 3 ch. 2.3). Virtual-interrupt extensions (VME, PVI) are not offered.
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { faults } from '../fault';
import { Gpr } from '../layout';
import { Rflags } from './bits';
import { ioplOf, isReal, isVirtual8086 } from './mode';
import { type PieceSize, StackFrame, StackReader, withStackPointer } from './stack-frame';

const POPF_ALWAYS =
  Rflags.CF | Rflags.PF | Rflags.AF | Rflags.ZF | Rflags.SF | Rflags.TF | Rflags.DF | Rflags.OF | Rflags.NT | Rflags.AC | Rflags.ID;
const STI_SHADOW = 1;

function requireInterruptPrivilege(cpu: Cpu): void {
  if (!isReal(cpu.state) && cpu.state.u32('cpl') > ioplOf(cpu.state)) throw faults.gp(0);
}
/** PUSHF, POPF: IOPL matters in virtual-8086 mode only. */
function requireVm86Iopl(cpu: Cpu): void {
  if (isVirtual8086(cpu.state) && ioplOf(cpu.state) < 3) throw faults.gp(0);
}

export const cli: Helper = (cpu) => {
  requireInterruptPrivilege(cpu);
  cpu.host.event('cli-sti', 0, 0);
  cpu.state.setU64('rflags', cpu.state.u64('rflags') & ~Rflags.IF);
};

export const sti: Helper = (cpu) => {
  requireInterruptPrivilege(cpu);
  cpu.host.event('cli-sti', 1, 0);
  const rflags = cpu.state.u64('rflags');
  if (!(rflags & Rflags.IF)) cpu.state.setU32('shadow', STI_SHADOW);
  cpu.state.setU64('rflags', rflags | Rflags.IF);
};

const sizeOf = (insn: HelperInsn): PieceSize => (insn.operandSize === 1 ? 2 : insn.operandSize);

export const pushf: Helper = (cpu, insn) => {
  requireVm86Iopl(cpu);
  const { state } = cpu;
  const rsp = state.gpr(Gpr.rsp);
  const frame = StackFrame.current(cpu, rsp).push(sizeOf(insn), state.u64('rflags') & ~(Rflags.VM | Rflags.RF));
  frame.write();
  state.setGpr(Gpr.rsp, withStackPointer(rsp, frame.pointer, frame.width));
};

export const popf: Helper = (cpu, insn) => {
  requireVm86Iopl(cpu);
  const { state } = cpu;
  const rsp = state.gpr(Gpr.rsp);
  const size = sizeOf(insn);
  const reader = new StackReader(cpu, rsp);
  const image = reader.pop(size);
  const old = state.u64('rflags');
  const cpl = state.u32('cpl');
  let mask = POPF_ALWAYS;
  if (isReal(state) || cpl === 0) mask |= Rflags.IOPL;
  if (isReal(state) || cpl <= ioplOf(state)) mask |= Rflags.IF;
  if (size === 2) mask &= 0xffffn;
  const next = (old & ~(mask | Rflags.RF)) | (image & mask);
  if ((next ^ old) & Rflags.IF) cpu.host.event('popf-if', next & Rflags.IF ? 1 : 0, 0);
  state.setGpr(Gpr.rsp, withStackPointer(rsp, reader.pointer, reader.width));
  state.setU64('rflags', next);
  if ((next ^ old) & (Rflags.AC | Rflags.TF)) cpu.modeChanged();
};

/** SMAP's switch: CPL 0 only, #UD elsewhere. */
const setAc =
  (on: boolean): Helper =>
  (cpu) => {
    const { state } = cpu;
    if (state.u32('cpl') > 0) throw faults.ud();
    const rflags = state.u64('rflags');
    state.setU64('rflags', on ? rflags | Rflags.AC : rflags & ~Rflags.AC);
    cpu.modeChanged();
  };
export const clac = setAc(false);
export const stac = setAc(true);
