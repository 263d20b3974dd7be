// One counter of an 8254 (Intel data sheet 231164): control word, count register, latches and gate, over the modes as functions of time.
import type { DeviceState } from '../device-state';
import { COUNTER_MODES, type CounterMode } from './counter-modes';

/** RW1 RW0 of the control word. */
const RW_LOW = 1;
const RW_HIGH = 2;
const RW_LOW_THEN_HIGH = 3;
const STATUS_OUT = 0x80;
const STATUS_NULL_COUNT = 0x40;
/** The count register is copied into the counting element by the clock pulse after the write or trigger. */
const LOAD_TICKS = 1;

export type CounterState = DeviceState & {
  /** M2 M1 M0. */
  mode: number;
  bcd: boolean;
  access: number;
  gate: boolean;
  /** The count in the counting element; 0 before the first. */
  count: number;
  /** Tick at which it was loaded; null before the first count or trigger. */
  startTick: number | null;
  /** A low gate holds the count here. */
  heldElapsed: number | null;
  /** Mode 4: when the strobe was, once a gate has held the count behind it. */
  strobeTick: number | null;
  /** Written but not yet loaded. */
  nextCount: number | null;
  /** Where a running wave takes it over; null where a trigger loads it. */
  nextCountTick: number | null;
  /** OUT between a write or trigger and the load. */
  outBeforeStart: boolean;
  lowByte: number;
  writeHigh: boolean;
  readHigh: boolean;
  latchedCount: number | null;
  latchedStatus: number | null;
};

export const initialCounter = (gate: boolean): CounterState => ({
  mode: 3,
  bcd: false,
  access: RW_LOW_THEN_HIGH,
  gate,
  count: 0,
  startTick: null,
  heldElapsed: null,
  strobeTick: null,
  nextCount: null,
  nextCountTick: null,
  outBeforeStart: true,
  lowByte: 0,
  writeHigh: false,
  readHigh: false,
  latchedCount: null,
  latchedStatus: null,
});

export class Counter {
  readonly state: CounterState;

  constructor(gate: boolean) {
    this.state = initialCounter(gate);
  }

  /** What it shows at a tick, without a change to it. */
  view(tick: number): {
    mode: number;
    bcd: boolean;
    gate: boolean;
    reload: number;
    count: number;
    out: boolean;
    nextChangeTick: number | undefined;
  } {
    const copy = new Counter(true);
    Object.assign(copy.state, this.state);
    const [count, out, nextChangeTick] = [copy.currentCount(tick), copy.out(tick), copy.nextChangeTick(tick)];
    const { mode, bcd, gate, count: reload } = copy.state;
    return { mode, bcd, gate, reload, count, out, nextChangeTick };
  }

  /** Of a wave that is running; 0: it is none. */
  get periodTicks(): number {
    const { startTick, count, gate } = this.state;
    return this.rules.periodic && gate && startTick !== null ? count : 0;
  }

  writeControl(access: number, mode: number, bcd: boolean): void {
    const { gate } = this.state;
    Object.assign(this.state, initialCounter(gate), { access, mode: mode > 5 ? mode - 4 : mode, bcd });
  }

  writeCount(byte: number, tick: number): void {
    const s = this.state;
    switch (s.access) {
      case RW_LOW:
        this.setCount(byte, tick);
        break;
      case RW_HIGH:
        this.setCount(byte << 8, tick);
        break;
      default:
        if (s.writeHigh) this.setCount(s.lowByte | (byte << 8), tick);
        else if (s.mode === 0) s.startTick = null; // the first byte stops the count, OUT goes low at once
        s.lowByte = byte;
        s.writeHigh = !s.writeHigh;
    }
  }

  read(tick: number): number {
    const s = this.state;
    if (s.latchedStatus !== null) {
      const status = s.latchedStatus;
      s.latchedStatus = null;
      return status;
    }
    const value = s.latchedCount ?? this.currentCount(tick);
    const high = s.access === RW_HIGH || (s.access === RW_LOW_THEN_HIGH && s.readHigh);
    if (s.access === RW_LOW_THEN_HIGH) s.readHigh = !s.readHigh;
    if (high || s.access !== RW_LOW_THEN_HIGH) s.latchedCount = null;
    return high ? value >> 8 : value & 0xff;
  }

  /** Counter latch command: a second one before the read is ignored. */
  latchCount(tick: number): void {
    this.state.latchedCount ??= this.currentCount(tick);
  }

  latchStatus(tick: number): void {
    const s = this.state;
    this.advance(tick);
    const loading = s.nextCount !== null || s.count === 0 || s.startTick === null || s.startTick > tick;
    s.latchedStatus ??=
      (this.out(tick) ? STATUS_OUT : 0) | (loading ? STATUS_NULL_COUNT : 0) | (s.access << 4) | (s.mode << 1) | (s.bcd ? 1 : 0);
  }

  setGate(level: boolean, tick: number): void {
    const s = this.state;
    if (s.gate === level) return;
    this.advance(tick);
    s.gate = level;
    if (!level && this.rules.gated) this.hold(tick);
    else if (level && this.rules.gated && !this.rules.periodic) this.goOn(tick);
    else if (level) this.trigger(tick);
  }

