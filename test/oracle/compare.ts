// Compares result lines. A difference is either explained here, with its reason, or a bug.
import type { InsnRow } from '../../src/x86/insn/row';
import { parseLine } from './vector';

const FLAG_BIT: Record<string, bigint> = { c: 1n, p: 4n, a: 16n, z: 64n, s: 128n, o: 2048n };

/** Bits of RFLAGS that the row leaves undefined. */
export const undefinedFlags = (item: InsnRow | undefined): bigint =>
  [...(item?.flags?.undefined ?? '')].reduce((mask, letter) => mask | (FLAG_BIT[letter] ?? 0n), 0n);

export interface Leniency {
  /** RFLAGS bits not compared. */
  flags: bigint;
}

/** Undefined: equal. Otherwise what differs, as "name: theirs / ours". */
export const difference = (native: string, ours: string, rflagsBefore: bigint, leniency: Leniency): string | undefined => {
  const [a, b] = [parseLine(native), parseLine(ours)];
  const found: string[] = [];
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    if (name === 'id') continue;
    let [left, right] = [a.get(name), b.get(name)];
    if (name === 'rflags') {
      const masked = (text: string | undefined): string =>
        ((text === undefined ? rflagsBefore : BigInt(`0x${text}`)) & ~leniency.flags).toString(16);
      [left, right] = [masked(left), masked(right)];
    }
    if (left !== right) found.push(`${name}: ${left ?? 'unchanged'} / ${right ?? 'unchanged'}`);
  }
  return found.length === 0 ? undefined : found.join(', ');
};
