// The I/O APIC: Intel 82093AA (data sheet 290566), 24 pins at 0xfec00000. A pin's level is "asserted", whatever its polarity bit says.
import type { SavedValue } from '../base/saved';
import { type DeviceDescription, register } from './describe';
import { type DeviceState, restoreState, saveState } from './device-state';
import { DELIVERY_NAMES } from './local-apic/delivery-names';
import { type ApicMessage, DELIVERY, type DeliveryMode } from './local-apic/messages';
import type { Device, MmioHandler } from './ports';
import { registerPart } from './register-part';

export const IO_APIC_BASE_GPA = 0xfec00000;
export const IO_APIC_MMIO_SIZE = 0x1000;
const IO_APIC_PINS = 24;

// 3.1: memory mapped registers
const IOREGSEL = 0x00;
const IOWIN = 0x10;
// 3.2: registers behind the window
const IOAPICID = 0x00;
const IOAPICVER = 0x01;
const IOAPICARB = 0x02;
const IOREDTBL = 0x10;
const ID_WRITABLE = 0x0f000000;
const VERSION = 0x11 | ((IO_APIC_PINS - 1) << 16);

// 3.2.4: low half of a redirection entry
const LOGICAL = 0x0800;
const ACTIVE_LOW = 0x2000;
const REMOTE_IRR = 0x4000;
const LEVEL = 0x8000;
const MASKED = 0x10000;
const LOW_WRITABLE = 0x0001afff;
const HIGH_WRITABLE = 0xff000000;

type State = DeviceState & {
  select: number;
  id: number;
  /** Asserted pins, one bit each. */
  pins: number;
  low: number[];
  high: number[];
};

const initialState = (): State => ({
  select: 0,
  id: 0,
  pins: 0,
  low: new Array<number>(IO_APIC_PINS).fill(MASKED),
  high: new Array<number>(IO_APIC_PINS).fill(0),
});

/** The way to the local APICs. */
export interface IoApicPorts {
  /** Says how many accepted it. */
  readonly send: (message: ApicMessage) => number;
  /** Whoever it is for has such a request that is still to be taken. */
  readonly isRequested: (message: ApicMessage) => boolean;
}

export class IoApic implements Device, MmioHandler {
  readonly name = 'io-apic';
  private readonly state = initialState();

  constructor(
    private readonly ports: IoApicPorts,
    /** Names of the devices that are wired to a pin. */
    private readonly wiredTo: (pin: number) => readonly string[] = () => [],
  ) {}

  reset(): void {
    Object.assign(this.state, initialState());
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState(this.name, this.state, saved);
  }

  describe(): DeviceDescription {
    const s = this.state;
    return {
      title: 'I/O APIC (82093AA)',
      registers: [register('IOREGSEL', s.select, 8), register('IOAPICID', s.id, 32), register('IOAPICVER', VERSION, 32)],
      tables: [
        {
          name: 'I/O redirection table',
          columns: [
            { name: 'pin' },
            { name: 'devices' },
            { name: 'level' },
            { name: 'masked' },
            { name: 'vector', bits: 8 },
            { name: 'delivery' },
            { name: 'destination', bits: 8 },
            { name: 'mode' },
            { name: 'trigger' },
            { name: 'polarity' },
            { name: 'remote IRR' },
          ],
          rows: s.low.map((low, pin) => [
            pin,
            this.wiredTo(pin),
            (s.pins & (1 << pin)) !== 0,
            (low & MASKED) !== 0,
            low & 0xff,
            DELIVERY_NAMES[this.deliveryMode(pin)] ?? '',
            s.high[pin]! >>> 24,
            (low & LOGICAL) !== 0 ? 'logical' : 'physical',
            (low & LEVEL) !== 0 ? 'level' : 'edge',
            (low & ACTIVE_LOW) !== 0 ? 'low' : 'high',
            (low & REMOTE_IRR) !== 0,
          ]),
        },
      ],
    };
  }

  setPin(pin: number, asserted: boolean): void {
    const s = this.state;
    const bit = 1 << pin;
    const rising = asserted && (s.pins & bit) === 0;
    s.pins = asserted ? s.pins | bit : s.pins & ~bit;
    // 3.2.4, interrupt mask: an edge on a masked pin is neither delivered nor held.
    if (this.isLevel(pin)) this.serviceLevel(pin);
    else if (rising && (s.low[pin]! & MASKED) === 0) this.deliver(pin);
  }

