// Low halves of values: rows compute with 64 bits, of which a 32-bit register gets the low 32. Where it is known how a value was made, its low half is made by the
// same operation on 32 bits, from registers as they are, so that nothing is cut that is cut again.
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

/** How a value was made: as long as nothing of it was set again. */
interface Made {
  /** By an operation on two values, from the low half of an i64, or from an i32. */
  readonly how: PlainOp | 'low' | 'i32';
  readonly from: readonly Local[];
  /** How often each had been set. */
  readonly sets: readonly number[];
  readonly own: number;
  /** Its upper half is 0. */
  readonly extended: boolean;
}

export class RegionNarrow {
  private readonly made = new Map<Local, Made>();
  private nesting = 0;

  constructor(private readonly f: Code) {}

  startForm(): void {
    this.made.clear();
    this.nesting = this.f.nesting;
  }

  private note(value: Local, how: Made['how'], from: readonly Local[], extended: boolean): void {
    const { f } = this;
    if (f.nesting !== this.nesting) return;
    this.made.set(value, { how, from, sets: from.map((local) => f.setsOf(local)), own: f.setsOf(value), extended });
  }
  private of(value: Local): Made | undefined {
    const { f } = this;
    const made = this.made.get(value);
    if (!made || f.nesting !== this.nesting || f.setsOf(value) !== made.own) return undefined;
    return made.from.every((local, i) => f.setsOf(local) === made.sets[i]) ? made : undefined;
  }

  /** What is on the stack is set into this local: looks how it was made. */
  set(local: Local): void {
    const { f } = this;
    const binary = f.lastBinary();
    f.set(local);
    const operation = binary && NARROW[binary.opcode];
    if (operation) this.note(local, operation, [binary.a, binary.b], false);
  }
  /** A value is the low half of a register, extended. */
  isLowOf(value: Local, register: Local, signed: boolean): void {
    this.note(value, 'low', [register], !signed);
  }
  /** A value is an extended i32. */
  isFrom(value: Local, i32: Local, signed: boolean): void {
    this.note(value, 'i32', [i32], !signed);
  }

  /** Pushes the low 32 bits of a value, zero-extended. */
  push(value: Local): void {
    const { f } = this;
    const made = this.of(value);
    if (made?.extended && made.how === 'low') f.get(value);
    else if (made && made.how !== 'low') {
      this.pushLow(value);
      f.op('i64.extend_i32_u');
    } else f.get(value).i64(0xffff_ffff).op('i64.and');
  }
  /** Pushes an i64 whose low 32 bits are the value's. */
  pushAny(value: Local): void {
    const made = this.of(value);
    this.f.get(made?.how === 'low' ? made.from[0]! : value);
  }
  /** Pushes the low 32 bits as an i32. */
  private pushLow(value: Local): void {
    const { f } = this;
    const made = this.of(value);
    if (made === undefined) f.get(value).op('i32.wrap_i64');
    else if (made.how === 'i32') f.get(made.from[0]!);
    else if (made.how === 'low') f.get(made.from[0]!).op('i32.wrap_i64');
    else {
      for (const operand of made.from) this.pushLow(operand);
      f.op(made.how);
    }
  }
}
