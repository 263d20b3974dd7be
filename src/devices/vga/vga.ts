// A VGA in text mode (IBM VGA Technical Reference; FreeVGA): text memory at 0xb8000, CRT controller at 0x3d4, attribute controller,
// sequencer, graphics controller, DAC and status at 0x3c0 to 0x3da. Registers keep what is written; what is drawn is the text of the
// CRT controller's size and start address. Graphics modes are not drawn.
import type { SavedValue } from '../../base/saved';
import { restoreState, saveState } from '../device-state';
import type { ByteSink, Clock, Device, MmioHandler, PortHandler } from '../ports';
import * as MODE_3 from './defaults.rows';
import { TextMirror } from './text-mirror';
import type { TextSize } from './text-screen';

export const VGA = { textGpa: 0xb8000, textSize: 0x8000, ports: 0x3c0, portCount: 16, crtc: 0x3d4, status: 0x3da } as const;
const CRTC = {
  displayEnd: 0x01,
  overflow: 0x07,
  maximumScanLine: 0x09,
  cursorStart: 0x0a,
  cursorEnd: 0x0b,
  startHigh: 0x0c,
  startLow: 0x0d,
  cursorHigh: 0x0e,
  cursorLow: 0x0f,
  verticalEnd: 0x11,
  verticalDisplayEnd: 0x12,
  count: 0x19,
} as const;
const CRTC_PROTECT = 0x80;
const CURSOR_OFF = 0x20;
const ATTRIBUTE_MODE = 0x10;
const ATTRIBUTE_BLINK = 0x08;
const MOST_COLUMNS = 132;
const MOST_ROWS = 60;
/** 70 Hz, of which 400 of 449 lines show something; a line takes 31.778 µs, of which 25.4 µs show something. */
const FRAME_NS = 14_268_000;
const SHOWN_NS = 12_711_000;
const LINE_NS = 31_778;
const LINE_SHOWN_NS = 25_400;
const RETRACE = 0x08;
const NOT_SHOWN = 0x01;

/** What is to be drawn. */
export interface TextScreen extends TextSize {
  /** Character and attribute, row by row. */
  readonly cells: Uint8Array;
  readonly cursor: { readonly column: number; readonly row: number; readonly startLine: number; readonly endLine: number } | undefined;
  readonly cellLines: number;
  /** Bit 7 of an attribute blinks; otherwise it is a bright background. */
  readonly blink: boolean;
  /** The 16 colours, red, green, blue, 8 bits each. */
  readonly palette: Uint8Array;
}

export class Vga implements Device {
  readonly name = 'vga';
  private readonly memory = new Uint8Array(VGA.textSize);
  private readonly mirror: TextMirror;
  private readonly state = {
    crtcIndex: 0,
    crtc: Uint8Array.from(MODE_3.CRTC_MODE_3),
    sequencerIndex: 0,
    sequencer: Uint8Array.from(MODE_3.SEQUENCER_MODE_3),
    graphicsIndex: 0,
    graphics: Uint8Array.from(MODE_3.GRAPHICS_MODE_3),
    attributeIndex: 0x20,
    attributeData: false,
    attribute: Uint8Array.from(MODE_3.ATTRIBUTE_MODE_3),
    miscellaneous: MODE_3.MISCELLANEOUS_MODE_3 as number,
    dac: MODE_3.dacMode3(),
    dacMask: 0xff,
    dacRead: 0,
    dacWrite: 0,
    dacReading: false,
    /** The start address when text was last written. */
    shownStart: 0,
  };

  constructor(
    private readonly clock: Clock,
    output: ByteSink,
  ) {
    this.mirror = new TextMirror(output);
    this.clear();
  }

  reset(): void {
    Object.assign(this.state, {
      crtcIndex: 0,
      crtc: Uint8Array.from(MODE_3.CRTC_MODE_3),
      sequencerIndex: 0,
      sequencer: Uint8Array.from(MODE_3.SEQUENCER_MODE_3),
      graphicsIndex: 0,
      graphics: Uint8Array.from(MODE_3.GRAPHICS_MODE_3),
      attributeIndex: 0x20,
      attributeData: false,
      attribute: Uint8Array.from(MODE_3.ATTRIBUTE_MODE_3),
      miscellaneous: MODE_3.MISCELLANEOUS_MODE_3,
      dac: MODE_3.dacMode3(),
      dacMask: 0xff,
      dacRead: 0,
      dacWrite: 0,
      dacReading: false,
      shownStart: 0,
    });
    this.mirror.reset();
    this.clear();
  }