  hearsEdge(pin: number): boolean {
    return (this.state.low[pin]! & MASKED) === 0;
  }

  /** The interrupt of a pin's last edge has not been taken: another edge would be one with it. */
  waits(pin: number): boolean {
    const mode = this.deliveryMode(pin);
    return (mode === DELIVERY.fixed || mode === DELIVERY.lowestPriority) && this.ports.isRequested(this.message(pin));
  }

  /** 3.2.4, remote IRR: the local APICs broadcast the end of level-triggered interrupts. */
  endOfInterrupt(vector: number): void {
    const s = this.state;
    for (let pin = 0; pin < IO_APIC_PINS; pin++) {
      if (!this.isLevel(pin) || (s.low[pin]! & 0xff) !== vector) continue;
      s.low[pin] = s.low[pin]! & ~REMOTE_IRR;
      this.serviceLevel(pin);
    }
  }

  readMmio(offset: number, size: 1 | 2 | 4): number {
    const { select } = this.state;
    const register = offset & ~3;
    const value = register === IOREGSEL ? select : register === IOWIN ? this.readRegister(select) : 0;
    return registerPart(value, offset & 3, size);
  }

  /** 3.0: the registers are accessed with 32-bit loads and stores; narrower writes of the window are ignored. */
  writeMmio(offset: number, size: 1 | 2 | 4, value: number): void {
    if (offset === IOREGSEL) this.state.select = value & 0xff;
    else if (offset === IOWIN && size === 4) this.writeRegister(this.state.select, value);
  }

  private readRegister(register: number): number {
    const s = this.state;
    if (register === IOAPICVER) return VERSION;
    if (register === IOAPICID || register === IOAPICARB) return s.id;
    const pin = (register - IOREDTBL) >> 1;
    if (pin < 0 || pin >= IO_APIC_PINS) return 0;
    return (register & 1 ? s.high[pin]! : s.low[pin]!) >>> 0;
  }

  private writeRegister(register: number, value: number): void {
    const s = this.state;
    if (register === IOAPICID) s.id = value & ID_WRITABLE;
    const pin = (register - IOREDTBL) >> 1;
    if (pin < 0 || pin >= IO_APIC_PINS) return;
    if (register & 1) {
      s.high[pin] = (value & HIGH_WRITABLE) >>> 0;
      return;
    }
    // Only a level entry has a remote IRR: kernels clear it by switching to edge and back.
    const remoteIrr = value & LEVEL ? s.low[pin]! & REMOTE_IRR : 0;
    s.low[pin] = (value & LOW_WRITABLE) | remoteIrr;
    if (this.isLevel(pin)) this.serviceLevel(pin);
  }

  private deliveryMode(pin: number): DeliveryMode {
    return ((this.state.low[pin]! >> 8) & 7) as DeliveryMode;
  }

  /** 3.2.4, delivery mode: SMI, NMI, INIT and ExtINT are edge-triggered whatever the trigger bit says. */
  private isLevel(pin: number): boolean {
    const mode = this.deliveryMode(pin);
    return (this.state.low[pin]! & LEVEL) !== 0 && (mode === DELIVERY.fixed || mode === DELIVERY.lowestPriority);
  }

  private serviceLevel(pin: number): void {
    const s = this.state;
    if ((s.pins & (1 << pin)) === 0 || (s.low[pin]! & (MASKED | REMOTE_IRR)) !== 0) return;
    if (this.deliver(pin) > 0) s.low[pin] = s.low[pin]! | REMOTE_IRR;
  }

  private deliver(pin: number): number {
    const delivery = this.deliveryMode(pin);
    if (delivery === DELIVERY.remoteRead || delivery === DELIVERY.startup) return 0; // reserved
    return this.ports.send(this.message(pin));
  }

  private message(pin: number): ApicMessage {
    const low = this.state.low[pin]!;
    return {
      destination: this.state.high[pin]! >>> 24,
      wide: false,
      logical: (low & LOGICAL) !== 0,
      delivery: this.deliveryMode(pin),
      vector: low & 0xff,
      levelTriggered: this.isLevel(pin),
    };
  }
}
