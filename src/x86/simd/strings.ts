// PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM (SDM vol 2, 4.1): comparison of strings in vector registers.
//
// The destination is a scratch place: quadword 0 gets the flags as RFLAGS bits, quadword 1 the index, bytes 16 to 31 the mask. The forms with explicit lengths
// find those of source 1 and 2 in quadwords 0 and 1 of it.
import type { Run, VectorContext } from './context';

/** Immediate bits (SDM vol 2, 4.1.2 to 4.1.6). */
const WORDS = 1;
const SIGNED = 2;
const NEGATE = 0x10;
const MASKED = 0x20;
const MOST = 0x40;
const Aggregation = { equalAny: 0, ranges: 1, equalEach: 2, equalOrdered: 3 } as const;

interface Text {
  values: readonly number[];
  /** Valid elements; at most all. */
  length: number;
}

function elements({ view, immediate }: VectorContext, at: number): number[] {
  const signed = (immediate & SIGNED) !== 0;
  if (immediate & WORDS)
    return Array.from({ length: 8 }, (_, i) => (signed ? view.getInt16(at + i * 2, true) : view.getUint16(at + i * 2, true)));
  return Array.from({ length: 16 }, (_, i) => (signed ? view.getInt8(at + i) : view.getUint8(at + i)));
}
function untilZero(values: readonly number[]): Text {
  const zero = values.indexOf(0);
  return { values, length: zero < 0 ? values.length : zero };
}
/** Absolute value, at most all elements. */
function counted(values: readonly number[], count: bigint): Text {
  const magnitude = count < 0n ? -count : count;
  return { values, length: magnitude > BigInt(values.length) ? values.length : Number(magnitude) };
}

/** Whether element i of `a` and j of `b` match, with the values that invalid ones force (SDM vol 2, table 4-7). */
function matches(kind: number, a: Text, b: Text, i: number, j: number): boolean {
  const aValid = i < a.length;
  const bValid = j < b.length;
  if (!aValid || !bValid) {
    if (kind === Aggregation.equalEach) return !aValid && !bValid;
    return kind === Aggregation.equalOrdered && !aValid;
  }
  const x = a.values[i]!;
  const y = b.values[j]!;
  if (kind !== Aggregation.ranges) return x === y;
  return i & 1 ? y <= x : y >= x;
}

/** Bit j for element j of source 2: what is found there. */
function found(kind: number, a: Text, b: Text): number {
  const count = a.values.length;
  let result = 0;
  for (let j = 0; j < count; j++) {
    const any = (from: number, to: number, test: (i: number) => boolean): boolean => {
      for (let i = from; i < to; i++) if (test(i)) return true;
      return false;
    };
    const hit = (i: number, at: number): boolean => matches(kind, a, b, i, at);
    let set: boolean;
    if (kind === Aggregation.equalAny) set = any(0, count, (i) => hit(i, j));
    else if (kind === Aggregation.ranges) set = any(0, count / 2, (i) => hit(2 * i, j) && hit(2 * i + 1, j));
    else if (kind === Aggregation.equalEach) set = hit(j, j);
    else set = !any(0, count - j, (i) => !hit(i, j + i));
    if (set) result |= 1 << j;
  }
  return result;
}

const CF = 1;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;

function compareTexts(c: VectorContext, a: Text, b: Text): undefined {
  const { view, destination, immediate } = c;
  const count = a.values.length;
  const all = (1 << count) - 1;
  let bits = found((immediate >> 2) & 3, a, b);
  if (immediate & NEGATE) bits ^= immediate & MASKED ? (1 << b.length) - 1 : all;
  const index = bits === 0 ? count : immediate & MOST ? 31 - Math.clz32(bits) : Math.clz32(bits & -bits) ^ 31;
  const flags = (bits ? CF : 0) | (b.length < count ? ZF : 0) | (a.length < count ? SF : 0) | (bits & 1 ? OF : 0);
  view.setBigUint64(destination, BigInt(flags), true);
  view.setBigUint64(destination + 8, BigInt(index), true);
  view.setBigUint64(destination + 16, 0n, true);
  view.setBigUint64(destination + 24, 0n, true);
  if (!(immediate & MOST)) view.setUint16(destination + 16, bits, true);
  else
    for (let i = 0; i < count; i++) {
      const set = (bits >> i) & 1 ? -1 : 0;
      if (immediate & WORDS) view.setInt16(destination + 16 + i * 2, set, true);
      else view.setInt8(destination + 16 + i, set);
    }
  return undefined;
}

const explicit: Run = (c) => {
  const length1 = c.view.getBigInt64(c.destination, true);
  const length2 = c.view.getBigInt64(c.destination + 8, true);
  return compareTexts(c, counted(elements(c, c.source1), length1), counted(elements(c, c.source2), length2));
};
const implicit: Run = (c) => compareTexts(c, untilZero(elements(c, c.source1)), untilZero(elements(c, c.source2)));

export const STRINGS = { pcmpestr: explicit, pcmpistr: implicit } as const satisfies Record<string, Run>;
