// High precision event timer (IA-PC HPET 1.0a) at 0xfed00000: a 64-bit counter of 10 ns ticks and three comparators, of which the first
// is periodic, as QEMU has them. In legacy replacement the first two take the place of the PIT (IRQ 0) and the real-time clock (IRQ 8).
import type { SavedValue } from '../base/saved';
import { type DeviceDescription, register } from './describe';
import { restoreState, saveState } from './device-state';
import type { Clock, Device, IrqLine, MmioHandler, Timer, Timers } from './ports';
import { registerPart } from './register-part';

export const HPET = { gpa: 0xfed00000, size: 0x400, timers: 3, blockId: 0x8086a201, tickFs: 10_000_000, minimumTicks: 0x80 } as const;
const TICK_NS = 10n;
/** Interrupts of one comparator are no closer: those of shorter periods come as one, for ticks are not to be all that a host has to do. */
const SHORTEST_GAP_NS = 20_000;
/** Global interrupts a comparator can be routed to, besides legacy replacement: pins 16 to 23 of the I/O APIC. */
const ROUTES = 0x00ff0000;
const LEGACY_IRQS = [0, 8] as const;
// General registers, 2.3
const CAPABILITIES = 0x000;
const CONFIGURATION = 0x010;
const STATUS = 0x020;
const COUNTER = 0x0f0;
const ENABLE_CNF = 1;
const LEG_RT_CNF = 2;
// Per timer, 2.3.8
const TIMER_0 = 0x100;
const TIMER_STRIDE = 0x20;
const TN_INT_TYPE = 0x0002;
const TN_INT_ENB = 0x0004;
const TN_TYPE = 0x0008;
const TN_PER_INT = 0x0010;
const TN_SIZE = 0x0020;
const TN_VAL_SET = 0x0040;
const TN_32MODE = 0x0100;
const TN_ROUTE_SHIFT = 9;
const TN_WRITABLE = TN_INT_TYPE | TN_INT_ENB | TN_TYPE | TN_VAL_SET | TN_32MODE | (0x1f << TN_ROUTE_SHIFT);
const NEVER = 0xffff_ffff_ffff_ffffn;
const MASK_32 = 0xffff_ffffn;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

export interface HpetPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly irq: (line: number) => IrqLine;
  /** Legacy replacement: the PIT and the real-time clock are cut off from their wires, or connected again. */
  readonly replaceLegacy: (on: boolean) => void;
}

interface Comparator {
  config: number;
  comparator: bigint;
  period: bigint;
  /** The counter has been compared up to here. */
  seen: bigint;
  /** When it interrupted last. */
  raisedNs: number;
}

export class Hpet implements Device, MmioHandler {
  readonly name = 'hpet';
  private readonly state = { config: 0, status: 0, base: 0n, startNs: 0 };
  private readonly comparators: Comparator[] = [];
  private readonly timers: Timer[] = [];
  /** By comparator and then by interrupt. */
  private readonly lines = new Map<string, IrqLine>();

  constructor(private readonly ports: HpetPorts) {
    for (let n = 0; n < HPET.timers; n++) {
      this.comparators.push({ config: 0, comparator: NEVER, period: 0n, seen: 0n, raisedNs: 0 });
      this.timers.push(ports.timers.create(`hpet.timer${n}`, () => this.expire(n)));
      const legacy = LEGACY_IRQS[n];
      const irqs = [16, 17, 18, 19, 20, 21, 22, 23, ...(legacy === undefined ? [] : [legacy])];
      for (const irq of irqs) this.lines.set(`${n}.${irq}`, ports.irq(irq));
    }
    this.reset();
  }

  reset(): void {
    Object.assign(this.state, { config: 0, status: 0, base: 0n, startNs: 0 });
    for (const [n, each] of this.comparators.entries()) {
      Object.assign(each, { config: n === 0 ? TN_PER_INT | TN_SIZE : TN_SIZE, comparator: NEVER, period: 0n, seen: 0n, raisedNs: 0 });
      this.timers[n]!.cancel();
    }
    for (const line of this.lines.values()) line.set(false);
    this.ports.replaceLegacy(false);
  }

  save(): SavedValue {
    return { state: saveState(this.state), comparators: this.comparators.map((each) => ({ ...each })) };
  }

