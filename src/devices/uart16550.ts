// The serial port: National PC16550D UART (data sheet of June 1995; section numbers are its own).
// A transmitted byte is gone at once: THRE and TEMT are always set and no virtual time passes on the line. OUT2 does not gate
// the interrupt (as in QEMU, whose guests often forget it). The far end is a terminal that is always ready: CTS, DSR and DCD are on.
import type { SavedValue } from '../base/saved';
import { type DeviceDescription, nextEvent, register } from './describe';
import { restoreState, saveState } from './device-state';
import type { ByteSink, Clock, Device, IrqLine, PortHandler, Timer, Timers } from './ports';
import * as R from './uart16550-registers';
import { initialUartState } from './uart16550-state';

export const UART_PORTS = 8;
const FIFO_SIZE = 16;

/** One bit time is 16 * divisor periods of the 1.8432 MHz crystal. */
const CRYSTAL_HZ = 1_843_200;
const TIMEOUT_CHARACTERS = 4;

/** Table IV. */
const SOURCES: Readonly<Record<number, string>> = {
  [R.IIR_NONE]: 'none',
  [R.IIR_MODEM_STATUS]: 'modem status',
  [R.IIR_THRE]: 'transmitter empty',
  [R.IIR_RECEIVED_DATA]: 'received data',
  [R.IIR_LINE_STATUS]: 'line status',
  [R.IIR_TIMEOUT]: 'character timeout',
};

export interface Uart16550Ports {
  readonly name: string;
  readonly irq: IrqLine;
  readonly output: ByteSink;
  readonly clock: Clock;
  readonly timers: Timers;
  /** The receiver has become able to take more than before: time to feed input. */
  readonly onRoom?: () => void;
}

export class Uart16550 implements Device, PortHandler {
  readonly name: string;
  private readonly state = initialUartState();
  private readonly timeout: Timer;

  constructor(private readonly ports: Uart16550Ports) {
    this.name = ports.name;
    this.timeout = ports.timers.create(`${ports.name}.timeout`, () => {
      this.state.timeoutPending = this.state.received.length > 0;
      this.updateIrq();
    });
  }

  reset(): void {
    Object.assign(this.state, initialUartState());
    this.timeout.cancel();
    this.updateIrq();
    this.ports.onRoom?.();
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState(this.name, this.state, saved);
  }

  describe(): DeviceDescription {
    const s = this.state;
    const identified = this.identify();
    const parity = s.lcr & 8 ? (s.lcr & 0x20 ? (s.lcr & 0x10 ? 'S' : 'M') : s.lcr & 0x10 ? 'E' : 'O') : 'N';
    return {
      title: 'Serial port (PC16550D)',
      registers: [
        {
          name: 'line speed',
          value: s.divisor === 0 ? null : Math.round(CRYSTAL_HZ / 16 / s.divisor),
          unit: 'baud',
          meaning: `${5 + (s.lcr & 3)}${parity}${s.lcr & 4 ? 2 : 1}`,
        },
        register('divisor latch', s.divisor, 16),
        register('IER', s.ier, 8, ['ERBFI', 'ETBEI', 'ELSI', 'EDSSI']),
        { ...register('IIR', identified | (this.fifosEnabled ? R.IIR_FIFOS_ENABLED : 0), 8), meaning: SOURCES[identified] ?? '' },
        register('FCR', s.fcr, 8, { 0: 'FIFO enable', 3: 'DMA mode' }),
        register('LCR', s.lcr, 8, { 6: 'break', 7: 'DLAB' }),
        register('MCR', s.mcr, 8, ['DTR', 'RTS', 'OUT1', 'OUT2', 'loop']),
        register('LSR', this.lineStatus(), 8, ['DR', 'OE', 'PE', 'FE', 'BI', 'THRE', 'TEMT', 'FIFO error']),
        register('MSR', this.modemLines(s.mcr) | s.modemChanges, 8, ['DCTS', 'DDSR', 'TERI', 'DDCD', 'CTS', 'DSR', 'RI', 'DCD']),
        register('SCR', s.scr, 8),
        { name: 'receiver FIFO', value: s.received.length, unit: 'bytes' },
        { name: 'receiver capacity', value: this.capacity, unit: 'bytes' },
        { name: 'receiver trigger level', value: this.triggerLevel, unit: 'bytes' },
        { name: 'interrupt', value: identified !== R.IIR_NONE },
        nextEvent('character timeout', this.timeout.deadlineNs),
      ],
    };
  }

