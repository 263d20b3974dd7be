// Where parts of values are: what a pointer points to, members, elements, addresses (C17, 6.5.2.1, 6.5.2.3, 6.5.3.2).
import { typeName } from '../../symbols/type-name';
import { type DataType, elementOf, sizeOf, strip } from '../../symbols/types';
import { debugErrors } from '../debug-error';
import { findMember } from './members';
import { integerOf } from './operands';
import type { EvaluationScope } from './scope';
import { addressOf, memoryValue, part, scalarOf, type Value } from './value';
import { activeVariant } from './variants';

const MOST_ELEMENTS = 1_000_000n;

export async function dereference(value: Value, operator: string, scope: EvaluationScope): Promise<Value> {
  const plain = strip(value.type);
  if (plain.kind === 'array') return part(value, 0, elementOf(plain));
  if (plain.kind === 'function') return value;
  if (plain.kind !== 'pointer') throw debugErrors.notAPointer(typeName(value.type), operator);
  return memoryValue(await scalarOf(value, scope), plain.target);
}

/** C++'s references stand for what they refer to. */
export async function withoutReference(value: Value, scope: EvaluationScope): Promise<Value> {
  const plain = strip(value.type);
  return plain.kind === 'pointer' && plain.flavour !== 'pointer' ? dereference(value, '&', scope) : value;
}

export async function member(object: Value, name: string, arrow: boolean, scope: EvaluationScope): Promise<Value> {
  const isPointer = ['pointer', 'array'].includes(strip(object.type).kind);
  const operator = arrow ? '->' : '.';
  if (arrow && !isPointer) throw debugErrors.notAPointer(typeName(object.type), operator);
  // "p.x" on a pointer is what people mean by "p->x"; C would refuse it, Rust and Go do it.
  const target = isPointer ? await dereference(object, operator, scope) : object;
  const plain = strip(target.type);
  if (plain.kind !== 'struct' && plain.kind !== 'union' && plain.kind !== 'class')
    throw debugErrors.notAStruct(typeName(target.type), operator);
  const found = findMember(plain, name);
  if (found) return part(target, found.bitOffset, found.member.type, found.member.bitSize);
  if (plain.size === undefined) throw debugErrors.incomplete(typeName(plain));
  return (plain.variants && (await variantMember(target, name, scope))) ?? fail(debugErrors.noMember(typeName(target.type), name));
}

/** The active variant by its name, or one of its fields. */
async function variantMember(target: Value, name: string, scope: EvaluationScope): Promise<Value | undefined> {
  const plain = strip(target.type);
  const parts = 'variants' in plain ? plain.variants : undefined;
  const active = await activeVariant(target, scope);
  if (!parts || !active) return undefined;
  if (active.name === name) return active.value;
  if (parts.variants.some((variant) => variant.member.name === name))
    throw debugErrors.notThisVariant(typeName(target.type), active.name, name);
  const inner = strip(active.value.type);
  const found = inner.kind === 'struct' ? findMember(inner, name) : undefined;
  return found && part(active.value, found.bitOffset, found.member.type, found.member.bitSize);
}

export async function index(object: Value, at: Value, scope: EvaluationScope): Promise<Value> {
  const plain = strip(object.type);
  if (plain.kind === 'array') {
    const element = elementOf(plain);
    const size = sizeOrFail(element);
    const { value: number } = await integerOf(at, '[]', scope);
    const { location } = object;
    if (location.kind === 'memory') return memoryValue(location.address + number * BigInt(size), element);
    if (location.kind === 'physical')
      return { type: element, location: { kind: 'physical', address: location.address + number * BigInt(size) } };
    return part(object, Number(number) * size * 8, element);
  }
  // 6.5.2.1: a[b] is *(a + b), so that "2[list]" means "list[2]".
  if (plain.kind !== 'pointer') {
    if (['pointer', 'array'].includes(strip(at.type).kind)) return index(at, object, scope);
    throw debugErrors.notAPointer(typeName(object.type), '[]');
  }
  const { value: number } = await integerOf(at, '[]', scope);
  const size = BigInt(sizeOrFail(plain.target));
  const address = BigInt.asUintN(scope.pointerSize * 8, (await scalarOf(object, scope)) + number * size);
  return memoryValue(address, plain.target);
}

/** gdb's "first@count". */
export async function slice(first: Value, count: Value, scope: EvaluationScope): Promise<Value> {
  const { value: number } = await integerOf(count, '@', scope);
  const wanted = scope.typesOnly && number < 1n ? 1n : number;
  if (wanted < 1n || wanted > MOST_ELEMENTS) throw debugErrors.badCount(`${wanted}`);
  const { location } = first;
  if (location.kind !== 'physical') addressOf(first);
  const size = sizeOrFail(first.type) * Number(wanted);
  return { type: { kind: 'array', element: first.type, dimensions: [Number(wanted)], size }, location };
}

function sizeOrFail(type: DataType): number {
  return sizeOf(type) ?? fail(debugErrors.incomplete(typeName(type)));
}

function fail(error: Error): never {
  throw error;
}
