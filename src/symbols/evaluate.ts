// Evaluates DWARF expressions (DWARF 5, 2.5 and 2.6). Asynchronous, because in the debugger memory is another thread's.

import { arithmetic, compare, convert, isComparison, type StackType, type StackValue, unary } from './dwarf/arithmetic';
import { type ExpressionFormat, type Operation, parseExpression } from './dwarf/expression';
import {
  type Location,
  type LocationPort,
  littleEndian,
  type MaybePromise,
  OPTIMIZED_OUT,
  type Piece,
  readLocation,
  unavailable,
  unsignedOf,
} from './location';

/** What an expression may ask of the frame it is evaluated in. What is not given makes the value unavailable. */
export interface ExpressionPort extends LocationPort {
  /** Where DW_OP_fbreg counts from. */
  frameBase?(): MaybePromise<bigint | undefined>;
  cfa?(): MaybePromise<bigint | undefined>;
  /** The expression's value when the function was entered, as the caller's call site tells. */
  entryValue?(expression: Uint8Array): MaybePromise<bigint | undefined>;
  /** The value a parameter was called with, by the offset of its DIE in the unit. */
  parameterValue?(offset: number): MaybePromise<bigint | undefined>;
  /** The address of a thread-local variable, from its offset. */
  tls?(offset: bigint): MaybePromise<bigint | undefined>;
  objectAddress?(): MaybePromise<bigint | undefined>;
}

/** What an expression may ask of the unit it stands in. */
export interface ExpressionUnit extends ExpressionFormat {
  /** Adds the file's slide to a static address. */
  relocate(address: bigint): bigint;
  /** Entry of .debug_addr, not relocated. */
  indexedAddress(index: number): bigint;
  /** The base type at an offset in the unit. */
  baseType(offset: number): StackType | undefined;
  /** The location expression of a DIE, for DW_OP_call*; the offset counts from the unit or the section. */
  dieExpression(offset: number, global: boolean): Uint8Array | undefined;
  /** A DIE's identity, from its offset in the unit's section. */
  dieIdentity(offset: number): number;
}

const MAX_STEPS = 10_000;
const MAX_DEPTH = 8;
const MAX_STACK = 1_000;

class Unavailable extends Error {}

export function evaluateLocation(
  expression: Uint8Array,
  unit: ExpressionUnit,
  port: ExpressionPort,
  initialStack: readonly bigint[] = [],
): Promise<Location> {
  return new Evaluator(unit, port, initialStack).location(expression);
}

/** An expression that computes a value or an address rather than says where a variable is: a CFA, a call site's value. */
export async function evaluateValue(
  expression: Uint8Array,
  unit: ExpressionUnit,
  port: ExpressionPort,
  initialStack: readonly bigint[] = [],
): Promise<bigint | undefined> {
  const location = await evaluateLocation(expression, unit, port, initialStack);
  if (location.kind === 'memory') return location.address;
  const read = await readLocation(location, unit.addressSize, port);
  return read.kind === 'bytes' ? unsignedOf(read.bytes) : undefined;
}

class Evaluator {
  private stack: StackValue[];
  /** A location that is not an address on the stack: a register, a value, an implicit pointer. */
  private found: Location | undefined;
  private readonly pieces: Piece[] = [];
  private steps = 0;
  private depth = 0;

  constructor(
    private readonly unit: ExpressionUnit,
    private readonly port: ExpressionPort,
    initialStack: readonly bigint[],
  ) {
    this.stack = initialStack.map((value) => ({ value: this.wrap(value), type: undefined }));
  }

  async location(expression: Uint8Array): Promise<Location> {
    try {
      if (expression.length === 0) return OPTIMIZED_OUT;
      await this.run(expression);
      if (this.pieces.length > 0) return { kind: 'pieces', pieces: this.pieces };
      return this.takeLocation() ?? OPTIMIZED_OUT;
    } catch (error) {
      if (error instanceof Unavailable || error instanceof RangeError) return unavailable(error.message);
      throw error;
    }
  }

