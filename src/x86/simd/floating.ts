// Frame of every floating-point operation: exceptions of all lanes together, #XM before anything is written (SDM vol 1, 11.5.2).
import { Vector } from '../fault';
import type { Run, VectorContext } from './context';
import { putLane } from './context';
import { FloatEnvironment, Mx } from './float/format';

/** Adds what one step raised to MXCSR; true if something of it is unmasked. Unmasked pre-computation exceptions hide those of the result. */
function accumulate(c: VectorContext, raised: number): boolean {
  const unmasked = raised & ~(c.mxcsr >> 7) & 0x3f;
  c.mxcsr |= unmasked & EARLY ? raised & EARLY : raised;
  return unmasked !== 0;
}
const EARLY = Mx.IE | Mx.DE | Mx.ZE;

/** Runs a body that returns how its result is stored; unmasked exceptions raise #XM and leave the destination. */
export function floating(body: (c: VectorContext, env: FloatEnvironment) => () => void): Run {
  return (c) => {
    const env = new FloatEnvironment(c.mxcsr);
    const store = body(c, env);
    if (accumulate(c, env.raised)) return Vector.XM;
    store();
    return undefined;
  };
}
/** One step of an instruction that makes its result in several; true if it raised something unmasked: there are no further ones. */
export function floatingStep(c: VectorContext, body: (env: FloatEnvironment) => void): boolean {
  const env = new FloatEnvironment(c.mxcsr);
  body(env);
  return accumulate(c, env.raised);
}

/** Stores lanes one after the other. */
export const storeLanes =
  (c: VectorContext, bits: number, values: readonly bigint[]): (() => void) =>
  () =>
    values.forEach((value, i) => {
      putLane(c, c.destination + (i * bits) / 8, bits, value);
    });
