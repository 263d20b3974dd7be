// How much virtual time a call of the core is asked for: the more the faster the guest's code is, so that calls are few, and still short by the host's clock. What a
// guest sees does not depend on it.

/** A few milliseconds where the slowest code runs, such as nothing but page faults. */
export const LEAST_NS = 250_000;
export const MOST_NS = 2_000_000;
/** A call should take no longer. */
const CALL_MS = 2;

export class Chunk {
  ns = LEAST_NS;

  /** So long did a call of `ns` take. */
  took(ms: number): void {
    if (ms > CALL_MS) this.ns = LEAST_NS;
    else if (ms < CALL_MS / 2) this.ns = Math.min(this.ns * 2, MOST_NS);
  }
}