  save(): SavedValue {
    return { state: saveState(this.state), memory: this.memory.slice(), mirror: this.mirror.save() };
  }

  restore(saved: SavedValue): void {
    const { state, memory, mirror } = saved as { state: SavedValue; memory: Uint8Array; mirror: SavedValue };
    restoreState(this.name, this.state, state);
    this.memory.set(memory);
    this.mirror.restore(mirror);
  }

  /** The end of the run: what is on the screen and has not left for the console. */
  finish(): void {
    this.catchUpStart();
    this.mirror.finish(this.codes(this.start, this.size));
  }

  screen(): TextScreen {
    const { crtc, attribute, dac } = this.state;
    const { columns, rows } = this.size;
    const cells = this.cellsFrom(this.start, columns * rows);
    const at = ((crtc[CRTC.cursorHigh]! << 8) | crtc[CRTC.cursorLow]!) - this.start;
    const shown = (crtc[CRTC.cursorStart]! & CURSOR_OFF) === 0 && at >= 0 && at < columns * rows;
    const cursor = {
      column: at % columns,
      row: Math.floor(at / columns),
      startLine: crtc[CRTC.cursorStart]! & 0x1f,
      endLine: crtc[CRTC.cursorEnd]! & 0x1f,
    };
    const palette = new Uint8Array(48);
    for (let color = 0; color < 16; color++) {
      const entry = attribute[color]! & 0x3f & this.state.dacMask;
      for (let part = 0; part < 3; part++) palette[color * 3 + part] = Math.round((dac[entry * 3 + part]! * 255) / 63);
    }
    const blink = (attribute[ATTRIBUTE_MODE]! & ATTRIBUTE_BLINK) !== 0;
    return { columns, rows, cells, cursor: shown ? cursor : undefined, cellLines: this.cellLines, blink, palette };
  }

  readonly textMemory: MmioHandler = {
    readMmio: (offset, size) => {
      let value = 0;
      for (let i = 0; i < size; i++) value |= this.memory[offset + i]! << (8 * i);
      return value >>> 0;
    },
    writeMmio: (offset, size, value) => {
      this.catchUpStart();
      for (let i = 0; i < size; i++) this.writeByte(offset + i, (value >>> (8 * i)) & 0xff);
    },
  };

  /** 0x3c0 to 0x3cf. */
  readonly ports: PortHandler = {
    readPort: (port) => this.read(port),
    writePort: (port, _size, value) => this.write(port, value),
  };

  readonly crtcPorts: PortHandler = {
    readPort: (port) => (port === 0 ? this.state.crtcIndex : (this.state.crtc[this.state.crtcIndex] ?? 0)),
    writePort: (port, _size, value) => {
      const { state } = this;
      const index = state.crtcIndex;
      if (port === 0) state.crtcIndex = value & 0x1f;
      else if (index < CRTC.count && (index > CRTC.overflow || (state.crtc[CRTC.verticalEnd]! & CRTC_PROTECT) === 0))
        state.crtc[index] = value;
    },
  };

  readonly statusPort: PortHandler = {
    readPort: () => {
      this.state.attributeData = false;
      const inFrameNs = this.clock.nowNs() % FRAME_NS;
      if (inFrameNs >= SHOWN_NS) return RETRACE | NOT_SHOWN;
      return inFrameNs % LINE_NS >= LINE_SHOWN_NS ? NOT_SHOWN : 0;
    },
    writePort: () => {},
  };

  private clear(): void {
    for (let at = 0; at < VGA.textSize; at += 2) {
      this.memory[at] = 0x20;
      this.memory[at + 1] = 0x07;
    }
  }

  private get cellLines(): number {
    return (this.state.crtc[CRTC.maximumScanLine]! & 0x1f) + 1;
  }

