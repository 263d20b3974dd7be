// The interrupt command register: sends inter-processor interrupts (SDM vol 3, 10.6.1; x2APIC 10.12.9 and 10.12.11).
import type { DeviceState } from '../device-state';
import { type ApicMessage, DELIVERY, decodeIcr, ICR_LOW_WRITABLE, SHORTHAND } from './messages';
import { ESR_SEND_ILLEGAL_VECTOR, FIRST_LEGAL_VECTOR } from './registers';

export type IcrState = DeviceState & { low: number; high: number };

export const initialIcr = (): IcrState => ({ low: 0, high: 0 });

export interface IcrPorts {
  readonly send: (message: ApicMessage, shorthand: number) => void;
  readonly logError: (error: number) => void;
}

export class InterruptCommand {
  readonly state = initialIcr();

  constructor(private readonly ports: IcrPorts) {}

  /** xAPIC: the destination, sent with the next write of the low half. */
  setHigh(value: number): void {
    this.state.high = (value & 0xff000000) >>> 0;
  }

  /** Writing the low half sends; in x2APIC mode one write brings both halves and `high` is the whole destination. */
  send(low: number, high: number, x2apic: boolean): void {
    this.state.low = low & ICR_LOW_WRITABLE;
    this.state.high = high;
    const { message, shorthand, deassert } = decodeIcr(low, x2apic ? high : high >>> 24, x2apic);
    if (deassert || message.delivery === DELIVERY.remoteRead || message.delivery === DELIVERY.extInt) return;
    this.sendChecked(message, shorthand);
  }

  sendToSelf(vector: number): void {
    const message = { destination: 0, wide: true, logical: false, delivery: DELIVERY.fixed, vector, levelTriggered: false };
    this.sendChecked(message, SHORTHAND.self);
  }

  private sendChecked(message: ApicMessage, shorthand: number): void {
    const usesVector = message.delivery === DELIVERY.fixed || message.delivery === DELIVERY.lowestPriority;
    if (usesVector && message.vector < FIRST_LEGAL_VECTOR) this.ports.logError(ESR_SEND_ILLEGAL_VECTOR);
    else this.ports.send(message, shorthand);
  }
}
