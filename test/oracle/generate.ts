// Random vectors, driven by the rows of the instruction set: every row, operand form, size and prefix that runs in user mode gets its share.
import { type Encoding, parseEncoding } from '../../src/x86/decode/table';
import type { InsnRow } from '../../src/x86/insn/row';
import { excluded } from './excluded';
import type { Random } from './random';
import { CODE, DATA, DATA_SIZE, type Vector } from './vector';

const EDGES = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_ffffn,
  0xffff_ffff_ffff_fffen,
  0x1fn,
  0x20n,
  0x3fn,
  0x40n,
  0x3ff0_0000_0000_0000n,
  0x7ff0_0000_0000_0000n,
  0x7ff8_0000_0000_0000n,
  0x3f80_0000n,
];

export const interesting = (random: Random): bigint => {
  switch (random.below(4)) {
    case 0:
      return random.pick(EDGES);
    case 1:
      return random.u64() >> BigInt(random.below(64));
    case 2:
      return BigInt.asUintN(64, BigInt(random.below(256) - 128));
    default:
      return random.u64();
  }
};

interface Candidate {
  item: InsnRow;
  map: number;
  first: number;
  encoding: Encoding;
}

/** Rows whose results another program can compare: implemented, and not in the excluded list. */
export const candidates = (rows: readonly InsnRow[]): Candidate[] =>
  rows
    .filter((item) => !item.unimplemented && !item.undefined && !item.border && excluded(item) === undefined)
    .map((item) => {
      const { map, first, encoding } = parseEncoding(item);
      return { item, map, first, encoding };
    });

/** An address in the data window; sometimes beside a page's or the window's edge, so that accesses cross it. */
const dataAddress = (random: Random): number => {
  switch (random.below(16)) {
    case 0:
      return DATA + 0x1000 - 1 - random.below(16);
    case 1:
      return DATA + DATA_SIZE - 1 - random.below(16);
    default:
      return DATA + 128 + random.below(DATA_SIZE - 256);
  }
};

const little = (value: number, count: number): number[] => Array.from({ length: count }, (_, i) => (value >>> (8 * i)) & 255);

class Builder {
  readonly code: number[] = [];
  gpr: bigint[];
  readonly wide: boolean;

  constructor(
    private readonly random: Random,
    readonly mode: '64' | '32',
  ) {
    this.wide = mode === '64';
    this.gpr = Array.from({ length: 16 }, (_, i) => (i === 4 || random.below(2) ? BigInt(dataAddress(random)) : interesting(random)));
    this.gpr[4]! &= ~7n;
    if (!this.wide) this.gpr = this.gpr.map((value) => value & 0xffff_ffffn);
  }

  /** ModRM, SIB and displacement; `rex` gets R, X and B. Returns REX bits. */
  modrm(encoding: Encoding): { bytes: number[]; rex: number } {
    const { random } = this;
    if (encoding.modrm >= 0) return { bytes: [encoding.modrm], rex: 0 };
    const registers = this.wide ? 16 : 8;
    const reg = encoding.digit >= 0 ? encoding.digit : random.below(registers);
    const r = reg >> 3;
    const middle = (reg & 7) << 3;
    const register = encoding.form === 'register' || (encoding.form === 'any' && random.below(2) === 0);
    if (register) {
      const rm = random.below(registers);
      return { bytes: [0xc0 | middle | (rm & 7)], rex: (r << 2) | (rm >> 3) };
    }
    const base = random.below(registers);
    const displacement = random.below(3) === 0 ? random.below(256) - 128 : 0;
    if (base !== 4) this.gpr[base] = BigInt(dataAddress(random) - displacement) & 0xffff_ffffn;
    const useSib = (base & 7) === 4 || random.below(4) === 0;
    const mod = displacement !== 0 || (base & 7) === 5 ? 0x40 : 0;
    const tail = mod ? little(displacement, 1) : [];
    if (!useSib) return { bytes: [mod | middle | (base & 7), ...tail], rex: (r << 2) | (base >> 3) };
    const index = random.below(registers);
    if (index !== 4 && index !== base) this.gpr[index] = BigInt(random.below(16));
    const sib = (random.below(index === base ? 1 : 4) << 6) | ((index & 7) << 3) | (base & 7);
    return { bytes: [mod | middle | 4, sib, ...tail], rex: (r << 2) | ((index >> 3) << 1) | (base >> 3) };
  }

