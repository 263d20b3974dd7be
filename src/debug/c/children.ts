// What a variables view shows below a value: members, elements (in pages), what a pointer points to.
import { typeName } from '../../symbols/type-name';
import { type CompositeType, type DataType, sizeOf, strip } from '../../symbols/types';
import { elementAt } from './format';
import { memberName, sliceElements, sliceType } from './rust';
import { memoryValue, part, scalarOf, type Value, type ValuePort } from './value';
import { activeVariant } from './variants';

export interface Child {
  readonly name: string;
  /** A C expression that evaluates to it; undefined where there is none. */
  readonly expression: string | undefined;
  readonly value: Value;
}

export interface ChildCounts {
  readonly named: number;
  readonly indexed: number;
}

const NONE: ChildCounts = { named: 0, indexed: 0 };

/** Of a type alone: whether an arrow is drawn must cost nothing. */
export function childCounts(value: Value): ChildCounts {
  const { kind } = value.location;
  if (kind === 'optimizedOut' || kind === 'unavailable') return NONE;
  return countsOf(value.type);
}

function countsOf(type: DataType): ChildCounts {
  const plain = strip(type);
  switch (plain.kind) {
    case 'struct':
    case 'union':
    case 'class':
      return { named: membersBelow(plain), indexed: 0 };
    case 'array':
      return { named: 0, indexed: sizeOf(plain.element) === undefined ? 0 : (plain.dimensions[0] ?? 0) };
    case 'pointer': {
      const target = strip(plain.target);
      if (target.kind === 'struct' || target.kind === 'union' || target.kind === 'class')
        return { named: membersBelow(target), indexed: 0 };
      return { named: target.kind === 'function' || sizeOf(target) === undefined ? 0 : 1, indexed: 0 };
    }
    default:
      return NONE;
  }
}

/** An enum of Rust shows its active variant; a slice its elements as well. */
function membersBelow(type: CompositeType): number {
  if (type.variants) return 1;
  return type.members.length + (sliceType(type) ? 1 : 0);
}

/** Elements [start, start + count). */
export function elements(value: Value, expression: string | undefined, start: number, count: number): Child[] {
  const plain = strip(value.type);
  if (plain.kind !== 'array') return [];
  const end = Math.min(start + count, plain.dimensions[0] ?? 0);
  const children: Child[] = [];
  for (let i = start; i < end; i++) {
    children.push({ name: `[${i}]`, expression: expression && `${postfix(expression)}[${i}]`, value: elementAt(value, i) });
  }
  return children;
}

export async function namedChildren(value: Value, expression: string | undefined, port: ValuePort): Promise<Child[]> {
  const plain = strip(value.type);
  if (plain.kind === 'pointer') {
    const address = await scalarOf(value, port);
    const target = memoryValue(address, plain.target);
    const inner = strip(plain.target);
    if (inner.kind === 'struct' || inner.kind === 'union' || inner.kind === 'class') {
      return members(target, expression && `${postfix(expression)}->`, expression && `(*${expression})`, port);
    }
    return [{ name: expression ? `*${postfix(expression)}` : '*', expression: expression && `*${postfix(expression)}`, value: target }];
  }
  return members(value, expression && `${postfix(expression)}.`, expression, port);
}

async function members(value: Value, prefix: string | undefined, whole: string | undefined, port: ValuePort): Promise<Child[]> {
  const plain = strip(value.type);
  if (plain.kind !== 'struct' && plain.kind !== 'union' && plain.kind !== 'class') return [];
  if (plain.variants) {
    const active = await activeVariant(value, port);
    return active ? [{ name: active.name, expression: prefix && `${prefix}${active.name}`, value: active.value }] : [];
  }
  const own = plain.members.map((member) => {
    const child = part(value, member.bitOffset, member.type, member.bitSize);
    // C looks through anonymous members: their names are the parent's.
    if (member.name === '') return { name: `(${typeName(member.type).replace(' {…}', '')})`, expression: whole, value: child };
    const name = plain.written === undefined ? member.name : memberName(member.name);
    return { name, expression: prefix && `${prefix}${name}`, value: child };
  });
  const slice = sliceType(plain);
  const elements = slice && (await sliceElements(value, slice, port));
  if (!slice || !elements) return own;
  const pointer = prefix && `*${prefix}${slice.pointer.name}@${prefix}${slice.length.name}`;
  return [{ name: 'elements', expression: pointer, value: elements }, ...own];
}

/** Parenthesised where a suffix would bind to only a part of it. */
function postfix(expression: string): string {
  return /^[\w$.[\]]+(->[\w$.[\]]+)*$/.test(expression) || /^\([^()]*\)$/.test(expression) ? expression : `(${expression})`;
}
