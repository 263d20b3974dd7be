// Runs the small programs of stop points (conditions, log values) over unsigned 64-bit values. Reads only; no fault, no TLB fill, no trace.
import { extend, interpret, type LoadOp, type SourceOp, u64, type ValueDomain } from './interpret';
import type { StopEvent } from './stop-types';
import type { BinaryOperator, HypercallInfo, Program } from './types';

export interface ProgramContext {
  register(name: string): bigint | undefined;
  /** Little-endian; undefined where it cannot be read. */
  load(space: 'virtual' | 'physical', address: bigint, size: number): bigint | undefined;
  /** The hypercall at hand, if this is one. */
  readonly hypercall: (HypercallInfo & { cpl: number }) | undefined;
  /** The event or touch at hand, if this is one. */
  readonly event?: Pick<StopEvent, 'name' | 'fields'> | undefined;
}

const i64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);
/** Shift counts of 64 and more give what infinitely long registers would. */
const count = (value: bigint): bigint => (value > 64n ? 64n : value);

const BINARY: Record<BinaryOperator, (a: bigint, b: bigint) => bigint | undefined> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  divu: (a, b) => (b === 0n ? undefined : a / b),
  divs: (a, b) => (b === 0n ? undefined : i64(a) / i64(b)),
  modu: (a, b) => (b === 0n ? undefined : a % b),
  mods: (a, b) => (b === 0n ? undefined : i64(a) % i64(b)),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => a << count(b),
  shru: (a, b) => a >> count(b),
  shrs: (a, b) => i64(a) >> count(b),
  eq: (a, b) => truth(a === b),
  ne: (a, b) => truth(a !== b),
  ltu: (a, b) => truth(a < b),
  lts: (a, b) => truth(i64(a) < i64(b)),
  leu: (a, b) => truth(a <= b),
  les: (a, b) => truth(i64(a) <= i64(b)),
  gtu: (a, b) => truth(a > b),
  gts: (a, b) => truth(i64(a) > i64(b)),
  geu: (a, b) => truth(a >= b),
  ges: (a, b) => truth(i64(a) >= i64(b)),
};

/** Of two known values; undefined: a division by zero. */
export function binaryOf(operator: BinaryOperator, a: bigint, b: bigint): bigint | undefined {
  const value = BINARY[operator](a, b);
  return value === undefined ? undefined : u64(value);
}

/** The value on top of the stack at the end; undefined where something could not be read or computed (a condition is then false). */
export const runProgram = (program: Program, context: ProgramContext): bigint | undefined => interpret(program, new Known(context));

class Known implements ValueDomain<bigint> {
  readonly of = u64;
  readonly binary = binaryOf;

  constructor(private readonly context: ProgramContext) {}

  unary(compute: (a: bigint) => bigint, a: bigint): bigint {
    return u64(compute(a));
  }
  select(condition: bigint, then: bigint | undefined, otherwise: bigint | undefined): bigint | undefined {
    return condition !== 0n ? then : otherwise;
  }
  load({ space, size, signed }: LoadOp, address: bigint): bigint | undefined {
    const loaded = this.context.load(space, address, size);
    return loaded === undefined ? undefined : extend(loaded, size, signed);
  }
  source(op: SourceOp): bigint | undefined {
    const value = this.read(op);
    return value === undefined ? undefined : u64(value);
  }

  private read(op: SourceOp): bigint | undefined {
    const { hypercall, event } = this.context;
    switch (op.op) {
      case 'register':
        return this.context.register(op.name);
      case 'hypercall':
        return hypercallField(hypercall, op.field);
      case 'hypercall-name-is':
        return truth(hypercall?.name === op.name);
      case 'event':
        return event?.fields[op.field];
      case 'event-name-is':
        return truth(plainName(event?.name ?? '') === plainName(op.name));
    }
  }
}

export const plainName = (name: string): string => name.replace(/^#/, '').toLowerCase();

function hypercallField(call: ProgramContext['hypercall'], field: 'nr' | 'cpl' | 'a0' | 'a1' | 'a2' | 'a3' | 'a4'): bigint | undefined {
  if (call === undefined) return undefined;
  if (field === 'nr') return BigInt(call.nr);
  if (field === 'cpl') return BigInt(call.cpl);
  return call.args[Number(field.slice(1))]?.value;
}
