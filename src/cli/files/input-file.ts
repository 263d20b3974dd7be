// Reads a file that the command line names.
import { readFileSync } from 'node:fs';
import { cliErrors, reasonOf } from '../errors';

export function readInput(what: string, path: string): Uint8Array {
  try {
    const bytes = readFileSync(path);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    throw cliErrors.unreadable(what, path, reasonOf(error));
  }
}
