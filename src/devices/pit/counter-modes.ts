// The six modes of an 8254 counter as functions of time (Intel data sheet 231164, "Mode definitions"): nothing is stepped.
// `elapsed` is ticks since the count was loaded into the counting element; `count` is 1..65536 (1..10000 in BCD).

export interface CounterMode {
  /** Out before the first count or trigger. */
  readonly idleOut: boolean;
  /** Counting starts on a rising gate, not when the count is written. */
  readonly triggered: boolean;
  /** A low gate stops the count (modes 0, 4) or the wave (modes 2, 3). */
  readonly gated: boolean;
  readonly periodic: boolean;
  out(count: number, elapsed: number): boolean;
  /** Elapsed ticks of the first change of OUT after `elapsed`; undefined when it stays. */
  nextChange(count: number, elapsed: number): number | undefined;
  /** The counting element; the caller wraps it. */
  value(count: number, elapsed: number): number;
}

const once = (at: number, elapsed: number): number | undefined => (elapsed < at ? at : undefined);
const countDown = (count: number, elapsed: number): number => count - elapsed;

/** OUT is low until the count ends. */
const lowUntilEnd = {
  periodic: false,
  out: (count: number, elapsed: number) => elapsed >= count,
  nextChange: (count: number, elapsed: number) => once(count, elapsed),
  value: countDown,
};

/** OUT is low for the one tick after the count ends. */
const strobe = {
  idleOut: true,
  periodic: false,
  out: (count: number, elapsed: number) => elapsed !== count,
  nextChange: (count: number, elapsed: number) => once(count, elapsed) ?? once(count + 1, elapsed),
  value: countDown,
};

/** Mode 2: OUT is low during the last tick of each period. A count of 1 is illegal; OUT stays high. */
const rateGenerator: CounterMode = {
  idleOut: true,
  triggered: false,
  gated: true,
  periodic: true,
  out: (count, elapsed) => count === 1 || elapsed < 0 || elapsed % count !== count - 1,
  nextChange: (count, elapsed) => {
    if (count === 1) return undefined;
    if (elapsed < 0) return count - 1;
    const start = elapsed - (elapsed % count);
    return elapsed % count === count - 1 ? start + count : start + count - 1;
  },
  value: (count, elapsed) => (elapsed < 0 ? count : count - (elapsed % count)),
};

/** Mode 3: high for the first half (rounded up), low for the rest; the element counts down by two twice. */
const squareWave: CounterMode = {
  idleOut: true,
  triggered: false,
  gated: true,
  periodic: true,
  out: (count, elapsed) => count === 1 || elapsed < 0 || elapsed % count < Math.ceil(count / 2),
  nextChange: (count, elapsed) => {
    if (count === 1) return undefined;
    const high = Math.ceil(count / 2);
    if (elapsed < 0) return high;
    const start = elapsed - (elapsed % count);
    return elapsed % count < high ? start + high : start + count;
  },
  value: (count, elapsed) => {
    const even = count & ~1;
    if (elapsed < 0 || even === 0) return even;
    const phase = elapsed % count;
    const high = Math.ceil(count / 2);
    return even - 2 * (phase < high ? phase : phase - high);
  },
};

/** Indexed by the mode bits of the control word; 6 and 7 are modes 2 and 3. */
export const COUNTER_MODES: readonly CounterMode[] = [
  { ...lowUntilEnd, idleOut: false, triggered: false, gated: true },
  { ...lowUntilEnd, idleOut: true, triggered: true, gated: false },
  rateGenerator,
  squareWave,
  { ...strobe, triggered: false, gated: true },
  { ...strobe, triggered: true, gated: false },
  rateGenerator,
  squareWave,
];
