// ModRM, SIB and displacement of one random operand whose address lands where it is wanted.

import { DATA, DATA_SIZE, type Vector } from '../../src/engine/vectors/vector';
import type { Encoding } from '../../src/x86/decode/table';
import type { Aim } from './aims';
import { aimedTarget } from './aims';
import type { Random } from './random';

export interface Draft {
  v: Vector;
  random: Random;
  encoding: Encoding;
  /** Bytes of the form's operands, and of the memory operand. */
  size: number;
  memoryBytes: number;
  addressSize: 4 | 8;
  rex: number;
  segmentBase: bigint;
  /** General registers that the instruction names: special values must not spoil the address. */
  addressRegisters: Set<number>;
  reg: number;
  rm: number;
  /** Register in VEX.vvvv, and in the immediate of /is4; -1 without one. */
  vvvv: number;
  is4: number;
  /** Linear address of the memory operand; -1 without one. */
  target: number;
  /** Offset in `tail` of a RIP-relative displacement to be filled in once the length is known, or -1. */
  ripRelative: number;
  tail: number[];
  /** The fault that is wanted; undefined: whatever comes. */
  aim: Aim | undefined;
  /** Where the memory operand is to be; undefined: as ever. */
  place: ((d: Draft) => number | undefined) | undefined;
}

export const little = (value: bigint, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Number((BigInt.asUintN(64, value) >> BigInt(8 * i)) & 0xffn));

/** An address in or around the data window: usually inside, aligned or not, across the page border, sometimes out of it. */
export function chooseTarget(random: Random, bytes: number): number {
  const kind = random.below(100);
  const room = Math.max(bytes, 1);
  if (kind < 35) return DATA + 256 + random.below((DATA_SIZE - 512) / 16) * 16;
  if (kind < 72) return DATA + 256 + random.below(DATA_SIZE - 512);
  if (kind < 88) return DATA + 0x1000 - random.below(room + 1);
  if (kind < 93) return DATA + DATA_SIZE - room;
  if (kind < 96) return DATA + DATA_SIZE - random.below(room);
  if (kind < 98) return DATA - 1 - random.below(4);
  if (kind < 99) return 0x3000_0000 + random.below(0x1000);
  return random.pick(EDGES) - random.below(room + 1);
}
/** Ends of the canonical halves, of the lower 4 GiB, and no address. */
const EDGES: readonly number[] = [0x8000_0000_0000, 0x7fff_ffff_f000, 0x1_0000_0000, 0x1234_0000_0000_0000, 0x1_0000_0000_0000, 0x1000];

const wrap = (value: bigint, size: 4 | 8): bigint => BigInt.asUintN(size * 8, value);

function setRegister(d: Draft, index: number, value: bigint): void {
  d.v.gpr[index] = value;
  d.addressRegisters.add(index);
}

/** Appends ModRM with a register operand. */
export function registerOperand(d: Draft): void {
  const { random } = d;
  const low = random.below(8);
  d.rm = low | ((d.rex & 1) << 3);
  d.tail.push(0xc0 | ((d.reg & 7) << 3) | low);
}

/** Appends ModRM, SIB and displacement of a memory operand, and sets the registers that make its address. */
export function memoryOperand(d: Draft): void {
  const { random, v } = d;
  const long = !v.mode32;
  const aimed = aimedTarget(d) ?? d.place?.(d);
  d.target = aimed ?? chooseTarget(random, d.memoryBytes);
  const offset = wrap(BigInt(d.target) - d.segmentBase, d.addressSize);
  const reg = (d.reg & 7) << 3;
  // An address that was chosen may need 64 bits, which only a register has.
  const form = aimed === undefined ? random.below(10) : 2 + random.below(8);
  if (form === 0 && d.segmentBase === 0n && d.addressSize === (long ? 8 : 4)) {
    // [RIP + disp32], or [disp32] in 32-bit mode.
    d.tail.push(reg | 5);
    d.ripRelative = long ? d.tail.length : -1;
    d.tail.push(...little(offset, 4));
    return;
  }
  if (form === 1 && offset < 0x8000_0000n) {
    // SIB without base and index.
    d.rex &= ~2;
    d.tail.push(reg | 4, 0x25, ...little(offset, 4));
    return;
  }
  const dispSize = random.pick([0, 1, 1, 4]);
  const disp = dispSize === 0 ? 0n : dispSize === 1 ? BigInt.asIntN(8, random.u64()) : BigInt.asIntN(random.pick([12, 32]), random.u64());
  let base = random.below(8) | ((d.rex & 1) << 3);
  let mod = dispSize === 0 ? 0 : dispSize === 1 ? 1 : 2;
  const sib = form < 5 || (base & 7) === 4;
  let scaled = 0n;
  let index = 4;
  let scale = 0;
  if (sib) {
    scale = random.below(4);
    index = random.below(8) | ((d.rex & 2) << 2);
    if (index === base) index = 4;
    if (index === 4 && d.rex & 2) d.rex &= ~2;
    if (index !== 4) {
      const value = random.chance(70) ? BigInt(random.below(4096)) : random.u64();
      setRegister(d, index, long ? value : BigInt.asUintN(32, value));
      scaled = value << BigInt(scale);
    }
  }
  // [rBP] and [r13] need a displacement.
  if (mod === 0 && (base & 7) === 5) mod = 1;
  if (base === 4 && !sib) base = 4;
  let value = wrap(offset - disp - scaled, d.addressSize);
  if (d.addressSize === 4 && long && random.chance(50)) value |= random.u64() << 32n;
  if (long && d.addressSize === 8 && aimed === undefined && random.chance(1)) value = 0x1234_0000_0000_0000n;
  setRegister(d, base, BigInt.asUintN(64, value));
  d.tail.push((mod << 6) | reg | (sib ? 4 : base & 7));
  if (sib) d.tail.push((scale << 6) | ((index & 7) << 3) | (base & 7));
  if (mod === 1) d.tail.push(...little(disp, 1));
  if (mod === 2) d.tail.push(...little(disp, 4));
}
