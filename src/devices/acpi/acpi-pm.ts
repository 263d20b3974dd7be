// ACPI fixed hardware (ACPI 6.5, 4.8) as in Intel's PIIX4 with its base at port 0x600: PM1a event block, PM1a control, PM timer (24 bits).
// ACPI mode is on from the start: there is no legacy mode and no SMI command port. Sleep type 0 is soft-off (S5); other sleeping states
// are not there, their requests are ignored. The SCI is IRQ 9, level-triggered.
import type { SavedValue } from '../../base/saved';
import { type DeviceDescription, nextEvent, register } from '../describe';
import { restoreState, saveState } from '../device-state';
import type { Clock, Device, IrqLine, PortHandler, PowerPort, Timer, Timers } from '../ports';
import { pmTickNs, pmTicksAt } from './pm-timer';

export const ACPI_PM = { base: 0x600, size: 12, event: 0x600, control: 0x604, timer: 0x608, sciIrq: 9 } as const;
const STATUS = 0x00;
const ENABLE = 0x02;
const CONTROL = 0x04;
const TIMER = 0x08;
const TMR_STS = 0x0001;
const GBL_STS = 0x0020;
const PWRBTN_STS = 0x0100;
const RTC_STS = 0x0400;
/** What can be enabled, and cleared by writing ones: timer, global, power button, and the clock's alarm, which wakes from sleep that there is not: its status is never set. */
const EVENTS = TMR_STS | GBL_STS | PWRBTN_STS | RTC_STS;
const EVENT_BITS = { 0: 'TMR', 5: 'GBL', 8: 'PWRBTN', 10: 'RTC' };
const SCI_EN = 0x0001;
const SLP_TYP_SHIFT = 10;
const SLP_TYP_MASK = 7;
const SLP_EN = 0x2000;
const SOFT_OFF = 0;
const CONTROL_KEPT = 0x1c02;
const TIMER_MASK = 0xffffff;
/** TMR_STS is set whenever the most significant bit of the timer changes. */
const HALF_TURN = 0x800000;

export interface AcpiPmPorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly power: PowerPort;
  readonly sci: IrqLine;
}

export class AcpiPm implements Device, PortHandler {
  readonly name = 'acpi-pm';
  private readonly timer: Timer;
  /** The timer's half turns up to `halfTurns` have been told. */
  private readonly state = { status: 0, enable: 0, control: 0, halfTurns: 0 };

  constructor(private readonly ports: AcpiPmPorts) {
    this.timer = ports.timers.create('acpi-pm.timer', () => this.update());
    this.state.halfTurns = this.halfTurns();
  }

  reset(): void {
    Object.assign(this.state, { status: 0, enable: 0, control: 0, halfTurns: this.halfTurns() });
    this.update();
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState(this.name, this.state, saved);
  }

  describe(): DeviceDescription {
    const { status, enable, control, halfTurns } = this.state;
    const now = this.halfTurns() === halfTurns ? status : status | TMR_STS;
    return {
      title: 'ACPI power management',
      registers: [
        register('PM1 status', now, 16, EVENT_BITS),
        register('PM1 enable', enable, 16, EVENT_BITS),
        register('PM1 control', control | SCI_EN, 16, ['SCI_EN', 'BM_RLD']),
        register('PM timer', pmTicksAt(this.ports.clock.nowNs()) & TIMER_MASK, 24),
        { name: 'PM timer clock', value: 3_579_545, unit: 'hz' },
        nextEvent('PM timer event', this.timer.deadlineNs),
      ],
    };
  }

  /** The guest has asked for the power button's event. */
  get listensToPowerButton(): boolean {
    return (this.state.enable & PWRBTN_STS) !== 0;
  }

  /** The button on the case: a guest that has enabled the event gets an SCI. */
  pressPowerButton(): void {
    this.state.status |= PWRBTN_STS;
    this.update();
  }

  readPort(port: number, size: 1 | 2 | 4): number {
    this.collect();
    const { status, enable, control } = this.state;
    const low = status | (enable << 16);
    const word = port < CONTROL ? low >>> (8 * port) : port < TIMER ? (control | SCI_EN) >>> (8 * (port - CONTROL)) : 0;
    const value = port < TIMER ? word : (pmTicksAt(this.ports.clock.nowNs()) & TIMER_MASK) >>> (8 * (port - TIMER));
    return (value & (0xffffffff >>> (32 - 8 * size))) >>> 0;
  }

  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    for (let i = 0; i < size; i++) this.writeByte(port + i, (value >>> (8 * i)) & 0xff);
    if (port < CONTROL) this.update();
  }

  private writeByte(port: number, value: number): void {
    const { state } = this;
    const shift = 8 * (port & 1);
    switch (port & ~1) {
      case STATUS:
        this.collect();
        state.status &= ~(value << shift);
        break;
      case ENABLE:
        state.enable = ((state.enable & ~(0xff << shift)) | (value << shift)) & EVENTS;
        break;
      case CONTROL: {
        const written = value << shift;
        state.control = ((state.control & ~(0xff << shift)) | written) & CONTROL_KEPT;
        const type = (state.control >> SLP_TYP_SHIFT) & SLP_TYP_MASK;
        if ((written & SLP_EN) !== 0 && type === SOFT_OFF) this.ports.power.powerOff('ACPI PM1 control');
        break;
      }
      default:
    }
  }

  private halfTurns(): number {
    return Math.floor(pmTicksAt(this.ports.clock.nowNs()) / HALF_TURN);
  }

  private collect(): void {
    const turns = this.halfTurns();
    if (turns !== this.state.halfTurns) this.state.status |= TMR_STS;
    this.state.halfTurns = turns;
  }

  private update(): void {
    this.collect();
    const { status, enable } = this.state;
    this.ports.sci.set((status & enable) !== 0);
    if ((enable & ~status & TMR_STS) !== 0) this.timer.arm(pmTickNs((this.state.halfTurns + 1) * HALF_TURN));
    else this.timer.cancel();
  }
}
