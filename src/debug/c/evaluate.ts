// Evaluates C expressions over a frame's variables, the registers and the guest's memory. Changes the guest only by assignments.
import { typeName } from '../../symbols/type-name';
import { type DataType, sizeOf, strip } from '../../symbols/types';
import { debugErrors } from '../debug-error';
import { dereference, index, member, slice, withoutReference } from './access';
import type { Expression, TypeName } from './ast';
import { assign, cast } from './convert';
import { commonFloat, DOUBLE, FLOAT, isFloatNumber } from './float';
import { findEnumerator } from './members';
import { CHAR, commonType, INT, isFloat, isInteger, literalType, sizeType } from './number';
import { convertTo, infix, integerOf, negated, numberOf, snapshot, toValue } from './operands';
import { parseExpression } from './parser';
import { type EvaluationScope, TypesOnly } from './scope';
import { isCommonTypeName, resolveTypeName } from './type-names';
import { addressOf, enumeratorValue, memoryValue, rvalue, scalarOf, type Value } from './value';

export async function evaluate(text: string, scope: EvaluationScope): Promise<Value> {
  const isType = (name: string): boolean => isCommonTypeName(name) || (name !== 'sizeof' && scope.type(name) !== undefined);
  const written = (await scope.expand?.(text)) ?? text;
  return new Evaluator(scope).value(parseExpression(written, isType));
}

/** The address an expression means: of an lvalue that is no pointer or number, else its value. */
export async function evaluateAddress(text: string, scope: EvaluationScope): Promise<bigint> {
  const value = await evaluate(text, scope);
  const plain = strip(value.type);
  if (['struct', 'union', 'class', 'array', 'function'].includes(plain.kind)) return addressOf(value);
  return BigInt.asUintN(64, await scalarOf(value, scope));
}

class Evaluator {
  constructor(private readonly scope: EvaluationScope) {}

  async value(e: Expression): Promise<Value> {
    const value = await this.raw(e);
    return withoutReference(value, this.scope);
  }

  private async raw(e: Expression): Promise<Value> {
    const { scope } = this;
    switch (e.kind) {
      case 'number':
        return rvalue(e.value, literalType(e.value, e.suffix, e.decimal, scope.pointerSize));
      case 'float':
        if (e.suffix === 'l') throw debugErrors.noSuchFloat('long double');
        return toValue(convertTo({ float: e.value, type: DOUBLE }, e.suffix === 'f' ? FLOAT : DOUBLE));
      case 'character':
        return toValue(convertTo({ value: BigInt.asIntN(8, e.value), type: INT }, INT));
      case 'string': {
        const bytes = new TextEncoder().encode(`${e.value}\0`);
        return {
          type: { kind: 'array', element: CHAR, dimensions: [bytes.length], size: bytes.length },
          location: { kind: 'value', bytes },
        };
      }
      case 'name':
        return this.named(e.name, e.scope);
      case 'register':
        return (await scope.cpuRegister(e.name)) ?? fail(debugErrors.badRegister(e.name));
      case 'unary':
        return this.unary(e.operator, e.operand);
      case 'infix':
        return infix(e.operator, ...(await this.pair(e.left, e.right)), scope);
      case 'logical': {
        const left = await this.truth(e.left);
        const holds = e.operator === '&&' ? left && (await this.truth(e.right)) : left || (await this.truth(e.right));
        return rvalue(holds ? 1n : 0n, INT);
      }
      case 'conditional':
        return (await this.truth(e.condition)) ? this.arm(e.then, e.otherwise) : this.arm(e.otherwise, e.then);
      case 'comma':
        await this.value(e.left);
        return this.value(e.right);
      case 'member':
        return member(await this.value(e.object), e.name, e.arrow, scope);
      case 'index':
        return index(await this.value(e.object), await this.value(e.index), scope);
      case 'slice':
        return slice(await this.value(e.first), await this.value(e.count), scope);
      case 'cast':
        return cast(this.typeOf(e.type), await this.value(e.operand), scope);
      case 'at': {
        const type = this.typeOf(e.type);
        const { value: address } = await integerOf(await this.value(e.address), e.physical ? 'phys' : '{}', scope);
        return e.physical ? { type, location: { kind: 'physical', address: BigInt.asUintN(64, address) } } : memoryValue(address, type);
      }
      case 'sizeof-type':
        return this.sizeOf(this.typeOf(e.type));
      case 'sizeof':
        return this.sizeOf((await new Evaluator(new TypesOnly(scope)).value(e.operand)).type);
      case 'offsetof':
        return rvalue(addressOf(await this.path(this.typeOf(e.type), e.member)), sizeType(scope.pointerSize));
      case 'assign': {
        const target = await this.value(e.target);
        const right = enumeratorOf(e.value, target.type) ?? (await this.value(e.value));
        await assign(target, e.operator === undefined ? right : await infix(e.operator, target, right, scope), scope);
        return this.again(target);
      }
      case 'step': {
        const target = await this.value(e.target);
        const before = await snapshot(target, scope);
        await assign(target, await infix(e.by > 0 ? '+' : '-', target, rvalue(1n, INT), scope), scope);
        return e.prefix ? this.again(target) : before;
      }
    }
  }

