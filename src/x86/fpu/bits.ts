// Bits of the x87 status and control words (SDM vol 1 figures 8-4 and 8-6).

export const Sw = {
  IE: 1,
  DE: 2,
  ZE: 4,
  OE: 8,
  UE: 0x10,
  PE: 0x20,
  SF: 0x40,
  ES: 0x80,
  C0: 0x100,
  C1: 0x200,
  C2: 0x400,
  C3: 0x4000,
  B: 0x8000,
} as const;

export const EXCEPTIONS = 0x3f;
/** Exceptions that are found before there is a result: unmasked, they leave the destination as it is (SDM vol 1 ch. 8.6, 8.7). */
export const EARLY = Sw.IE | Sw.DE | Sw.ZE;
export const SUMMARY = Sw.ES | Sw.B;
export const TOP_SHIFT = 11;
export const TOP_MASK = 0x3800;
export const CONDITIONS = Sw.C0 | Sw.C1 | Sw.C2 | Sw.C3;

/** Control word after FNINIT: all masked, to nearest, 64 bits. */
export const CONTROL_INIT = 0x37f;
/** Bits 7, 13, 14 and 15 read as 0 and bit 6 as 1. */
export const normalControl = (value: number): number => (value & 0x1f7f) | 0x40;

/** Rounding control. */
export const Rc = { nearest: 0, down: 1, up: 2, chop: 3 } as const;

/** Bits of the significand by precision control; the reserved 1 is 64 bits, as processors do. */
export const PRECISION = [24, 64, 53, 64] as const;

/** ES and B follow from unmasked exceptions. */
export const withSummary = (fsw: number, fcw: number): number => (fsw & ~fcw & EXCEPTIONS ? fsw | SUMMARY : fsw & ~SUMMARY);
