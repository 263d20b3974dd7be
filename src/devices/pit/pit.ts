// The programmable interval timer of a PC: Intel 8254 (data sheet 231164) at ports 0x40..0x43.
// Counter 0 drives IRQ 0, counter 1 (memory refresh) nothing, counter 2 the speaker and, through its gate, port 0x61.
// At power-on counter 0 runs as firmware leaves it: mode 3, count 65536, 18.2 interrupts a second.
// While IRQ 0 is masked or latched already wherever it goes, nobody hears its edges and no events are made: sync() catches up before
// anyone looks.
import type { SavedValue } from '../../base/saved';
import { type DeviceDescription, nextEvent } from '../describe';
import { restoreState, saveState } from '../device-state';
import type { Clock, Device, IrqLine, PortHandler, Timer, Timers } from '../ports';
import type { TickCount } from '../ticks';
import { Counter, initialCounter } from './counter';
import { pitTickNs, pitTicksAt } from './pit-clock';

export const PIT_PORT = 0x40;
const CONTROL = 3;
const READ_BACK = 3;
const READ_BACK_NO_COUNT = 0x20;
const READ_BACK_NO_STATUS = 0x10;
const LATCH_COMMAND = 0;
const CHANNELS = 3;
const SPEAKER = 2;
const PIT_HZ = 1_193_182;
const USES = ['IRQ 0', 'refresh', 'speaker'];
/** Data sheet, "mode definitions". */
const MODE_NAMES = ['interrupt on terminal count', 'one-shot', 'rate generator', 'square wave', 'software strobe', 'hardware strobe'];
const FIRMWARE = { access: 3, mode: 3 } as const;

export interface PitPorts {
  readonly irq: IrqLine;
  /** An edge of IRQ 0 would change something now. Whoever changes the answer calls sync() before and after. */
  readonly isHeard: () => boolean;
  /** An edge of IRQ 0 would be an interrupt of its own now: the one before has been taken. */
  readonly hasRoom: () => boolean;
  /** IRQ 0 is not masked everywhere. */
  readonly isWanted: () => boolean;
  readonly ticks: TickCount;
  readonly clock: Clock;
  readonly timers: Timers;
}

export class Pit implements Device, PortHandler {
  readonly name = 'pit';
  private readonly counters = [new Counter(true), new Counter(true), new Counter(false)] as const;
  private readonly timer: Timer;
  /** OUT of counter 0 was driven to `level` at `tick`. */
  private readonly driven = { level: false, tick: 0 };

  constructor(private readonly ports: PitPorts) {
    this.timer = ports.timers.create('pit.channel0', () => this.sync());
    this.reset();
  }

  reset(): void {
    this.counters.forEach((counter, index) => {
      Object.assign(counter.state, initialCounter(index !== SPEAKER));
    });
    this.counters[0].writeControl(FIRMWARE.access, FIRMWARE.mode, false);
    this.counters[0].writeCount(0, this.tick());
    this.counters[0].writeCount(0, this.tick());
    this.drive();
  }

  save(): SavedValue {
    return {
      counters: this.counters.map((counter) => saveState(counter.state)),
      driven: saveState(this.driven),
      ticks: saveState(this.ports.ticks.state),
    };
  }

  restore(saved: SavedValue): void {
    const { counters, driven, ticks } = saved as { counters: readonly SavedValue[]; driven: SavedValue; ticks: SavedValue };
    restoreState('pit.ticks', this.ports.ticks.state, ticks);
    restoreState('pit', this.driven, driven);
    this.counters.forEach((counter, index) => {
      restoreState(`pit.channel${index}`, counter.state, counters[index] ?? null);
    });
  }

