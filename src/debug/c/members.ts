// Members of structures and unions by name, seen through anonymous ones as C does (C17, 6.7.2.1p13), and the type names a cast may use.
import { type CompositeType, type DataType, type Member, sizeOf, strip, VOID } from '../../symbols/types';
import { debugErrors } from '../debug-error';
import type { Expression, TypeName } from './ast';
import { ATE, BOOL, CHAR, INT, LONG, UNSIGNED, UNSIGNED_LONG, unsignedType } from './number';

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

const BASE: Readonly<Record<string, DataType>> = {
  void: VOID,
  char: CHAR,
  'signed char': { kind: 'base', name: 'signed char', size: 1, encoding: ATE.signedChar },
  'unsigned char': unsignedType(1),
  short: { kind: 'base', name: 'short', size: 2, encoding: ATE.signed },
  'unsigned short': unsignedType(2),
  int: INT,
  unsigned: UNSIGNED,
  'unsigned int': UNSIGNED,
  long: LONG,
  'unsigned long': UNSIGNED_LONG,
  _Bool: BOOL,
  bool: BOOL,
  float: { kind: 'base', name: 'float', size: 4, encoding: ATE.float },
  double: { kind: 'base', name: 'double', size: 8, encoding: ATE.float },
};

/** Names that work in a cast whether the debug information has them or not. */
const COMMON: Readonly<Record<string, DataType>> = {
  u8: unsignedType(1),
  u16: unsignedType(2),
  u32: UNSIGNED,
  u64: UNSIGNED_LONG,
  uint8_t: unsignedType(1),
  uint16_t: unsignedType(2),
  uint32_t: UNSIGNED,
  uint64_t: UNSIGNED_LONG,
  int8_t: BASE['signed char']!,
  int16_t: BASE.short!,
  int32_t: INT,
  int64_t: LONG,
  uintptr_t: UNSIGNED_LONG,
  size_t: UNSIGNED_LONG,
};

export function isCommonTypeName(name: string): boolean {
  return Object.hasOwn(COMMON, name);
}

/** `lookup` gets "struct page" or "page_t". */
export function resolveTypeName(type: TypeName, pointerSize: number, lookup: (name: string) => DataType | undefined): DataType {
  const written = type.words.join(' ');
  let found = baseType(type.words, pointerSize) ?? lookup(written) ?? (isCommonTypeName(written) ? COMMON[written] : undefined);
  if (!found) throw debugErrors.unknownType(written);
  for (let i = 0; i < type.pointers; i++) found = { kind: 'pointer', flavour: 'pointer', size: pointerSize, target: found };
  if (type.bounds.length > 0) {
    const element = sizeOf(found);
    const count = type.bounds.reduce((product, bound) => product * bound, 1);
    found = { kind: 'array', element: found, dimensions: type.bounds, size: element === undefined ? undefined : element * count };
  }
  return found;
}

/** "long unsigned int", "unsigned long long": C lets the words stand in any order. */
function baseType(words: readonly string[], pointerSize: number): DataType | undefined {
  if (words.some((word) => ['struct', 'union', 'enum'].includes(word))) return undefined;
  const count = (word: string) => words.filter((each) => each === word).length;
  const unsigned = count('unsigned') > 0;
  const longs = count('long');
  if (longs > 0 && count('double') === 0) {
    if (pointerSize === 4 && longs === 1) return unsigned ? UNSIGNED : INT;
    return unsigned ? UNSIGNED_LONG : LONG;
  }
  const core = ['char', 'short', 'int', 'float', 'double', 'void', '_Bool', 'bool'].find((word) => count(word) > 0);
  if (!core) return words.length === 1 && (unsigned || count('signed') > 0) ? (unsigned ? UNSIGNED : INT) : undefined;
  if (core === 'char' && count('signed') > 0) return BASE['signed char'];
  return BASE[unsigned ? `unsigned ${core}` : core];
}
