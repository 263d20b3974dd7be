// Our own bugs: a thrown assertion, never mixed with guest-visible faults (values) or a user's mistakes (UserError).

export class AssertionError extends Error {
  override name = 'AssertionError';
}

export function assert(condition: unknown, text: string): asserts condition {
  if (!condition) throw new AssertionError(`internal error: ${text}`);
}

export function unreachable(value: never): never {
  throw new AssertionError(`internal error: unexpected ${String(value)}`);
}
