// A pack of machine code from the one before and from what a process has left to be made: each part of its work is a module's bytes, or nothing for one of the pack before that it used.
import { packedBytes, packOf, partsOf } from './module-pack';
import { compiledModule } from './v8-natives';

const MOST_BYTES = 4 * 1024 * 1024;

/** What was used last comes first, and what is too much goes. */
export function newPack(before: Uint8Array | undefined, work: Uint8Array): Uint8Array {
  const known = before === undefined ? new Map<string, Uint8Array>() : partsOf(before);
  const made = new Map<string, Uint8Array>();
  let left = MOST_BYTES;
  const take = (name: string, code: Uint8Array | undefined): void => {
    if (code === undefined || made.has(name) || packedBytes(code) > left) return;
    made.set(name, code);
    left -= packedBytes(code);
  };
  for (const [name, bytes] of partsOf(work)) take(name, bytes.length === 0 ? known.get(name) : compiledModule(new Uint8Array(bytes)));
  for (const [name, code] of known) take(name, code);
  return packOf(made);
}
