// Rust's values as its programmers read them: slices and strings by their pointer and length, tuples, and the active variant of an enum.
import { type CompositeType, type DataType, type Member, strip } from '../../symbols/types';
import { memoryValue, part, scalarOf, type Value, type ValuePort } from './value';

/** A pointer to elements and how many there are: &[T], &str, Box<[T]>. */
export interface SliceType {
  readonly pointer: Member;
  readonly length: Member;
  readonly element: DataType;
  readonly isText: boolean;
}

const MOST_ELEMENTS = 1n << 32n;

export function sliceType(type: CompositeType): SliceType | undefined {
  if (type.written === undefined || type.members.length !== 2) return undefined;
  const pointer = type.members.find(({ name }) => name === 'data_ptr');
  const length = type.members.find(({ name }) => name === 'length');
  const to = pointer && strip(pointer.type);
  if (!pointer || !length || to?.kind !== 'pointer') return undefined;
  return { pointer, length, element: to.target, isText: /^&(mut )?str$/.test(type.name) };
}

/** The elements as an array; undefined where the length makes no sense, so that the value is none. */
export async function sliceElements(value: Value, { pointer, length, element }: SliceType, port: ValuePort): Promise<Value | undefined> {
  const count = await scalarOf(part(value, length.bitOffset, length.type), port);
  const address = await scalarOf(part(value, pointer.bitOffset, pointer.type), port);
  const plain = strip(element);
  const size = 'size' in plain ? plain.size : undefined;
  if (size === undefined || BigInt(size) * count > MOST_ELEMENTS) return undefined;
  return memoryValue(address, { kind: 'array', element, dimensions: [Number(count)], size: size * Number(count), rust: true });
}

/** (A, B), struct Pair(A, B) and the variants that look like it: members have numbers for names. */
export function isTuple(type: CompositeType): boolean {
  return type.written !== undefined && type.members.length > 0 && type.members.every(({ name }, i) => name === `__${i}`);
}

/** As a person writes it behind a dot: "0" of a tuple. */
export function memberName(name: string): string {
  return /^__\d+$/.test(name) ? name.slice(2) : name;
}

/** "Point" of "kernel::geometry::Point<i32>"; empty for a tuple. */
export function shortName(type: CompositeType): string {
  if (type.name.startsWith('(')) return '';
  return type.name.replace(/<.*$/, '');
}
