// The engine's counts put into the counters: which count now, at which privilege levels, and when the next one overflows (SDM vol 3 ch. 21.2.1, 21.2.2).
import type { VcpuState } from '../vcpu-state';
import { type EngineCounts, FIXED_EVENTS, PMU, PMU_EVENTS, type PmuEvent } from './events.rows';

const LIMIT = 2 ** PMU.width;
const Select = {
  event: 0xffff,
  usr: 1 << 16,
  os: 1 << 17,
  edge: 1 << 18,
  int: 1 << 20,
  en: 1 << 22,
  inv: 1 << 23,
  cmask: 0xff << 24,
} as const;
const CRYSTAL_NS = 40;

interface Counter {
  /** Bit in the global registers. */
  bit: bigint;
  field: 'pmc' | 'fixedCtr';
  n: number;
  counts: PmuEvent['counts'];
  user: boolean;
  kernel: boolean;
  interrupts: boolean;
}

/** Counters that are enabled and count something. */
function counting(state: VcpuState): Counter[] {
  const found: Counter[] = [];
  const global = state.u64('perfGlobalCtrl');
  for (let n = 0; n < PMU.counters; n++) {
    const bit = 1n << BigInt(n);
    const select = Number(state.quad('perfEvtSel', n));
    if (!(global & bit) || !(select & Select.en)) continue;
    // Comparing and edge detection look at single cycles, which are not modelled.
    const plain = !(select & (Select.cmask | Select.inv | Select.edge));
    const counts = plain ? PMU_EVENTS.find((row) => row.select === (select & Select.event))?.counts : undefined;
    const interrupts = (select & Select.int) !== 0;
    found.push({ bit, field: 'pmc', n, counts, user: (select & Select.usr) !== 0, kernel: (select & Select.os) !== 0, interrupts });
  }
  for (let n = 0; n < PMU.fixedCounters; n++) {
    const bit = 1n << BigInt(32 + n);
    const control = Number((state.u64('fixedCtrCtrl') >> BigInt(4 * n)) & 15n);
    if (!(global & bit) || !(control & 3)) continue;
    const interrupts = (control & 8) !== 0;
    found.push({ bit, field: 'fixedCtr', n, counts: FIXED_EVENTS[n], user: (control & 2) !== 0, kernel: (control & 1) !== 0, interrupts });
  }
  return found.filter((counter) => counter.counts !== undefined);
}

/** True: a counter that asks for an interrupt has overflowed. */
export function addCounts(state: VcpuState, user: EngineCounts, kernel: EngineCounts): boolean {
  let interrupt = false;
  for (const { bit, field, n, counts, user: atUser, kernel: atKernel, interrupts } of counting(state)) {
    const units = (atUser ? user[counts!.from] : 0) + (atKernel ? kernel[counts!.from] : 0);
    const value = Number(state.quad(field, n)) + units * counts!.each;
    state.setQuad(field, n, BigInt(value % LIMIT));
    if (value < LIMIT) continue;
    state.setU64('perfGlobalStatus', state.u64('perfGlobalStatus') | bit);
    interrupt ||= interrupts;
  }
  return interrupt;
}

/** Some counter counts at CPL 3 alone, or elsewhere alone. */
export const splitsLevels = (state: VcpuState): boolean => counting(state).some(({ user, kernel }) => user !== kernel);

/** No counter overflows in less time, whatever runs: an instruction takes at least one ns. */
export function nsUntilOverflow(state: VcpuState): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { field, n, counts } of counting(state)) {
    const left = Math.ceil((LIMIT - Number(state.quad(field, n))) / counts!.each);
    least = Math.min(least, counts!.from === 'crystal' ? Math.max((left - 1) * CRYSTAL_NS, 1) : left);
  }
  return least;
}

/** Crystal ticks up to a time. */
export const crystalTicks = (ns: number): number => Math.floor(ns / CRYSTAL_NS);
