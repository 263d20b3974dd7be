// What travels between local APICs, the I/O APIC and message-signalled interrupts (SDM vol 3, 10.6.1 and 10.11).

/** Delivery modes as encoded in ICR, LVT, I/O APIC and MSI data. */
export const DELIVERY = { fixed: 0, lowestPriority: 1, smi: 2, remoteRead: 3, nmi: 4, init: 5, startup: 6, extInt: 7 } as const;
export type DeliveryMode = (typeof DELIVERY)[keyof typeof DELIVERY];

export const SHORTHAND = { none: 0, self: 1, all: 2, others: 3 } as const;

export interface ApicMessage {
  readonly destination: number;
  /** A 32-bit x2APIC destination: broadcast is 0xffffffff, otherwise 0xff. */
  readonly wide: boolean;
  readonly logical: boolean;
  readonly delivery: DeliveryMode;
  readonly vector: number;
  readonly levelTriggered: boolean;
}

const ICR_LOGICAL = 0x800;
const ICR_ASSERT = 0x4000;
const ICR_LEVEL = 0x8000;
/** Delivery status is always idle: messages arrive at once. */
export const ICR_LOW_WRITABLE = 0x000ccfff;

export interface DecodedIcr {
  readonly message: ApicMessage;
  readonly shorthand: number;
  /** INIT level de-assert: not supported since the Pentium 4, nothing is sent. */
  readonly deassert: boolean;
}

export function decodeIcr(low: number, destination: number, wide: boolean): DecodedIcr {
  const delivery = ((low >> 8) & 7) as DeliveryMode;
  const level = (low & ICR_LEVEL) !== 0;
  return {
    message: {
      destination,
      wide,
      logical: (low & ICR_LOGICAL) !== 0,
      delivery,
      vector: low & 0xff,
      levelTriggered: false, // 10.6.1: IPIs other than INIT de-assert are edge whatever the bit says
    },
    shorthand: (low >> 18) & 3,
    deassert: delivery === DELIVERY.init && level && (low & ICR_ASSERT) === 0,
  };
}

/** 10.11: a write of `data` to 0xfeexxxxx. */
export function decodeMsi(address: number, data: number): ApicMessage {
  return {
    destination: (address >>> 12) & 0xff,
    wide: false,
    logical: (address & 4) !== 0,
    delivery: ((data >> 8) & 7) as DeliveryMode,
    vector: data & 0xff,
    levelTriggered: (data & 0x8000) !== 0,
  };
}
