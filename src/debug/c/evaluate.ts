// Evaluates C expressions over a frame's variables, the registers and the guest's memory. Changes the guest only by "=".
import { typeName } from '../../symbols/type-name';
import { type DataType, elementOf, sizeOf, strip } from '../../symbols/types';
import { debugErrors } from '../debug-error';
import type { Expression, InfixOperator, TypeName } from './ast';
import { findEnumerator, findMember, isCommonTypeName, resolveTypeName } from './members';
import {
  arithmetic,
  CHAR,
  INT,
  type Integer,
  isFloat,
  isInteger,
  LONG,
  literalType,
  promote,
  toInteger,
  UNSIGNED_LONG,
  unsignedType,
} from './number';
import { parseExpression } from './parser';
import { assign, bytesOf, memoryValue, part, rvalue, scalarOf, type Value, type ValuePort } from './value';

/** The names an expression may use: one frame, or none before the guest has a stack. */
export interface EvaluationScope extends ValuePort {
  readonly pointerSize: 4 | 8;
  /** Local, then global, then enumerator or function. */
  variable(name: string): Promise<Value | undefined>;
  /** A CPU register as an lvalue. */
  cpuRegister(name: string): Promise<Value | undefined>;
  /** "struct page", "page_t". */
  type(name: string): DataType | undefined;
  /** The expression with what the guest's operating system adds to C written out. */
  expand?(text: string): Promise<string>;
}

export async function evaluate(text: string, scope: EvaluationScope): Promise<Value> {
  const written = (await scope.expand?.(text)) ?? text;
  return new Evaluator(scope).value(
    parseExpression(written, (name) => isCommonTypeName(name) || (scope.type(name) !== undefined && name !== 'sizeof')),
  );
}

/** The address an expression means: of an lvalue that is no pointer or number, else its value. */
export async function evaluateAddress(text: string, scope: EvaluationScope): Promise<bigint> {
  const value = await evaluate(text, scope);
  const plain = strip(value.type);
  if (['struct', 'union', 'class', 'array', 'function'].includes(plain.kind)) return addressOf(value);
  return BigInt.asUintN(64, await scalarOf(value, scope));
}

export function addressOf(value: Value): bigint {
  if (value.bitSize !== undefined) throw debugErrors.bitFieldAddress();
  if (value.register !== undefined) throw debugErrors.noAddress(`the register ${value.register}`);
  const { location } = value;
  switch (location.kind) {
    case 'memory':
      return location.address;
    case 'register':
      throw debugErrors.noAddress('a register');
    case 'optimizedOut':
      throw debugErrors.optimisedOut('this');
    default:
      throw debugErrors.notAnLvalue('This value');
  }
}

class Evaluator {
  constructor(private readonly scope: EvaluationScope) {}

  async value(e: Expression): Promise<Value> {
    switch (e.kind) {
      case 'number':
        return rvalue(e.value, literalType(e.value, e.suffix, e.decimal));
      case 'character':
        return rvalue(e.value, INT);
      case 'string': {
        const bytes = new TextEncoder().encode(`${e.value}\0`);
        return {
          type: { kind: 'array', element: CHAR, dimensions: [bytes.length], size: bytes.length },
          location: { kind: 'value', bytes },
        };
      }
      case 'name':
        return this.named(e.name);
      case 'register':
        return (await this.scope.cpuRegister(e.name)) ?? fail(debugErrors.badRegister(e.name));
      case 'unary':
        return this.unary(e.operator, e.operand);
      case 'infix':
        return this.infix(e.operator, ...(await this.pair(e.left, e.right)));
      case 'logical': {
        const left = await this.truth(e.left);
        const holds = e.operator === '&&' ? left && (await this.truth(e.right)) : left || (await this.truth(e.right));
        return rvalue(holds ? 1n : 0n, INT);
      }
      case 'conditional':
        return this.value((await this.truth(e.condition)) ? e.then : e.otherwise);
      case 'member':
        return this.member(await this.value(e.object), e.name, e.arrow);
      case 'index':
        return this.index(await this.value(e.object), await this.value(e.index));
      case 'cast':
        return this.cast(this.typeOf(e.type), await this.value(e.operand));
      case 'sizeof-type':
        return this.sizeOf(this.typeOf(e.type));
      case 'sizeof':
        return this.sizeOf((await this.value(e.operand)).type);
      case 'assign': {
        const target = await this.value(e.target);
        await this.assign(target, enumeratorOf(e.value, target.type) ?? (await this.value(e.value)));
        return target.register === undefined ? target : ((await this.scope.cpuRegister(target.register)) ?? target);
      }
    }
  }

