// One comparator of an HPET (IA-PC HPET 1.0a, 2.3.8 and 2.3.9): its registers, and when the main counter meets it.

// Tn_CONFIG
const TN_INT_TYPE = 0x0002;
const TN_INT_ENB = 0x0004;
const TN_TYPE = 0x0008;
const TN_PER_INT = 0x0010;
const TN_SIZE = 0x0020;
const TN_VAL_SET = 0x0040;
export const TN_32MODE = 0x0100;
export const TN_ROUTE_SHIFT = 9;
const TN_WRITABLE = TN_INT_TYPE | TN_INT_ENB | TN_TYPE | TN_VAL_SET | TN_32MODE | (0x1f << TN_ROUTE_SHIFT);
/** The comparator that can be periodic. */
export const PERIODIC = 0;
const NEVER = 0xffff_ffff_ffff_ffffn;
export const MASK_32 = 0xffff_ffffn;
export const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

export interface Comparator {
  config: number;
  comparator: bigint;
  period: bigint;
  /** The counter has been compared up to here. */
  seen: bigint;
  /** When it interrupted last. */
  raisedNs: number;
}

export const initialComparator = (n: number): Comparator => ({
  ...{ config: n === PERIODIC ? TN_PER_INT | TN_SIZE : TN_SIZE, comparator: NEVER, period: 0n, seen: 0n, raisedNs: 0 },
});

/** The mode is chosen, whether or not there is a period yet. */
export const isPeriodicMode = ({ config }: Comparator): boolean => (config & TN_TYPE) !== 0;
export const isPeriodic = (each: Comparator): boolean => isPeriodicMode(each) && each.period > 0n;
export const isLevel = ({ config }: Comparator): boolean => (config & TN_INT_TYPE) !== 0;
export const isEnabled = ({ config }: Comparator): boolean => (config & TN_INT_ENB) !== 0;

export const withHalf = (register: bigint, high: boolean, value: number): bigint =>
  high ? (register & MASK_32) | (BigInt(value) << 32n) : (register & ~MASK_32) | BigInt(value);

/** 2.3.8: the low half of the configuration register. */
export function writeConfig(each: Comparator, n: number, value: number): void {
  const allowed = n === PERIODIC ? value : value & ~(TN_TYPE | TN_VAL_SET);
  each.config = (each.config & ~TN_WRITABLE) | (allowed & TN_WRITABLE);
}

/** 2.3.9.2.2: in periodic mode a write sets the period; with TN_VAL_SET it sets the comparator as well. */
export function writeComparator(each: Comparator, high: boolean, value: number): void {
  const periodic = isPeriodicMode(each);
  if (periodic) each.period = withHalf(each.period, high && !(each.config & TN_32MODE), value);
  if (!periodic || each.config & TN_VAL_SET) each.comparator = withHalf(each.comparator, high, value);
  if (each.config & TN_32MODE) {
    each.comparator &= MASK_32;
    each.period &= MASK_32;
  }
  if (high || each.config & TN_32MODE) each.config &= ~TN_VAL_SET;
}

/** Ticks until the counter next meets the comparator, counted from `from`; never 0. */
export function distance({ config, comparator }: Comparator, from: bigint): bigint {
  const left = config & TN_32MODE ? BigInt.asUintN(32, comparator - from) : u64(comparator - from);
  return left === 0n ? (config & TN_32MODE ? MASK_32 + 1n : NEVER) : left;
}

/** Brings it up to where the counter is now. How often they met: of one that is not periodic at most once. */
export function meet(each: Comparator, counter: bigint): number {
  const passed = u64(counter - each.seen);
  const first = distance(each, each.seen);
  if (passed < first) return 0;
  each.seen = counter;
  if (!isPeriodic(each)) return 1;
  const periods = (passed - first) / each.period + 1n;
  each.comparator = u64(each.comparator + periods * each.period);
  if (each.config & TN_32MODE) each.comparator &= MASK_32;
  return Number(periods);
}
