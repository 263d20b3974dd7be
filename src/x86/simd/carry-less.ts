// Carry-less multiplication (SDM vol 2 "PCLMULQDQ"): immediate bits 0 and 4 choose the quadwords.
import type { Run } from './context';

/** 32 by 32 bits: the product's halves. */
function multiply32(a: number, b: number): { low: number; high: number } {
  let low = 0;
  let high = 0;
  for (let i = 0; i < 32; i++) {
    if (!((b >>> i) & 1)) continue;
    low ^= a << i;
    if (i) high ^= a >>> (32 - i);
  }
  return { low, high };
}

const multiply: Run = ({ view, source1, source2, destination, bytes, immediate }) => {
  for (let at = 0; at < bytes; at += 16) {
    const x = source1 + at + (immediate & 1 ? 8 : 0);
    const y = source2 + at + (immediate & 0x10 ? 8 : 0);
    const [x0, x1, y0, y1] = [view.getUint32(x, true), view.getUint32(x + 4, true), view.getUint32(y, true), view.getUint32(y + 4, true)];
    const low = multiply32(x0, y0);
    const high = multiply32(x1, y1);
    // Karatsuba: both cross products in one.
    const cross = multiply32(x0 ^ x1, y0 ^ y1);
    const to = destination + at;
    view.setUint32(to, low.low, true);
    view.setUint32(to + 4, low.high ^ cross.low ^ low.low ^ high.low, true);
    view.setUint32(to + 8, high.low ^ cross.high ^ low.high ^ high.high, true);
    view.setUint32(to + 12, high.high, true);
  }
  return undefined;
};

export const CARRY_LESS = { pclmulqdq: multiply } as const satisfies Record<string, Run>;