  describe(): DeviceDescription {
    const tick = this.tick();
    return {
      title: 'Interval timer (8254)',
      registers: [
        { name: 'clock', value: PIT_HZ, unit: 'hz' },
        {
          ...nextEvent('IRQ 0 changes', this.timer.deadlineNs),
          meaning: this.ports.isHeard() ? '' : 'nobody listens: it counts without events',
        },
      ],
      tables: [
        {
          name: 'Counters',
          columns: [
            { name: 'counter' },
            { name: 'use' },
            { name: 'mode' },
            { name: 'mode name' },
            { name: 'reload' },
            { name: 'count' },
            { name: 'BCD' },
            { name: 'GATE' },
            { name: 'OUT' },
            { name: 'OUT changes', unit: 'virtual-ns' },
          ],
          rows: this.counters.map((counter, index) => {
            const { mode, bcd, gate, reload, count, out, nextChangeTick } = counter.view(tick);
            const changesNs = nextChangeTick === undefined ? null : pitTickNs(nextChangeTick);
            return [index, USES[index] ?? '', mode, MODE_NAMES[mode] ?? '', reload, count, bcd, gate, out, changesNs];
          }),
        },
      ],
    };
  }

  readPort(port: number): number {
    return port === CONTROL ? 0xff : this.counters[port as 0 | 1 | 2].read(this.tick());
  }

  writePort(port: number, _size: number, value: number): void {
    this.sync();
    if (port !== CONTROL) this.counters[port as 0 | 1 | 2].writeCount(value, this.tick());
    else if (value >> 6 === READ_BACK) this.readBack(value);
    else this.control(value);
    if (port === 0 || (port === CONTROL && value >> 6 === 0 && ((value >> 4) & 3) !== LATCH_COMMAND)) this.ports.ticks.forget();
    this.drive();
  }

  /** Counter 2's gate is bit 0 of port 0x61, its output bit 5. */
  setSpeakerGate(level: boolean): void {
    this.counters[SPEAKER].setGate(level, this.tick());
  }

  get speakerOut(): boolean {
    return this.counters[SPEAKER].out(this.tick());
  }

  private control(value: number): void {
    const counter = this.counters[(value >> 6) as 0 | 1 | 2];
    const access = (value >> 4) & 3;
    if (access === LATCH_COMMAND) counter.latchCount(this.tick());
    else counter.writeControl(access, (value >> 1) & 7, (value & 1) !== 0);
  }

  private readBack(value: number): void {
    for (let channel = 0; channel < CHANNELS; channel++) {
      if ((value & (2 << channel)) === 0) continue;
      if ((value & READ_BACK_NO_COUNT) === 0) this.counters[channel as 0 | 1 | 2].latchCount(this.tick());
      if ((value & READ_BACK_NO_STATUS) === 0) this.counters[channel as 0 | 1 | 2].latchStatus(this.tick());
    }
  }

  private tick(): number {
    return pitTicksAt(this.ports.clock.nowNs());
  }

  /** Brings IRQ 0 up to now; an edge that passed unheard is still an edge for whoever latches it. */
  sync(): void {
    const { ticks, hasRoom, isWanted } = this.ports;
    const rises = this.risesUntil(this.tick());
    const wanted = isWanted();
    if (!wanted) ticks.forget();
    else if (rises > 0) ticks.came(rises, hasRoom() ? rises - 1 : rises, this.periodNs);
    if (rises > 0) this.pulse();
    this.drive();
    if (wanted && ticks.owes && hasRoom() && ticks.giveOwed(this.periodNs)) {
      this.pulse();
      this.drive();
    }
  }

  private pulse(): void {
    this.ports.irq.set(false);
    this.ports.irq.set(true);
  }

  private get periodNs(): number {
    return pitTickNs(this.counters[0].periodTicks);
  }

  private drive(): void {
    const tick = this.tick();
    const counter = this.counters[0];
    Object.assign(this.driven, { level: counter.out(tick), tick });
    this.ports.irq.set(this.driven.level);
    const change = this.ports.isHeard() ? counter.nextChangeTick(tick) : undefined;
    const deadlineNs = change === undefined ? undefined : pitTickNs(change);
    if (deadlineNs === undefined) this.timer.cancel();
    else if (deadlineNs !== this.timer.deadlineNs) this.timer.arm(deadlineNs);
  }

  /** How often OUT rose since it was driven. */
  private risesUntil(tick: number): number {
    const counter = this.counters[0];
    let { level, tick: at } = this.driven;
    for (;;) {
      const change = counter.nextChangeTick(at);
      if (change === undefined || change > tick) return 0;
      const next = counter.out(change);
      const { periodTicks } = counter;
      if (next && !level) return 1 + (periodTicks > 0 ? Math.floor((tick - change) / periodTicks) : 0);
      level = next;
      at = change;
    }
  }
}
