// Results of 32-bit operations: rows compute with 64 bits, of which a register gets the low 32. Where the last operation is known, those are made by the same
// operation on 32 bits, whose result the host's processor extends by itself.
import type { Code, Local } from '../../wasm/code';
import { PLAIN, type PlainOp } from '../../wasm/opcodes';

/** Operations whose low half depends on their operands' low halves only. */
const NARROW: Readonly<Record<number, PlainOp>> = {
  [PLAIN['i64.add']]: 'i32.add',
  [PLAIN['i64.sub']]: 'i32.sub',
  [PLAIN['i64.mul']]: 'i32.mul',
  [PLAIN['i64.and']]: 'i32.and',
  [PLAIN['i64.or']]: 'i32.or',
  [PLAIN['i64.xor']]: 'i32.xor',
};

interface Result {
  operation: PlainOp;
  operands: readonly [Local, Local];
  /** How often each had been set. */
  sets: readonly [number, number];
  own: number;
}

export class RegionNarrow {
  private readonly results = new Map<Local, Result>();
  private nesting = 0;

  constructor(private readonly f: Code) {}

  startForm(): void {
    this.results.clear();
    this.nesting = this.f.nesting;
  }

  /** What is on the stack is set into this local: looks how it was made. */
  set(local: Local): void {
    const { f } = this;
    const binary = f.lastBinary();
    f.set(local);
    const operation = binary && NARROW[binary.opcode];
    if (!operation || f.nesting !== this.nesting) return;
    const { a, b } = binary;
    this.results.set(local, { operation, operands: [a, b], sets: [f.setsOf(a), f.setsOf(b)], own: f.setsOf(local) });
  }

  /** Pushes the low 32 bits of a value, zero-extended. */
  push(value: Local): void {
    const { f } = this;
    const result = this.results.get(value);
    const [a, b] = result?.operands ?? [0, 0];
    if (
      !result ||
      f.nesting !== this.nesting ||
      f.setsOf(value) !== result.own ||
      f.setsOf(a) !== result.sets[0] ||
      f.setsOf(b) !== result.sets[1]
    ) {
      f.get(value).i64(0xffff_ffff).op('i64.and');
      return;
    }
    f.get(a).op('i32.wrap_i64').get(b).op('i32.wrap_i64', result.operation, 'i64.extend_i32_u');
  }
}
