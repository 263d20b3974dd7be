// The clock of the ACPI power management timer: 3.579545 MHz (ACPI 6.5, 4.8.2.1), a quarter of 14.31818 MHz, exactly 315/88 MHz:
// 315 ticks in 88 000 ns.
import type { VirtualNs } from '../ports';

const TICKS = 315;
const SPAN_NS = 88_000;

/** Whole ticks since power-on. */
export function pmTicksAt(nowNs: VirtualNs): number {
  const spans = Math.floor(nowNs / SPAN_NS);
  return spans * TICKS + Math.floor(((nowNs - spans * SPAN_NS) * TICKS) / SPAN_NS);
}

/** The first nanosecond at which `ticks` have passed. */
export function pmTickNs(ticks: number): VirtualNs {
  const spans = Math.floor(ticks / TICKS);
  return spans * SPAN_NS + Math.ceil(((ticks - spans * TICKS) * SPAN_NS) / TICKS);
}