  /** Names of an enumeration are known beside a value of it: "state == RUNNING". */
  private async pair(left: Expression, right: Expression): Promise<[Value, Value]> {
    if (left.kind !== 'name') {
      const a = await this.value(left);
      return [a, enumeratorOf(right, a.type) ?? (await this.value(right))];
    }
    if (right.kind !== 'name') {
      const b = await this.value(right);
      return [enumeratorOf(left, b.type) ?? (await this.value(left)), b];
    }
    const a = await this.ifKnown(left.name);
    const b = await this.ifKnown(right.name);
    return [
      a ?? (b && enumeratorOf(left, b.type)) ?? fail(debugErrors.unknownName(left.name)),
      b ?? (a && enumeratorOf(right, a.type)) ?? fail(debugErrors.unknownName(right.name)),
    ];
  }

  private async ifKnown(name: string): Promise<Value | undefined> {
    return (await this.scope.variable(name)) ?? this.scope.cpuRegister(name);
  }

  private typeOf(name: TypeName): DataType {
    return resolveTypeName(name, this.scope.pointerSize, (text) => this.scope.type(text));
  }

  private async named(name: string): Promise<Value> {
    return (await this.ifKnown(name)) ?? fail(debugErrors.unknownName(name));
  }

  private sizeOf(type: DataType): Value {
    return rvalue(BigInt(sizeOf(type) ?? fail(debugErrors.incomplete(typeName(type)))), UNSIGNED_LONG);
  }

  private async truth(e: Expression): Promise<boolean> {
    return (await this.number(await this.value(e), '?')).value !== 0n;
  }

  /** As an operand of arithmetic: integers, enumerations, and pointers and arrays as unsigned numbers. */
  private async number(value: Value, operator: string): Promise<Integer> {
    const plain = strip(value.type);
    if (isFloat(plain)) throw debugErrors.noFloat();
    if (plain.kind === 'array' || plain.kind === 'function') return { value: addressOf(value), type: unsignedType(this.scope.pointerSize) };
    const bits = await scalarOrFail(value, operator, this.scope);
    if (plain.kind === 'pointer') return { value: bits, type: unsignedType(plain.size) };
    if (plain.kind === 'enum')
      return { value: bits, type: plain.signed ? (plain.size === 8 ? LONG : INT) : unsignedType(Math.max(plain.size, 4)) };
    if (value.bitSize !== undefined && value.bitSize < 32) return { value: bits, type: INT };
    return { value: bits, type: plain.kind === 'base' ? plain : INT };
  }

  private async unary(operator: string, operand: Expression): Promise<Value> {
    const value = await this.value(operand);
    if (operator === '*') return this.dereference(value, '*');
    if (operator === '&') {
      const address = addressOf(value);
      const target = value.type;
      return rvalue(address, { kind: 'pointer', flavour: 'pointer', size: this.scope.pointerSize, target });
    }
    const number = promote(await this.number(value, operator));
    if (operator === '!') return rvalue(number.value === 0n ? 1n : 0n, INT);
    const result = operator === '-' ? -number.value : operator === '~' ? ~number.value : number.value;
    return rvalue(toInteger(result, number.type).value, number.type);
  }

  private async dereference(value: Value, operator: string): Promise<Value> {
    const plain = strip(value.type);
    if (plain.kind === 'array') return part(value, 0, elementOf(plain));
    if (plain.kind === 'function') return value;
    if (plain.kind !== 'pointer') throw debugErrors.notAPointer(typeName(value.type), operator);
    return memoryValue(await scalarOf(value, this.scope), plain.target);
  }

  private async member(object: Value, name: string, arrow: boolean): Promise<Value> {
    const isPointer = ['pointer', 'array'].includes(strip(object.type).kind);
    const operator = arrow ? '->' : '.';
    // "p.x" on a pointer is what people mean by "p->x"; C would refuse it.
    const target = isPointer ? await this.dereference(object, operator) : object;
    const plain = strip(target.type);
    if ((arrow && !isPointer) || (plain.kind !== 'struct' && plain.kind !== 'union' && plain.kind !== 'class')) {
      throw arrow && !isPointer
        ? debugErrors.notAPointer(typeName(object.type), operator)
        : debugErrors.notAStruct(typeName(target.type), operator);
    }
    const found = findMember(plain, name);
    if (!found)
      throw plain.size === undefined ? debugErrors.incomplete(typeName(plain)) : debugErrors.noMember(typeName(target.type), name);
    return part(target, found.bitOffset, found.member.type, found.member.bitSize);
  }