  private get size(): TextSize {
    const { crtc } = this.state;
    const overflow = crtc[CRTC.overflow]!;
    const lines = crtc[CRTC.verticalDisplayEnd]! + ((overflow & 0x02) << 7) + ((overflow & 0x40) << 3) + 1;
    return {
      columns: Math.min(crtc[CRTC.displayEnd]! + 1, MOST_COLUMNS),
      rows: Math.max(1, Math.min(Math.floor(lines / this.cellLines), MOST_ROWS)),
    };
  }

  private get start(): number {
    return (this.state.crtc[CRTC.startHigh]! << 8) | this.state.crtc[CRTC.startLow]!;
  }

  private cellsFrom(start: number, count: number): Uint8Array {
    const cells = new Uint8Array(count * 2);
    for (let i = 0; i < cells.length; i++) cells[i] = this.memory[(start * 2 + i) % VGA.textSize]!;
    return cells;
  }

  private codes(start: number, { columns, rows }: TextSize): Uint8Array {
    const codes = new Uint8Array(columns * rows);
    for (let i = 0; i < codes.length; i++) codes[i] = this.memory[((start + i) * 2) % VGA.textSize]!;
    return codes;
  }

  private writeByte(offset: number, value: number): void {
    const { size, start } = this;
    const cell = ((offset >> 1) - start + VGA.textSize / 2) % (VGA.textSize / 2);
    this.mirror.beforeWrite(cell, offset & 1 ? undefined : value, size, () => this.codes(start, size));
    this.memory[offset] = value;
  }

  /** The two halves of the start address are written one after the other: what it came to shows at the next write of text. */
  private catchUpStart(): void {
    const { start, size } = this;
    const moved = start - this.state.shownStart;
    if (moved === 0) return;
    if (moved > 0 && moved % size.columns === 0 && moved <= size.columns * size.rows)
      this.mirror.scrolled(moved / size.columns, this.codes(this.state.shownStart, size));
    this.state.shownStart = start;
  }

  private read(port: number): number {
    const { state } = this;
    switch (port) {
      case 0x0:
        return state.attributeIndex;
      case 0x1:
        return state.attribute[state.attributeIndex & 0x1f] ?? 0;
      case 0x2:
        return 0;
      case 0x4:
        return state.sequencerIndex;
      case 0x5:
        return state.sequencer[state.sequencerIndex] ?? 0;
      case 0x6:
        return state.dacMask;
      case 0x7:
        return state.dacReading ? 3 : 0;
      case 0x8:
        return Math.floor(state.dacWrite / 3);
      case 0x9: {
        const value = state.dac[state.dacRead]!;
        state.dacRead = (state.dacRead + 1) % state.dac.length;
        return value;
      }
      case 0xc:
        return state.miscellaneous;
      case 0xe:
        return state.graphicsIndex;
      case 0xf:
        return state.graphics[state.graphicsIndex] ?? 0;
      default:
        return 0;
    }
  }

  private write(port: number, value: number): void {
    const { state } = this;
    switch (port) {
      case 0x0:
        if (!state.attributeData) state.attributeIndex = value & 0x3f;
        else if ((state.attributeIndex & 0x1f) < state.attribute.length) state.attribute[state.attributeIndex & 0x1f] = value;
        state.attributeData = !state.attributeData;
        break;
      case 0x2:
        state.miscellaneous = value;
        break;
      case 0x4:
        state.sequencerIndex = value & 0x07;
        break;
      case 0x5:
        if (state.sequencerIndex < state.sequencer.length) state.sequencer[state.sequencerIndex] = value;
        break;
      case 0x6:
        state.dacMask = value;
        break;
      case 0x7:
        state.dacRead = value * 3;
        state.dacReading = true;
        break;
      case 0x8:
        state.dacWrite = value * 3;
        state.dacReading = false;
        break;
      case 0x9:
        state.dac[state.dacWrite] = value & 0x3f;
        state.dacWrite = (state.dacWrite + 1) % state.dac.length;
        break;
      case 0xe:
        state.graphicsIndex = value & 0x0f;
        break;
      case 0xf:
        if (state.graphicsIndex < state.graphics.length) state.graphics[state.graphicsIndex] = value;
        break;
      default:
    }
  }
}
