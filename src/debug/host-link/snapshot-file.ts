// Snapshots as files: compressed, and written whole or not at all.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import { snapshotErrors } from '../../machine/control/snapshot-errors';

/** "HSSZ", then a zlib stream (RFC 1950). */
const MAGIC = Buffer.from('HSSZ');
/** Of a state of 3.5 GiB: more is no snapshot. */
const MOST_BYTES = 2 ** 32;

export function packSnapshot(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([MAGIC, deflateSync(bytes, { level: 3 })]);
}

/** Throws a UserError for what is no snapshot; what is in it, the host checks. */
export function unpackSnapshot(packed: Uint8Array): Uint8Array {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw snapshotErrors.unknown();
  try {
    return inflateSync(bytes.subarray(MAGIC.length), { maxOutputLength: MOST_BYTES });
  } catch {
    throw snapshotErrors.damaged();
  }
}

/** Errors of the file system go to the caller. */
export function writeSnapshotFile(path: string, bytes: Uint8Array): number {
  const packed = packSnapshot(bytes);
  const temporary = `${path}.part`;
  try {
    writeFileSync(temporary, packed);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return packed.length;
}

export const readSnapshotFile = (path: string): Uint8Array => unpackSnapshot(readFileSync(path));
