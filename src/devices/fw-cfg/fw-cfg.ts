// fw_cfg (QEMU docs/specs/fw_cfg.rst): a selector at port 0x510, data byte by byte at 0x511, and the DMA interface at 0x514, whose
// address and control block are big-endian. Items cannot be written by the guest. A long transfer goes on in pieces, in virtual time: its control word
// stays as the guest wrote it until all is there, and drivers wait for that.
import type { SavedValue } from '../../base/saved';
import { restoreState, saveState } from '../device-state';
import type { Clock, Device, GuestMemory, PortHandler, Timer, Timers } from '../ports';

export const FW_CFG_PORTS = { base: 0x510, size: 2, dma: 0x514, dmaSize: 8 } as const;
const DATA = 1;
const SELECTOR_MASK = 0xbfff;
/** "QEMU CFG", read from the DMA address register. */
const DMA_SIGNATURE = { high: 0x51454d55, low: 0x20434647 } as const;
const DMA_ERROR = 0x01;
const DMA_READ = 0x02;
const DMA_SKIP = 0x04;
const DMA_SELECT = 0x08;
const DMA_WRITE = 0x10;
const DMA_BLOCK_SIZE = 16;
const CHUNK = 0x1000;
/** As much is there at once, and as much in each piece that follows after so long. */
const PIECE = 0x40000;
const PIECE_NS = 25_000;

const swap = (value: number): number => ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;

export interface FwCfgPorts {
  readonly items: ReadonlyMap<number, Uint8Array>;
  readonly memory: GuestMemory;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** `dma…`: of a transfer under way, its control block, where it has come to in memory, and what is left. */
const initialState = () => ({ selected: 0, offset: 0, dmaHigh: 0, dmaBlockGpa: 0, dmaGpa: 0, dmaLeft: 0 });

export class FwCfg implements Device, PortHandler {
  readonly name = 'fw-cfg';
  private readonly state = initialState();
  private readonly timer: Timer;

  constructor(private readonly ports: FwCfgPorts) {
    this.timer = ports.timers.create('fw-cfg.dma', () => this.goOn());
  }

  reset(): void {
    Object.assign(this.state, initialState());
    this.timer.cancel();
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState(this.name, this.state, saved);
  }

  readPort(port: number, size: 1 | 2 | 4): number {
    return port === DATA && size === 1 ? this.nextByte() : 0;
  }

  writePort(port: number, size: 1 | 2 | 4, value: number): void {
    if (port === 0 && size === 2) this.select(value);
  }

  readonly dmaPorts: PortHandler = {
    readPort: (port, size) => (size !== 4 ? 0 : swap(port === 0 ? DMA_SIGNATURE.high : DMA_SIGNATURE.low)),
    writePort: (port, size, value) => {
      if (size !== 4) return;
      if (port === 0) this.state.dmaHigh = swap(value);
      else {
        const gpa = this.state.dmaHigh * 2 ** 32 + swap(value);
        this.state.dmaHigh = 0;
        this.transfer(gpa);
      }
    },
  };

  private select(item: number): void {
    Object.assign(this.state, { selected: item & SELECTOR_MASK, offset: 0 });
  }

  /** Behind the end of an item, and of one that is not there: zeros. */
  private nextByte(): number {
    return this.ports.items.get(this.state.selected)?.[this.state.offset++] ?? 0;
  }

  private transfer(gpa: number): void {
    // Nobody waits for the one before any more.
    if (this.state.dmaLeft > 0) this.end(false);
    const block = this.ports.memory.read(gpa, DMA_BLOCK_SIZE);
    if (block === undefined) return;
    const view = new DataView(block.buffer, block.byteOffset);
    const control = view.getUint32(0);
    const length = view.getUint32(4);
    const address = Number(view.getBigUint64(8));
    if (control & DMA_SELECT) this.select(control >>> 16);
    const isRead = (control & DMA_WRITE) === 0 && (control & DMA_READ) !== 0;
    Object.assign(this.state, { dmaBlockGpa: gpa, dmaGpa: address, dmaLeft: isRead ? length : 0 });
    if ((control & (DMA_WRITE | DMA_READ | DMA_SKIP)) === DMA_SKIP) this.state.offset += length;
    if (control & DMA_WRITE) this.end(false);
    else this.goOn();
  }

  /** One piece. */
  private goOn(): void {
    const { state } = this;
    if (!this.copy(Math.min(PIECE, state.dmaLeft))) this.end(false);
    else if (state.dmaLeft === 0) this.end(true);
    else this.timer.arm(this.ports.clock.nowNs() + PIECE_NS);
  }

  /** Tells the guest that it is over. */
  private end(ok: boolean): void {
    const result = new Uint8Array(4);
    new DataView(result.buffer).setUint32(0, ok ? 0 : DMA_ERROR);
    this.ports.memory.write(this.state.dmaBlockGpa, result);
    this.state.dmaLeft = 0;
    this.timer.cancel();
  }

  private copy(length: number): boolean {
    const { state, ports } = this;
    const item = ports.items.get(state.selected) ?? new Uint8Array(0);
    for (let left = length; left > 0; ) {
      const bytes = new Uint8Array(Math.min(CHUNK, left));
      bytes.set(item.subarray(state.offset, state.offset + bytes.length));
      if (!ports.memory.write(state.dmaGpa, bytes)) return false;
      state.offset += bytes.length;
      state.dmaGpa += bytes.length;
      state.dmaLeft -= bytes.length;
      left -= bytes.length;
    }
    return true;
  }
}