  out(tick: number): boolean {
    const s = this.state;
    this.advance(tick);
    if (s.startTick === null || (this.rules.periodic && !s.gate)) return this.rules.idleOut;
    if (tick < s.startTick) return s.outBeforeStart;
    if (s.strobeTick !== null) return tick !== s.strobeTick; // the gate neither stretches nor repeats the strobe
    return this.rules.out(s.count, this.elapsed(tick));
  }

  /** The tick of the next change of OUT, for whoever must act on it. */
  nextChangeTick(tick: number): number | undefined {
    const s = this.state;
    this.advance(tick);
    if (s.startTick === null || s.heldElapsed !== null || (this.rules.periodic && !s.gate)) return undefined;
    if (tick < s.startTick && this.out(tick) !== this.rules.out(s.count, 0)) return s.startTick;
    const change = this.rules.nextChange(s.count, Math.max(0, tick - s.startTick));
    const takeOver = s.nextCountTick ?? undefined;
    if (change === undefined) return takeOver;
    return Math.min(s.startTick + change, takeOver ?? Number.POSITIVE_INFINITY);
  }

  private get rules(): CounterMode {
    return COUNTER_MODES[this.state.mode]!;
  }

  private get modulus(): number {
    return this.state.bcd ? 10_000 : 0x10000;
  }

  private elapsed(tick: number): number {
    const s = this.state;
    return s.heldElapsed ?? tick - (s.startTick ?? tick);
  }

  private setCount(raw: number, tick: number): void {
    const s = this.state;
    this.advance(tick);
    const written = s.bcd ? fromBcd(raw) : raw;
    const count = written === 0 ? this.modulus : written;
    const running = s.startTick !== null;
    if (s.startTick !== null && tick < s.startTick) {
      s.count = count; // in time for the load that is due
      return;
    }
    if (this.rules.triggered || (this.rules.periodic && running)) {
      s.nextCountTick = running && this.rules.periodic ? (s.nextCountTick ?? this.takeOverTick(tick)) : null;
      s.nextCount = count;
      return;
    }
    s.outBeforeStart = this.rules.idleOut;
    s.count = count;
    s.startTick = tick + LOAD_TICKS;
    s.heldElapsed = s.gate ? null : 0;
    s.strobeTick = null;
  }

  private trigger(tick: number): void {
    const s = this.state;
    if (s.nextCount === null && s.count === 0) return;
    s.outBeforeStart = this.rules.triggered ? this.out(tick) : this.rules.idleOut;
    s.count = s.nextCount ?? s.count;
    s.nextCount = null;
    s.nextCountTick = null;
    s.heldElapsed = null;
    s.startTick = tick + LOAD_TICKS;
  }

  private hold(tick: number): void {
    const s = this.state;
    if (s.startTick === null) return;
    s.heldElapsed = Math.max(0, tick - s.startTick);
    if (s.mode === 4 && s.heldElapsed >= s.count) s.strobeTick ??= s.startTick + s.count;
  }

  private goOn(tick: number): void {
    const s = this.state;
    if (s.heldElapsed === null || s.startTick === null) return;
    if (tick >= s.startTick) s.startTick = tick - s.heldElapsed;
    s.heldElapsed = null;
  }

  /** Modes 2 and 3: a new count takes over where the period, or the half of the square wave, ends. */
  private takeOverTick(tick: number): number {
    const s = this.state;
    const start = s.startTick ?? tick;
    const elapsed = Math.max(0, tick - start);
    if (s.mode === 3) return start + (this.rules.nextChange(s.count, elapsed) ?? elapsed + 1);
    return start + (Math.floor(elapsed / s.count) + 1) * s.count;
  }

  private advance(tick: number): void {
    const s = this.state;
    if (s.nextCount === null || s.nextCountTick === null || s.startTick === null || !s.gate || tick < s.nextCountTick) return;
    const startsLow = s.mode === 3 && s.count > 1 && (s.nextCountTick - s.startTick) % s.count !== 0;
    s.startTick = startsLow ? s.nextCountTick - Math.ceil(s.nextCount / 2) : s.nextCountTick;
    s.count = s.nextCount;
    s.nextCount = null;
    s.nextCountTick = null;
  }

  private currentCount(tick: number): number {
    const s = this.state;
    this.advance(tick);
    if (s.startTick === null) return s.bcd ? toBcd(s.count % this.modulus) : s.count & 0xffff;
    const value = this.rules.value(s.count, Math.max(0, this.elapsed(tick)));
    const wrapped = ((value % this.modulus) + this.modulus) % this.modulus;
    return s.bcd ? toBcd(wrapped) : wrapped;
  }
}

function fromBcd(raw: number): number {
  return (raw & 15) + ((raw >> 4) & 15) * 10 + ((raw >> 8) & 15) * 100 + ((raw >> 12) & 15) * 1000;
}

function toBcd(value: number): number {
  return (value % 10) | ((Math.floor(value / 10) % 10) << 4) | ((Math.floor(value / 100) % 10) << 8) | (Math.floor(value / 1000) << 12);
}
