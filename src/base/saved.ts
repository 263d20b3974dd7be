// Saved state: what every part of a VM hands out and takes back, so that snapshots, digests, time travel and migration are one mechanism.

/** Plain data: structured-cloneable, serialised canonically (keys sorted) by `encodeSaved`. Numbers are safe integers; wider values are bigint. */
export type SavedValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly SavedValue[]
  | { readonly [key: string]: SavedValue };

/** A part that can save and restore the whole of its state. `restore(save())` is the identity, to the bit. */
export interface Stateful {
  save(): SavedValue;
  restore(state: SavedValue): void;
}
