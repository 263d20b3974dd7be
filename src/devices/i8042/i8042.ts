// The keyboard controller of a PC, an 8042 at ports 0x60 and 0x64 (PS/2 Hardware Interface Technical Reference), with a keyboard and an
// empty mouse port, left as firmware leaves it: keyboard on, its interrupt and the translation to scan code set 1 enabled.
// Its A20 line is kept and masks nothing, as that of port 0x92 (port92.ts): every boot protocol here starts with A20 enabled.
import type { SavedValue } from '../../base/saved';
import { type DeviceDescription, register } from '../describe';
import { restoreState, saveState } from '../device-state';
import type { Device, IrqLine, PortHandler, PowerPort } from '../ports';
import { Keyboard } from './keyboard';
import { BREAK_BIT, BREAK_PREFIX, SET1_OF_SET2 } from './translation.rows';

export const I8042_PORTS = { data: 0x60, command: 0x64, keyboardIrq: 1, mouseIrq: 12 } as const;
const STATUS = { output: 0x01, system: 0x04, command: 0x08, unlocked: 0x10, fromMouse: 0x20, timeout: 0x40 } as const;
const CONTROL = { keyboardInterrupt: 0x01, mouseInterrupt: 0x02, keyboardOff: 0x10, mouseOff: 0x20, translate: 0x40 } as const;
const COMMAND_BYTE_BITS = { 0: 'keyboard interrupt', 1: 'mouse interrupt', 2: 'system', 4: 'keyboard off', 5: 'mouse off', 6: 'translate' };
const CONTROL_AT_START = CONTROL.keyboardInterrupt | CONTROL.mouseOff | CONTROL.translate;
const OUTPUT_PORT = { notReset: 0x01, a20: 0x02, other: 0xcc } as const;
const COMMAND = {
  readControl: 0x20,
  writeControl: 0x60,
  mouseOff: 0xa7,
  mouseOn: 0xa8,
  testMouse: 0xa9,
  selfTest: 0xaa,
  testKeyboard: 0xab,
  keyboardOff: 0xad,
  keyboardOn: 0xae,
  readInputPort: 0xc0,
  readOutputPort: 0xd0,
  writeOutputPort: 0xd1,
  writeKeyboardOutput: 0xd2,
  writeMouseOutput: 0xd3,
  writeMouse: 0xd4,
  a20Off: 0xdd,
  a20On: 0xdf,
  pulse: 0xf0,
} as const;
const SELF_TEST_PASSED = 0x55;
const INTERFACE_GOOD = 0x00;
const INPUT_PORT = 0x80;
const NO_ANSWER = 0xfe;
/** Looks at the status in a row after which a guest is taken to be waiting for a key. */
const LOOKS = 4;

export interface I8042Ports {
  readonly power: PowerPort;
  readonly keyboardIrq: IrqLine;
  readonly mouseIrq: IrqLine;
  /** A key may get through now: room in the buffer, interrupt enabled, somebody looks. */
  readonly onRoom: () => void;
}

export class I8042 implements Device {
  readonly name = 'i8042';
  private readonly keyboard = new Keyboard();
  private readonly state = {
    control: CONTROL_AT_START as number,
    outputPort: OUTPUT_PORT.notReset | OUTPUT_PORT.a20,
    /** Output buffer, and whether it is full. */
    output: 0,
    full: false,
    fromMouse: false,
    timeout: false,
    lastWasCommand: false,
    /** Command whose data byte is awaited; 0: data goes to the keyboard. */
    pending: 0,
    /** A break prefix waits for its code. */
    breakNext: false,
    /** Answers of the controller itself, in pairs of byte and 1 for the mouse's side. */
    answers: new Uint8Array(0),
    looks: 0,
  };

  constructor(private readonly ports: I8042Ports) {}

  readonly dataPort: PortHandler = { readPort: () => this.readData(), writePort: (_port, _size, value) => this.writeData(value) };
  readonly commandPort: PortHandler = { readPort: () => this.readStatus(), writePort: (_port, _size, value) => this.command(value) };

  /** Bytes of scan codes that would get through now. */
  get room(): number {
    return this.keyboard.room;
  }

  /** The guest has asked for the keyboard's interrupt. */
  get interruptsEnabled(): boolean {
    return (this.state.control & (CONTROL.keyboardInterrupt | CONTROL.keyboardOff)) === CONTROL.keyboardInterrupt;
  }

  /** The guest looks at the status again and again. */
  get isPolled(): boolean {
    return this.state.looks >= LOOKS;
  }

  /** A byte of a scan code of set 2, from the keys. */
  receive(byte: number): void {
    this.keyboard.key(byte);
    this.fill();
  }

  reset(): void {
    this.keyboard.reset();
    Object.assign(this.state, {
      control: CONTROL_AT_START,
      outputPort: OUTPUT_PORT.notReset | OUTPUT_PORT.a20,
      output: 0,
      full: false,
      fromMouse: false,
      timeout: false,
      lastWasCommand: false,
      pending: 0,
      breakNext: false,
      answers: new Uint8Array(0),
      looks: 0,
    });
    this.drive();
  }

  save(): SavedValue {
    return { state: saveState(this.state), keyboard: this.keyboard.save() };
  }

  restore(saved: SavedValue): void {
    const { state, keyboard } = saved as { state: SavedValue; keyboard: SavedValue };
    restoreState(this.name, this.state, state);
    this.keyboard.restore(keyboard);
  }

