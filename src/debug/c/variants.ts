// Which variant of a Rust enum a value is now: read from its discriminant, which may be a part of the data (a niche).

import type { LocationPort } from '../../symbols/location';
import { unsignedOf } from '../../symbols/location';
import { strip, type Variant, type VariantPart } from '../../symbols/types';
import { bytesOf, part, type Value } from './value';

export interface ActiveVariant {
  readonly name: string;
  /** Its fields. */
  readonly value: Value;
}

export function variantsOf(value: Value): VariantPart | undefined {
  const plain = strip(value.type);
  return 'variants' in plain ? plain.variants : undefined;
}

/** undefined: the discriminant means none of them, so the memory holds something else. */
export async function activeVariant(value: Value, port: LocationPort): Promise<ActiveVariant | undefined> {
  const parts = variantsOf(value);
  if (!parts) return undefined;
  const found = await find(value, parts, port);
  return found && { name: found.member.name, value: part(value, found.member.bitOffset, found.member.type) };
}

async function find(value: Value, { discriminant, variants }: VariantPart, port: LocationPort): Promise<Variant | undefined> {
  if (!discriminant) return variants[0];
  const bits = unsignedOf(await bytesOf(part(value, discriminant.bitOffset, discriminant.type, discriminant.bitSize), port));
  const exact = variants.find(({ values }) => values?.some(({ low, high }) => bits >= low && bits <= high));
  return exact ?? variants.find(({ values }) => values === undefined);
}