  /** A register's value as it is after it was written. */
  private async again(target: Value): Promise<Value> {
    return target.register === undefined ? target : ((await this.scope.cpuRegister(target.register)) ?? target);
  }

  /** 6.5.15: both arms give the type, one the value. */
  private async arm(taken: Expression, other: Expression): Promise<Value> {
    const value = await this.value(taken);
    if (!isArithmetic(value.type)) return value;
    const unread = new TypesOnly(this.scope);
    const notTaken = await new Evaluator(unread).value(other);
    if (!isArithmetic(notTaken.type)) return value;
    const mine = await numberOf(value, '?', this.scope);
    const its = await numberOf(notTaken, '?', unread);
    const common = isFloatNumber(mine) || isFloatNumber(its) ? commonFloat(mine, its) : commonType(mine.type, its.type);
    // An enumeration's names are worth keeping where nothing is converted.
    return strip(value.type).kind === 'enum' && typeName(value.type) === typeName(notTaken.type) ? value : toValue(convertTo(mine, common));
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
    const a = await this.ifKnown(left.name, left.scope);
    const b = await this.ifKnown(right.name, right.scope);
    return [
      a ?? (b && enumeratorOf(left, b.type)) ?? fail(debugErrors.unknownName(left.name)),
      b ?? (a && enumeratorOf(right, a.type)) ?? fail(debugErrors.unknownName(right.name)),
    ];
  }

  private async ifKnown(name: string, within: string | undefined): Promise<Value | undefined> {
    const { scope } = this;
    const found = (await scope.variable(name, within)) ?? (within === undefined ? await scope.cpuRegister(name) : undefined);
    return found && withoutReference(found, scope);
  }

  private async named(name: string, within: string | undefined): Promise<Value> {
    return (await this.ifKnown(name, within)) ?? fail(debugErrors.unknownName(within === undefined ? name : `${within}::${name}`));
  }

  private typeOf(name: TypeName): DataType {
    return resolveTypeName(name, this.scope.pointerSize, (text) => this.scope.type(text));
  }

  private sizeOf(type: DataType): Value {
    const { kind } = strip(type);
    // GNU C: void and functions count as one byte.
    const size = kind === 'void' || kind === 'function' ? 1 : sizeOf(type);
    return rvalue(BigInt(size ?? fail(debugErrors.incomplete(typeName(type)))), sizeType(this.scope.pointerSize));
  }

  private async truth(e: Expression): Promise<boolean> {
    const number = await numberOf(await this.value(e), '?', this.scope);
    return isFloatNumber(number) ? number.float !== 0 : number.value !== 0n;
  }

  private async unary(operator: '-' | '+' | '~' | '!' | '*' | '&', operand: Expression): Promise<Value> {
    const value = await this.value(operand);
    if (operator === '*') return dereference(value, '*', this.scope);
    if (operator !== '&') return negated(operator, value, this.scope);
    const size = this.scope.pointerSize;
    return rvalue(addressOf(value), { kind: 'pointer', flavour: 'pointer', size, target: value.type });
  }

  /** The member that offsetof means, of an object at address 0. */
  private async path(type: DataType, e: Expression): Promise<Value> {
    const scope = new TypesOnly(this.scope);
    if (e.kind === 'name') return member(memoryValue(0n, type), e.name, false, scope);
    if (e.kind === 'member' && !e.arrow) return member(await this.path(type, e.object), e.name, false, scope);
    if (e.kind === 'index') {
      const { value } = await integerOf(await this.value(e.index), '[]', this.scope);
      return index(await this.path(type, e.object), rvalue(value, literalType(value, '', true)), scope);
    }
    throw debugErrors.notAStruct(typeName(type), 'offsetof');
  }
}

function isArithmetic(type: DataType): boolean {
  return isInteger(type) || isFloat(type);
}

function enumeratorOf(e: Expression, type: DataType): Value | undefined {
  const found = findEnumerator(e, type);
  return found === undefined ? undefined : enumeratorValue(found, type);
}

function fail(error: Error): never {
  throw error;
}
