// Drives a host in this thread: gives it slices, paces it, and lets messages in between them. Pacing never changes a result: it only decides how long to wait.
import type { ControlCore } from '../../machine/control/control-core';
import { Chunk } from './chunk';
import { SnapshotPace } from './snapshot-pace';

/** A call of the core takes about so many microseconds of trips to TypeScript at most. */
const CHUNK_TRIPS = 2000;
/** A call is ended after so long: what it was asked for was a guess. */
const CALL_MS = 4;
/** The event loop gets its turn at least this often. */
const TURN_MS = 8;
/** A reader that the core waits for has so long, and the processor is others' meanwhile. */
const READER_MS = 1;
/** Idle spans shorter than this are summed up before sleeping is worth it. */
const SLEEP_LEAST_MS = 4;

/** Of all threads. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export class Driver {
  pace: 'fast' | 'realtime' = 'fast';
  /** Set by another thread to have the event loop's turn at once. */
  attention: () => boolean = () => false;
  private scheduled: { cancel(): void } | undefined;
  /** Idle virtual time that has not been slept yet. */
  private owedMs = 0;
  private sleeping: { fromNs: number; sinceMs: number; untilNs: number } | undefined;
  private readonly snapshots = new SnapshotPace(cpuMs);
  private failure: ((error: unknown) => void) | undefined;
  private readonly chunk = new Chunk();
  /** When the call of the core that is under way is to end, however much of its virtual time is left. */
  private callEndMs = Number.POSITIVE_INFINITY;

  constructor(private readonly core: ControlCore) {
    core.host.loop.mostTrips = CHUNK_TRIPS;
    core.host.loop.isOver = () => this.attention() || performance.now() >= this.callEndMs;
  }

  onFailure(listener: (error: unknown) => void): void {
    this.failure = listener;
  }

  /** The core is running, or has got something new to do. */
  kick(): void {
    this.scheduled?.cancel();
    const handle = setImmediate(() => this.turn());
    this.scheduled = { cancel: () => clearImmediate(handle) };
  }

  stop(): void {
    this.scheduled?.cancel();
    this.scheduled = undefined;
    this.sleeping = undefined;
  }

  /** Where virtual time would be if an idle guest's clock went on with ours: the stamp of what is typed now. */
  idleNowNs(): number {
    const { sleeping } = this;
    if (sleeping === undefined) return 0;
    const elapsedNs = Math.floor((performance.now() - sleeping.sinceMs) * 1e6);
    return Math.min(sleeping.fromNs + Math.max(0, elapsedNs), sleeping.untilNs);
  }

  private turn(): void {
    this.scheduled = undefined;
    try {
      this.run();
    } catch (error) {
      this.stop();
      if (this.failure === undefined) throw error;
      this.failure(error);
    }
  }

  private run(): void {
    const endMs = performance.now() + TURN_MS;
    let horizonNs = this.pace === 'fast' ? Number.POSITIVE_INFINITY : this.idleNowNs();
    this.sleeping = undefined;
    this.takeSnapshot();
    let atMs = performance.now();
    while (this.core.running) {
      this.callEndMs = atMs + CALL_MS;
      const result = this.core.advance(this.chunk.ns, horizonNs);
      if (this.core.waitsForReader) {
        this.turnLater(READER_MS);
        return;
      }
      const fromMs = atMs;
      atMs = performance.now();
      this.chunk.took(atMs - fromMs);
      if (result === 'again') {
        if (atMs < endMs && !this.attention()) continue;
        this.kick();
        return;
      }
      const fromNs = this.core.host.loop.reachedNs;
      if (result === 'idle-for-ever' && this.pace === 'realtime') {
        this.sleeping = { fromNs: Math.max(fromNs, horizonNs), sinceMs: performance.now(), untilNs: Number.MAX_SAFE_INTEGER };
      }
      if (typeof result === 'string') return;
      this.owedMs += Math.max(0, result.idleUntilNs - Math.max(fromNs, horizonNs)) / 1e6;
      if (this.owedMs < SLEEP_LEAST_MS) {
        horizonNs = result.idleUntilNs;
        continue;
      }
      this.sleep(Math.max(fromNs, horizonNs), result.idleUntilNs);
      return;
    }
  }

  private takeSnapshot(): void {
    const { history, host, running } = this.core;
    if (history.isOn && running)
      this.snapshots.turn(
        host.instructions,
        () => history.newestBytes,
        () => history.takeSnapshot(),
      );
  }

  private sleep(fromNs: number, untilNs: number): void {
    this.sleeping = { fromNs, sinceMs: performance.now(), untilNs };
    this.turnLater(this.owedMs);
    this.owedMs = 0;
  }

  private turnLater(delayMs: number): void {
    const handle = setTimeout(() => {
      if (this.sleeping !== undefined) this.sleeping.sinceMs = Number.NEGATIVE_INFINITY;
      this.turn();
    }, delayMs);
    this.scheduled = { cancel: () => clearTimeout(handle) };
  }
}
