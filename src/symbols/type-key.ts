// Under which name a type is looked up: C's tag kinds, and one spelling of each integer type ("long unsigned int" is gcc's, "unsigned long" clang's).

import { DW_TAG } from './dwarf/tags';

const INTEGER_WORDS: ReadonlySet<string> = new Set(['signed', 'unsigned', 'char', 'short', 'int', 'long']);

/** The key of a DIE: "struct task", "enum state", or the plain name of typedefs and base types. */
export function typeKey(tag: number, name: string): string {
  switch (tag) {
    case DW_TAG.structure_type:
    case DW_TAG.class_type:
      return `struct ${name}`;
    case DW_TAG.union_type:
      return `union ${name}`;
    case DW_TAG.enumeration_type:
      return `enum ${name}`;
    default:
      return integerKey(name);
  }
}

/** The key of what a person writes. */
export function spokenTypeKey(text: string): string {
  const clean = text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/^class /, 'struct ');
  return integerKey(clean);
}

function integerKey(name: string): string {
  const words = name.split(' ');
  if (!words.every((word) => INTEGER_WORDS.has(word))) return name;
  const count = (wanted: string): number => words.filter((word) => word === wanted).length;
  const sign = count('unsigned') > 0 ? 'unsigned ' : '';
  if (count('char') > 0) return `${sign || (count('signed') > 0 ? 'signed ' : '')}char`;
  if (count('short') > 0) return `${sign}short`;
  return sign + (['int', 'long', 'long long'][count('long')] ?? 'long long');
}
