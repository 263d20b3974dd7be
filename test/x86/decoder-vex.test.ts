// VEX decoding against iced-x86: random bytes behind C4 and C5 in all modes; validity, length, mnemonic and operands.
import assert from 'node:assert/strict';
import {
  CpuidFeature,
  DecoderOptions,
  EncodingKind,
  Decoder as Iced,
  type Instruction,
  Mnemonic,
  OpKind,
  Register,
  RegisterExt,
} from 'iced-x86';
import { type Decoded, Decoder } from '../../src/x86/decode/decoder';
import type { OperandSpec } from '../../src/x86/insn/row';
import { INSN_ROWS } from '../../src/x86/insn/rows';
import { ModeBit } from '../../src/x86/layout';
import { Random } from '../differential/random';
import { testSeed } from '../support/seed';

const PROTECTED = ModeBit.flat | ModeBit.protectedMode;
const MODES = [
  { bits: 64, mode: ModeBit.code64 | ModeBit.longMode | PROTECTED },
  { bits: 32, mode: ModeBit.code32 | ModeBit.stack32 | PROTECTED },
  { bits: 16, mode: PROTECTED },
] as const;
const COUNT = 150_000;
const LENGTH = 15;

const FEATURES: readonly CpuidFeature[] = [
  ...[CpuidFeature.AVX, CpuidFeature.AVX2, CpuidFeature.FMA, CpuidFeature.F16C],
  ...[CpuidFeature.BMI1, CpuidFeature.BMI2, CpuidFeature.AES, CpuidFeature.PCLMULQDQ],
];
/** Prefixes and second bytes that reach an implemented instruction often. */
function stream(random: Random): Uint8Array {
  const bytes = Uint8Array.from({ length: LENGTH }, () => random.below(256));
  const prefix = random.chance(6) ? [random.pick([0x66, 0xf2, 0xf3, 0xf0, 0x48, 0x67, 0x64, 0x2e])] : [];
  const lead = random.chance(70) ? 0xc4 : 0xc5;
  const second = lead === 0xc4 ? (bytes[1]! & 0xe0) | (random.chance(95) ? 1 + random.below(3) : random.below(32)) : bytes[1]!;
  // Outside 64-bit mode it is VEX only with these bits.
  bytes.set([...prefix, lead, random.chance(60) ? second | 0xc0 : second]);
  // Half of them with vvvv 1111b.
  const at = prefix.length + (lead === 0xc4 ? 2 : 1);
  if (random.chance(50)) bytes[at] = bytes[at]! | 0x78;
  return bytes;
}

const vectorKinds: readonly string[] = ['x', 'X', 'xm', 'vx', 'ix'];
function ourOperand(d: Decoded, { kind, size }: OperandSpec): string {
  const number = {
    ...{ x: d.reg, r: d.reg, X: d.rm, xm: d.rm, R: d.rm, rm: d.rm },
    ...{ vx: d.vvvv, vr: d.vvvv, ix: d.immediateRegister },
  }[kind as string];
  const canBeMemory = kind === 'm' || kind === 'vsib' || kind === 'xm' || kind === 'rm';
  if (canBeMemory && d.hasMemory) {
    const scale = d.index < 0 ? 1 : 1 << d.scale;
    return `[${d.ripRelative ? 'rip' : `${d.base}+${d.index}*${scale}+${d.displacement}`}]`;
  }
  if (number === undefined) return 'imm';
  return vectorKinds.includes(kind) ? `${size === 32 ? 'ymm' : 'xmm'}${number}` : `gpr${number}`;
}
function theirOperand(i: Instruction, n: number, addressSize: number): string {
  const numberOf = (register: Register): number => (register === Register.None ? -1 : RegisterExt.number(register));
  switch (i.opKind(n)) {
    case OpKind.Register: {
      const register = i.opRegister(n);
      const name = RegisterExt.isYMM(register) ? 'ymm' : RegisterExt.isXMM(register) ? 'xmm' : 'gpr';
      return `${name}${numberOf(register)}`;
    }
    case OpKind.Memory: {
      if (i.isIpRelMemoryOperand) return '[rip]';
      const scale = i.memoryIndex === Register.None ? 1 : i.memoryIndexScale;
      return `[${numberOf(i.memoryBase)}+${numberOf(i.memoryIndex)}*${scale}+${Number(BigInt.asIntN(addressSize === 2 ? 16 : 32, i.memoryDisplacement))}]`;
    }
    default:
      return 'imm';
  }
}
/** Names that W makes. */
const plain = (name: string): string =>
  name
    .toUpperCase()
    .replace(/^(VMOV|VPINSR|VPEXTR)[DQ]$/, '$1')
    .replace(/^(VPCMPESTR[IM])64$/, '$1');

describe('VEX decoder against iced-x86', () => {
  const decoder = new Decoder(INSN_ROWS);
  const seed = testSeed();
  for (const { bits, mode } of MODES)
    it(`${bits}-bit mode, seed ${seed}`, function () {
      this.timeout(300_000);
      const random = new Random(seed + bits);
      const wrong = new Map<string, string>();
      const seen = new Set<string>();
      for (let n = 0; n < COUNT; n++) {
        const bytes = stream(random);
        const d = decoder.decode(bytes, 0, bytes.length, mode);
        const iced = new Iced(bits, bytes, DecoderOptions.None);
        const theirs = iced.decode();
        const name = Mnemonic[theirs.mnemonic] ?? '';
        const isVex = theirs.encoding === EncodingKind.VEX;
        const offered = isVex && theirs.cpuidFeatures().every((feature) => FEATURES.includes(feature));
        const ours = d.status === 'ok' && d.row!.encoding.startsWith('VEX') ? d.row! : undefined;
        const text = `${Buffer.from(bytes).toString('hex')}: ours ${d.row?.name ?? d.status} ${d.row?.encoding ?? ''}, iced ${name}`;
        // Outside 64-bit mode W1 is #UD (SDM vol 2 "PEXTRB/PEXTRD/PEXTRQ", "PINSRB/…"; so do processors); iced ignores it.
        const quadword = bits !== 64 && /^Vp(insrd|extrd)$/.test(name) && ours === undefined;
        if (quadword) assert.equal(d.status, 'undefined');
        else if (offered !== (ours !== undefined)) wrong.set(`validity ${ours?.name} ${name}`, text);
        else if (ours) {
          seen.add(ours.name);
          if (d.length !== theirs.length) wrong.set(`length ${name}`, `${text}, lengths ${d.length} ${theirs.length}`);
          if (plain(ours.name) !== plain(name)) wrong.set(`name ${name}`, text);
          const mine = ours.operands.map((operand) => ourOperand(d, operand)).join();
          const other = Array.from({ length: theirs.opCount }, (_, i) => theirOperand(theirs, i, d.addressSize)).join();
          // Its memory operand is not written in the row.
          if (mine !== other && ours.name !== 'VMASKMOVDQU') wrong.set(`operands ${name}`, `${text}: ${mine}, ${other}`);
        }
        theirs.free();
        iced.free();
      }
      assert.deepEqual([...wrong.values()].slice(0, 20), []);
      assert.ok(seen.size > 300, `${seen.size} mnemonics`);
    });
});