  describe(): DeviceDescription {
    const { control, outputPort, output } = this.state;
    const { waiting, scanning, leds } = this.keyboard.view;
    return {
      title: 'Keyboard controller (8042)',
      registers: [
        register('status', this.status, 8, [
          'output full',
          'input full',
          'system',
          'command',
          'unlocked',
          'from mouse',
          'timeout',
          'parity',
        ]),
        register('command byte', control, 8, COMMAND_BYTE_BITS),
        register('output port', outputPort, 8, ['not reset', 'A20']),
        register('output buffer', output, 8),
        { name: 'keyboard buffer', value: waiting, unit: 'bytes' },
        { name: 'keyboard scanning', value: scanning },
        register('keyboard LEDs', leds, 3, ['Scroll Lock', 'Num Lock', 'Caps Lock']),
      ],
    };
  }

  private readStatus(): number {
    const { state } = this;
    if (state.looks < LOOKS && !state.full && ++state.looks === LOOKS) this.ports.onRoom();
    return this.status;
  }

  private get status(): number {
    const { state } = this;
    return (
      STATUS.system |
      STATUS.unlocked |
      (state.full ? STATUS.output : 0) |
      (state.lastWasCommand ? STATUS.command : 0) |
      (state.full && state.fromMouse ? STATUS.fromMouse : 0) |
      (state.full && state.timeout ? STATUS.timeout : 0)
    );
  }

  /** An empty buffer gives its last byte again. */
  private readData(): number {
    const { output } = this.state;
    this.state.full = false;
    this.drive();
    this.fill();
    this.ports.onRoom();
    return output;
  }

  private writeData(value: number): void {
    const { state } = this;
    const { pending } = state;
    Object.assign(state, { pending: 0, lastWasCommand: false, looks: 0 });
    switch (pending) {
      case COMMAND.writeControl:
        state.control = value;
        break;
      case COMMAND.writeOutputPort:
        state.outputPort = value;
        if ((value & OUTPUT_PORT.notReset) === 0) this.ports.power.reset('keyboard controller');
        break;
      case COMMAND.writeKeyboardOutput:
        this.answer(value, false);
        break;
      case COMMAND.writeMouseOutput:
        this.answer(value, true);
        break;
      case COMMAND.writeMouse:
        // Nothing is plugged in: the controller gives up and says so.
        this.answer(NO_ANSWER, true);
        break;
      default:
        state.control &= ~CONTROL.keyboardOff;
        this.keyboard.receive(value);
    }
    this.drive();
    this.fill();
    this.ports.onRoom();
  }

  private command(value: number): void {
    const { state } = this;
    Object.assign(state, { lastWasCommand: true, pending: 0, looks: 0 });
    if ((value & COMMAND.pulse) === COMMAND.pulse) {
      // The output bits whose command bit is clear are pulsed; bit 0 is the CPU's reset.
      if ((value & OUTPUT_PORT.notReset) === 0) this.ports.power.reset('keyboard controller');
      return;
    }
    switch (value) {
      case COMMAND.readControl:
        this.answer(state.control, false);
        break;
      case COMMAND.mouseOff:
        state.control |= CONTROL.mouseOff;
        break;
      case COMMAND.mouseOn:
        state.control &= ~CONTROL.mouseOff;
        break;
      case COMMAND.testMouse:
      case COMMAND.testKeyboard:
        this.answer(INTERFACE_GOOD, false);
        break;
      case COMMAND.selfTest:
        this.answer(SELF_TEST_PASSED, false);
        break;
      case COMMAND.keyboardOff:
        state.control |= CONTROL.keyboardOff;
        break;
      case COMMAND.keyboardOn:
        state.control &= ~CONTROL.keyboardOff;
        break;
      case COMMAND.readInputPort:
        this.answer(INPUT_PORT, false);
        break;
      case COMMAND.readOutputPort:
        this.answer(state.outputPort | OUTPUT_PORT.other, false);
        break;
      case COMMAND.a20Off:
        state.outputPort &= ~OUTPUT_PORT.a20;
        break;
      case COMMAND.a20On:
        state.outputPort |= OUTPUT_PORT.a20;
        break;
      case COMMAND.writeControl:
      case COMMAND.writeOutputPort:
      case COMMAND.writeKeyboardOutput:
      case COMMAND.writeMouseOutput:
      case COMMAND.writeMouse:
        state.pending = value;
        break;
      default:
    }
    this.fill();
    this.ports.onRoom();
  }

  private answer(byte: number, mouse: boolean): void {
    this.state.answers = Uint8Array.from([...this.state.answers, byte, mouse ? 1 : 0]);
    this.fill();
  }

  /** The next byte into the output buffer: answers of the controller first, then the keyboard's while its clock runs. */
  private fill(): void {
    const { state } = this;
    while (!state.full) {
      if (state.answers.length > 0) {
        const [output, mouse] = state.answers;
        const timeout = mouse === 1 && output === NO_ANSWER;
        Object.assign(state, { output, fromMouse: mouse === 1, timeout, full: true, answers: state.answers.slice(2) });
      } else if ((state.control & CONTROL.keyboardOff) === 0 && this.keyboard.hasByte) this.fromKeyboard(this.keyboard.take());
      else break;
    }
    this.drive();
  }

  private fromKeyboard(byte: number): void {
    const { state } = this;
    const translates = (state.control & CONTROL.translate) !== 0;
    if (translates && byte === BREAK_PREFIX) {
      state.breakNext = true;
      return;
    }
    const code = translates ? (SET1_OF_SET2[byte] ?? byte) | (state.breakNext ? BREAK_BIT : 0) : byte;
    Object.assign(state, { output: code, fromMouse: false, timeout: false, full: true, breakNext: false });
  }

  private drive(): void {
    const { control, full, fromMouse } = this.state;
    this.ports.keyboardIrq.set(full && !fromMouse && (control & CONTROL.keyboardInterrupt) !== 0);
    this.ports.mouseIrq.set(full && fromMouse && (control & CONTROL.mouseInterrupt) !== 0);
  }
}
