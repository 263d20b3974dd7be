// The local APIC's timer (SDM vol 3, 10.5.4): one-shot, periodic, TSC-deadline. Its clock is the 25 MHz crystal of CPUID 15H.
// While its LVT entry is masked it counts without events: what has passed is settled when someone looks. So a guest that left a
// periodic timer masked costs nothing, and a machine that waits for nothing is seen to wait for nothing.
import type { SavedValue } from '../../base/saved';
import { type DeviceState, restoreState, saveState } from '../device-state';
import type { Clock, Timer, Timers, VirtualNs } from '../ports';
import type { TickCount } from '../ticks';
import { LVT_MASKED } from './registers';

/** One period of the 25 MHz crystal. */
const APIC_CRYSTAL_NS = 40;
/** A shorter period is made this long, as hypervisors do (KVM: min_timer_period_us): ticks are not to be all that a host has to do. */
const SHORTEST_PERIOD_NS = 20_000;
const MODE_SHIFT = 17;
const MODE_MASK = 3;
const MODE = { oneShot: 0, periodic: 1, tscDeadline: 2 } as const;
const DIVIDE_WRITABLE = 0x0b;

/** The vCPU's time stamp counter, as far as the timer needs it. */
export interface TscPort {
  /** The first virtual time at which the counter is `tsc` or more; undefined where that is beyond virtual time. */
  deadlineNs(tsc: bigint): VirtualNs | undefined;
}

type State = DeviceState & {
  lvtMode: number;
  /** The LVT entry is not masked. */
  heard: boolean;
  initialCount: number;
  divide: number;
  /** When the count reaches zero (or did, while nobody heard it); null while it does not run. */
  deadlineNs: VirtualNs | null;
  /** IA32_TSC_DEADLINE; 0 is disarmed. */
  tscDeadline: bigint;
};

const initialState = (): State => ({
  lvtMode: MODE.oneShot,
  heard: false,
  initialCount: 0,
  divide: 0,
  deadlineNs: null,
  tscDeadline: 0n,
});

export interface ApicTimerPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly tsc: TscPort;
}

export class ApicTimer {
  private readonly state = initialState();
  private readonly timer: Timer;

  constructor(
    private readonly name: string,
    private readonly ports: ApicTimerPorts,
    /** Gives whether the tick before had been taken. */
    private readonly onExpire: () => boolean,
    private readonly count: TickCount,
  ) {
    this.timer = ports.timers.create(name, (deadlineNs) => this.expire(deadlineNs));
  }

  reset(): void {
    Object.assign(this.state, initialState());
    this.count.forget();
    this.timer.cancel();
  }

  save(): SavedValue {
    return { timer: saveState(this.state), ticks: saveState(this.count.state) };
  }

  restore(saved: SavedValue): void {
    const { timer, ticks } = saved as { timer: SavedValue; ticks: SavedValue };
    restoreState(this.name, this.state, timer);
    restoreState(`${this.name}.ticks`, this.count.state, ticks);
  }

  /** A write of the LVT timer register: a change to or from TSC-deadline mode disarms (10.5.4.1). */
  setLvt(value: number): void {
    const s = this.state;
    this.settle();
    const mode = (value >> MODE_SHIFT) & MODE_MASK;
    const disarms = mode !== s.lvtMode && (mode >= MODE.tscDeadline || s.lvtMode >= MODE.tscDeadline);
    s.lvtMode = mode;
    if (disarms) {
      s.initialCount = 0;
      s.tscDeadline = 0n;
    }
    s.heard = (value & LVT_MASKED) === 0;
    this.arm(disarms ? null : s.deadlineNs);
  }

  get initialCount(): number {
    return this.state.initialCount;
  }

  /** In TSC-deadline mode the initial count is ignored. */
  set initialCount(value: number) {
    const s = this.state;
    if (s.lvtMode >= MODE.tscDeadline) return;
    s.initialCount = value;
    this.count.forget();
    this.arm(value === 0 ? null : this.ports.clock.nowNs() + value * this.tickNs);
  }

  get currentCount(): number {
    this.settle();
    const { deadlineNs, lvtMode } = this.state;
    if (deadlineNs === null || lvtMode >= MODE.tscDeadline) return 0;
    return Math.ceil(Math.max(0, deadlineNs - this.ports.clock.nowNs()) / this.tickNs);
  }

