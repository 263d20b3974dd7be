// Variant parts of structures (DWARF 5, 5.7.10): how Rust describes its enums. The discriminant may be a value that no other variant's
// data can have (a niche), then one variant has no value of its own.

import { DW_AT } from './dwarf/attributes';
import { DwarfCursor } from './dwarf/cursor';
import type { Die } from './dwarf/die';
import type { AttributeValue } from './dwarf/forms';
import { DW_TAG } from './dwarf/tags';
import { unsignedOf } from './location';
import { type Member, sizeOf, type Variant, type VariantPart } from './types';

const DW_DSC_range = 1;

export function readVariants(part: Die, memberOf: (die: Die) => Member): VariantPart {
  const discriminantDie = part.reference(DW_AT.discr);
  const discriminant = discriminantDie && memberOf(discriminantDie);
  const size = (discriminant && sizeOf(discriminant.type)) ?? 8;
  const variants: Variant[] = [];
  for (const die of part.children) {
    const member = die.tag === DW_TAG.variant ? die.children.find(({ tag }) => tag === DW_TAG.member) : undefined;
    if (member) variants.push({ member: memberOf(member), values: valuesOf(die, size) });
  }
  return { discriminant, variants };
}

function valuesOf(variant: Die, size: number): Variant['values'] {
  const value = variant.attribute(DW_AT.discr_value);
  const number = value && numberOf(value, size);
  if (number !== undefined) return [{ low: number, high: number }];
  const list = variant.block(DW_AT.discr_list);
  return list && listOf(list, size);
}

/** The bits, as wide as the discriminant: its sign does not matter for telling values apart. */
function numberOf(value: AttributeValue, size: number): bigint | undefined {
  if (value.class === 'constant') return BigInt.asUintN(size * 8, value.value);
  return value.class === 'block' ? BigInt.asUintN(size * 8, unsignedOf(value.bytes)) : undefined;
}

function listOf(bytes: Uint8Array, size: number): { low: bigint; high: bigint }[] {
  const cursor = new DwarfCursor(bytes);
  const values: { low: bigint; high: bigint }[] = [];
  while (!cursor.atEnd) {
    const isRange = cursor.u8() === DW_DSC_range;
    const low = BigInt.asUintN(size * 8, cursor.ulebBig());
    values.push({ low, high: isRange ? BigInt.asUintN(size * 8, cursor.ulebBig()) : low });
  }
  return values;
}
