// Drives a host to its end: slices of virtual time, real time's pace, the keyboard, saving on the way. Nothing here changes what a guest computes.
import type { ExitInfo, StopInfo } from '../../machine/control/types';
import type { RunOutcome } from './stats';

/** What a driver needs of a host (machine/host.ts). */
export interface DrivenHost {
  runSlice(budgetNs: number, horizonNs: number): 'again' | 'stopped' | 'exited' | 'idle-for-ever' | { idleUntilNs: number };
  goOn(how?: { until?: { vm: number; vcpu: number; retired: number } }): void;
  readonly stop: StopInfo | undefined;
  readonly exit: ExitInfo | undefined;
  readonly loop: { readonly reachedNs: number };
  readonly inputs: { console(vm: number, bytes: Uint8Array, notBeforeNs?: number): void };
}

/** Real time: a port, so that tests need none. */
export interface RealTime {
  nowNs(): number;
  /** Lets keys and signals in; at least `ms`, less if `wake` is called. */
  pause(ms: number): Promise<void>;
  wake(): void;
}

export interface DriverOptions {
  pace: 'fast' | 'realtime';
  /** In order. */
  saves: readonly { vcpu: number; retired: number; save: () => void }[];
  /** After each slice: console output goes out. True: the run is to end here, as wanted. */
  afterSlice(): boolean;
}

/** Virtual time of one slice: some milliseconds of work. */
const SLICE_NS = 1_000_000;
/** How long the event loop waits for its turn at most. */
const TURN_NS = 50_000_000;
/** Further behind real time than this is not caught up. */
const LAG_NS = 100_000_000;
const NEVER = Number.MAX_SAFE_INTEGER;

export class Driver {
  private interrupted = false;
  private lastTurnNs: number;
  /** Virtual time = real time + this. */
  private offsetNs: number;
  private nextSave = 0;

  constructor(
    private readonly host: DrivenHost,
    private readonly time: RealTime,
    private readonly options: DriverOptions,
  ) {
    this.lastTurnNs = time.nowNs();
    this.offsetNs = host.loop.reachedNs - this.lastTurnNs;
  }

  /** Ends the run at the next slice. */
  interrupt(): void {
    this.interrupted = true;
    this.time.wake();
  }

  /** Typed now. */
  type(bytes: Uint8Array): void {
    this.host.inputs.console(0, bytes, this.options.pace === 'realtime' ? Math.max(0, this.virtualNowNs()) : 0);
    this.time.wake();
  }

  private virtualNowNs(): number {
    return Math.floor(this.time.nowNs() + this.offsetNs);
  }

  async run(): Promise<RunOutcome> {
    const realtime = this.options.pace === 'realtime';
    this.aim();
    for (;;) {
      if (this.interrupted) return { reason: 'interrupted', code: 130 };
      const horizonNs = realtime ? this.virtualNowNs() : NEVER;
      const result = this.host.runSlice(SLICE_NS, horizonNs);
      if (this.options.afterSlice()) return { reason: 'until', code: 0 };
      if (result === 'exited') return this.ended();
      if (result === 'stopped') this.stopped();
      else if (result === 'idle-for-ever') await this.turn(1000);
      else if (realtime) await this.keepPace(result === 'again' ? this.host.loop.reachedNs : result.idleUntilNs);
      else if (this.time.nowNs() - this.lastTurnNs > TURN_NS) await this.turn(0);
    }
  }

  private ended(): RunOutcome {
    const { exit } = this.host;
    return { reason: exit?.reason ?? 'lost', code: exit?.code ?? 2 };
  }

  /** The next place to save at. */
  private aim(): void {
    const next = this.options.saves[this.nextSave];
    this.host.goOn(next === undefined ? {} : { until: { vm: 0, vcpu: next.vcpu, retired: next.retired } });
  }

  private stopped(): void {
    if (this.host.stop?.reason.kind === 'limit') {
      this.options.saves[this.nextSave]?.save();
      this.nextSave++;
    }
    this.aim();
  }

  private async keepPace(untilNs: number): Promise<void> {
    const nowNs = this.virtualNowNs();
    if (nowNs - untilNs > LAG_NS) this.offsetNs -= nowNs - untilNs - LAG_NS;
    const waitNs = untilNs - this.virtualNowNs();
    if (waitNs > 1_000_000) await this.turn(Math.min(waitNs / 1_000_000, 1000));
    else if (this.time.nowNs() - this.lastTurnNs > TURN_NS) await this.turn(0);
  }

  private async turn(ms: number): Promise<void> {
    await this.time.pause(ms);
    this.lastTurnNs = this.time.nowNs();
  }
}
