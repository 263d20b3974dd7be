// What is mapped from an address on: pages merged while rights, page size and physical order go on. No side effects.
import {
  ALL_RIGHTS,
  LEVELS,
  linearBits,
  type PagingMode,
  type PagingRegisters,
  pagingMode,
  type Rights,
  restrict,
  rootOf,
  targetOf,
} from './levels';
import { indexOf, pageFlags, readEntry, type WalkMemory } from './walk';

export interface MappedRange {
  start: bigint;
  end: bigint;
  gpa: number;
  pageSize: number;
  writable: boolean;
  user: boolean;
  executable: boolean;
  global: boolean;
  /** Of any page in the range. */
  accessed: boolean;
  dirty: boolean;
}

export interface MappedRanges {
  ranges: MappedRange[];
  /** Where to go on, or null at the end of the address space. */
  next: bigint | null;
}

/** Entries read at most in one call: tables that refer to themselves must not run away. */
const MAX_ENTRIES = 1 << 18;

class Collector {
  readonly ranges: MappedRange[] = [];
  entries = 0;
  /** Where to go on, once the call has had enough. */
  next: bigint | null = null;

  constructor(private readonly limit: number) {}

  add(page: MappedRange): boolean {
    const last = this.ranges.at(-1);
    if (last && last.end === page.start && continues(last, page)) {
      last.end = page.end;
      last.accessed ||= page.accessed;
      last.dirty ||= page.dirty;
      return true;
    }
    if (this.ranges.length >= this.limit) {
      this.next = page.start;
      return false;
    }
    this.ranges.push(page);
    return true;
  }
}

function continues(last: MappedRange, page: MappedRange): boolean {
  return (
    last.gpa + Number(last.end - last.start) === page.gpa &&
    last.pageSize === page.pageSize &&
    last.writable === page.writable &&
    last.user === page.user &&
    last.executable === page.executable &&
    last.global === page.global
  );
}

interface Position {
  /** Index into the mode's levels. */
  depth: number;
  table: number;
  /** Linear address that the table begins to map. */
  base: bigint;
  rights: Rights;
}

/** Sign-extends the highest linear address bit: the upper half follows the canonical hole. */
const canonical = (mode: PagingMode, linear: bigint): bigint => {
  const bits = linearBits(mode);
  return bits === 32 ? linear : BigInt.asUintN(64, BigInt.asIntN(bits, linear));
};

/** False once the collector has had enough. */
function scan(memory: WalkMemory, registers: PagingRegisters, mode: PagingMode, at: Position, from: bigint, out: Collector): boolean {
  const level = LEVELS[mode][at.depth];
  if (!level) return true;
  const count = 1 << level.bits;
  const span = 1n << BigInt(level.shift);
  const first = from > at.base ? indexOf(level, from) : 0;
  for (let index = first; index < count; index++) {
    const start = at.base + BigInt(index) * span;
    if (++out.entries > MAX_ENTRIES) {
      out.next = canonical(mode, start);
      return false;
    }
    const entry = readEntry(memory, registers, mode, level, at.table, index);
    if (entry.outcome !== 'table' && entry.outcome !== 'page') continue;
    const rights = restrict(at.rights, entry.kind, entry.value);
    const target = targetOf(entry.kind, entry.value);
    if (entry.outcome === 'table') {
      const below = { depth: at.depth + 1, table: target, base: start, rights };
      if (!scan(memory, registers, mode, below, from, out)) return false;
      continue;
    }
    const linear = canonical(mode, start);
    const pageSize = Number(span);
    if (!out.add({ start: linear, end: linear + span, gpa: target, pageSize, ...rights, ...pageFlags(entry.value) })) return false;
  }
  return true;
}

/** At most `limit` ranges from the page that holds `start` on, in ascending order. */
export function mappedRanges(memory: WalkMemory, registers: PagingRegisters, start: bigint, limit: number): MappedRanges {
  const mode = pagingMode(registers);
  if (mode === 'none') {
    const end = 1n << 32n;
    const all = { start: 0n, end, gpa: 0, pageSize: 4096, ...ALL_RIGHTS, global: false, accessed: false, dirty: false };
    return { ranges: start < end && limit > 0 ? [all] : [], next: null };
  }
  const bits = linearBits(mode);
  const half = 1n << BigInt(bits - 1);
  const unsigned = BigInt.asUintN(64, start);
  // An address in the canonical hole begins with the upper half.
  const hole = bits !== 32 && unsigned >= half && BigInt.asIntN(bits, unsigned) !== BigInt.asIntN(64, unsigned);
  const from = hole ? half : BigInt.asUintN(bits, unsigned);
  const out = new Collector(limit);
  if (bits === 32 && unsigned >> 32n) return { ranges: [], next: null };
  scan(memory, registers, mode, { depth: 0, table: rootOf(mode, registers.cr3), base: 0n, rights: ALL_RIGHTS }, from, out);
  return { ranges: out.ranges, next: out.next };
}
