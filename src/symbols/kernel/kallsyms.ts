// The symbol table that Linux keeps of itself (kernel/kallsyms.c, scripts/kallsyms.c): names are packed with a table of 256 tokens, addresses count from a base.
// Nothing says where it lies: the tokens of the ten digits, each one letter, are looked for, and all else is found from there.

export interface KernelSymbol {
  readonly name: string;
  /** As nm writes it: T and t code, D and d data, A a number or an offset within the per-CPU data. */
  readonly type: string;
  readonly address: bigint;
}

const TOKENS = 256;
/** A mark for each so many names. */
const PER_MARK = 256;
const FEWEST_MARKS = 4;
/** A mark's distance to the next: a name takes at least two bytes, and hardly ever more than this. */
const LEAST_STEP = 2 * PER_MARK;
const MOST_STEP = 128 * PER_MARK;
/** How far before the tokens the table begins at most. */
const MOST_NAMES = 0x100_0000;
const DIGITS = new TextEncoder().encode('0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00');
const TOP_BIT = 1n << 63n;

/** `rodata`: the section that has it. undefined: it has none (CONFIG_KALLSYMS is off), or of a kind not known. */
export function kernelSymbols(rodata: Uint8Array): KernelSymbol[] | undefined {
  const view = new DataView(rodata.buffer, rodata.byteOffset, rodata.byteLength);
  for (let digits = find(rodata, DIGITS, 0); digits >= 0; digits = find(rodata, DIGITS, digits + 1)) {
    const tokens = tokenTable(rodata, view, digits);
    const names = tokens && namesBefore(rodata, view, tokens.start);
    const addresses = names && addressesOf(view, names, tokens.end);
    if (addresses) return decode(rodata, tokens.texts, names, addresses);
  }
  return undefined;
}

function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(wanted[0]!, from); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1))
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  return -1;
}

interface Tokens {
  readonly start: number;
  readonly end: number;
  readonly texts: readonly string[];
}

/** The token of "0" is number 48; the index behind the table tells whether that is so, and how long the first token is, before which anything may stand. */
function tokenTable(bytes: Uint8Array, view: DataView, digits: number): Tokens | undefined {
  let second = digits;
  for (let token = 0x30; token > 1; token--) {
    second--;
    while (second > 0 && bytes[second - 1] !== 0) second--;
    if (second <= 0) return undefined;
  }
  let end = second;
  for (let token = 1; token < TOKENS; token++) {
    end = bytes.indexOf(0, end) + 1;
    if (end === 0) return undefined;
  }
  const index = (end + 7) & ~7;
  if (index + 2 * TOKENS > bytes.length) return undefined;
  const start = second - view.getUint16(index + 2, true);
  const texts: string[] = [];
  for (let token = 0, at = start; token < TOKENS; token++) {
    if (start < 0 || view.getUint16(index + 2 * token, true) !== at - start) return undefined;
    const zero = bytes.indexOf(0, at);
    texts.push(new TextDecoder('latin1').decode(bytes.subarray(at, zero)));
    at = zero + 1;
  }
  return { start, end: (index + 2 * TOKENS + 7) & ~7, texts };
}

interface Names {
  /** Of the number of symbols, which precedes the names. */
  readonly countAt: number;
  readonly count: number;
  readonly at: number;
}

/** Marks are offsets of every 256th name: from 0 on, each a little more than the one before. */
function namesBefore(bytes: Uint8Array, view: DataView, tokens: number): Names | undefined {
  const least = Math.max(0, tokens - MOST_NAMES);
  for (let at = (tokens & ~3) - 4; at >= least; at -= 4) {
    if (view.getUint32(at, true) !== 0) continue;
    const marks = marksFrom(view, at, tokens);
    if (marks.length < FEWEST_MARKS) continue;
    const found = namesWith(bytes, view, at, marks);
    if (found) return found;
  }
  return undefined;
}

function marksFrom(view: DataView, start: number, end: number): number[] {
  const marks = [0];
  for (let at = start + 4; at + 4 <= end; at += 4) {
    const mark = view.getUint32(at, true);
    const step = mark - marks.at(-1)!;
    if (step < LEAST_STEP || step > MOST_STEP) break;
    marks.push(mark);
  }
  return marks;
}

/** The names end before their marks, the number of symbols stands before the names. */
function namesWith(bytes: Uint8Array, view: DataView, marksAt: number, marks: readonly number[]): Names | undefined {
  const last = marks.at(-1)!;
  for (let at = (marksAt - last) & ~7; at >= 8 && at > marksAt - last - MOST_STEP; at -= 8) {
    const count = view.getUint32(at - 8, true);
    if (count <= (marks.length - 1) * PER_MARK || count > marks.length * PER_MARK) continue;
    if (areNames(bytes, at, count, marks)) return { countAt: at - 8, count, at };
  }
  return undefined;
}

function areNames(bytes: Uint8Array, start: number, count: number, marks: readonly number[]): boolean {
  let at = start;
  for (let i = 0; i < count; i++) {
    if (i % PER_MARK === 0 && at - start !== marks[i / PER_MARK]) return false;
    const { length, text } = nameAt(bytes, at);
    at = text + length;
  }
  return true;
}

/** From 6.1 on a length of 128 and more takes two bytes. */
function nameAt(bytes: Uint8Array, at: number): { length: number; text: number } {
  const first = bytes[at] ?? 0;
  return (first & 0x80) === 0 ? { length: first, text: at + 1 } : { length: (first & 0x7f) | ((bytes[at + 1] ?? 0) << 7), text: at + 2 };
}

/** Up to 6.3 the offsets and their base stand before the number of symbols, from 6.4 on behind the tokens. */
function addressesOf(view: DataView, { countAt, count }: Names, behindTokens: number): ((index: number) => bigint) | undefined {
  const bytes = (4 * count + 7) & ~7;
  for (const [offsetsAt, baseAt] of [
    [countAt - 8 - bytes, countAt - 8],
    [behindTokens, behindTokens + bytes],
  ] as const) {
    if (offsetsAt < 0 || baseAt + 8 > view.byteLength) continue;
    const base = view.getBigUint64(baseAt, true);
    if (base < TOP_BIT || base % 0x1000n !== 0n) continue;
    const offset = (i: number): number => view.getInt32(offsetsAt + 4 * i, true);
    // With CONFIG_KALLSYMS_ABSOLUTE_PERCPU, all that is not negative is a number as it is.
    const isSigned = Array.from({ length: count }, (_, i) => offset(i)).some((each) => each < 0);
    return (i) => {
      const value = BigInt(offset(i));
      return isSigned ? (value >= 0n ? value : BigInt.asUintN(64, base - 1n - value)) : base + BigInt.asUintN(32, value);
    };
  }
  return undefined;
}

function decode(
  bytes: Uint8Array,
  texts: readonly string[],
  { at: start, count }: Names,
  addressOf: (i: number) => bigint,
): KernelSymbol[] {
  const symbols: KernelSymbol[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const { length, text } = nameAt(bytes, at);
    let name = '';
    for (let j = 0; j < length; j++) name += texts[bytes[text + j]!] ?? '';
    at = text + length;
    symbols.push({ type: name[0] ?? '', name: name.slice(1), address: addressOf(i) });
  }
  return symbols;
}
