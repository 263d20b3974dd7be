// IRET, IRETD, IRETQ in every mode (SDM vol 2 "IRET"; vol 3 ch. 7.12.1, 7.14.3, 22.3.1.1). RF of the popped image holds back
// the execution breakpoint of the next instruction, which clears it.
import { type Cpu, type Helper, Quick } from '../cpu';
import { faults } from '../fault';
import { Gpr, Seg } from '../layout';
import { Rflags } from './bits';
import { checkRealOffset, enterCode, enterReal, isLongCode, readReturnTarget } from './code-target';
import { rplOf } from './descriptors';
import { enterStack, readReturnStack } from './far-return';
import { ioplOf, isCode64, isLongMode, isReal, isVirtual8086 } from './mode';
import { dropInnerSegments, loadVm86Segment } from './segments';
import { type PieceSize, StackReader, withStackPointer } from './stack-frame';
import { returnTask } from './task-gate';
import { fromVirtualImage, vm86FlagAccess } from './virtual-interrupts';

const ARITHMETIC = Rflags.CF | Rflags.PF | Rflags.AF | Rflags.ZF | Rflags.SF | Rflags.TF | Rflags.DF | Rflags.OF | Rflags.NT;
/** VM is loaded by the return to virtual-8086 mode only. */
const ALL = ARITHMETIC | Rflags.IF | Rflags.IOPL | Rflags.AC | Rflags.VIF | Rflags.VIP | Rflags.ID | Rflags.RF;

/** RFLAGS after a return from `cpl` with this popped image. */
function returnFlags(rflags: bigint, image: bigint, size: PieceSize, cpl: number, iopl: number): bigint {
  let mask = ARITHMETIC;
  if (size !== 2) mask |= Rflags.AC | Rflags.ID | Rflags.RF;
  if (cpl <= iopl) mask |= Rflags.IF;
  if (cpl === 0) mask |= Rflags.IOPL | (size === 2 ? 0n : Rflags.VIF | Rflags.VIP);
  return (rflags & ~(mask | Rflags.RF)) | (image & mask);
}

interface Popped {
  rip: bigint;
  selector: number;
  image: bigint;
}

function iretReal(cpu: Cpu, reader: StackReader, size: PieceSize, { rip, selector, image }: Popped): void {
  const { state } = cpu;
  const vm86 = isVirtual8086(state);
  const rflags = state.u64('rflags');
  const next =
    vm86FlagAccess(cpu, size) === 'virtual'
      ? fromVirtualImage(rflags, image)
      : returnFlags(rflags, image, size, vm86 ? 3 : 0, 3) & ~(vm86 ? 0n : Rflags.VIF | Rflags.VIP);
  checkRealOffset(cpu, rip, vm86);
  state.setGpr(Gpr.rsp, withStackPointer(state.gpr(Gpr.rsp), reader.pointer, reader.width));
  state.setU64('rflags', next);
  enterReal(cpu, selector, rip, vm86);
}

/** From CPL 0 with VM set in the popped flags: ESP, SS, ES, DS, FS, GS follow. */
function iretToVm86(cpu: Cpu, reader: StackReader, { rip, selector, image }: Popped): void {
  const { state } = cpu;
  const pointer = reader.pop(4);
  const selectors = [Seg.ss, Seg.es, Seg.ds, Seg.fs, Seg.gs].map((segment) => ({ segment, selector: Number(reader.pop(4) & 0xffffn) }));
  checkRealOffset(cpu, rip, true);
  state.setU64('rflags', (image & (ALL | Rflags.VM)) | Rflags.fixed);
  for (const item of [...selectors, { segment: Seg.cs, selector }]) loadVm86Segment(cpu, item.segment, item.selector);
  state.setU64('rip', rip);
  state.setGpr(Gpr.rsp, pointer);
  state.setU32('cpl', 3);
}

function iretProtected(cpu: Cpu, reader: StackReader, size: PieceSize, { rip, selector, image }: Popped): void {
  const { state } = cpu;
  const oldCpl = state.u32('cpl');
  const target = readReturnTarget(cpu, selector, rip);
  const cpl = rplOf(selector);
  const toLong = isLongCode(cpu, target);
  const rflags = returnFlags(state.u64('rflags'), image, size, oldCpl, ioplOf(state));
  if (cpl !== oldCpl || isCode64(state)) {
    const pointer = reader.pop(size);
    const stack = readReturnStack(cpu, Number(reader.pop(size) & 0xffffn), cpl, toLong);
    enterCode(cpu, target, cpl, rip);
    enterStack(cpu, stack, pointer, toLong);
    if (cpl !== oldCpl) dropInnerSegments(cpu, cpl);
  } else {
    enterCode(cpu, target, cpl, rip);
    state.setGpr(Gpr.rsp, withStackPointer(state.gpr(Gpr.rsp), reader.pointer, reader.width));
  }
  state.setU64('rflags', rflags);
}

export const iret: Helper = (cpu, insn) => {
  const { state } = cpu;
  const size = insn.operandSize === 1 ? 2 : insn.operandSize;
  cpu.host.event('iret', state.u32('cpl'), state.u32('nmiBlocked'));
  const quick = cpu.quick?.iret(insn.operandSize) ?? Quick.refused;
  if (quick !== Quick.refused) {
    if (quick === Quick.done) cpu.modeChanged();
    return;
  }
  const real = isReal(state) || isVirtual8086(state);
  if (!real && state.u64('rflags') & Rflags.NT) {
    if (isLongMode(state)) throw faults.gp(0);
    returnTask(cpu);
    return;
  }
  // NMIs are unblocked even if the return faults (SDM vol 3 ch. 29.2.3, "NMI unblocking due to IRET").
  state.setU32('nmiBlocked', 0);
  if (real) vm86FlagAccess(cpu, size);
  const reader = new StackReader(cpu, state.gpr(Gpr.rsp));
  const popped = { rip: reader.pop(size), selector: Number(reader.pop(size) & 0xffffn), image: reader.pop(size) };
  const toVm86 = !real && size === 4 && !isLongMode(state) && (popped.image & Rflags.VM) !== 0n && state.u32('cpl') === 0;
  if (real) iretReal(cpu, reader, size, popped);
  else if (toVm86) iretToVm86(cpu, reader, popped);
  else iretProtected(cpu, reader, size, popped);
  cpu.modeChanged();
};
