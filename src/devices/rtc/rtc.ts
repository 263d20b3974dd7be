// Real-time clock and CMOS memory: Motorola MC146818 (ADI-1030) at ports 0x70/0x71, IRQ 8. UTC, from a configured base time plus
// virtual time. Nothing ticks: time and flags are computed when read, and the timer runs only for enabled interrupts.
import type { SavedValue } from '../../base/saved';
import { type DeviceDescription, nextEvent, register } from '../describe';
import { type DeviceState, restoreState, saveState } from '../device-state';
import type { Clock, Device, IrqLine, PortHandler, Timer, Timers, VirtualNs } from '../ports';
import type { TickCount } from '../ticks';
import * as R from './registers';
import { alarmOf, nextAlarm, registersOf, secondsOf } from './time-format';

const SECOND_NS = 1_000_000_000;
/** The update cycle of a 32 kHz time base, and how long before it UIP warns (table 6). */
const UPDATE_NS = 1_984_000;
const UIP_WARNING_NS = 244_000;
/** After a divider reset the first update comes half a second later. */
const DIVIDER_RESET_NS = SECOND_NS / 2;
const CMOS_SIZE = 128;
const INDEX_PORT = 0;

type State = DeviceState & {
  index: number;
  nmiMasked: boolean;
  cmos: Uint8Array;
  /** The clock showed `baseSeconds` from `baseNs` on; while it stands still the time registers are in `cmos`. */
  baseSeconds: number;
  baseNs: number;
  weekdayShift: number;
  running: boolean;
  /** Flags are known up to here. */
  flagsNs: number;
};

export interface RtcPorts {
  readonly irq: IrqLine;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Time of day at virtual time 0. */
  readonly rtcBaseUnixSeconds: number;
  readonly memoryBytes: number;
  readonly ticks: TickCount;
}

export class Rtc implements Device, PortHandler {
  readonly name = 'rtc';
  private readonly state: State;
  private readonly timer: Timer;

  constructor(private readonly ports: RtcPorts) {
    this.timer = ports.timers.create('rtc', () => this.update());
    this.state = {
      index: 0,
      nmiMasked: false,
      cmos: new Uint8Array(CMOS_SIZE),
      baseSeconds: ports.rtcBaseUnixSeconds,
      baseNs: 0,
      weekdayShift: 0,
      running: true,
      flagsNs: ports.clock.nowNs(),
    };
    this.state.cmos[R.REG.a] = R.A_POWER_ON;
    this.state.cmos[R.REG.b] = R.B_24H;
    for (const [register, value] of R.cmosMemorySize(ports.memoryBytes)) this.state.cmos[register] = value;
  }

  /** RESET clears the interrupt enables and flags; time and memory are kept by the battery. */
  reset(): void {
    const { cmos } = this.state;
    cmos[R.REG.b] = cmos[R.REG.b]! & ~(R.B_PIE | R.B_AIE | R.B_UIE);
    cmos[R.REG.c] = 0;
    this.state.flagsNs = this.ports.clock.nowNs();
    this.state.nmiMasked = false;
    this.update();
  }

  save(): SavedValue {
    return { state: saveState(this.state), ticks: saveState(this.ports.ticks.state) };
  }

  restore(saved: SavedValue): void {
    const { state, ticks } = saved as { state: SavedValue; ticks: SavedValue };
    restoreState(this.name, this.state, state);
    restoreState(`${this.name}.ticks`, this.ports.ticks.state, ticks);
  }

  describe(): DeviceDescription {
    const { cmos, index, running } = this.state;
    const seconds = running ? this.secondsAt(this.ports.clock.nowNs()) : secondsOf((at) => cmos[at]!, cmos[R.REG.b]!).seconds;
    return {
      title: 'Real-time clock and CMOS memory (MC146818)',
      registers: [
        { name: 'time', value: seconds, unit: 'unix-s', meaning: running ? '' : 'stands still' },
        register('index', index, 7),
        register('register A', cmos[R.REG.a]! | (this.updateInProgress() ? R.A_UIP : 0), 8, { 7: 'UIP' }),
        register('register B', cmos[R.REG.b]!, 8, ['DSE', '24/12', 'DM', 'SQWE', 'UIE', 'AIE', 'PIE', 'SET']),
        register('register C', cmos[R.REG.c]! | this.newFlags(), 8, { 4: 'UF', 5: 'AF', 6: 'PF', 7: 'IRQF' }),
        { name: 'NMI masked', value: this.state.nmiMasked },
        nextEvent('next interrupt', this.timer.deadlineNs),
      ],
    };
  }

