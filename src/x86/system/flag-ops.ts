// CLI, STI, PUSHF, POPF with IOPL in all modes (SDM vol 2; vol 3 ch. 2.3).
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { faults } from '../fault';
import { Gpr } from '../layout';
import { Rflags } from './bits';
import { ioplOf, isReal, isVirtual8086 } from './mode';
import { type PieceSize, StackFrame, StackReader, withStackPointer } from './stack-frame';
import {
  fromVirtualImage,
  type InterruptAccess,
  interruptAccess,
  setVirtualInterruptFlag,
  virtualImage,
  vm86FlagAccess,
} from './virtual-interrupts';

export const POPF_ALWAYS =
  Rflags.CF | Rflags.PF | Rflags.AF | Rflags.ZF | Rflags.SF | Rflags.TF | Rflags.DF | Rflags.OF | Rflags.NT | Rflags.AC | Rflags.ID;
const STI_SHADOW = 1;
const IF = Number(Rflags.IF);

export const cli: Helper = (cpu) => {
  const access = interruptAccess(cpu);
  cpu.host.event('cli-sti', 0, 0);
  if (access === 'virtual') setVirtualInterruptFlag(cpu.state, false);
  else cpu.state.setU32('rflags', cpu.state.u32('rflags') & ~IF);
};

export const sti: Helper = (cpu) => {
  const access = interruptAccess(cpu);
  cpu.host.event('cli-sti', 1, 0);
  if (access === 'virtual') {
    setVirtualInterruptFlag(cpu.state, true);
    return;
  }
  const rflags = cpu.state.u32('rflags');
  if (!(rflags & IF)) cpu.state.setU32('shadow', STI_SHADOW);
  cpu.state.setU32('rflags', rflags | IF);
};

const sizeOf = (insn: HelperInsn): PieceSize => (insn.operandSize === 1 ? 2 : insn.operandSize);

export const pushf: Helper = (cpu, insn) => {
  const size = sizeOf(insn);
  const access = vm86FlagAccess(cpu, size);
  const { state } = cpu;
  const rsp = state.gpr(Gpr.rsp);
  const rflags = state.u64('rflags') & ~(Rflags.VM | Rflags.RF);
  const frame = StackFrame.current(cpu, rsp).push(size, access === 'virtual' ? virtualImage(rflags) : rflags);
  frame.probe();
  frame.write();
  state.setGpr(Gpr.rsp, withStackPointer(rsp, frame.pointer, frame.width));
};

/** RFLAGS with a popped image, by privilege. */
function poppedFlags(cpu: Cpu, image: bigint, size: PieceSize, access: InterruptAccess): bigint {
  const { state } = cpu;
  const old = state.u64('rflags');
  if (access === 'virtual') return fromVirtualImage(old, image);
  const cpl = state.u32('cpl');
  let mask = POPF_ALWAYS;
  if (isReal(state) || cpl === 0) mask |= Rflags.IOPL;
  if (isReal(state) || cpl <= ioplOf(state)) mask |= Rflags.IF;
  if (size === 2) mask &= 0xffffn;
  // VIP and VIF are cleared by 32- and 64-bit forms at CPL 0 (SDM vol 2 "POPF", table 4-16).
  const cleared = size !== 2 && cpl === 0 && !isVirtual8086(state) ? Rflags.VIP | Rflags.VIF : 0n;
  return (old & ~(mask | cleared | Rflags.RF)) | (image & mask);
}

export const popf: Helper = (cpu, insn) => {
  const size = sizeOf(insn);
  const access = vm86FlagAccess(cpu, size);
  const { state } = cpu;
  const rsp = state.gpr(Gpr.rsp);
  const reader = new StackReader(cpu, rsp);
  const old = state.u64('rflags');
  const next = poppedFlags(cpu, reader.pop(size), size, access);
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
