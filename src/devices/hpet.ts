// High precision event timer (IA-PC HPET 1.0a) at 0xfed00000: a 64-bit counter of 10 ns ticks and three comparators, of which the first
// is periodic, as QEMU has them. In legacy replacement the first two take the place of the PIT (IRQ 0) and the real-time clock (IRQ 8).
import type { SavedValue } from '../base/saved';
import { type DeviceDescription, register } from './describe';
import { restoreState, saveState } from './device-state';
import * as C from './hpet-comparator';
import type { Clock, Device, IrqLine, MmioHandler, Timer, Timers } from './ports';
import { registerPart } from './register-part';
import type { TickCount } from './ticks';

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

export interface HpetPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly irq: (line: number) => IrqLine;
  /** Legacy replacement: the PIT and the real-time clock are cut off from their wires, or connected again. */
  readonly replaceLegacy: (on: boolean) => void;
  /** Of the periodic comparator. */
  readonly ticks: TickCount;
  /** An edge of this wire would be an interrupt of its own now. */
  readonly hasRoom: (line: number) => boolean;
  /** This wire is open somewhere. */
  readonly isWanted: (line: number) => boolean;
}

export class Hpet implements Device, MmioHandler {
  readonly name = 'hpet';
  private readonly state = { config: 0, status: 0, base: 0n, startNs: 0 };
  private readonly comparators: C.Comparator[] = [];
  private readonly timers: Timer[] = [];
  /** By comparator and then by interrupt. */
  private readonly lines = new Map<string, IrqLine>();

  constructor(private readonly ports: HpetPorts) {
    for (let n = 0; n < HPET.timers; n++) {
      this.comparators.push(C.initialComparator(n));
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
      Object.assign(each, C.initialComparator(n));
      this.timers[n]!.cancel();
    }
    for (const line of this.lines.values()) line.set(false);
    this.ports.replaceLegacy(false);
  }

  save(): SavedValue {
    return {
      state: saveState(this.state),
      comparators: this.comparators.map((each) => ({ ...each })),
      ticks: saveState(this.ports.ticks.state),
    };
  }

  restore(saved: SavedValue): void {
    const { state, comparators, ticks } = saved as { state: SavedValue; comparators: readonly SavedValue[]; ticks: SavedValue };
    restoreState(this.name, this.state, state);
    restoreState(`${this.name}.ticks`, this.ports.ticks.state, ticks);
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
            const { comparator, period } = each;
            const trigger = C.isLevel(each) ? 'level' : 'edge';
            const firesNs = this.timers[n]!.deadlineNs ?? null;
            return [n, comparator, period, this.irqOf(n), C.isEnabled(each), C.isPeriodicMode(each), trigger, firesNs];
          }),
        },
      ],
    };
  }

  readMmio(offset: number, size: 1 | 2 | 4): number {
    const register = this.register(offset & ~7);
    const half = Number((offset & 4 ? register >> 32n : register) & C.MASK_32);
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
    else if (register === STATUS && !high) this.clearStatus(value);
    else if (register === COUNTER && !this.running) this.state.base = C.withHalf(this.state.base, high, value);
    this.update();
  }

  private get running(): boolean {
    return (this.state.config & ENABLE_CNF) !== 0;
  }

  private get counter(): bigint {
    const { base, startNs } = this.state;
    return this.running ? C.u64(base + BigInt(this.ports.clock.nowNs() - startNs) / TICK_NS) : base;
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
    return part === 8 ? (each.config & C.TN_32MODE ? each.comparator & C.MASK_32 : each.comparator) : 0n;
  }

  private configure(config: number): void {
    const counter = this.counter;
    const changed = this.state.config ^ config;
    if (changed) this.ports.ticks.forget();
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
      this.lineOf(n)?.set(false);
      if (n === C.PERIODIC) this.ports.ticks.forget();
      C.writeConfig(each, n, value);
      return;
    }
    if (C.isPeriodicMode(each)) this.ports.ticks.forget();
    C.writeComparator(each, high, value);
    each.seen = this.counter;
  }

  private irqOf(n: number): number {
    const legacy = this.state.config & LEG_RT_CNF ? LEGACY_IRQS[n] : undefined;
    return legacy ?? (this.comparators[n]!.config >> C.TN_ROUTE_SHIFT) & 0x1f;
  }

  private lineOf(n: number): IrqLine | undefined {
    return this.lines.get(`${n}.${this.irqOf(n)}`);
  }

  /** Brings comparators and status up to now. */
  private collect(): void {
    if (!this.running) return;
    const counter = this.counter;
    for (const [n, each] of this.comparators.entries()) {
      const times = C.meet(each, counter);
      if (times === 0) continue;
      if (C.isPeriodic(each)) this.countTicks(n, times);
      this.raise(n);
      each.raisedNs = this.ports.clock.nowNs();
    }
  }

  /** A tick that finds the one before still there is lost, or given later. */
  private countTicks(n: number, ticks: number): void {
    if (!this.isTickWanted(n)) this.ports.ticks.forget();
    else this.ports.ticks.came(ticks, this.hasRoom(n) ? ticks - 1 : ticks, this.periodNs(n));
  }

  private periodNs(n: number): number {
    return Number(this.comparators[n]!.period * TICK_NS);
  }

  private isTickWanted(n: number): boolean {
    return C.isEnabled(this.comparators[n]!) && this.lineOf(n) !== undefined && this.ports.isWanted(this.irqOf(n));
  }

  private hasRoom(n: number): boolean {
    return C.isLevel(this.comparators[n]!) ? (this.state.status & (1 << n)) === 0 : this.ports.hasRoom(this.irqOf(n));
  }

  /** There may be room for a tick of the periodic comparator that is owed. */
  giveOwed(): void {
    const { ticks } = this.ports;
    if (!ticks.owes || !this.isTickWanted(C.PERIODIC) || !this.hasRoom(C.PERIODIC)) return;
    if (!ticks.giveOwed(this.periodNs(C.PERIODIC))) return;
    this.raise(C.PERIODIC);
    this.update();
  }

  /** 2.3.5: the guest has seen a level-triggered interrupt. */
  private clearStatus(bits: number): void {
    this.state.status &= ~bits;
    // The wire falls before it rises again.
    this.update();
    this.giveOwed();
  }

  /** Edge-triggered: a pulse. Level-triggered: the status bit holds the wire (2.3.8, Tn_INT_TYPE_CNF). */
  private raise(n: number): void {
    const each = this.comparators[n]!;
    if (C.isLevel(each)) {
      this.state.status |= 1 << n;
      return;
    }
    if (!C.isEnabled(each)) return;
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
      const level = C.isLevel(each);
      if (level) this.lineOf(n)?.set(C.isEnabled(each) && (this.state.status & (1 << n)) !== 0);
      const waits = this.running && C.isEnabled(each) && !(level && this.state.status & (1 << n));
      const meetsNs = waits ? this.nsOf(counter + C.distance(each, counter)) : undefined;
      const atNs = meetsNs !== undefined && C.isPeriodic(each) ? Math.max(meetsNs, each.raisedNs + SHORTEST_GAP_NS) : meetsNs;
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
