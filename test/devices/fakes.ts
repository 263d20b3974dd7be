// What device tests build devices from: a hand-moved clock with timers, wires and sinks that remember.

import type { ByteSink, Clock, CpuSignals, IrqLine, PowerPort, Timer, Timers } from '../../src/devices/ports';
import { TickCount } from '../../src/devices/ticks';
import type { TickSource } from '../../src/trace/rows';

interface ArmedTimer {
  readonly name: string;
  readonly onExpire: (deadlineNs: number) => void;
  deadlineNs: number | undefined;
}

/** Virtual time moved by the test; timers expire in order, at exactly their deadline. */
export class FakeTime implements Clock, Timers {
  private now = 0;
  private readonly timers: ArmedTimer[] = [];

  nowNs(): number {
    return this.now;
  }

  create(name: string, onExpire: (deadlineNs: number) => void): Timer {
    const timer: ArmedTimer = { name, onExpire, deadlineNs: undefined };
    if (this.timers.some((other) => other.name === name)) throw new Error(`two timers are named ${name}`);
    this.timers.push(timer);
    return {
      arm: (atNs) => {
        if (!Number.isSafeInteger(atNs) || atNs < this.now) throw new Error(`${name} armed at ${atNs}, now ${this.now}`);
        timer.deadlineNs = atNs;
      },
      cancel: () => {
        timer.deadlineNs = undefined;
      },
      get deadlineNs() {
        return timer.deadlineNs;
      },
    };
  }

  deadlineOf(name: string): number | undefined {
    return this.timers.find((timer) => timer.name === name)?.deadlineNs;
  }

  /** Copies the deadlines, as the owner of the event queue does at restore. */
  restoreFrom(other: FakeTime): void {
    this.now = other.now;
    for (const timer of this.timers) timer.deadlineNs = other.deadlineOf(timer.name);
  }

  advanceTo(ns: number): void {
    for (;;) {
      const due = this.timers.filter((timer) => timer.deadlineNs !== undefined && timer.deadlineNs <= ns);
      due.sort((a, b) => a.deadlineNs! - b.deadlineNs!);
      const next = due[0];
      if (next === undefined) break;
      this.now = next.deadlineNs!;
      next.deadlineNs = undefined;
      next.onExpire(this.now);
    }
    this.now = ns;
  }

  advance(ns: number): void {
    this.advanceTo(this.now + ns);
  }
}

export class FakeLine implements IrqLine {
  level = false;
  rises = 0;

  set(level: boolean): void {
    if (level && !this.level) this.rises++;
    this.level = level;
  }
}

export class FakeSink implements ByteSink {
  readonly bytes: number[] = [];

  write(byte: number): void {
    this.bytes.push(byte);
  }

  get text(): string {
    return String.fromCharCode(...this.bytes);
  }
}

export class FakeCpu implements CpuSignals {
  pending = false;
  readonly log: string[] = [];

  interruptPending(pending: boolean): void {
    this.pending = pending;
  }
  nmi(): void {
    this.log.push('nmi');
  }
  smi(): void {
    this.log.push('smi');
  }
  init(): void {
    this.log.push('init');
  }
  startup(vector: number): void {
    this.log.push(`startup ${vector.toString(16)}`);
  }
  ignoreNumericError(): void {
    this.log.push('ignne');
  }
}

export class FakePower implements PowerPort {
  readonly log: string[] = [];

  debugExit(value: number): void {
    this.log.push(`exit ${value}`);
  }
  reset(source: string): void {
    this.log.push(`reset by ${source}`);
  }
  powerOff(source: string): void {
    this.log.push(`off by ${source}`);
  }
}

/** Ticks that nobody looks at. */
export const tickCount = (source: TickSource): TickCount => new TickCount(source, 0, 'lost', () => {});
