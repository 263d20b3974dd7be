// The type names a cast may use: C's own, those of the program, and a few that everybody knows.
import { arraySize, type DataType, VOID } from '../../symbols/types';
import { debugErrors } from '../debug-error';
import type { Derivation, TypeName } from './ast';
import { DOUBLE, FLOAT } from './float';
import { ATE, BOOL, CHAR, INT, INT128, LONG, sizeType, UNSIGNED, UNSIGNED_INT128, UNSIGNED_LONG, unsignedType } from './number';

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
  float: FLOAT,
  double: DOUBLE,
};

/** 80 bits, padded. */
const LONG_DOUBLE: DataType = { kind: 'base', name: 'long double', size: 16, encoding: ATE.float };

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
  const found =
    baseType(type.words, pointerSize) ?? lookup(written) ?? (isCommonTypeName(written) ? common(written, pointerSize) : undefined);
  if (!found) throw debugErrors.unknownType(written);
  const parameter = (each: TypeName): DataType => resolveTypeName(each, pointerSize, lookup);
  return type.derived.reduce<DataType>((inner, derivation) => derive(inner, derivation, pointerSize, parameter), found);
}

function derive(inner: DataType, derivation: Derivation, pointerSize: number, parameter: (type: TypeName) => DataType): DataType {
  switch (derivation.kind) {
    case 'pointer':
      return { kind: 'pointer', flavour: 'pointer', size: pointerSize, target: inner };
    case 'array':
      return { kind: 'array', element: inner, dimensions: derivation.bounds, size: arraySize(inner, derivation.bounds) };
    case 'function': {
      const { variadic, prototyped } = derivation;
      return { kind: 'function', result: inner, parameters: derivation.parameters.map(parameter), variadic, prototyped };
    }
  }
}

function common(name: string, pointerSize: number): DataType | undefined {
  if (name === 'size_t' || name === 'uintptr_t') return sizeType(pointerSize);
  return COMMON[name];
}

/** "long unsigned int", "unsigned long long": C lets the words stand in any order. */
function baseType(words: readonly string[], pointerSize: number): DataType | undefined {
  if (words.some((word) => ['struct', 'union', 'enum', 'class'].includes(word))) return undefined;
  const count = (word: string) => words.filter((each) => each === word).length;
  const unsigned = count('unsigned') > 0;
  const longs = count('long');
  if (count('__int128') > 0) return unsigned ? UNSIGNED_INT128 : INT128;
  if (longs > 0 && count('double') > 0) return LONG_DOUBLE;
  if (longs > 0) {
    if (pointerSize === 4 && longs === 1) return unsigned ? UNSIGNED : INT;
    return unsigned ? UNSIGNED_LONG : LONG;
  }
  const core = ['char', 'short', 'int', 'float', 'double', 'void', '_Bool', 'bool'].find((word) => count(word) > 0);
  if (!core) return words.length === 1 && (unsigned || count('signed') > 0) ? (unsigned ? UNSIGNED : INT) : undefined;
  if (core === 'char' && count('signed') > 0) return BASE['signed char'];
  return BASE[unsigned ? `unsigned ${core}` : core];
}
