// One 8259A programmable interrupt controller (Intel data sheet 231468): command words, priorities and the acknowledge cycle.
// Edge requests are latched until acknowledged, as the chip sets of PCs and their emulators do; the original chip also wants the
// line to stay high until then. The edge/level choice per line is the ELCR of the PC, not ICW1.LTIM.
import type { DeviceState } from './device-state';

const ICW1_INITIALISE = 0x10;
const ICW1_IC4 = 0x01;
const ICW1_SINGLE = 0x02;
const ICW4_AUTO_EOI = 0x02;
const ICW4_SPECIAL_FULLY_NESTED = 0x10;
const OCW3_SELECT = 0x08;
const OCW3_POLL = 0x04;
const OCW3_READ_REGISTER = 0x02;
const OCW3_READ_ISR = 0x01;
const OCW3_SET_SPECIAL_MASK = 0x40;
const OCW3_SPECIAL_MASK = 0x20;
const POLL_INTERRUPT = 0x80;
/** The input that answers when the request has gone before the acknowledge cycle. */
export const SPURIOUS_INPUT = 7;

/** OCW2 commands, bits 7..5: R, SL, EOI. */
const OCW2 = {
  rotateInAutoEoiClear: 0,
  nonSpecificEoi: 1,
  specificEoi: 3,
  rotateInAutoEoiSet: 4,
  rotateOnNonSpecificEoi: 5,
  setPriority: 6,
  rotateOnSpecificEoi: 7,
} as const;

export type PicChipState = DeviceState & {
  irr: number;
  imr: number;
  isr: number;
  lines: number;
  elcr: number;
  vectorBase: number;
  /** The input of lowest priority; the one after it has the highest. */
  lowest: number;
  /** Which ICW the data port expects: 0 none, 2, 3, 4. */
  expected: number;
  icw1: number;
  autoEoi: boolean;
  rotateInAutoEoi: boolean;
  specialFullyNested: boolean;
  specialMask: boolean;
  readIsr: boolean;
  poll: boolean;
};

export const initialPicChip = (): PicChipState => ({
  irr: 0,
  imr: 0xff,
  isr: 0,
  lines: 0,
  elcr: 0,
  vectorBase: 0,
  lowest: 7,
  expected: 0,
  icw1: 0,
  autoEoi: false,
  rotateInAutoEoi: false,
  specialFullyNested: false,
  specialMask: false,
  readIsr: false,
  poll: false,
});

export class PicChip {
  readonly state = initialPicChip();

  /** `cascade` is the input mask behind which another chip sits. */
  constructor(
    private readonly cascade: number,
    private readonly onChange: () => void,
  ) {}

  setLine(input: number, level: boolean): void {
    const s = this.state;
    const bit = 1 << input;
    const rising = level && (s.lines & bit) === 0;
    s.lines = level ? s.lines | bit : s.lines & ~bit;
    if ((s.elcr & bit) !== 0 || (this.cascade & bit) !== 0) s.irr = level ? s.irr | bit : s.irr & ~bit;
    else if (rising) s.irr |= bit;
    this.onChange();
  }

  setElcr(value: number): void {
    const s = this.state;
    s.elcr = value;
    s.irr = (s.irr & ~value) | (s.lines & value);
    this.onChange();
  }

  /** The input whose request goes out now, or undefined: fully nested mode and its variants. */
  highest(): number | undefined {
    const s = this.state;
    const requests = s.irr & ~s.imr;
    if (requests === 0) return undefined;
    // Special mask mode: only a masked level in service stops to inhibit; special fully nested: the cascade does not inhibit itself.
    const inService = s.isr & ~(s.specialMask ? s.imr : 0) & ~(s.specialFullyNested ? this.cascade : 0);
    const request = this.firstByPriority(requests);
    return inService === 0 || this.rank(request) < this.rank(this.firstByPriority(inService)) ? request : undefined;
  }

