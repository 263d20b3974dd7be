// Whether a stop point's condition may have held where only some is known any more: the program over values of which some are unknown.
import { interpret, type SourceOp, u64, type ValueDomain } from './interpret';
import { binaryOf, plainName } from './program';
import type { BinaryOperator, Program } from './types';

/** What is known of an event, or of an instruction. */
export interface KnownEvent {
  /** undefined: not known. */
  readonly name: string | undefined;
  /** Those that are known, and those the event does not have (undefined). Others are not known. */
  readonly fields: ReadonlyMap<string, bigint | undefined>;
  readonly hypercallNr: bigint | undefined;
  /** undefined: not known. */
  readonly rip?: bigint;
}

const UNKNOWN = Symbol('unknown');
type Value = bigint | typeof UNKNOWN;

/** False: it certainly did not hold. */
export function mayHold(program: Program, event: KnownEvent): boolean {
  const value = interpret(program, new PartlyKnown(event));
  return value !== undefined && value !== 0n;
}

class PartlyKnown implements ValueDomain<Value> {
  readonly of = u64;

  constructor(private readonly event: KnownEvent) {}

  load(): Value {
    return UNKNOWN;
  }
  unary(compute: (a: bigint) => bigint, a: Value): Value {
    return a === UNKNOWN ? a : u64(compute(a));
  }
  binary(operator: BinaryOperator, a: Value, b: Value): Value | undefined {
    if (a !== UNKNOWN && b !== UNKNOWN) return binaryOf(operator, a, b);
    return operator === 'and' && (a === 0n || b === 0n) ? 0n : UNKNOWN;
  }
  select(condition: Value, then: Value | undefined, otherwise: Value | undefined): Value | undefined {
    if (condition !== UNKNOWN) return condition !== 0n ? then : otherwise;
    return then === otherwise ? then : UNKNOWN;
  }

  source(op: SourceOp): Value | undefined {
    const { event } = this;
    switch (op.op) {
      case 'register':
        return op.name === 'rip' && event.rip !== undefined ? event.rip : UNKNOWN;
      case 'hypercall':
        return op.field === 'nr' ? (event.hypercallNr ?? UNKNOWN) : UNKNOWN;
      case 'hypercall-name-is':
        return UNKNOWN;
      case 'event': {
        if (!event.fields.has(op.field)) return UNKNOWN;
        const value = event.fields.get(op.field);
        return value === undefined ? undefined : u64(value);
      }
      case 'event-name-is':
        return event.name === undefined ? UNKNOWN : plainName(event.name) === plainName(op.name) ? 1n : 0n;
    }
  }
}
