// Casts and assignments (C17, 6.5.4 and 6.5.16).
import { typeName } from '../../symbols/type-name';
import { type DataType, sizeOf, strip } from '../../symbols/types';
import { debugErrors } from '../debug-error';
import { isFloatNumber } from './float';
import { isInteger, unsignedType } from './number';
import { bitsOf, convertTo, numberOf, toValue } from './operands';
import type { EvaluationScope } from './scope';
import { addressOf, bytesOf, memoryValue, rvalue, scalarOf, assign as store, type Value, writeBytes } from './value';

const WHOLES: readonly string[] = ['array', 'struct', 'union', 'class'];

export async function cast(type: DataType, operand: Value, scope: EvaluationScope): Promise<Value> {
  const to = strip(type);
  if (WHOLES.includes(to.kind)) {
    // Not C, but what everybody wants: look at these bytes as that type.
    const from = strip(operand.type);
    if (operand.location.kind === 'physical') return { type, location: operand.location };
    const address = from.kind === 'pointer' || isInteger(from) ? await scalarOf(operand, scope) : addressOf(operand);
    return memoryValue(address, type);
  }
  if (to.kind === 'void') return rvalue(0n, type);
  const operator = `(${typeName(type)})`;
  const number = await numberOf(operand, operator, scope);
  switch (to.kind) {
    case 'base':
      return { ...toValue(convertTo(number, to)), type };
    case 'pointer':
    case 'enum': {
      if (isFloatNumber(number) && to.kind === 'pointer') throw debugErrors.notAnInteger(typeName(operand.type), operator);
      const { value } = isFloatNumber(number) ? (convertTo(number, unsignedType(to.size)) as { value: bigint }) : number;
      return rvalue(BigInt.asUintN(to.size * 8, value), type);
    }
    default:
      throw debugErrors.incomplete(typeName(type));
  }
}

export async function assign(target: Value, value: Value, scope: EvaluationScope): Promise<void> {
  const to = strip(target.type);
  if (WHOLES.includes(to.kind)) return assignWhole(target, value, scope);
  const number = await numberOf(value, '=', scope);
  if (to.kind !== 'base') {
    if (isFloatNumber(number)) throw debugErrors.notAnInteger(typeName(value.type), '=');
    return store(target, number.value, scope);
  }
  return store(target, bitsOf(convertTo(number, to)), scope);
}

async function assignWhole(target: Value, value: Value, scope: EvaluationScope): Promise<void> {
  const same = sizeOf(target.type) === sizeOf(value.type) && typeName(strip(target.type)) === typeName(strip(value.type));
  if (!same) throw debugErrors.differentTypes(typeName(target.type), typeName(value.type));
  if (target.location.kind !== 'memory' && target.location.kind !== 'physical') throw debugErrors.assignType(typeName(target.type));
  return writeBytes(target.location, await bytesOf(value, scope), scope);
}