  /** As it is, without settling what has passed. */
  get view(): { mode: number; heard: boolean; running: boolean; deadlineNs: VirtualNs | null; currentCount: number; tscDeadline: bigint } {
    const { lvtMode: mode, heard, deadlineNs, tscDeadline } = this.state;
    const nowNs = this.ports.clock.nowNs();
    const { periodNs } = this;
    const passed = deadlineNs !== null && !heard && deadlineNs <= nowNs;
    const next = !passed ? deadlineNs : periodNs === 0 ? null : deadlineNs + (Math.floor((nowNs - deadlineNs) / periodNs) + 1) * periodNs;
    const counts = next !== null && mode < MODE.tscDeadline;
    return {
      ...{ mode, heard, running: next !== null, deadlineNs: heard ? next : null, tscDeadline: passed ? 0n : tscDeadline },
      currentCount: counts ? Math.ceil(Math.max(0, next - nowNs) / this.tickNs) : 0,
    };
  }

  get divide(): number {
    return this.state.divide;
  }

  /** The remaining count goes on at the new rate. */
  set divide(value: number) {
    const s = this.state;
    const remaining = this.currentCount;
    s.divide = value & DIVIDE_WRITABLE;
    if (s.deadlineNs !== null && s.lvtMode < MODE.tscDeadline) this.arm(this.ports.clock.nowNs() + remaining * this.tickNs);
  }

  get tscDeadline(): bigint {
    this.settle();
    return this.state.tscDeadline;
  }

  /** 10.5.4.1: outside TSC-deadline mode writes are ignored; 0 disarms. */
  set tscDeadline(value: bigint) {
    if (this.state.lvtMode !== MODE.tscDeadline) return;
    this.state.tscDeadline = value;
    this.tscChanged();
  }

  /** The guest moved its counter (IA32_TIME_STAMP_COUNTER, IA32_TSC_ADJUST): the deadline is elsewhere in virtual time. */
  tscChanged(): void {
    this.settle();
    const { lvtMode, tscDeadline } = this.state;
    if (lvtMode !== MODE.tscDeadline) return;
    const deadlineNs = tscDeadline === 0n ? undefined : this.ports.tsc.deadlineNs(tscDeadline);
    this.arm(deadlineNs === undefined ? null : Math.max(deadlineNs, this.ports.clock.nowNs()));
  }

  /** 10.5.4, divide configuration: bits 3,1,0 are 2, 4, … 128, and 1. */
  get tickNs(): number {
    const { divide } = this.state;
    const code = ((divide >> 1) & 4) | (divide & 3);
    return APIC_CRYSTAL_NS * 2 ** ((code + 1) & 7);
  }

  /** A tick has been taken: true where a lost one comes at once. */
  giveOwed(): boolean {
    return this.periodNs > 0 && this.count.giveOwed(this.periodNs);
  }

  /** 0: it is not periodic. */
  get periodNs(): number {
    const { lvtMode, initialCount } = this.state;
    return lvtMode !== MODE.periodic || initialCount === 0 ? 0 : Math.max(initialCount * this.tickNs, SHORTEST_PERIOD_NS);
  }

  private arm(deadlineNs: VirtualNs | null): void {
    this.state.deadlineNs = deadlineNs;
    if (deadlineNs === null || !this.state.heard) this.timer.cancel();
    else this.timer.arm(deadlineNs);
  }

  /** Deadlines that passed unheard. */
  private settle(): void {
    const { deadlineNs, heard } = this.state;
    if (heard || deadlineNs === null || deadlineNs > this.ports.clock.nowNs()) return;
    this.pass(deadlineNs, this.ports.clock.nowNs());
  }

  /** The count reached zero: the next deadline is the first after `nowNs`. */
  private pass(deadlineNs: VirtualNs, nowNs: VirtualNs): void {
    const s = this.state;
    s.tscDeadline = 0n;
    const { periodNs } = this;
    this.arm(periodNs === 0 ? null : deadlineNs + (Math.floor((nowNs - deadlineNs) / periodNs) + 1) * periodNs);
  }

  private expire(deadlineNs: VirtualNs): void {
    this.pass(deadlineNs, deadlineNs);
    const taken = this.onExpire();
    if (this.periodNs > 0) this.count.came(1, taken ? 0 : 1, this.periodNs);
  }
}