  /** Bit 7 of port 0x70. */
  get nmiMasked(): boolean {
    return this.state.nmiMasked;
  }

  /** Port 0x70 cannot be read. */
  readPort(port: number): number {
    return port === INDEX_PORT ? 0xff : this.readRegister(this.state.index);
  }

  writePort(port: number, _size: number, value: number): void {
    if (port === INDEX_PORT) {
      this.state.index = value & ~R.NMI_DISABLE;
      this.state.nmiMasked = (value & R.NMI_DISABLE) !== 0;
    } else this.writeRegister(this.state.index, value);
  }

  private readRegister(register: number): number {
    const { cmos } = this.state;
    switch (register) {
      case R.REG.a:
        return cmos[R.REG.a]! | (this.updateInProgress() ? R.A_UIP : 0);
      case R.REG.c:
        return this.readFlags();
      case R.REG.d:
        return R.D_VRT;
      default:
        return this.isTime(register) && this.state.running ? this.timeRegisters().get(register)! : cmos[register]!;
    }
  }

  private writeRegister(register: number, value: number): void {
    const { cmos } = this.state;
    this.collectFlags();
    switch (register) {
      case R.REG.a:
        this.stopAndGo(() => {
          cmos[R.REG.a] = value & ~R.A_UIP;
        });
        break;
      case R.REG.b:
        this.stopAndGo(() => {
          cmos[R.REG.b] = value & R.B_SET ? value & ~R.B_UIE : value;
        });
        break;
      case R.REG.c:
      case R.REG.d:
        return;
      default:
        if (this.isTime(register)) this.writeTime(register, value);
        else cmos[register] = value;
    }
    this.update();
  }

  private isTime(register: number): boolean {
    return R.TIME_REGISTERS.includes(register);
  }

  /** The time advances unless SET is on or the divider is held in reset. */
  private get mayRun(): boolean {
    const { cmos } = this.state;
    return (cmos[R.REG.b]! & R.B_SET) === 0 && !this.dividerReset;
  }

  private get dividerReset(): boolean {
    return (this.state.cmos[R.REG.a]! & R.A_DIVIDER_RESET) === R.A_DIVIDER_RESET;
  }

  private stopAndGo(change: () => void): void {
    const wasReset = this.dividerReset;
    const before = this.state.running ? this.timeRegisters() : undefined;
    change();
    if (before !== undefined && !this.mayRun) this.stop(before);
    if (wasReset && !this.dividerReset) this.state.baseNs = this.ports.clock.nowNs() - DIVIDER_RESET_NS;
    if (before === undefined && this.mayRun) this.go();
  }

  private stop(registers: ReadonlyMap<number, number>): void {
    this.state.baseNs = this.secondStartNs();
    for (const [register, value] of registers) this.state.cmos[register] = value;
    this.state.running = false;
  }

  /** The seconds go on in step with the divider chain, which SET does not stop. */
  private go(): void {
    const s = this.state;
    const { seconds, weekdayShift } = secondsOf((register) => s.cmos[register]!, s.cmos[R.REG.b]!);
    s.baseNs = this.secondStartNs();
    s.baseSeconds = seconds;
    s.weekdayShift = weekdayShift;
    s.running = true;
    s.flagsNs = this.ports.clock.nowNs();
  }

  private writeTime(register: number, value: number): void {
    const s = this.state;
    const wasRunning = s.running;
    if (wasRunning) this.stop(this.timeRegisters());
    s.cmos[register] = value;
    if (wasRunning) this.go();
  }

  private timeRegisters(): ReadonlyMap<number, number> {
    const s = this.state;
    return registersOf(this.secondsAt(this.ports.clock.nowNs()), s.weekdayShift, s.cmos[R.REG.b]!);
  }

  private secondsAt(ns: VirtualNs): number {
    return this.state.baseSeconds + Math.floor((ns - this.state.baseNs) / SECOND_NS);
  }

  private secondStartNs(): VirtualNs {
    const now = this.ports.clock.nowNs();
    return now - ((now - this.state.baseNs) % SECOND_NS);
  }

  private updateInProgress(): boolean {
    if (!this.state.running) return false;
    const intoSecond = (this.ports.clock.nowNs() - this.state.baseNs) % SECOND_NS;
    return intoSecond >= SECOND_NS - UPDATE_NS - UIP_WARNING_NS;
  }

