// The 8254's input clock on a PC is 14.31818 MHz / 12 = 1.193182 MHz, exactly 105/88 MHz: 105 ticks in 88 000 ns.
import type { VirtualNs } from '../ports';

const TICKS = 105;
const SPAN_NS = 88_000;

/** Whole ticks since power-on. */
export function pitTicksAt(nowNs: VirtualNs): number {
  const spans = Math.floor(nowNs / SPAN_NS);
  return spans * TICKS + Math.floor(((nowNs - spans * SPAN_NS) * TICKS) / SPAN_NS);
}

/** The first nanosecond at which `ticks` have passed. */
export function pitTickNs(ticks: number): VirtualNs {
  const spans = Math.floor(ticks / TICKS);
  return spans * SPAN_NS + Math.ceil(((ticks - spans * TICKS) * SPAN_NS) / TICKS);
}
