// A snapshot of the whole host as bytes: a header that says what it is, with a hash of what follows, the files and settings it belongs to, then the canonical encoding of its state.
// Read back in a new process, on any machine, by a host of the same files and settings; it is then the same state to the digest.
import type { SavedValue } from '../../base/saved';
import { UserError } from '../../base/user-error';
import type { Host } from '../host';
import { hostDigest } from './digest';
import { Hash128 } from './hash';
import type { Identity } from './identity';
import { decodeSaved, encodeSaved } from './saved-codec';

/** "HSSN" and the version of everything behind it. */
const MAGIC = 0x4e53_5348;
/** To be raised whenever what is saved changes. The hash is that of all fields (test/machine/snapshot-layout.test.ts computes it, and says when it is another). */
export const SNAPSHOT_LAYOUT = { version: 5, hash: 'cba1370420dc4333' } as const;
const VERSION = SNAPSHOT_LAYOUT.version;
/** Hash128 of the body, in hexadecimal. */
const HASH = 8;
const HEADER = HASH + 32;
/** Of a hash, in messages. */
const SHOWN_DIGITS = 12;

export const snapshotErrors = {
  unknown: () => new UserError('snapshot-unknown', 'this is no snapshot of a host: give a file that was made by saving one'),
  version: (version: number) =>
    new UserError('snapshot-version', `this snapshot is of version ${version}, and this program reads version ${VERSION}: make it again`),
  damaged: () => new UserError('snapshot-damaged', 'the snapshot is damaged or cut short: make it again'),
  otherSetting: (name: string, saved: string | undefined, own: string | undefined) =>
    new UserError(
      'snapshot-other-host',
      `the snapshot was made with another configuration: "${name}" was ${saved ?? 'not set'}, and here it is ${own ?? 'not set'}; use what it was made with`,
    ),
  otherFile: (role: string, saved: string, own: string) =>
    new UserError('snapshot-other-file', `the snapshot was made with another file: its ${role} is ${saved}, and here it is ${own}`),
} as const;

interface Saved {
  identity: Identity;
  digest: string;
  host: SavedValue;
}

function check(saved: Identity, own: Identity): void {
  for (const name of new Set([...Object.keys(own.settings), ...Object.keys(saved.settings)])) {
    if (saved.settings[name] !== own.settings[name]) throw snapshotErrors.otherSetting(name, saved.settings[name], own.settings[name]);
  }
  const text = (of: Identity, role: string): string => {
    const file = of.files.find((each) => each.role === role);
    return file === undefined ? 'missing' : `${file.name} (SHA-256 ${file.sha256.slice(0, SHOWN_DIGITS)}…)`;
  };
  for (const { role } of [...own.files, ...saved.files]) {
    const hash = (of: Identity): string | undefined => of.files.find((each) => each.role === role)?.sha256;
    if (hash(saved) !== hash(own)) throw snapshotErrors.otherFile(role, text(saved, role), text(own, role));
  }
}

function hashOf(body: Uint8Array): Uint8Array {
  const hash = new Hash128();
  hash.bytes(body);
  return new TextEncoder().encode(hash.hex());
}

export function writeSnapshot(host: Host): Uint8Array {
  const identity = host.identity as unknown as SavedValue;
  const body = encodeSaved({ identity, digest: hostDigest(host), host: host.save() });
  const bytes = new Uint8Array(HEADER + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  bytes.set(hashOf(body), HASH);
  bytes.set(body, HEADER);
  return bytes;
}

export function readSnapshot(host: Host, bytes: Uint8Array): void {
  if (bytes.length < HASH) throw snapshotErrors.unknown();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw snapshotErrors.unknown();
  const version = view.getUint32(4, true);
  if (version !== VERSION) throw snapshotErrors.version(version);
  const body = bytes.subarray(HEADER);
  if (hashOf(body).some((digit, i) => bytes[HASH + i] !== digit)) throw snapshotErrors.damaged();
  const saved = decoded(body);
  check(saved.identity, host.identity);
  try {
    host.restore(saved.host);
  } catch {
    throw snapshotErrors.damaged();
  }
  if (hostDigest(host) !== saved.digest) throw snapshotErrors.damaged();
}

function decoded(body: Uint8Array): Saved {
  let saved: Partial<Saved> | null;
  try {
    saved = decodeSaved(body) as unknown as Partial<Saved> | null;
  } catch {
    throw snapshotErrors.damaged();
  }
  const { identity, digest, host } = saved ?? {};
  if (!Array.isArray(identity?.files) || typeof identity.settings !== 'object' || typeof digest !== 'string' || host === undefined)
    throw snapshotErrors.damaged();
  return { identity, digest, host };
}