  /** How many bytes the receiver can take now without an overrun; the line is cut in loopback mode. */
  room(): number {
    return this.looped ? 0 : this.capacity - this.state.received.length;
  }

  /** A byte arrives from the terminal; one for which there is no room is lost as on the wire. */
  receive(byte: number): void {
    if (!this.looped) this.accept(byte, 0);
  }

  /** The line status, once the errors in it were read. */
  isPlain(port: number, write: boolean, value: number): boolean {
    return port === R.LSR && !write && value === this.lineStatus();
  }

  readPort(port: number): number {
    const s = this.state;
    const latch = (s.lcr & R.LCR_DLAB) !== 0;
    switch (port) {
      case R.RBR_THR:
        return latch ? s.divisor & 0xff : this.readReceiver();
      case R.IER:
        return latch ? s.divisor >> 8 : s.ier;
      case R.IIR_FCR:
        return this.readInterruptIdentification();
      case R.LCR:
        return s.lcr;
      case R.MCR:
        return s.mcr;
      case R.LSR:
        return this.readLineStatus();
      case R.MSR:
        return this.readModemStatus();
      case R.SCR:
        return s.scr;
      default:
        return 0xff;
    }
  }

  writePort(port: number, _size: number, value: number): void {
    const s = this.state;
    const latch = (s.lcr & R.LCR_DLAB) !== 0;
    switch (port) {
      case R.RBR_THR:
        if (latch) s.divisor = (s.divisor & 0xff00) | value;
        else this.transmit(value);
        break;
      case R.IER:
        if (latch) s.divisor = (s.divisor & 0xff) | (value << 8);
        else this.writeInterruptEnable(value);
        break;
      case R.IIR_FCR:
        this.writeFifoControl(value);
        break;
      case R.LCR:
        if (this.looped && (value & ~s.lcr & R.LCR_BREAK) !== 0) this.accept(0, R.LSR_BI);
        s.lcr = value;
        break;
      case R.MCR:
        this.writeModemControl(value);
        break;
      case R.SCR:
        s.scr = value;
        break;
      default: // 8.2, 8.7: R.LSR is for factory test, R.MSR is read-only
    }
  }

  private get looped(): boolean {
    return (this.state.mcr & R.MCR_LOOP) !== 0;
  }

  private get fifosEnabled(): boolean {
    return (this.state.fcr & R.FCR_ENABLE) !== 0;
  }

  private get capacity(): number {
    return this.fifosEnabled ? FIFO_SIZE : 1;
  }

  private get triggerLevel(): number {
    return this.fifosEnabled ? R.TRIGGER_LEVELS[(this.state.fcr >> 6) as 0 | 1 | 2 | 3] : 1;
  }

  /** 8.6: in loopback DTR, RTS, OUT1, OUT2 are read as DSR, CTS, RI, DCD. */
  private modemLines(mcr: number): number {
    if ((mcr & R.MCR_LOOP) === 0) return R.TERMINAL_READY;
    return ((mcr & 1) << 5) | ((mcr & 2) << 3) | ((mcr & 4) << 4) | ((mcr & 8) << 4);
  }

  private accept(byte: number, errors: number): void {
    const s = this.state;
    if (s.received.length >= this.capacity) {
      s.overrun = true; // 8.2 bit 1: a full FIFO keeps its characters; without FIFOs the old character is overwritten
      if (this.fifosEnabled) {
        this.updateIrq();
        return;
      }
      s.received.pop();
    }
    s.received.push(byte | (errors << 8));
    if (s.received.length === 1) s.headErrors = errors;
    this.armTimeout();
    this.updateIrq();
  }

  private readReceiver(): number {
    const s = this.state;
    const character = s.received.shift();
    if (character === undefined) return s.lastReceived;
    s.lastReceived = character & 0xff;
    s.headErrors = (s.received[0] ?? 0) >> 8;
    s.timeoutPending = false; // 8.8.1 C
    this.armTimeout();
    this.updateIrq();
    this.ports.onRoom?.();
    return s.lastReceived;
  }

