// FLDENV, FNSTENV, FRSTOR, FNSAVE, FNINIT, FNCLEX: the four image formats, by mode and operand size (SDM vol 1 figures 8-9 to 8-12; vol 2).
import type { Cpu, Helper, HelperInsn } from '../cpu';
import { CpuFault, NumericError, Vector } from '../fault';
import { CONTROL_INIT, EXCEPTIONS, normalControl, Sw, TOP_SHIFT, withSummary } from '../fpu/bits';
import { Kind, kindOf } from '../fpu/float80';
import { NumericErrorPin } from '../layout';
import type { VcpuState } from '../vcpu-state';
import { Cr0 } from './bits';
import { setStatus } from './fpu-status';
import { isProtected } from './mode';

/** Waits as all x87 instructions do that may raise #MF, or FERR# without CR0.NE. */
export function waitFpu({ state }: Cpu): void {
  if (!(state.u32('fsw') & Sw.ES)) return;
  if (state.u64('cr0') & Cr0.NE) throw new CpuFault(Vector.MF);
  if (!(state.u32('numericError') & NumericErrorPin.ignne)) throw new NumericError();
}

const Tag = { valid: 0, zero: 1, special: 2, empty: 3 } as const;
/** The full tag word, from what the registers hold. */
function fullTags(state: VcpuState): number {
  let tags = 0;
  for (let i = 0; i < 8; i++) {
    const value = state.st(i);
    const kind = kindOf({ se: Number(value >> 64n), m: BigInt.asUintN(64, value) });
    const tag = !(state.u32('ftw') & (1 << i)) ? Tag.empty : kind === Kind.zero ? Tag.zero : kind === Kind.normal ? Tag.valid : Tag.special;
    tags |= tag << (i * 2);
  }
  return tags;
}
function abridged(tags: number): number {
  let byte = 0;
  for (let i = 0; i < 8; i++) if (((tags >> (i * 2)) & 3) !== Tag.empty) byte |= 1 << i;
  return byte;
}

/** Real-address and virtual-8086 formats have linear addresses, the others selector and offset. */
interface Words {
  wide: boolean;
  linear: boolean;
}
const formatOf = ({ state }: Cpu, { operandSize }: HelperInsn): Words => ({ wide: operandSize !== 2, linear: !isProtected(state) });
const wordBytes = ({ wide }: Words): 2 | 4 => (wide ? 4 : 2);
const environmentBytes = (format: Words): number => 7 * wordBytes(format);

const REST = 0xffff_0000;

/** The seven words of an environment. */
function environmentOf(state: VcpuState, { wide, linear }: Words): number[] {
  const segments = state.u32('fpSegments');
  const [fcs, fds] = [segments & 0xffff, segments >>> 16];
  const fop = state.u32('fop') & 0x7ff;
  const at = (offset: bigint, selector: number): number => Number(BigInt.asUintN(32, offset + (linear ? BigInt(selector) << 4n : 0n)));
  const ip = at(state.u64('fip'), fcs);
  const dp = at(state.u64('fdp'), fds);
  const words = [state.u32('fcw'), state.u32('fsw'), fullTags(state)];
  if (!wide) {
    if (linear) return [...words, ip & 0xffff, (((ip >>> 16) & 15) << 12) | fop, dp & 0xffff, ((dp >>> 16) & 15) << 12];
    return [...words, ip & 0xffff, fcs, dp & 0xffff, fds];
  }
  const head = words.map((word) => (word | REST) >>> 0);
  if (linear) {
    const high = (address: number): number => ((address >>> 16) << 12) >>> 0;
    return [...head, ((ip & 0xffff) | REST) >>> 0, (high(ip) | fop) >>> 0, ((dp & 0xffff) | REST) >>> 0, high(dp)];
  }
  return [...head, ip, (fop << 16) | fcs, dp, (fds | REST) >>> 0];
}

/** An image is aligned to its words (SDM vol 3 table 7-7), also where it has registers. */
function probeImage({ memory }: Cpu, { linear }: HelperInsn, format: Words, bytes: number): void {
  memory.probeWrite(linear, wordBytes(format), 'current');
  memory.probeWrite(linear, bytes, 'unaligned');
}

function writeEnvironment(cpu: Cpu, insn: HelperInsn, format: Words): void {
  const bytes = wordBytes(format);
  environmentOf(cpu.state, format).forEach((word, i) => {
    cpu.memory.write(insn.linear + BigInt(i * bytes), bytes, BigInt(word), 'current');
  });
}