  restore(saved: SavedValue): void {
    const { state, comparators } = saved as { state: SavedValue; comparators: readonly SavedValue[] };
    restoreState(this.name, this.state, state);
    this.comparators.forEach((each, n) => {
      Object.assign(each, comparators[n]);
    });
  }

  describe(): DeviceDescription {
    const { config, status } = this.state;
    return {
      title: 'HPET',
      registers: [
        { name: 'main counter', value: this.counter, bits: 64 },
        { name: 'tick', value: Number(TICK_NS), unit: 'ns' },
        register('general configuration', config, 32, ['ENABLE_CNF', 'LEG_RT_CNF']),
        register('general interrupt status', status, 32, ['T0', 'T1', 'T2']),
      ],
      tables: [
        {
          name: 'Timers',
          columns: [
            { name: 'timer' },
            { name: 'comparator', bits: 64 },
            { name: 'period' },
            { name: 'IRQ' },
            { name: 'enabled' },
            { name: 'periodic' },
            { name: 'trigger' },
            { name: 'fires', unit: 'virtual-ns' },
          ],
          rows: this.comparators.map((each, n) => {
            const flag = (bit: number): boolean => (each.config & bit) !== 0;
            const trigger = flag(TN_INT_TYPE) ? 'level' : 'edge';
            return [
              n,
              each.comparator,
              each.period,
              this.irqOf(n),
              flag(TN_INT_ENB),
              flag(TN_TYPE),
              trigger,
              this.timers[n]!.deadlineNs ?? null,
            ];
          }),
        },
      ],
    };
  }

  readMmio(offset: number, size: 1 | 2 | 4): number {
    const register = this.register(offset & ~7);
    const half = Number((offset & 4 ? register >> 32n : register) & MASK_32);
    return registerPart(half, offset & 3, size);
  }

  /** Registers are written by 32 or 64 bits (2.1); the bus brings the halves one after the other. */
  writeMmio(offset: number, size: 1 | 2 | 4, value: number): void {
    if (size !== 4) return;
    this.collect();
    const high = (offset & 4) !== 0;
    const register = offset & ~7;
    if (register >= TIMER_0) this.writeTimer(register - TIMER_0, high, value);
    else if (register === CONFIGURATION && !high) this.configure(value & (ENABLE_CNF | LEG_RT_CNF));
    else if (register === STATUS && !high) this.state.status &= ~value;
    else if (register === COUNTER && !this.running) this.state.base = withHalf(this.state.base, high, value);
    this.update();
  }

  private get running(): boolean {
    return (this.state.config & ENABLE_CNF) !== 0;
  }

  private get counter(): bigint {
    const { base, startNs } = this.state;
    return this.running ? u64(base + BigInt(this.ports.clock.nowNs() - startNs) / TICK_NS) : base;
  }

  private register(offset: number): bigint {
    switch (offset) {
      case CAPABILITIES:
        return (BigInt(HPET.tickFs) << 32n) | BigInt(HPET.blockId);
      case CONFIGURATION:
        return BigInt(this.state.config);
      case STATUS:
        this.collect();
        return BigInt(this.state.status);
      case COUNTER:
        return this.counter;
      default:
    }
    const each = this.comparators[Math.floor((offset - TIMER_0) / TIMER_STRIDE)];
    if (offset < TIMER_0 || each === undefined) return 0n;
    this.collect();
    const part = (offset - TIMER_0) % TIMER_STRIDE;
    if (part === 0) return (BigInt(ROUTES) << 32n) | BigInt(each.config);
    return part === 8 ? (each.config & TN_32MODE ? each.comparator & MASK_32 : each.comparator) : 0n;
  }

  private configure(config: number): void {
    const counter = this.counter;
    const changed = this.state.config ^ config;
    if (changed & ENABLE_CNF) {
      Object.assign(this.state, { base: counter, startNs: this.ports.clock.nowNs() });
      for (const each of this.comparators) each.seen = counter;
    }
    if (changed & LEG_RT_CNF) {
      for (const line of this.lines.values()) line.set(false);
      this.ports.replaceLegacy((config & LEG_RT_CNF) !== 0);
    }
    this.state.config = config;
  }