  /** 8.8.1: the timeout runs from the last character in or out while characters wait. */
  private armTimeout(): void {
    const s = this.state;
    if (!this.fifosEnabled || s.received.length === 0) {
      this.timeout.cancel();
      return;
    }
    const halfBits = 2 + 2 * (5 + (s.lcr & 3)) + (s.lcr & 8 ? 2 : 0) + (s.lcr & 4 ? ((s.lcr & 3) === 0 ? 3 : 4) : 2);
    const halfBitPeriods = 8 * Math.max(1, s.divisor);
    const durationNs = Math.ceil((TIMEOUT_CHARACTERS * halfBits * halfBitPeriods * 1e9) / CRYSTAL_HZ);
    this.timeout.arm(this.ports.clock.nowNs() + durationNs);
  }

  private transmit(byte: number): void {
    const s = this.state;
    s.threPending = false;
    this.updateIrq();
    if (this.looped) this.accept(byte, 0);
    else this.ports.output.write(byte);
    s.threPending = true;
    this.updateIrq();
  }

  private writeInterruptEnable(value: number): void {
    const s = this.state;
    // The transmitter is always empty, so enabling its interrupt raises it at once.
    if ((value & ~s.ier & R.IER_ETBEI) !== 0) s.threPending = true;
    s.ier = value & 0x0f;
    this.updateIrq();
  }

  private writeFifoControl(value: number): void {
    const s = this.state;
    const toggled = ((value ^ s.fcr) & R.FCR_ENABLE) !== 0; // 8.3 bit 0: changing it clears both FIFOs
    s.fcr = (value & R.FCR_ENABLE) !== 0 ? value & R.FCR_KEPT : 0;
    if (toggled || (value & (R.FCR_ENABLE | R.FCR_CLEAR_RECEIVER)) === (R.FCR_ENABLE | R.FCR_CLEAR_RECEIVER)) {
      s.received.length = 0;
      s.headErrors = 0;
      s.timeoutPending = false;
      this.timeout.cancel();
      this.ports.onRoom?.();
    }
    this.updateIrq();
  }

  private writeModemControl(value: number): void {
    const s = this.state;
    const before = this.modemLines(s.mcr);
    s.mcr = value & 0x1f;
    const after = this.modemLines(s.mcr);
    const changed = (before ^ after) >> 4;
    const ringEnded = (before & ~after & 0x40) !== 0; // 8.7 bit 2: only the trailing edge of RI counts
    s.modemChanges |= (changed & ~R.MSR_TERI) | (ringEnded ? R.MSR_TERI : 0);
    this.updateIrq();
    this.ports.onRoom?.();
  }

  private lineStatus(): number {
    const s = this.state;
    const data = s.received.length > 0 ? R.LSR_DR : 0;
    const anyError = this.fifosEnabled && s.received.some((character) => character >> 8 !== 0) ? R.LSR_FIFO_ERROR : 0;
    return data | (s.overrun ? R.LSR_OE : 0) | s.headErrors | R.LSR_THRE | R.LSR_TEMT | anyError;
  }

  private readLineStatus(): number {
    const s = this.state;
    const value = this.lineStatus();
    s.overrun = false; // 8.2: reading clears the error indicators
    s.headErrors = 0;
    if (s.received.length > 0) s.received[0] = s.received[0]! & 0xff;
    this.updateIrq();
    return value;
  }

  private readModemStatus(): number {
    const value = this.modemLines(this.state.mcr) | this.state.modemChanges;
    this.state.modemChanges = 0;
    this.updateIrq();
    return value;
  }

  /** Table IV: the enabled interrupt of highest priority. */
  private identify(): number {
    const s = this.state;
    if (s.ier & R.IER_ELSI && this.lineStatus() & (R.LSR_OE | R.LSR_CHARACTER_ERRORS)) return R.IIR_LINE_STATUS;
    if (s.ier & R.IER_ERBFI && s.received.length >= this.triggerLevel) return R.IIR_RECEIVED_DATA;
    if (s.ier & R.IER_ERBFI && s.timeoutPending) return R.IIR_TIMEOUT;
    if (s.ier & R.IER_ETBEI && s.threPending) return R.IIR_THRE;
    if (s.ier & R.IER_EDSSI && s.modemChanges) return R.IIR_MODEM_STATUS;
    return R.IIR_NONE;
  }

  private readInterruptIdentification(): number {
    const source = this.identify();
    if (source === R.IIR_THRE) this.state.threPending = false;
    this.updateIrq();
    return source | (this.fifosEnabled ? R.IIR_FIFOS_ENABLED : 0);
  }

  private updateIrq(): void {
    this.ports.irq.set(this.identify() !== R.IIR_NONE);
  }
}
