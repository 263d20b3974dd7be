// Compares result lines. A difference is either explained in the list below, with its reason, or a bug.
import type { InsnRow } from '../../src/x86/insn/row';
import { parseLine, type Vector } from './vector';

const FLAG_BIT: Record<string, bigint> = { c: 1n, p: 4n, a: 16n, z: 64n, s: 128n, o: 2048n };

/** Bits of RFLAGS that the row leaves undefined: processors differ in them. */
export const undefinedFlags = (item: InsnRow | undefined): bigint =>
  [...(item?.flags?.undefined ?? '')].reduce((mask, letter) => mask | (FLAG_BIT[letter] ?? 0n), 0n);

interface Explained {
  reason: string;
  applies: (vector: Vector, native: Map<string, string>, ours: Map<string, string>) => boolean;
}

const named = (vector: Vector, ...names: string[]): boolean => names.includes(vector.id.split('.')[1] ?? '');
const upperHalf = (words: Map<string, string>): boolean => BigInt(`0x${words.get('cr2') ?? '0'}`) >> 63n === 1n;

export const EXPLAINED: readonly Explained[] = [
  {
    reason: 'POPA that faults midway: AMD processors have loaded the registers before the fault, we commit all or nothing as the manual describes',
    applies: (vector, native, ours) => named(vector, 'POPA') && native.get('vector') === 'e' && ours.get('cr2') === native.get('cr2'),
  },
  {
    reason: 'SHLD, SHRD of 16 bits by more than 16: result and flags are undefined (SDM vol 2)',
    applies: (vector) => named(vector, 'SHLD', 'SHRD') && vector.code.includes(0x66),
  },
  {
    reason:
      "an access to the upper half of the address space meets the host kernel's own mappings there, so that P in the error code says something else",
    applies: (_vector, native, ours) =>
      native.get('vector') === 'e' && ours.get('vector') === 'e' && upperHalf(native) && native.get('cr2') === ours.get('cr2'),
  },
];

const flagsNotCompared = (vector: Vector, item: InsnRow | undefined): bigint =>
  // OF after a double shift by more than one
  undefinedFlags(item) | (named(vector, 'SHLD', 'SHRD') ? FLAG_BIT.o! : 0n);

/** Undefined: equal or explained. Otherwise what differs, as "name: theirs / ours". `strict`: undefined flags too. */
export const difference = (vector: Vector, item: InsnRow | undefined, native: string, ours: string): string | undefined => {
  const [a, b] = [parseLine(native), parseLine(ours)];
  const before = (vector.rflags & 0x24_0dd5n) | 0x202n;
  const ignored = flagsNotCompared(vector, item);
  const found: string[] = [];
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    if (name === 'id') continue;
    let [left, right] = [a.get(name), b.get(name)];
    if (name === 'rflags') {
      const masked = (text: string | undefined): string => ((text === undefined ? before : BigInt(`0x${text}`)) & ~ignored).toString(16);
      [left, right] = [masked(left), masked(right)];
    }
    if (left !== right) found.push(`${name}: ${left ?? 'unchanged'} / ${right ?? 'unchanged'}`);
  }
  if (found.length === 0 || EXPLAINED.some(({ applies }) => applies(vector, a, b))) return undefined;
  return found.join(', ');
};