  private takeLocation(): Location | undefined {
    const { found } = this;
    this.found = undefined;
    if (found) return found;
    const top = this.stack.pop();
    return top && { kind: 'memory', address: top.value };
  }

  private async run(expression: Uint8Array): Promise<void> {
    if (++this.depth > MAX_DEPTH) throw new Unavailable('the expression calls itself too deeply');
    const operations = parseExpression(expression, this.unit);
    const indexOf = new Map(operations.map((operation, index) => [operation.offset, index]));
    for (let i = 0; i < operations.length; i++) {
      if (++this.steps > MAX_STEPS) throw new Unavailable('the expression does not end');
      const operation = operations[i]!;
      if (operation.name === 'skip' || operation.name === 'bra') {
        if (operation.name === 'bra' && this.pop().value === 0n) continue;
        const target = operation.next + Number(operation.operands[0]);
        const index = target === expression.length ? operations.length : indexOf.get(target);
        if (index === undefined) throw new Unavailable('the expression jumps into an operation');
        i = index - 1;
      } else await this.execute(operation);
    }
    this.depth--;
  }

  private async execute(operation: Operation): Promise<void> {
    const { code, name } = operation;
    const first = operation.operands[0] ?? 0n;
    const second = operation.operands[1] ?? 0n;
    if (code >= 0x30 && code <= 0x4f) return this.push(BigInt(code - 0x30));
    if (code >= 0x50 && code <= 0x6f) return this.find({ kind: 'register', register: code - 0x50 });
    if (code >= 0x70 && code <= 0x8f) return this.push((await this.register(code - 0x70)) + first);
    if (isComparison(name)) {
      const right = this.pop();
      return this.push(compare(name, this.pop(), right, this.unit.addressSize) ? 1n : 0n);
    }
    switch (name) {
      case 'addr':
        return this.push(this.unit.relocate(first));
      case 'addrx':
        return this.push(this.unit.relocate(this.unit.indexedAddress(Number(first))));
      case 'constx':
        return this.push(this.unit.indexedAddress(Number(first)));
      case 'const1u':
      case 'const1s':
      case 'const2u':
      case 'const2s':
      case 'const4u':
      case 'const4s':
      case 'const8u':
      case 'const8s':
      case 'constu':
      case 'consts':
        return this.push(first);
      case 'regx':
        return this.find({ kind: 'register', register: Number(first) });
      case 'bregx':
        return this.push((await this.register(Number(first))) + second);
      case 'fbreg':
        return this.push((await this.ask('the frame base', this.port.frameBase?.())) + first);
      case 'call_frame_cfa':
        return this.push(await this.ask('the CFA', this.port.cfa?.()));
      case 'push_object_address':
        return this.push(await this.ask('the object', this.port.objectAddress?.()));
      case 'form_tls_address':
        return this.push(await this.ask('thread-local storage', this.port.tls?.(this.pop().value)));
      case 'entry_value':
        return this.push(await this.ask('the value at function entry', this.port.entryValue?.(operation.block!)));
      case 'GNU_parameter_ref':
        return this.push(await this.ask('the value at function entry', this.port.parameterValue?.(Number(first))));
      case 'dup':
        return this.pick(0);
      case 'over':
        return this.pick(1);
      case 'pick':
        return this.pick(Number(first));
      case 'drop':
        this.pop();
        return;
      case 'swap':
        this.stack.push(this.pop(), this.pop());
        return;
      case 'rot': {
        const [top, middle, bottom] = [this.pop(), this.pop(), this.pop()];
        this.stack.push(top, bottom, middle);
        return;
      }
      case 'deref':
        return this.deref(this.unit.addressSize, undefined);
      case 'deref_size':
        return this.deref(Number(first), undefined);
      case 'deref_type':
        return this.deref(Number(first), this.type(second));
      case 'regval_type':
        return this.pushTyped(await this.register(Number(first)), this.type(second));
      case 'const_type':
        return this.pushTyped(unsignedOf(operation.block!), this.type(first));
      case 'convert':
      case 'reinterpret':
        this.stack.push(convert(this.pop(), first === 0n ? undefined : this.type(first), this.unit.addressSize, name === 'reinterpret'));
        return;
      case 'plus_uconst': {
        const top = this.pop();
        return this.pushTyped(top.value + first, top.type);
      }
      case 'abs':
      case 'neg':
      case 'not':
        this.stack.push(unary(name, this.pop(), this.unit.addressSize));
        return;
      case 'and':
      case 'div':
      case 'minus':
      case 'mod':
      case 'mul':
      case 'or':
      case 'plus':
      case 'shl':
      case 'shr':
      case 'shra':
      case 'xor': {
        const right = this.pop();
        this.stack.push(arithmetic(name, this.pop(), right, this.unit.addressSize));
        return;
      }
      case 'nop':
        return;
      case 'call2':
      case 'call4':
      case 'call_ref': {
        const called = this.unit.dieExpression(Number(first), name === 'call_ref');
        if (called) await this.run(called);
        return;
      }
      case 'piece':
        return this.piece(Number(first) * 8, 0);
      case 'bit_piece':
        return this.piece(Number(first), Number(second));
      case 'implicit_value':
        return this.find({ kind: 'value', bytes: operation.block! });
      case 'stack_value': {
        const top = this.pop();
        return this.find({ kind: 'value', bytes: littleEndian(top.value, top.type?.size ?? this.unit.addressSize) });
      }
      case 'implicit_pointer':
        return this.find({ kind: 'implicitPointer', dieOffset: this.unit.dieIdentity(Number(first)), byteOffset: second });
      default:
        throw new Unavailable(`DW_OP_${name} is not supported yet`);
    }
  }

