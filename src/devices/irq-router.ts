// The interrupt wires of the board: ISA irq n goes to PIC line n and to the I/O APIC pin that a PC's firmware tables announce
// (irq 0 on pin 2, the others on the pin of their number; MP 1.4 table 4-10), higher global interrupts to their pin alone.
// Several devices may share a wire: it is high while any of them holds it.
import { assert } from '../base/assert';
import type { SavedValue } from '../base/saved';
import type { Device, IrqLine } from './ports';

/** Pin 0 carries the PIC's INTR (ExtINT). */
export const EXTINT_PIN = 0;
const TIMER_PIN = 2;
const CASCADE_IRQ = 2;
const ISA_IRQS = 16;
const PINS = 24;

export interface IrqRouterPorts {
  /** An ISA wire changed its level at the PIC. */
  readonly picLine: (irq: number, level: boolean) => void;
  readonly ioApicPin: (pin: number, level: boolean) => void;
  /** An edge would change something there now. */
  readonly picHears: (irq: number) => boolean;
  readonly ioApicHears: (pin: number) => boolean;
  /** The interrupt of an edge before has not been taken yet: one more would be one with it. */
  readonly ioApicWaits: (pin: number) => boolean;
  /** Set up, and not masked. */
  readonly picWants: (irq: number) => boolean;
}

const pinOf = (irq: number): number => (irq === 0 ? TIMER_PIN : irq);

interface Source {
  readonly irq: number;
  readonly owner: string;
  level: boolean;
}

export class IrqRouter implements Device {
  readonly name = 'irq-router';
  private readonly sources: Source[] = [];

  constructor(private readonly ports: IrqRouterPorts) {}

  /** A new wire end for one device on irq 0..15 (ISA) or global system interrupt 16..23. */
  line(irq: number, owner = ''): IrqLine {
    assert(irq >= 0 && irq < PINS && irq !== CASCADE_IRQ, `irq ${irq} is not wired`);
    const source: Source = { irq, owner, level: false };
    this.sources.push(source);
    return { set: (level) => this.set(source, level) };
  }

  /** Devices on a pin of the I/O APIC. */
  ownersOfPin(pin: number): string[] {
    return [...new Set(this.sources.filter(({ irq, owner }) => owner !== '' && pinOf(irq) === pin).map(({ owner }) => owner))];
  }

  /** Devices on an input of the PICs. */
  ownersOfIrq(irq: number): string[] {
    return [...new Set(this.sources.filter((source) => source.owner !== '' && source.irq === irq).map(({ owner }) => owner))];
  }

  /** Whether an edge on this ISA wire would change anything now. */
  isHeard(irq: number): boolean {
    return this.ports.picHears(irq) || this.ports.ioApicHears(pinOf(irq));
  }

  /** Whether this wire is open somewhere that has been set up. */
  isWanted(irq: number): boolean {
    return (irq < ISA_IRQS && this.ports.picWants(irq)) || this.ports.ioApicHears(pinOf(irq));
  }

  /** Whether an edge would make an interrupt of its own now. */
  hasRoom(irq: number): boolean {
    const pin = pinOf(irq);
    return (irq < ISA_IRQS && this.ports.picHears(irq)) || (this.ports.ioApicHears(pin) && !this.ports.ioApicWaits(pin));
  }

  reset(): void {
    for (const source of this.sources) source.level = false;
  }

  save(): SavedValue {
    return this.sources.map((source) => source.level);
  }

  restore(saved: SavedValue): void {
    const levels = saved as readonly boolean[];
    assert(levels.length === this.sources.length, 'irq-router: saved state has another number of wire ends');
    this.sources.forEach((source, index) => {
      source.level = levels[index]!;
    });
  }

  private set(source: Source, level: boolean): void {
    if (source.level === level) return;
    const shared = this.sources.some((other) => other !== source && other.irq === source.irq && other.level);
    source.level = level;
    if (shared) return;
    if (source.irq < ISA_IRQS) this.ports.picLine(source.irq, level);
    this.ports.ioApicPin(pinOf(source.irq), level);
  }
}
