// An IBM PS/2 keyboard (101 keys): commands and their answers, scan codes of set 2 while scanning is on (PS/2 Hardware Interface
// Technical Reference, keyboards). Bytes wait in its buffer until the controller takes them.
import type { SavedValue } from '../../base/saved';
import { restoreState, saveState } from '../device-state';

const ACK = 0xfa;
const RESEND = 0xfe;
const SELF_TEST_PASSED = 0xaa;
const IDENTITY = [0xab, 0x83] as const;
/** Bytes that it keeps. */
const BUFFER = 16;
const COMMAND = {
  setLeds: 0xed,
  echo: 0xee,
  scanCodeSet: 0xf0,
  identify: 0xf2,
  typematic: 0xf3,
  enable: 0xf4,
  disable: 0xf5,
  defaults: 0xf6,
  resend: 0xfe,
  reset: 0xff,
} as const;
const SET_2 = 2;

export class Keyboard {
  private readonly state = { waiting: new Uint8Array(0), scanning: true, parameterOf: 0, leds: 0, last: 0 };

  get room(): number {
    return this.state.scanning ? BUFFER - this.state.waiting.length : BUFFER;
  }

  get hasByte(): boolean {
    return this.state.waiting.length > 0;
  }

  /** For people who look at the machine. */
  get view(): { waiting: number; scanning: boolean; leds: number } {
    const { waiting, scanning, leds } = this.state;
    return { waiting: waiting.length, scanning, leds };
  }

  /** A scan code of a key; lost where the buffer is full or scanning is off. */
  key(byte: number): void {
    if (this.state.scanning && this.state.waiting.length < BUFFER) this.send(byte);
  }

  take(): number {
    const [byte = 0] = this.state.waiting;
    this.state.waiting = this.state.waiting.slice(1);
    this.state.last = byte;
    return byte;
  }

  /** A byte from the host. */
  receive(byte: number): void {
    const { state } = this;
    const command = state.parameterOf;
    if (command !== 0 && byte < COMMAND.setLeds) {
      state.parameterOf = 0;
      this.parameter(command, byte);
      return;
    }
    state.parameterOf = 0;
    switch (byte) {
      case COMMAND.setLeds:
      case COMMAND.scanCodeSet:
      case COMMAND.typematic:
        state.parameterOf = byte;
        this.send(ACK);
        break;
      case COMMAND.echo:
        this.send(COMMAND.echo);
        break;
      case COMMAND.identify:
        this.send(ACK, ...IDENTITY);
        break;
      case COMMAND.enable:
        state.waiting = new Uint8Array(0);
        state.scanning = true;
        this.send(ACK);
        break;
      case COMMAND.disable:
      case COMMAND.defaults:
        state.waiting = new Uint8Array(0);
        state.scanning = byte === COMMAND.defaults;
        this.send(ACK);
        break;
      case COMMAND.resend:
        this.send(state.last);
        break;
      case COMMAND.reset:
        this.reset();
        this.send(ACK, SELF_TEST_PASSED);
        break;
      default:
        this.send(RESEND);
    }
  }

  reset(): void {
    Object.assign(this.state, { waiting: new Uint8Array(0), scanning: true, parameterOf: 0, leds: 0, last: 0 });
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState('keyboard', this.state, saved);
  }

  /** Only set 2 is there: another one is refused. */
  private parameter(command: number, value: number): void {
    if (command === COMMAND.setLeds) this.state.leds = value;
    if (command === COMMAND.scanCodeSet && value === 0) this.send(ACK, SET_2);
    else this.send(command === COMMAND.scanCodeSet && value !== SET_2 ? RESEND : ACK);
  }

  private send(...bytes: readonly number[]): void {
    this.state.waiting = Uint8Array.from([...this.state.waiting, ...bytes]);
  }
}
