// Runs the small programs of stop points (conditions, log values): a stack machine over unsigned 64-bit values. Reads only; no fault, no TLB fill, no trace.
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

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const i64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);
/** Shift counts of 64 and more give what infinitely long registers would. */
const count = (value: bigint): bigint => (value > 64n ? 64n : value);

export const BINARY: Record<BinaryOperator, (a: bigint, b: bigint) => bigint | undefined> = {
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

export function extend(value: bigint, size: number, signed: boolean): bigint {
  return signed ? u64(BigInt.asIntN(size * 8, value)) : BigInt.asUintN(size * 8, value);
}

/** The value on top of the stack at the end; undefined where something could not be read or computed (a condition is then false). */
export function runProgram(program: Program, context: ProgramContext): bigint | undefined {
  const stack: bigint[] = [];
  for (const op of program) {
    let value: bigint | undefined;
    switch (op.op) {
      case 'const':
        value = op.value;
        break;
      case 'register':
        value = context.register(op.name);
        break;
      case 'load': {
        const address = stack.pop();
        const loaded = address === undefined ? undefined : context.load(op.space, address, op.size);
        value = loaded === undefined ? undefined : extend(loaded, op.size, op.signed);
        break;
      }
      case 'binary': {
        const b = stack.pop();
        const a = stack.pop();
        value = a === undefined || b === undefined ? undefined : BINARY[op.operator](a, b);
        break;
      }
      case 'unary': {
        const a = stack.pop();
        if (a !== undefined) value = op.operator === 'neg' ? -a : op.operator === 'not' ? ~a : truth(a === 0n);
        break;
      }
      case 'extend': {
        const a = stack.pop();
        value = a === undefined ? undefined : extend(a, op.size, op.signed);
        break;
      }
      case 'hypercall':
        value = hypercallField(context.hypercall, op.field);
        break;
      case 'hypercall-name-is':
        value = truth(context.hypercall?.name === op.name);
        break;
      case 'event':
        value = context.event?.fields[op.field];
        break;
      case 'event-name-is':
        value = truth(plainName(context.event?.name ?? '') === plainName(op.name));
        break;
      case 'dup':
        value = stack.at(-1);
        break;
      case 'drop':
        stack.pop();
        continue;
      case 'select': {
        // condition, if true, if false → one of the two
        const otherwise = stack.pop();
        const then = stack.pop();
        const condition = stack.pop();
        value = condition === undefined ? undefined : condition !== 0n ? then : otherwise;
        break;
      }
    }
    if (value === undefined) return undefined;
    stack.push(u64(value));
  }
  return stack.at(-1);
}

export const plainName = (name: string): string => name.replace(/^#/, '').toLowerCase();

function hypercallField(call: ProgramContext['hypercall'], field: 'nr' | 'cpl' | 'a0' | 'a1' | 'a2' | 'a3' | 'a4'): bigint | undefined {
  if (call === undefined) return undefined;
  if (field === 'nr') return BigInt(call.nr);
  if (field === 'cpl') return BigInt(call.cpl);
  return call.args[Number(field.slice(1))]?.value;
}
