// Members of structures and unions by name, seen through anonymous ones as C does (C17, 6.7.2.1p13), and enumerators.
import { type CompositeType, type DataType, type Member, strip } from '../../symbols/types';
import type { Expression } from './ast';

export interface FoundMember {
  readonly bitOffset: number;
  readonly member: Member;
}

const MAX_NESTING = 16;

export function findMember(type: CompositeType, name: string, depth = 0): FoundMember | undefined {
  for (const member of type.members) {
    if (member.name === name) return { bitOffset: member.bitOffset, member };
    if (depth >= MAX_NESTING || !(member.name === '' || member.inherited)) continue;
    const inner = strip(member.type);
    if (inner.kind !== 'struct' && inner.kind !== 'union' && inner.kind !== 'class') continue;
    const found = findMember(inner, name, depth + 1);
    if (found) return { bitOffset: member.bitOffset + found.bitOffset, member: found.member };
  }
  return undefined;
}

/** The value of a name that is one of the enumeration's. */
export function findEnumerator(e: Expression, type: DataType): bigint | undefined {
  const plain = strip(type);
  if (e.kind !== 'name' || plain.kind !== 'enum') return undefined;
  return plain.enumerators.find(({ name }) => name === e.name)?.value;
}