  private writeTimer(offset: number, high: boolean, value: number): void {
    const n = Math.floor(offset / TIMER_STRIDE);
    const each = this.comparators[n];
    const part = offset % TIMER_STRIDE;
    if (each === undefined || (part !== 0 && part !== 8)) return;
    if (part === 0) {
      if (high) return;
      const periodic = n === 0 ? value : value & ~(TN_TYPE | TN_VAL_SET);
      this.lineOf(n)?.set(false);
      each.config = (each.config & ~TN_WRITABLE) | (periodic & TN_WRITABLE);
      return;
    }
    // 2.3.9.2.2: in periodic mode a write sets the period; with TN_VAL_SET it sets the comparator as well.
    const periodic = (each.config & TN_TYPE) !== 0;
    if (periodic) each.period = withHalf(each.period, high && !(each.config & TN_32MODE), value);
    if (!periodic || each.config & TN_VAL_SET) each.comparator = withHalf(each.comparator, high, value);
    if (each.config & TN_32MODE) {
      each.comparator &= MASK_32;
      each.period &= MASK_32;
    }
    if (high || each.config & TN_32MODE) each.config &= ~TN_VAL_SET;
    each.seen = this.counter;
  }

  private irqOf(n: number): number {
    const legacy = this.state.config & LEG_RT_CNF ? LEGACY_IRQS[n] : undefined;
    return legacy ?? (this.comparators[n]!.config >> TN_ROUTE_SHIFT) & 0x1f;
  }

  private lineOf(n: number): IrqLine | undefined {
    return this.lines.get(`${n}.${this.irqOf(n)}`);
  }

  /** Ticks until the counter next meets the comparator, counted from `from`; never 0. */
  private distance({ config, comparator }: Comparator, from: bigint): bigint {
    const left = config & TN_32MODE ? BigInt.asUintN(32, comparator - from) : u64(comparator - from);
    return left === 0n ? (config & TN_32MODE ? MASK_32 + 1n : NEVER) : left;
  }

  /** Brings comparators and status up to now. */
  private collect(): void {
    if (!this.running) return;
    const counter = this.counter;
    for (const [n, each] of this.comparators.entries()) {
      const passed = u64(counter - each.seen);
      const distance = this.distance(each, each.seen);
      if (passed < distance) continue;
      each.seen = counter;
      if ((each.config & TN_TYPE) !== 0 && each.period > 0n) {
        const periods = (passed - distance) / each.period + 1n;
        each.comparator = u64(each.comparator + periods * each.period);
        if (each.config & TN_32MODE) each.comparator &= MASK_32;
      }
      this.raise(n);
      each.raisedNs = this.ports.clock.nowNs();
    }
  }

  /** Edge-triggered: a pulse. Level-triggered: the status bit holds the wire (2.3.8, Tn_INT_TYPE_CNF). */
  private raise(n: number): void {
    const { config } = this.comparators[n]!;
    if (config & TN_INT_TYPE) {
      this.state.status |= 1 << n;
      return;
    }
    if ((config & TN_INT_ENB) === 0) return;
    const line = this.lineOf(n);
    line?.set(true);
    line?.set(false);
  }

  private expire(_n: number): void {
    this.collect();
    this.update();
  }

  private update(): void {
    const counter = this.counter;
    for (const [n, each] of this.comparators.entries()) {
      const level = (each.config & TN_INT_TYPE) !== 0;
      if (level) this.lineOf(n)?.set((each.config & TN_INT_ENB) !== 0 && (this.state.status & (1 << n)) !== 0);
      const waits = this.running && (each.config & TN_INT_ENB) !== 0 && !(level && this.state.status & (1 << n));
      const meetsNs = waits ? this.nsOf(counter + this.distance(each, counter)) : undefined;
      const periodic = (each.config & TN_TYPE) !== 0 && each.period > 0n;
      const atNs = meetsNs !== undefined && periodic ? Math.max(meetsNs, each.raisedNs + SHORTEST_GAP_NS) : meetsNs;
      if (atNs === undefined) this.timers[n]!.cancel();
      else if (this.timers[n]!.deadlineNs !== atNs) this.timers[n]!.arm(atNs);
    }
  }

  /** When the running counter shows `ticks`, which may be behind its turn; undefined where virtual time does not reach. */
  private nsOf(ticks: bigint): number | undefined {
    const { base, startNs } = this.state;
    const ns = BigInt(startNs) + (ticks - base) * TICK_NS;
    return ns <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(ns) : undefined;
  }
}

function withHalf(register: bigint, high: boolean, value: number): bigint {
  return high ? (register & MASK_32) | (BigInt(value) << 32n) : (register & ~MASK_32) | BigInt(value);
}
