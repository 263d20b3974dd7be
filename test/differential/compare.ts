// Compares a native result with the engine's, field by field. Flags that the row calls undefined do not count.

import { flagsOf, formatResult, formatVector, type Result, type Vector } from '../../src/engine/vectors/vector';
import { Decoder } from '../../src/x86/decode/decoder';
import type { InsnRow } from '../../src/x86/insn/row';
import { INSN_ROWS } from '../../src/x86/insn/rows';
import { ModeBit } from '../../src/x86/layout';
import { EXPLAINED } from './explained';
import { undefinedFlagsOf } from './undefined-flags';

const MODE_LONG = ModeBit.longMode | ModeBit.protectedMode | ModeBit.user | ModeBit.paging | ModeBit.flat;
const MODE_64 = MODE_LONG | ModeBit.code64;
const MODE_32 = MODE_LONG | ModeBit.code32 | ModeBit.stack32;

export interface Difference {
  vector: Vector;
  row: InsnRow | undefined;
  fields: string[];
  native: Result;
  engine: Result;
}

export class Comparer {
  private readonly decoder = new Decoder(INSN_ROWS);
  /** How often each explanation was used. */
  readonly explained = new Map<string, number>();

  rowOf(v: Vector): InsnRow | undefined {
    const bytes = new Uint8Array(16);
    bytes.set(v.code.subarray(0, 16));
    return this.decoder.decode(bytes, 0, 16, v.mode32 ? MODE_32 : MODE_64).row;
  }

  /** Flags that any instruction of the vector leaves undefined. */
  private undefinedFlags(v: Vector): bigint {
    let mask = 0n;
    const bytes = new Uint8Array(v.code.length + 16);
    bytes.set(v.code);
    for (let at = 0; at < v.code.length; ) {
      const d = this.decoder.decode(bytes, at, bytes.length, v.mode32 ? MODE_32 : MODE_64);
      mask |= undefinedFlagsOf(d, v, at === 0);
      at += Math.max(d.length, 1);
    }
    return mask;
  }

  /** Undefined where they agree. */
  compare(vector: Vector, native: Result, engine: Result): Difference | undefined {
    const row = this.rowOf(vector);
    const ignored = this.undefinedFlags(vector);
    const flags = (result: Result): bigint => flagsOf(result, vector) & ~ignored;
    const names = new Set([...native.keys(), ...engine.keys()]);
    const fields: string[] = [];
    for (const field of names) {
      if (field === 'id') continue;
      const same = field === 'rflags' ? flags(native) === flags(engine) : native.get(field) === engine.get(field);
      if (same) continue;
      const reason = EXPLAINED.find((item) => item.applies({ row, vector, native, engine, field }))?.reason;
      if (reason === undefined) fields.push(field);
      else this.explained.set(reason, (this.explained.get(reason) ?? 0) + 1);
    }
    return fields.length > 0 ? { vector, row, fields, native, engine } : undefined;
  }
}

export const describeDifference = ({ vector, row, fields, native, engine }: Difference): string =>
  [
    `${row ? `${row.name} ${row.encoding} (${row.operandText})` : 'no row'}: ${fields.join(' ')}`,
    `  vector ${formatVector(vector)}`,
    `  native ${formatResult(native)}`,
    `  engine ${formatResult(engine)}`,
  ].join('\n');
