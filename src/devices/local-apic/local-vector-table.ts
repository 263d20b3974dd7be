// The local vector table: what the APIC's own sources and its two pins deliver (SDM vol 3, 10.5.1).

import type { SavedValue } from '../../base/saved';
import { type DeviceState, restoreState, saveState } from '../device-state';
import { DELIVERY, type DeliveryMode } from './messages';
import * as R from './registers';

/** Entries in the order of their registers. */
export const LVT_ENTRY = { timer: 0, thermal: 1, performance: 2, lint0: 3, lint1: 4, error: 5 } as const;
const LVT_ENTRIES = 6;

/** Delivery modes that an entry may have; the others are reserved and deliver nothing. ExtINT is a level: see extIntWired. */
const DELIVERED: readonly number[] = [DELIVERY.fixed, DELIVERY.smi, DELIVERY.nmi, DELIVERY.init];

type State = DeviceState & { entries: number[]; lint0: boolean; lint1: boolean };

export interface LocalVectorTablePorts {
  readonly isBsp: boolean;
  readonly softwareEnabled: () => boolean;
  readonly deliver: (delivery: DeliveryMode, vector: number, levelTriggered: boolean) => void;
}

export class LocalVectorTable {
  private readonly state: State;

  constructor(private readonly ports: LocalVectorTablePorts) {
    this.state = { entries: this.initialEntries(), lint0: false, lint1: false };
  }

  /** The pins keep their level. */
  reset(): void {
    this.state.entries = this.initialEntries();
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState('local vector table', this.state, saved);
  }

  read(entry: number): number {
    return this.state.entries[entry]!;
  }

  /** Remote IRR is read-only; a software-disabled APIC keeps every entry masked (10.4.7.2). */
  write(entry: number, value: number): void {
    const { entries } = this.state;
    const masked = this.ports.softwareEnabled() ? 0 : R.LVT_MASKED;
    entries[entry] = (value & R.LVT_WRITABLE[entry]!) | (entries[entry]! & R.LVT_REMOTE_IRR) | masked;
  }

  maskAll(): void {
    this.state.entries = this.state.entries.map((value) => value | R.LVT_MASKED);
  }

  /** A performance counter overflowed: the entry masks itself until software has seen to it (10.5.1). */
  performanceInterrupt(): void {
    const value = this.state.entries[LVT_ENTRY.performance]!;
    this.fire(LVT_ENTRY.performance);
    this.state.entries[LVT_ENTRY.performance] = value | R.LVT_MASKED;
  }

  /** An entry's source asks for its interrupt. */
  fire(entry: number): void {
    const value = this.state.entries[entry]!;
    const delivery = ((value >> 8) & 7) as DeliveryMode;
    if ((value & R.LVT_MASKED) !== 0 || !DELIVERED.includes(delivery)) return;
    const level = entry === LVT_ENTRY.lint0 && delivery === DELIVERY.fixed && (value & R.LVT_LEVEL) !== 0;
    if (level && (value & R.LVT_REMOTE_IRR) !== 0) return;
    if (level) this.state.entries[entry] = value | R.LVT_REMOTE_IRR;
    this.ports.deliver(delivery, value & R.LVT_VECTOR, level);
  }

  get lint0(): boolean {
    return this.state.lint0;
  }

  /** True on a rising edge. */
  setPin(pin: 'lint0' | 'lint1', level: boolean): boolean {
    const rising = level && !this.state[pin];
    this.state[pin] = level;
    return rising;
  }

  /** LINT0 passes the PIC's request on. */
  get extIntWired(): boolean {
    const value = this.state.entries[LVT_ENTRY.lint0]!;
    return (value & R.LVT_MASKED) === 0 && ((value >> 8) & 7) === DELIVERY.extInt;
  }

  /** The end of a level-triggered LINT0 interrupt: it comes again while the pin is high. */
  endOfInterrupt(vector: number): void {
    const value = this.state.entries[LVT_ENTRY.lint0]!;
    if ((value & R.LVT_REMOTE_IRR) === 0 || (value & R.LVT_VECTOR) !== vector) return;
    this.state.entries[LVT_ENTRY.lint0] = value & ~R.LVT_REMOTE_IRR;
    if (this.state.lint0) this.fire(LVT_ENTRY.lint0);
  }

  private initialEntries(): number[] {
    const entries = new Array<number>(LVT_ENTRIES).fill(R.LVT_MASKED);
    if (this.ports.isBsp) entries[LVT_ENTRY.lint0] = R.LVT_LINT0_VIRTUAL_WIRE;
    return entries;
  }
}
