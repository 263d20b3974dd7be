// Which DIEs of a file define a name: sorted columns, found by where the name stands in .debug_str, so that no name is ever decoded.

import type { DebugInfo } from '../dwarf/info';
import { occurrences } from './occurrences';

/** What a name may be of. Types are told apart as C does; "plain" ones are typedefs and base types; of an enumerator the DIE is its enumeration's. */
export const NAME_KINDS = ['struct', 'union', 'enum', 'plain', 'abstract', 'function', 'global', 'enumerator'] as const;
export type NameKind = (typeof NAME_KINDS)[number];

/** Parallel: where the name is (sorted), and the DIE's offset in .debug_info. */
export interface NameColumns {
  readonly keys: Uint32Array;
  readonly dies: Float64Array;
}

/** Of keys: a name that is not in .debug_str, by its number among `texts`. */
export const TEXT_KEY = 0x8000_0000;

export interface NameIndexData {
  readonly columns: Readonly<Record<NameKind, NameColumns>>;
  readonly texts: readonly string[];
}

export class NameIndex {
  private readonly textKeys: ReadonlyMap<string, number>;

  constructor(
    private readonly info: DebugInfo,
    readonly data: NameIndexData,
  ) {
    this.textKeys = new Map(data.texts.map((text, i) => [text, TEXT_KEY + i]));
  }

  /** Offsets of the DIEs, in the file's order. */
  find(kind: NameKind, name: string): number[] {
    const { keys, dies } = this.data.columns[kind];
    const found: number[] = [];
    for (const key of this.keysOf(name)) for (let i = lowerBound(keys, key); i < keys.length && keys[i] === key; i++) found.push(dies[i]!);
    return found.sort((a, b) => a - b);
  }

  private keysOf(name: string): number[] {
    const strings = this.info.sections.optional('.debug_str');
    const keys = strings ? occurrences(strings.bytes(), name) : [];
    const text = this.textKeys.get(name);
    return text === undefined ? keys : [...keys, text];
  }
}

export function lowerBound(keys: Uint32Array, key: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
