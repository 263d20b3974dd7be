// Time travel as commands: recording on and off, ways to other moments that the driver of the host advances, and what is refused in the past.

import { ConsoleLog } from '../history/console-log';
import type { TrailStep } from '../history/journey';
import { momentOf } from '../history/moment';
import { Recording } from '../history/recording';
import { type Arrival, type Destination, Travel, type Way } from '../history/travel';
import type { Host } from '../host';
import { historyErrors } from './history-errors';
import type { HistoryInfo, StopInfo } from './types';

export class HistoryControl {
  private recording: Recording | undefined;
  private travel: Travel | undefined;
  private readonly consoles: readonly ConsoleLog[];
  private way: Way<Arrival | undefined> | undefined;
  /** It went to another moment, and was not seen in the present since. */
  private wasPast = false;
  private first: IteratorResult<void, Arrival | undefined> | undefined;

  constructor(private readonly host: Host) {
    this.consoles = host.config.vms.map(() => new ConsoleLog());
  }

  /** Bytes to hold at most; undefined: off. */
  record(maxBytes: number | undefined): void {
    this.recording?.dispose();
    this.recording = undefined;
    this.travel = undefined;
    if (maxBytes === undefined) return;
    this.recording = new Recording(this.host, maxBytes, { consoleBytes: () => this.consoles.map(({ count }) => count) });
    this.recording.onRestored = ({ console }) => {
      for (const [vm, count] of console.entries()) this.consoles[vm]!.goTo(count);
    };
    this.travel = new Travel(this.host, this.recording);
  }

  /** Another run: what was recorded is of no use. */
  restart(): void {
    if (this.recording !== undefined) this.record(this.recording.store.maxBytes);
  }

  get isOn(): boolean {
    return this.recording !== undefined;
  }

  /** On the way to another moment. */
  get isTravelling(): boolean {
    return this.way !== undefined;
  }

  put(vm: number, byte: number): void {
    this.consoles[vm]?.put(byte);
  }

  consoleText(vm: number): Uint8Array {
    return this.consoles[vm]!.text();
  }

  /** A snapshot of this moment, if recording. */
  takeSnapshot(): void {
    if (this.way === undefined) this.recording?.take();
  }

  /** What was kept since the last snapshot. */
  get newestBytes(): number {
    return this.recording?.store.newestBytes ?? 0;
  }

  /** Between slices. */
  hold(): void {
    this.recording?.hold();
  }

  private get on(): Travel {
    if (this.travel === undefined) throw historyErrors.off();
    return this.travel;
  }

  /** What would change the run is refused in its past. */
  checkPresent(): void {
    if (this.travel?.isPast) throw historyErrors.past();
  }

  /** True once: the run has come to where it was furthest, or that was forgotten. */
  cameToPresent(): boolean {
    if (!this.wasPast) return false;
    this.wasPast = this.travel?.isPast ?? false;
    return !this.wasPast;
  }

  fork(): void {
    if (!this.on.isPast) return;
    this.on.fork();
    for (const console of this.consoles) console.cut();
  }

  begin(destination: Destination): void {
    const way = this.on.to(destination);
    const stop = this.host.control.depart();
    try {
      // What cannot be is refused before anything moves.
      this.first = way.next();
    } catch (error) {
      this.host.control.stop = stop;
      throw error;
    }
    this.way = way;
    this.wasPast = true;
  }

  /** The present stays. */
  beginTrail(vm: number, vcpu: number, fromRetired: number, done: (steps: readonly TrailStep[]) => void): void {
    const way = this.on.trail(vm, vcpu, fromRetired);
    const stop = this.host.control.depart();
    this.way = this.trailWay(way, stop, done);
  }

  private *trailWay(way: Way<readonly TrailStep[]>, stop: StopInfo | undefined, done: (steps: readonly TrailStep[]) => void) {
    const steps = yield* way;
    this.host.control.stop = stop;
    done(steps);
    return undefined;
  }

  /** One slice of the way. 'again', or where it ended; undefined: nobody is to be told. */
  advance(): 'again' | Arrival | undefined {
    try {
      const result = this.first ?? this.way!.next();
      this.first = undefined;
      if (!result.done) return 'again';
      this.way = undefined;
      return result.value;
    } catch (error) {
      this.way = undefined;
      this.host.control.journey = undefined;
      throw error;
    }
  }

  /** Stays where the way has come. */
  stop(): void {
    this.first = undefined;
    this.way?.return(undefined);
    this.way = undefined;
  }

  info(): HistoryInfo {
    const { recording, travel } = this;
    const now = momentOf(this.host);
    const first = recording?.store.all[0]?.moment;
    return {
      recording: recording !== undefined,
      past: travel?.isPast ?? false,
      now,
      begin: first ?? now,
      end: travel?.end ?? now,
      snapshots: recording?.store.all.length ?? 0,
      snapshotsNs: recording?.store.all.map(({ moment }) => moment.reachedNs) ?? [],
      bytes: recording?.store.bytes ?? 0,
    };
  }
}