  immediate(kind: string, operand16: boolean, rexW: boolean): number[] {
    const { random } = this;
    const value = Number(interesting(random) & 0xffff_ffffn);
    switch (kind) {
      case 'ib':
        return little(random.below(4) ? value : random.below(72), 1);
      case 'iw':
        return little(value & 63, 2);
      case 'cb':
        return little(random.below(100), 1);
      case 'cz':
        return this.wide || !operand16 ? little(random.below(2000), 4) : little(random.below(2000), 2);
      case 'iz':
        return little(value, operand16 && !rexW ? 2 : 4);
      case 'iv':
        return rexW ? [...little(value, 4), ...little(random.u32(), 4)] : little(value, operand16 ? 2 : 4);
      case 'mo':
        return this.wide ? [...little(dataAddress(random), 4), 0, 0, 0, 0] : little(dataAddress(random), 4);
      default:
        return little(value, 4);
    }
  }
}

export const makeVector = (random: Random, list: readonly Candidate[], id: string): Vector => {
  for (;;) {
    const { item, map, first, encoding } = random.pick(list);
    const mode = item.modes === 'legacy' ? '32' : item.modes === '64' || random.below(4) ? '64' : '32';
    const builder = new Builder(random, mode);
    const wide = mode === '64';
    if (encoding.rexW && !wide) continue;
    const rexW = wide && (encoding.rexW || random.below(3) === 0);
    const operand16 = encoding.prefix === '66' || (encoding.prefix === undefined && random.below(4) === 0);
    const prefixes: number[] = [];
    if (operand16) prefixes.push(0x66);
    if (encoding.prefix === 'F2') prefixes.push(0xf2);
    if (encoding.prefix === 'F3') prefixes.push(0xf3);
    if (item.rep !== undefined && random.below(2)) {
      prefixes.push(item.rep === 'repz' && random.below(2) ? 0xf2 : 0xf3);
      builder.gpr[1] = BigInt(random.below(40));
    }
    // AMD processors obey 66 on near branches in 64-bit mode, Intel's ignore it; we are GenuineIntel by default
    if (wide && operand16 && /^(J|LOOP|CALL|RET)/.test(item.name)) continue;
    const parts = encoding.hasModrm ? builder.modrm(encoding) : { bytes: [], rex: 0 };
    const memory = encoding.hasModrm && parts.bytes[0]! < 0xc0;
    // PREFETCHW with a register operand: reserved NOP of Intel's processors, #UD of AMD's
    if (item.name === 'NOP' && first === 0x0d && map === 1 && !memory) continue;
    if (item.rep !== undefined) for (const pointer of [6, 7]) builder.gpr[pointer] = BigInt(dataAddress(random));
    if (item.lock && memory && random.below(6) === 0) prefixes.push(0xf0);
    if (item.name.startsWith('POP') || item.name === 'LEAVE' || item.name === 'ENTER') builder.gpr[5] = builder.gpr[4]!;
    let opcode = first;
    let rex = parts.rex;
    if (encoding.plusRegister) {
      const register = random.below(wide ? 16 : 8);
      opcode += register & 7;
      rex |= register >> 3;
    }
    if (rexW) rex |= 8;
    const useRex = wide && (rex !== 0 || random.below(4) === 0);
    const escapeBytes = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]][map]!;
    const immediates = encoding.immediates.flatMap((kind) => builder.immediate(kind, operand16, rexW));
    builder.code.push(...prefixes, ...(useRex ? [0x40 | rex] : []), ...escapeBytes, opcode, ...parts.bytes, ...immediates);
    if (builder.code.length > 15) continue;
    // operands in memory are as interesting as those in registers
    const memoryFields: Vector['memory'] = [];
    for (const value of builder.gpr) {
      const address = Number(value & 0xffff_ffffn);
      if (value >> 32n === 0n && address >= DATA && address < DATA + DATA_SIZE - 16 && random.below(2) && memoryFields.length < 8)
        memoryFields.push({
          address,
          bytes: [interesting(random), interesting(random)].flatMap((v) => [
            ...little(Number(v & 0xffff_ffffn), 4),
            ...little(Number(v >> 32n), 4),
          ]),
        });
    }
    if (item.name === 'RET')
      memoryFields.push({
        address: Number(builder.gpr[4]! & 0xffff_ffffn),
        bytes: little(CODE + 0x100 + random.below(0x100), 4).concat(0, 0, 0, 0),
      });
    return {
      id: `${id}.${item.name}`,
      code: builder.code,
      mode,
      gpr: builder.gpr,
      rflags: BigInt((random.u32() & 0xcd5) | 0x202),
      xmm: Array.from(
        { length: 16 },
        (_, i) => (i < (wide ? 16 : 8) ? [interesting(random), interesting(random)] : [0n, 0n]) as [bigint, bigint],
      ),
      memory: memoryFields,
    };
  }
};