function readEnvironment(cpu: Cpu, insn: HelperInsn, format: Words): number[] {
  const bytes = wordBytes(format);
  return Array.from({ length: 7 }, (_, i) => Number(cpu.memory.read(insn.linear + BigInt(i * bytes), bytes, 'current')));
}
function loadEnvironment(state: VcpuState, words: readonly number[], { wide, linear }: Words): void {
  const [fcw, fsw, tags, w3, w4, w5, w6] = words as [number, number, number, number, number, number, number];
  const control = normalControl(fcw & 0xffff);
  state.setU32('fcw', control);
  setStatus(state, withSummary(fsw & 0xffff, control));
  state.setU32('ftw', abridged(tags));
  if (linear) {
    // Linear addresses: no selectors. 20 bits in the short format, 32 in the long one.
    const high = (word: number): number => (wide ? ((word >>> 12) & 0xffff) * 0x1_0000 : ((word >>> 12) & 15) << 16);
    state.setU64('fip', BigInt((w3 & 0xffff) + high(w4)));
    state.setU64('fdp', BigInt((w5 & 0xffff) + high(w6)));
    state.setU32('fop', w4 & 0x7ff);
    state.setU32('fpSegments', 0);
    return;
  }
  state.setU64('fip', BigInt(w3));
  state.setU64('fdp', BigInt(w5));
  state.setU32('fop', wide ? (w4 >>> 16) & 0x7ff : 0);
  state.setU32('fpSegments', (((w6 & 0xffff) << 16) | (w4 & 0xffff)) >>> 0);
}

export const fldenv: Helper = (cpu, insn) => {
  waitFpu(cpu);
  const format = formatOf(cpu, insn);
  loadEnvironment(cpu.state, readEnvironment(cpu, insn, format), format);
};
/** Masks all exceptions afterwards. */
export const fnstenv: Helper = (cpu, insn) => {
  const format = formatOf(cpu, insn);
  probeImage(cpu, insn, format, environmentBytes(format));
  writeEnvironment(cpu, insn, format);
  const fcw = cpu.state.u32('fcw') | EXCEPTIONS;
  cpu.state.setU32('fcw', fcw);
  setStatus(cpu.state, withSummary(cpu.state.u32('fsw'), fcw));
};

const REGISTER_BYTES = 10;
const top = (state: VcpuState): number => (state.u32('fsw') >> TOP_SHIFT) & 7;

export const fnsave: Helper = (cpu, insn) => {
  const { state, memory } = cpu;
  const format = formatOf(cpu, insn);
  const head = environmentBytes(format);
  probeImage(cpu, insn, format, head + 8 * REGISTER_BYTES);
  writeEnvironment(cpu, insn, format);
  for (let i = 0; i < 8; i++) {
    const value = state.st((top(state) + i) & 7);
    const at = insn.linear + BigInt(head + i * REGISTER_BYTES);
    memory.write(at, 8, BigInt.asUintN(64, value), 'unaligned');
    memory.write(at + 8n, 2, value >> 64n, 'unaligned');
  }
  initialise(state);
};
export const frstor: Helper = (cpu, insn) => {
  waitFpu(cpu);
  const { state, memory } = cpu;
  const format = formatOf(cpu, insn);
  const head = environmentBytes(format);
  const words = readEnvironment(cpu, insn, format);
  const registers = Array.from({ length: 8 }, (_, i) => {
    const at = insn.linear + BigInt(head + i * REGISTER_BYTES);
    return (memory.read(at + 8n, 2, 'unaligned') << 64n) | memory.read(at, 8, 'unaligned');
  });
  loadEnvironment(state, words, format);
  for (const [i, value] of registers.entries()) state.setSt((top(state) + i) & 7, value);
};

/** FNINIT leaves the data registers as they are. */
function initialise(state: VcpuState): void {
  state.setU32('fcw', CONTROL_INIT);
  setStatus(state, 0);
  for (const field of ['ftw', 'fop', 'fpSegments'] as const) state.setU32(field, 0);
  state.setU64('fip', 0n);
  state.setU64('fdp', 0n);
}
export const fninit: Helper = (cpu) => initialise(cpu.state);
const FNCLEX_CLEARS = Sw.B | Sw.ES | Sw.SF | EXCEPTIONS;
export const fnclex: Helper = ({ state }) => setStatus(state, state.u32('fsw') & ~FNCLEX_CLEARS);