  private wrap(value: bigint): bigint {
    return BigInt.asUintN(this.unit.addressSize * 8, value);
  }

  private push(value: bigint): void {
    this.pushTyped(value, undefined);
  }

  private pushTyped(value: bigint, type: StackType | undefined): void {
    if (this.stack.length >= MAX_STACK) throw new Unavailable('the expression overflows its stack');
    this.stack.push({ value: type ? BigInt.asUintN(type.size * 8, value) : this.wrap(value), type });
  }

  private pop(): StackValue {
    const top = this.stack.pop();
    if (!top) throw new Unavailable('the expression takes more from its stack than is there');
    return top;
  }

  private pick(depth: number): void {
    const value = this.stack[this.stack.length - 1 - depth];
    if (!value) throw new Unavailable('the expression takes more from its stack than is there');
    this.stack.push(value);
  }

  private find(location: Location): void {
    this.found = location;
  }

  private piece(bitSize: number, bitOffset: number): void {
    this.pieces.push({ location: this.takeLocation() ?? OPTIMIZED_OUT, bitOffset, bitSize });
  }

  private type(offset: bigint): StackType {
    const type = this.unit.baseType(Number(offset));
    if (!type) throw new Unavailable('the expression names a type that is not a base type');
    return type;
  }

  private async register(register: number): Promise<bigint> {
    return this.ask(`register ${register}`, this.port.register(register));
  }

  private async ask(what: string, answer: MaybePromise<bigint | undefined>): Promise<bigint> {
    const value = await answer;
    if (value === undefined) throw new Unavailable(`${what} is not known in this frame`);
    return value;
  }

  private async deref(size: number, type: StackType | undefined): Promise<void> {
    const { value: address } = this.pop();
    const bytes = await this.port.memory(address, size);
    if (!bytes || bytes.length < size) throw new Unavailable(`memory at 0x${address.toString(16)} is not readable`);
    this.pushTyped(unsignedOf(bytes), type);
  }
}