  /** Ticks of the periodic interrupt so far (table 5, 32 kHz time base); undefined when it is off. */
  private periodicTicks(ns: VirtualNs): number | undefined {
    const shift = this.periodicShift();
    if (shift === undefined) return undefined;
    // One crystal tick is 1e9 / 32768 = 1953125 / 64 ns.
    const spans = Math.floor(ns / 1_953_125);
    const crystalTicks = spans * 64 + Math.floor(((ns - spans * 1_953_125) * 64) / 1_953_125);
    return Math.floor(crystalTicks / 2 ** shift);
  }

  private periodicNs(ticks: number): VirtualNs {
    const crystalTicks = ticks * 2 ** this.periodicShift()!;
    const spans = Math.floor(crystalTicks / 64);
    return spans * 1_953_125 + Math.ceil(((crystalTicks - spans * 64) * 1_953_125) / 64);
  }

  private periodicShift(): number | undefined {
    const rate = this.state.cmos[R.REG.a]! & R.A_RATE;
    if (rate === 0 || this.dividerReset) return undefined;
    return rate <= 2 ? rate + 6 : rate - 1;
  }

  /** Brings the flags of register C up to now: they are set whether or not their interrupt is enabled. */
  private collectFlags(): void {
    const s = this.state;
    const now = this.ports.clock.nowNs();
    const passed = (this.periodicTicks(now) ?? 0) - (this.periodicTicks(s.flagsNs) ?? 0);
    const waits = (s.cmos[R.REG.c]! & R.C_PF) !== 0;
    if ((s.cmos[R.REG.b]! & R.B_PIE) === 0) this.ports.ticks.forget();
    else if (passed > 0) this.ports.ticks.came(passed, waits ? passed : passed - 1, this.periodNs);
    s.cmos[R.REG.c] = s.cmos[R.REG.c]! | this.newFlags();
    s.flagsNs = now;
  }

  private get periodNs(): number {
    return this.periodicShift() === undefined ? 0 : this.periodicNs(1);
  }

  /** What has come up since the flags were collected. */
  private newFlags(): number {
    const s = this.state;
    const now = this.ports.clock.nowNs();
    let flags = 0;
    if ((this.periodicTicks(now) ?? 0) > (this.periodicTicks(s.flagsNs) ?? 0)) flags |= R.C_PF;
    if (s.running && this.secondsAt(now) > this.secondsAt(s.flagsNs)) {
      flags |= R.C_UF;
      const alarm = this.nextAlarmSeconds(s.flagsNs);
      if (alarm !== undefined && alarm <= this.secondsAt(now)) flags |= R.C_AF;
    }
    return flags;
  }

  private nextAlarmSeconds(ns: VirtualNs): number | undefined {
    const { cmos } = this.state;
    return nextAlarm(
      alarmOf((register) => cmos[register]!, cmos[R.REG.b]!),
      this.secondsAt(ns),
    );
  }

  private interruptRequested(): boolean {
    const { cmos } = this.state;
    return (cmos[R.REG.b]! & cmos[R.REG.c]! & (R.C_PF | R.C_AF | R.C_UF)) !== 0;
  }

  private readFlags(): number {
    this.collectFlags();
    const value = this.state.cmos[R.REG.c]! | (this.interruptRequested() ? R.C_IRQF : 0);
    this.state.cmos[R.REG.c] = 0;
    this.update();
    // QEMU: driftfix=slew.
    if (this.ports.ticks.giveOwed(this.periodNs)) {
      this.state.cmos[R.REG.c] = R.C_PF;
      this.update();
    }
    return value;
  }

  private update(): void {
    this.collectFlags();
    this.ports.irq.set(this.interruptRequested());
    const deadline = this.nextEventNs();
    if (deadline === undefined) this.timer.cancel();
    else this.timer.arm(deadline);
  }

  /** When an enabled interrupt whose flag is not up yet comes next. */
  private nextEventNs(): VirtualNs | undefined {
    const s = this.state;
    const now = s.flagsNs;
    const waiting = s.cmos[R.REG.b]! & ~s.cmos[R.REG.c]!;
    const candidates: number[] = [];
    const ticks = this.periodicTicks(now);
    if (waiting & R.B_PIE && ticks !== undefined) candidates.push(this.periodicNs(ticks + 1));
    const ofSecond = (seconds: number): VirtualNs => s.baseNs + (seconds - s.baseSeconds) * SECOND_NS;
    if (s.running && waiting & R.B_UIE) candidates.push(ofSecond(this.secondsAt(now) + 1));
    const alarm = s.running && waiting & R.B_AIE ? this.nextAlarmSeconds(now) : undefined;
    if (alarm !== undefined) candidates.push(ofSecond(alarm));
    return candidates.length === 0 ? undefined : Math.min(...candidates);
  }
}