  /** The acknowledge cycle for one chip; the caller makes the vector. */
  acknowledge(input: number): void {
    const s = this.state;
    const bit = 1 << input;
    if (((s.elcr | this.cascade) & bit) === 0) s.irr &= ~bit;
    if (!s.autoEoi) s.isr |= bit;
    else if (s.rotateInAutoEoi) s.lowest = input;
    this.onChange();
  }

  readCommand(): number {
    const s = this.state;
    if (s.poll) return this.readPoll();
    return s.readIsr ? s.isr : s.irr;
  }

  readData(): number {
    return this.state.poll ? this.readPoll() : this.state.imr;
  }

  writeCommand(value: number): void {
    if ((value & ICW1_INITIALISE) !== 0) this.initialise(value);
    else if ((value & OCW3_SELECT) !== 0) this.operation3(value);
    else this.operation2(value >> 5, value & 7);
    this.onChange();
  }

  writeData(value: number): void {
    const s = this.state;
    const needsIcw4 = (s.icw1 & ICW1_IC4) !== 0;
    switch (s.expected) {
      case 2:
        s.vectorBase = value & 0xf8;
        s.expected = (s.icw1 & ICW1_SINGLE) === 0 ? 3 : needsIcw4 ? 4 : 0;
        break;
      case 3: // the wiring of the cascade is fixed on a PC
        s.expected = needsIcw4 ? 4 : 0;
        break;
      case 4:
        s.autoEoi = (value & ICW4_AUTO_EOI) !== 0;
        s.specialFullyNested = (value & ICW4_SPECIAL_FULLY_NESTED) !== 0;
        s.expected = 0;
        break;
      default:
        s.imr = value;
    }
    this.onChange();
  }

  /** ICW1: edge latches, mask, priorities and modes start anew; ELCR and lines stay. */
  private initialise(icw1: number): void {
    const { lines, elcr, vectorBase } = this.state;
    const levels = lines & (elcr | this.cascade);
    Object.assign(this.state, initialPicChip(), { lines, elcr, vectorBase, irr: levels, imr: 0, icw1, expected: 2 });
  }

  private operation2(command: number, level: number): void {
    const s = this.state;
    const inService = s.specialMask ? s.isr & ~s.imr : s.isr;
    const served = inService === 0 ? undefined : this.firstByPriority(inService);
    switch (command) {
      case OCW2.rotateInAutoEoiClear:
      case OCW2.rotateInAutoEoiSet:
        s.rotateInAutoEoi = command === OCW2.rotateInAutoEoiSet;
        break;
      case OCW2.nonSpecificEoi:
      case OCW2.rotateOnNonSpecificEoi:
        if (served === undefined) break;
        s.isr &= ~(1 << served);
        if (command === OCW2.rotateOnNonSpecificEoi) s.lowest = served;
        break;
      case OCW2.specificEoi:
      case OCW2.rotateOnSpecificEoi:
        s.isr &= ~(1 << level);
        if (command === OCW2.rotateOnSpecificEoi) s.lowest = level;
        break;
      case OCW2.setPriority:
        s.lowest = level;
        break;
      default: // 010: no operation
    }
  }

  private operation3(value: number): void {
    const s = this.state;
    if ((value & OCW3_POLL) !== 0) s.poll = true;
    if ((value & OCW3_READ_REGISTER) !== 0) s.readIsr = (value & OCW3_READ_ISR) !== 0;
    if ((value & OCW3_SET_SPECIAL_MASK) !== 0) s.specialMask = (value & OCW3_SPECIAL_MASK) !== 0;
  }

  /** A read after the poll command is an acknowledge cycle that answers with the input. */
  private readPoll(): number {
    this.state.poll = false;
    const input = this.highest();
    if (input === undefined) return 0;
    this.acknowledge(input);
    return POLL_INTERRUPT | input;
  }

  private rank(input: number): number {
    return (input - this.state.lowest - 1) & 7;
  }

  private firstByPriority(inputs: number): number {
    for (let rank = 0; rank < 8; rank++) {
      const input = (this.state.lowest + 1 + rank) & 7;
      if ((inputs & (1 << input)) !== 0) return input;
    }
    return SPURIOUS_INPUT;
  }
}
