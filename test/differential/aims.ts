// Vectors that aim at one fault: where the memory operand lies, which exceptions are unmasked, and operands that raise them.
import { DATA } from '../../src/engine/vectors/vector';
import { Sw } from '../../src/x86/fpu/bits';
import type { InsnRow } from '../../src/x86/insn/row';
import { type Draft, little } from './operands';
import type { Random } from './random';
import { putMemory } from './special';

/** unmapped: #PF. not canonical: #GP or #SS. misaligned: #GP. unaligned: #AC. pending: #MF. unmasked: #XM. any: the form alone. */
export type AimKind = 'unmapped' | 'not canonical' | 'misaligned' | 'unaligned' | 'pending' | 'unmasked' | 'any';

export interface Aim {
  kind: AimKind;
  inMemory: boolean;
}

const ALIGNMENT_CHECK = 0x4_0000n;
const UNMAPPED = 0x3000_0000;
const NOT_CANONICAL = [0x8000_0000_0000, 0x4000_0000_0000_0000, 0x1234_0000_0000_0000] as const;
/** Lines of 64 bytes in the data window, away from its ends. */
const line = (random: Random): number => DATA + 256 + random.below(96) * 64;

/** Linear address of the memory operand; undefined: anywhere. */
export function aimedTarget({ aim, random }: Draft): number | undefined {
  switch (aim?.kind) {
    case 'unmapped':
      return UNMAPPED + random.below(50) * 64;
    case 'not canonical':
      return random.pick(NOT_CANONICAL) + random.below(60) * 64;
    case 'misaligned':
      return line(random) + 8;
    case 'unaligned':
      return line(random) + 1;
    case 'pending':
    case 'unmasked':
      return line(random);
    default:
      return undefined;
  }
}

const repeated = (value: bigint, bits: bigint): bigint => {
  let all = 0n;
  for (let at = 0n; at < 256n; at += bits) all |= value << at;
  return all;
};
const SIGNALLING = {
  half: repeated(0x7d00n, 16n),
  single: repeated(0x7fa0_0000n, 32n),
  double: repeated(0x7ff4_0000_0000_0000n, 64n),
} as const;
/** Integers that no float of half their bits holds. */
const WHOLE = { single: repeated(0x7fff_ffffn, 32n), double: repeated(0x7fff_ffff_ffff_fffdn, 64n) } as const;

/** In every lane of every operand, what raises an exception that is unmasked. */
function raising(name: string): bigint {
  const plain = name.replace(/^V/, '');
  if (/^CVT(DQ|PI|SI)2PS|^CVTDQ2PS/.test(plain)) return WHOLE.single;
  if (/^CVTSI2S/.test(plain)) return plain === 'CVTSI2SD' ? WHOLE.double : WHOLE.single;
  if (plain.startsWith('CVTPH')) return SIGNALLING.half;
  if (/^CVTT?(PS|SS)2/.test(plain)) return SIGNALLING.single;
  if (/^CVTT?(PD|SD)2/.test(plain)) return SIGNALLING.double;
  return /S$/.test(plain) ? SIGNALLING.single : SIGNALLING.double;
}

/** The last step: flags, control words and operands, whatever the row's own choice was. */
export function takeAim(d: Draft, row: InsnRow): void {
  const { aim, v } = d;
  if (!aim || aim.kind === 'any') return;
  v.rflags = aim.kind === 'unaligned' ? v.rflags | ALIGNMENT_CHECK : v.rflags & ~ALIGNMENT_CHECK;
  if (v.fpu) {
    const pending = aim.kind === 'pending';
    v.fpu.fcw = pending ? 0x37b : 0x37f;
    v.fpu.fsw = (v.fpu.fsw & 0x3800) | (pending ? Sw.ZE | Sw.ES | Sw.B : 0);
  }
  if (aim.kind !== 'unmasked') {
    v.mxcsr = 0x1f80;
    return;
  }
  v.mxcsr = 0;
  const value = raising(row.name);
  for (const register of v.xmm.keys()) v.xmm.set(register, row.unit === 'avx' ? value : BigInt.asUintN(128, value));
  for (const register of [d.reg, d.rm, d.vvvv, d.is4])
    if (register >= 0) v.xmm.set(register, row.unit === 'avx' ? value : BigInt.asUintN(128, value));
  if (v.fpu) v.fpu.st = v.fpu.st.map(() => (0xffffn << 64n) | BigInt.asUintN(64, value));
  if (d.target >= 0) {
    v.memory = v.memory.filter(({ address }) => address !== d.target);
    putMemory(
      d,
      d.target,
      [0n, 64n, 128n, 192n].flatMap((shift) => little(value >> shift, 8)),
    );
  } else if (d.rm >= 0 && row.operands.some(({ kind }) => kind === 'rm')) v.gpr[d.rm] = BigInt.asUintN(v.mode32 ? 32 : 64, value);
}

/** Masks of masked moves and gathers: every lane. */
export function openMask(d: Draft, row: InsnRow): void {
  if (!d.aim || d.aim.kind === 'any' || d.vvvv < 0) return;
  if (/^V(P?MASKMOV|P?GATHER)/.test(row.name)) d.v.xmm.set(d.vvvv, (1n << 256n) - 1n);
}
