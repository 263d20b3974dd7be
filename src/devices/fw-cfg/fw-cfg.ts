// fw_cfg (QEMU docs/specs/fw_cfg.rst): a selector at port 0x510, data byte by byte at 0x511, and the DMA interface at 0x514, whose
// address and control block are big-endian. Items cannot be written by the guest.
import type { SavedValue } from '../../base/saved';
import { restoreState, saveState } from '../device-state';
import type { Device, GuestMemory, PortHandler } from '../ports';

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

const swap = (value: number): number => ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;

export class FwCfg implements Device, PortHandler {
  readonly name = 'fw-cfg';
  private readonly state = { selected: 0, offset: 0, dmaHigh: 0 };

  constructor(
    private readonly items: ReadonlyMap<number, Uint8Array>,
    private readonly memory: GuestMemory,
  ) {}

  reset(): void {
    Object.assign(this.state, { selected: 0, offset: 0, dmaHigh: 0 });
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
    return this.items.get(this.state.selected)?.[this.state.offset++] ?? 0;
  }

  private transfer(gpa: number): void {
    const block = this.memory.read(gpa, DMA_BLOCK_SIZE);
    if (block === undefined) return;
    const view = new DataView(block.buffer, block.byteOffset);
    const control = view.getUint32(0);
    const length = view.getUint32(4);
    const address = Number(view.getBigUint64(8));
    if (control & DMA_SELECT) this.select(control >>> 16);
    let ok = (control & DMA_WRITE) === 0;
    if (ok && control & DMA_READ) ok = this.copy(address, length);
    else if (ok && control & DMA_SKIP) this.state.offset += length;
    const result = new Uint8Array(4);
    new DataView(result.buffer).setUint32(0, ok ? 0 : DMA_ERROR);
    this.memory.write(gpa, result);
  }

  private copy(address: number, length: number): boolean {
    const item = this.items.get(this.state.selected) ?? new Uint8Array(0);
    for (let at = 0; at < length; at += CHUNK) {
      const bytes = new Uint8Array(Math.min(CHUNK, length - at));
      bytes.set(item.subarray(this.state.offset, this.state.offset + bytes.length));
      if (!this.memory.write(address + at, bytes)) return false;
      this.state.offset += bytes.length;
    }
    return true;
  }
}
