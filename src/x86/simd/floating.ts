// Frame of every floating-point operation: exceptions of all lanes together, #XM before anything is written (SDM vol 1, 11.5.2).
import { Vector } from '../fault';
import type { Run, VectorContext } from './context';
import { putLane } from './context';
import { FloatEnvironment, Mx } from './float/format';

/** Runs a body that returns how its result is stored; unmasked exceptions raise #XM and leave the destination. */
export function floating(body: (c: VectorContext, env: FloatEnvironment) => () => void): Run {
  return (c) => {
    const env = new FloatEnvironment(c.mxcsr);
    const store = body(c, env);
    const unmasked = env.raised & ~(c.mxcsr >> 7) & 0x3f;
    // Pre-computation exceptions hide those of the result.
    const early = unmasked & (Mx.IE | Mx.DE | Mx.ZE);
    c.mxcsr |= early ? env.raised & (Mx.IE | Mx.DE | Mx.ZE) : env.raised;
    if (unmasked) return Vector.XM;
    store();
    return undefined;
  };
}

/** Stores lanes one after the other. */
export const storeLanes =
  (c: VectorContext, bits: number, values: readonly bigint[]): (() => void) =>
  () =>
    values.forEach((value, i) => {
      putLane(c, c.destination + (i * bits) / 8, bits, value);
    });
