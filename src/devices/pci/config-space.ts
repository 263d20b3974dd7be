// One PCI function (PCI Local Bus 3.0, 6.1 and 6.2): its configuration header, which bits of it software may change, and its base
// address registers, whose ranges are on the buses while the command register decodes them.
import type { SavedValue } from '../../base/saved';
import type { AccessSize, Bus, BusTarget } from '../bus';
import { setBits } from '../describe';
import type { Device } from '../ports';

const CONFIG_SIZE = 256;
const COMMAND = 0x04;
const COMMAND_IO = 0x0001;
const COMMAND_MEMORY = 0x0002;
const COMMAND_BITS = { 0: 'I/O', 1: 'memory', 2: 'bus master', 6: 'parity', 8: 'SERR#', 10: 'interrupts off' };
/** I/O, memory, bus master, parity, SERR#, interrupt disable. */
const COMMAND_WRITABLE = 0x0547;
const CACHE_LINE_SIZE = 0x0c;
const LATENCY_TIMER = 0x0d;
const BAR_0 = 0x10;
const BAR_IO = 1;
const INTERRUPT_LINE = 0x3c;

export interface PciBar {
  readonly space: 'mmio' | 'port';
  /** A power of two. */
  readonly size: number;
  readonly target: BusTarget;
  readonly width?: AccessSize;
  /** Where firmware would have put it. */
  readonly base: number;
}

export interface PciFunctionRow {
  readonly name: string;
  readonly device: number;
  readonly function: number;
  readonly vendorId: number;
  readonly deviceId: number;
  readonly revision: number;
  /** Class, subclass and programming interface: 0x060000 is a host bridge. */
  readonly classCode: number;
  readonly multiFunction?: boolean;
  /** BARs 0, 1, … */
  readonly bars?: readonly PciBar[];
  /** Further bytes at power-on, and the masks of the bits in them that can be written. */
  readonly registers?: readonly { offset: number; value: number; writable: number }[];
}

export interface PciBuses {
  readonly portBus: Bus;
  readonly mmioBus: Bus;
}

export class PciFunction implements Device {
  readonly name: string;
  private readonly config = new Uint8Array(CONFIG_SIZE);
  private readonly writable = new Uint8Array(CONFIG_SIZE);
  private readonly mapped = new Map<number, number>();

  constructor(
    readonly row: PciFunctionRow,
    private readonly buses: PciBuses,
    /** What the function keeps behind its BARs. */
    private readonly inner?: { reset(): void; save(): SavedValue; restore(saved: SavedValue): void },
  ) {
    this.name = row.name;
    this.reset();
  }

  reset(): void {
    const { row, config, writable } = this;
    config.fill(0);
    writable.fill(0);
    const bars = row.bars ?? [];
    const decoded = bars.reduce((bits, { space }) => bits | (space === 'port' ? COMMAND_IO : COMMAND_MEMORY), 0);
    this.put(0x00, 2, row.vendorId, 0);
    this.put(0x02, 2, row.deviceId, 0);
    this.put(COMMAND, 2, decoded, COMMAND_WRITABLE);
    this.put(0x08, 4, ((row.classCode << 8) | row.revision) >>> 0, 0);
    this.put(CACHE_LINE_SIZE, 1, 0, 0xff);
    this.put(LATENCY_TIMER, 1, 0, 0xff);
    this.put(0x0e, 1, row.multiFunction ? 0x80 : 0, 0);
    bars.forEach(({ space, size, base }, index) => {
      this.put(BAR_0 + 4 * index, 4, space === 'port' ? base | BAR_IO : base, -size >>> 0);
    });
    this.put(INTERRUPT_LINE, 1, 0, 0xff);
    for (const { offset, value, writable: mask } of row.registers ?? []) this.put(offset, 1, value, mask);
    this.inner?.reset();
    this.mapBars();
  }

  read(offset: number, size: AccessSize): number {
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.config[offset + i]! << (8 * i);
    return value >>> 0;
  }

  write(offset: number, size: AccessSize, value: number): void {
    for (let i = 0; i < size; i++) {
      const mask = this.writable[offset + i]!;
      this.config[offset + i] = (this.config[offset + i]! & ~mask) | ((value >>> (8 * i)) & mask);
    }
    this.mapBars();
  }

  save(): SavedValue {
    return { config: this.config.slice(), inner: this.inner?.save() ?? null };
  }

  restore(saved: SavedValue): void {
    const { config, inner } = saved as { config: Uint8Array; inner: SavedValue };
    this.config.set(config);
    this.inner?.restore(inner);
    this.mapBars();
  }

  /** For people who look at the machine. */
  get view(): { command: string[]; interruptLine: number | null } {
    const hasPin = this.read(INTERRUPT_LINE + 1, 1) !== 0;
    return { command: setBits(this.read(COMMAND, 2), COMMAND_BITS), interruptLine: hasPin ? this.read(INTERRUPT_LINE, 1) : null };
  }

  /** Where its ranges are; not decoded: switched off, or there is something else. */
  get ranges(): { bar: number; space: 'mmio' | 'port'; base: number; size: number; decoded: boolean }[] {
    return (this.row.bars ?? []).map(({ space, size }, bar) => ({
      ...{ bar, space, size, decoded: this.mapped.has(bar) },
      base: (this.read(BAR_0 + 4 * bar, 4) & -size) >>> 0,
    }));
  }

  private put(offset: number, size: AccessSize, value: number, writable: number): void {
    for (let i = 0; i < size; i++) {
      this.config[offset + i] = value >>> (8 * i);
      this.writable[offset + i] = writable >>> (8 * i);
    }
  }

  /** A BAR that was moved onto another device decodes nothing. */
  private mapBars(): void {
    const command = this.read(COMMAND, 2);
    this.row.bars?.forEach((bar, index) => {
      const { space, size, target, width } = bar;
      const bus = space === 'port' ? this.buses.portBus : this.buses.mmioBus;
      const base = (this.read(BAR_0 + 4 * index, 4) & -size) >>> 0;
      const on = (command & (space === 'port' ? COMMAND_IO : COMMAND_MEMORY)) !== 0;
      const is = this.mapped.get(index);
      if (is === (on ? base : undefined)) return;
      const name = `${this.name}.bar${index}`;
      if (is !== undefined) bus.unregister(name);
      this.mapped.delete(index);
      const fits = base !== 0 && base + size <= (space === 'port' ? 0x10000 : 2 ** 32);
      if (!on || !fits || !bus.isFree(base, size)) return;
      bus.register({ name, base, size, target, ...(width && { width }) });
      this.mapped.set(index, base);
    });
  }
}
