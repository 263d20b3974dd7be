// Whether a stop point's condition may have held for an event of which only some is known any more: the program over values of which some are unknown.
import { BINARY, extend, plainName } from './program';
import type { Program } from './types';

/** What is known of an event. */
export interface KnownEvent {
  /** undefined: not known. */
  readonly name: string | undefined;
  /** Those that are known, and those the event does not have (undefined). Others are not known. */
  readonly fields: ReadonlyMap<string, bigint | undefined>;
  readonly hypercallNr: bigint | undefined;
}

const UNKNOWN = Symbol('unknown');
type Value = bigint | typeof UNKNOWN;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** False: it certainly did not hold. */
export function mayHold(program: Program, event: KnownEvent): boolean {
  const stack: Value[] = [];
  for (const op of program) {
    let value: Value | undefined = UNKNOWN;
    switch (op.op) {
      case 'const':
        value = op.value;
        break;
      case 'load':
        stack.pop();
        break;
      case 'binary': {
        const b = stack.pop();
        const a = stack.pop();
        value = a === undefined || b === undefined ? undefined : binary(op.operator, a, b);
        break;
      }
      case 'unary': {
        const a = stack.pop();
        if (typeof a === 'bigint') value = op.operator === 'neg' ? -a : op.operator === 'not' ? ~a : a === 0n ? 1n : 0n;
        break;
      }
      case 'extend': {
        const a = stack.pop();
        if (typeof a === 'bigint') value = extend(a, op.size, op.signed);
        break;
      }
      case 'hypercall':
        if (op.field === 'nr') value = event.hypercallNr ?? UNKNOWN;
        break;
      case 'event':
        if (event.fields.has(op.field)) value = event.fields.get(op.field);
        break;
      case 'event-name-is':
        if (event.name !== undefined) value = plainName(event.name) === plainName(op.name) ? 1n : 0n;
        break;
      case 'dup':
        value = stack.at(-1);
        break;
      case 'drop':
        stack.pop();
        continue;
      case 'select': {
        const otherwise = stack.pop();
        const then = stack.pop();
        const condition = stack.pop();
        if (typeof condition === 'bigint') value = condition !== 0n ? then : otherwise;
        else if (then === otherwise) value = then;
        break;
      }
      case 'register':
      case 'hypercall-name-is':
        break;
    }
    // As it would have ended: false.
    if (value === undefined) return false;
    stack.push(typeof value === 'bigint' ? u64(value) : value);
  }
  return stack.at(-1) !== 0n && stack.length > 0;
}

function binary(operator: keyof typeof BINARY, a: Value, b: Value): Value | undefined {
  if (typeof a === 'bigint' && typeof b === 'bigint') return BINARY[operator](a, b);
  return operator === 'and' && (a === 0n || b === 0n) ? 0n : UNKNOWN;
}