  private async index(object: Value, index: Value): Promise<Value> {
    const plain = strip(object.type);
    const { value: at } = await this.number(index, '[]');
    if (plain.kind === 'array') {
      const element = elementOf(plain);
      const size = sizeOf(element) ?? fail(debugErrors.incomplete(typeName(element)));
      if (object.location.kind === 'memory') return memoryValue(object.location.address + at * BigInt(size), element);
      return part(object, Number(at) * size * 8, element);
    }
    if (plain.kind !== 'pointer') throw debugErrors.notAPointer(typeName(object.type), '[]');
    const size = sizeOf(plain.target) ?? fail(debugErrors.incomplete(typeName(plain.target)));
    return memoryValue((await scalarOf(object, this.scope)) + at * BigInt(size), plain.target);
  }

  private async cast(type: DataType, operand: Value): Promise<Value> {
    const to = strip(type);
    if (to.kind === 'array' || to.kind === 'struct' || to.kind === 'union' || to.kind === 'class') {
      // Not C, but what everybody wants: look at these bytes as that type.
      const from = strip(operand.type);
      const address = from.kind === 'pointer' || isInteger(from) ? await scalarOf(operand, this.scope) : addressOf(operand);
      return memoryValue(address, type);
    }
    const { value } = await this.number(operand, `(${typeName(type)})`);
    if (to.kind === 'base' && !isFloat(to)) return rvalue(toInteger(value, to).value, type);
    if (to.kind === 'pointer' || to.kind === 'enum') return rvalue(BigInt.asUintN(to.size * 8, value), type);
    if (isFloat(to)) throw debugErrors.noFloat();
    throw debugErrors.incomplete(typeName(type));
  }

  private async infix(operator: InfixOperator, left: Value, right: Value): Promise<Value> {
    const a = pointerTarget(left.type);
    const b = pointerTarget(right.type);
    if (operator === '+' && a && !b) return this.offset(left, a, await this.number(right, '+'), 1n);
    if (operator === '+' && b && !a) return this.offset(right, b, await this.number(left, '+'), 1n);
    if (operator === '-' && a && !b) return this.offset(left, a, await this.number(right, '-'), -1n);
    const x = await this.number(left, operator);
    const y = await this.number(right, operator);
    if (operator === '-' && a && b) return rvalue((BigInt.asIntN(64, x.value) - BigInt.asIntN(64, y.value)) / BigInt(sizeOf(a) ?? 1), LONG);
    const result = arithmetic(operator, x, y);
    return rvalue(result.value, result.type);
  }

  private async offset(pointer: Value, target: DataType, count: Integer, sign: bigint): Promise<Value> {
    const address = await this.number(pointer, '+');
    // GNU C: void counts as one byte.
    const size = BigInt(strip(target).kind === 'void' ? 1 : (sizeOf(target) ?? fail(debugErrors.incomplete(typeName(target)))));
    const bits = this.scope.pointerSize * 8;
    const type: DataType = { kind: 'pointer', flavour: 'pointer', size: this.scope.pointerSize, target };
    return rvalue(BigInt.asUintN(bits, address.value + sign * count.value * size), type);
  }

  private async assign(target: Value, value: Value): Promise<void> {
    const to = strip(target.type);
    if (isFloat(to)) {
      if (!isFloat(value.type) || sizeOf(value.type) !== sizeOf(to)) throw debugErrors.noFloat();
      return assign(target, await scalarOf({ ...value, type: unsignedType(sizeOf(to) ?? 8) }, this.scope), this.scope);
    }
    const { value: bits } = await this.number(value, '=');
    return assign(target, to.kind === 'base' ? toInteger(bits, to).value : bits, this.scope);
  }
}

function enumeratorOf(e: Expression, type: DataType): Value | undefined {
  const found = findEnumerator(e, type);
  return found === undefined ? undefined : rvalue(found, type);
}

function pointerTarget(type: DataType): DataType | undefined {
  const plain = strip(type);
  if (plain.kind === 'array') return elementOf(plain);
  return plain.kind === 'pointer' ? plain.target : undefined;
}

async function scalarOrFail(value: Value, operator: string, scope: EvaluationScope): Promise<bigint> {
  const plain = strip(value.type);
  if (plain.kind !== 'pointer' && !isInteger(plain)) {
    await bytesOf(value, scope);
    throw debugErrors.notANumber(typeName(value.type), operator);
  }
  return scalarOf(value, scope);
}

function fail(error: Error): never {
  throw error;
}
