// Routes accesses to the device that claims their address: one type for port I/O and for memory-mapped I/O.
// As on a PC, an access that is wider than the device, unaligned, or partly outside of it is halved until each part fits, lower half first.
import { assert } from '../base/assert';
import type { MmioHandler, PortHandler } from './ports';

export type AccessSize = 1 | 2 | 4;

/** What a range leads to; `offset` is relative to the range's base. */
export interface BusTarget {
  read(offset: number, size: AccessSize): number;
  write(offset: number, size: AccessSize, value: number): void;
  /** Of the access that was made last; absent: no. A read of this value: the next one gives it too and changes nothing, as long as nothing else happens. A write: all
   * that writes do is that the last value is kept. */
  isPlain?(offset: number, write: boolean, value: number): boolean;
}

export interface BusRange {
  readonly name: string;
  readonly base: number;
  readonly size: number;
  readonly target: BusTarget;
  /** The widest access the device decodes; 8-bit ISA devices say 1. Default 4. */
  readonly width?: AccessSize;
}

/** An access that no device claims: reads give all ones, writes are ignored. */
export interface UnclaimedAccess {
  readonly space: 'port' | 'mmio';
  readonly address: number;
  readonly size: AccessSize;
  /** The value of a write; undefined for a read. */
  readonly written: number | undefined;
}

export function portTarget(handler: PortHandler): BusTarget {
  return {
    read: (offset, size) => handler.readPort(offset, size),
    write: (offset, size, value) => handler.writePort(offset, size, value),
    isPlain: (offset, write, value) => handler.isPlain?.(offset, write, value) === true,
  };
}

export function mmioTarget(handler: MmioHandler): BusTarget {
  return {
    read: (offset, size) => handler.readMmio(offset, size),
    write: (offset, size, value) => handler.writeMmio(offset, size, value),
  };
}

const allOnes = (size: AccessSize): number => (size === 4 ? 0xffffffff : (1 << (size * 8)) - 1);
const half = (size: AccessSize): AccessSize => (size === 4 ? 2 : 1);

export class Bus {
  /** Sorted by base, never overlapping. */
  private readonly sorted: BusRange[] = [];

  constructor(
    readonly space: 'port' | 'mmio',
    private readonly onUnclaimed: (access: UnclaimedAccess) => void,
  ) {}

  get ranges(): readonly BusRange[] {
    return this.sorted;
  }

  register(range: BusRange): void {
    assert(range.size > 0, `${this.space} range ${range.name} is empty`);
    const at = this.firstAfter(range.base);
    for (const other of [this.sorted[at - 1], this.sorted[at]]) {
      const apart = other === undefined || other.base + other.size <= range.base || range.base + range.size <= other.base;
      assert(apart, `${this.space} range ${range.name} at 0x${range.base.toString(16)} overlaps ${other?.name}`);
    }
    this.sorted.splice(at, 0, range);
  }

  unregister(name: string): void {
    const at = this.sorted.findIndex((range) => range.name === name);
    assert(at >= 0, `no ${this.space} range ${name}`);
    this.sorted.splice(at, 1);
  }

  /** No range claims any of these addresses. */
  isFree(base: number, size: number): boolean {
    const at = this.firstAfter(base);
    const before = this.sorted[at - 1];
    const behind = this.sorted[at];
    return (before === undefined || before.base + before.size <= base) && (behind === undefined || base + size <= behind.base);
  }

  /** The range that claims this address. */
  find(address: number): BusRange | undefined {
    const range = this.sorted[this.firstAfter(address) - 1];
    return range !== undefined && address < range.base + range.size ? range : undefined;
  }

  read(address: number, size: AccessSize): number {
    const range = this.find(address);
    if (range !== undefined && this.fits(range, address, size)) return range.target.read(address - range.base, size) >>> 0;
    if (this.unclaimed(range, address, size)) {
      this.onUnclaimed({ space: this.space, address, size, written: undefined });
      return allOnes(size);
    }
    const part = half(size);
    const low = this.read(address, part);
    return (low | (this.read(address + part, part) << (part * 8))) >>> 0;
  }

  write(address: number, size: AccessSize, value: number): void {
    const range = this.find(address);
    if (range !== undefined && this.fits(range, address, size)) range.target.write(address - range.base, size, value);
    else if (this.unclaimed(range, address, size)) this.onUnclaimed({ space: this.space, address, size, written: value });
    else {
      const part = half(size);
      this.write(address, part, (value & allOnes(part)) >>> 0);
      this.write(address + part, part, (value >>> (part * 8)) & allOnes(part));
    }
  }

  /** See `BusTarget.isPlain`. */
  isPlain(address: number, size: AccessSize, write: boolean, value: number): boolean {
    const range = this.find(address);
    return range !== undefined && this.fits(range, address, size) && range.target.isPlain?.(address - range.base, write, value) === true;
  }

  private fits(range: BusRange, address: number, size: AccessSize): boolean {
    return size <= (range.width ?? 4) && address % size === 0 && address + size <= range.base + range.size;
  }

  private unclaimed(range: BusRange | undefined, address: number, size: AccessSize): boolean {
    if (range !== undefined) return false;
    const next = this.sorted[this.firstAfter(address)];
    return next === undefined || next.base >= address + size;
  }

  /** Index of the first range whose base is above `address`. */
  private firstAfter(address: number): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle]!.base <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
