// What is mapped: runs of pages with equal permissions and consecutive physical addresses, from an address on, as many as asked.
import { MODE_LEVELS, nxEnabled, type PagingState, pagingMode } from './levels';
import { narrow, type Rights } from './rights';
import { examine, mapsPage, pageAddress, readEntry, tableBase, type WalkMemory } from './walk';

export interface MappedRange {
  start: bigint;
  /** Exclusive. */
  end: bigint;
  gpa: number;
  pageSize: number;
  writable: boolean;
  user: boolean;
  executable: boolean;
  global: boolean;
  accessed: boolean;
  dirty: boolean;
}

export interface MappedRanges {
  ranges: MappedRange[];
  /** Where to go on; null at the end of the address space. */
  next: bigint | null;
}

const joins = (last: MappedRange | undefined, page: MappedRange): last is MappedRange =>
  last !== undefined &&
  last.end === page.start &&
  last.gpa + Number(last.end - last.start) === page.gpa &&
  last.pageSize === page.pageSize &&
  last.writable === page.writable &&
  last.user === page.user &&
  last.executable === page.executable &&
  last.global === page.global &&
  last.accessed === page.accessed &&
  last.dirty === page.dirty;

/** At most `limit` ranges from `start` on. One call reads at most `entries` table entries, so that a wild table cannot hold anybody up. */
export const mappedRanges = (state: PagingState, memory: WalkMemory, start: bigint, limit: number, entries = 1 << 20): MappedRanges => {
  const mode = pagingMode(state);
  if (mode === 'none') return { ranges: [], next: null };
  const { entrySize, levels } = MODE_LEVELS[mode];
  const long = mode === '4-level' || mode === '5-level';
  const top = levels[0]!;
  const width = top.shift + top.bits;
  const canonical = (address: bigint): bigint => (long ? BigInt.asUintN(64, BigInt.asIntN(width, address)) : address);
  const ranges: MappedRange[] = [];
  let budget = entries;
  let next: bigint | null = null;
  const from = BigInt.asUintN(width, start);

  // returns false to stop everything, with `next` set
  const table = (depth: number, base: number, linearBase: bigint, rights: Rights): boolean => {
    const item = levels[depth]!;
    const span = 1n << BigInt(item.shift);
    for (let index = 0; index < 2 ** item.bits; index++) {
      const linear = linearBase + BigInt(index) * span;
      if (linear + span <= from) continue;
      if (--budget < 0) {
        next = canonical(linear);
        return false;
      }
      const entryGpa = base + index * entrySize;
      const cached = item.name === 'PDPTE' && mode === 'PAE' ? state.pdptes?.[index] : undefined;
      const { outcome, value, format } = examine(state, mode, item, entryGpa, cached ?? readEntry(memory, entryGpa, entrySize));
      if (outcome !== 'table' && outcome !== 'page') continue;
      const narrowed = narrow(rights, value, format, nxEnabled(state));
      if (!mapsPage(state, mode, item, value)) {
        const mask = mode === '32-bit' ? 0xffff_f000n : 0x000f_ffff_ffff_f000n;
        if (!table(depth + 1, Number(value & mask), linear, narrowed)) return false;
        continue;
      }
      const page: MappedRange = {
        start: canonical(linear),
        end: canonical(linear) + span,
        gpa: pageAddress(mode, item, value),
        pageSize: 2 ** item.shift,
        ...narrowed,
        global: (value & 0x100n) !== 0n,
        dirty: (value & 0x40n) !== 0n,
      };
      const last = ranges.at(-1);
      if (joins(last, page)) {
        last.end = page.end;
      } else if (ranges.length === limit) {
        next = page.start;
        return false;
      } else {
        ranges.push(page);
      }
    }
    return true;
  };
  table(0, tableBase(state, mode), 0n, { writable: true, user: true, executable: true, accessed: true });
  return { ranges, next };
};
