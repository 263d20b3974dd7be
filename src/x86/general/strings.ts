// MOVS STOS LODS CMPS SCAS where emitted code does not go: 16-bit addresses, FS and GS, segments that are not flat. One call is one iteration (SDM vol 2).
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { Gpr, Seg } from '../layout';
import { Rflags } from '../system/bits';
import { register, setRegister } from '../system/operands';
import { effectiveAddress } from './effective-address';
import { setSubtractFlags } from './flags';

type Size = 1 | 2 | 4 | 8;
const DF = 0x400n;

function element(cpu: Cpu, insn: HelperInsn, index: number, segment: number, bytes: Size, write: boolean): bigint {
  const spec = {
    base: index,
    index: -1,
    scale: 0,
    displacement: 0n,
    ripRelative: false,
    addressSize: insn.addressSize,
    segment,
    bytes,
    write,
  };
  return effectiveAddress(cpu.state, { ...spec, noSegment: false }, 0n);
}

function advance(cpu: Cpu, insn: HelperInsn, index: number): void {
  const step = cpu.state.u64('rflags') & DF ? -BigInt(insn.operandSize) : BigInt(insn.operandSize);
  setRegister(cpu.state, index, insn.addressSize, register(cpu.state, index, insn.addressSize) + step);
}

/** RIP goes back for the next iteration, with RF set in between (SDM vol 3 ch. 19.3.1.1). */
export function goAgain({ state }: Cpu, insn: HelperInsn): void {
  state.setU64('rip', insn.rip);
  state.setU64('rflags', state.u64('rflags') | Rflags.RF);
}

/** `body` does one element and returns whether a repetition goes on. */
const iterate =
  (body: (cpu: Cpu, insn: HelperInsn) => boolean): Helper =>
  (cpu, insn) => {
    const { state } = cpu;
    if (insn.rep === 'none') {
      body(cpu, insn);
      return;
    }
    const left = register(state, Gpr.rcx, insn.addressSize);
    if (left === 0n) return;
    const more = body(cpu, insn);
    setRegister(state, Gpr.rcx, insn.addressSize, left - 1n);
    if (more && left !== 1n) goAgain(cpu, insn);
  };

const whileFlag = (cpu: Cpu, insn: HelperInsn): boolean => ((cpu.state.u64('rflags') & 0x40n) !== 0n) === (insn.rep === 'rep');

export const movs = iterate((cpu, insn) => {
  const size = insn.operandSize;
  const value = cpu.memory.read(element(cpu, insn, Gpr.rsi, insn.segment, size, false), size, 'current');
  cpu.memory.write(element(cpu, insn, Gpr.rdi, Seg.es, size, true), size, value, 'current');
  advance(cpu, insn, Gpr.rsi);
  advance(cpu, insn, Gpr.rdi);
  return true;
});
export const stos = iterate((cpu, insn) => {
  const size = insn.operandSize;
  cpu.memory.write(element(cpu, insn, Gpr.rdi, Seg.es, size, true), size, register(cpu.state, Gpr.rax, size), 'current');
  advance(cpu, insn, Gpr.rdi);
  return true;
});
export const lods = iterate((cpu, insn) => {
  const size = insn.operandSize;
  setRegister(cpu.state, Gpr.rax, size, cpu.memory.read(element(cpu, insn, Gpr.rsi, insn.segment, size, false), size, 'current'));
  advance(cpu, insn, Gpr.rsi);
  return true;
});
export const cmps = iterate((cpu, insn) => {
  const size = insn.operandSize;
  const source = (): bigint => cpu.memory.read(element(cpu, insn, Gpr.rsi, insn.segment, size, false), size, 'current');
  const destination = (): bigint => cpu.memory.read(element(cpu, insn, Gpr.rdi, Seg.es, size, false), size, 'current');
  // Which of two faulting elements is reported is not architectural: as AMD's processors have it, and as the emitted code does.
  const sourceFirst = size === 1 && insn.rep === 'rep';
  const first = sourceFirst ? source() : destination();
  const [a, b] = sourceFirst ? [first, destination()] : [source(), first];
  setSubtractFlags(cpu.state, a, b, size);
  advance(cpu, insn, Gpr.rsi);
  advance(cpu, insn, Gpr.rdi);
  return whileFlag(cpu, insn);
});
export const scas = iterate((cpu, insn) => {
  const size = insn.operandSize;
  const b = cpu.memory.read(element(cpu, insn, Gpr.rdi, Seg.es, size, false), size, 'current');
  setSubtractFlags(cpu.state, register(cpu.state, Gpr.rax, size), b, size);
  advance(cpu, insn, Gpr.rdi);
  return whileFlag(cpu, insn);
});
