// A snapshot of the whole host as bytes: a header that says what it is, then the canonical encoding of its state. Read back in a new process by a host of the same configuration.
import type { SavedValue } from '../../base/saved';
import { UserError } from '../../base/user-error';
import type { HostConfig } from '../control/types';
import type { Host } from '../host';
import { decodeSaved, encodeSaved } from './saved-codec';

/** "HSSN" and the version of everything behind it. */
const MAGIC = 0x4e53_5348;
/** To be raised whenever what is saved changes. The hash is that of all fields (test/machine/snapshot-layout.test.ts computes it, and says when it is another). */
export const SNAPSHOT_LAYOUT = { version: 2, hash: '85bf9d6e47c32497' } as const;
const VERSION = SNAPSHOT_LAYOUT.version;
const HEADER = 8;

export const snapshotErrors = {
  unknown: () => new UserError('snapshot-unknown', 'this is no snapshot of a host: give a file that was made by saving one'),
  version: (version: number) =>
    new UserError('snapshot-version', `this snapshot is of version ${version}, and this program reads version ${VERSION}: make it again`),
  damaged: () => new UserError('snapshot-damaged', 'the snapshot is damaged or cut short: make it again'),
  otherHost: (what: string) =>
    new UserError('snapshot-other-host', `the snapshot was made with another configuration (${what}): use the one it was made with`),
} as const;

/** What must be equal for a state to fit. */
function shape(config: HostConfig): Record<string, SavedValue> {
  return {
    pcpus: config.pcpus,
    neighbours: JSON.stringify(config.neighbours),
    vms: config.vms.length,
    memory: config.vms.map((vm) => vm.memory),
    vcpus: config.vms.map((vm) => vm.vcpus),
    hypervisor: config.vms.map((vm) => vm.hypervisor),
    model: config.vms.map((vm) => vm.model),
  };
}

export function writeSnapshot(host: Host): Uint8Array {
  const body = encodeSaved({ shape: shape(host.config), host: host.save() });
  const bytes = new Uint8Array(HEADER + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  bytes.set(body, HEADER);
  return bytes;
}

export function readSnapshot(host: Host, bytes: Uint8Array): void {
  if (bytes.length < HEADER) throw snapshotErrors.unknown();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw snapshotErrors.unknown();
  const version = view.getUint32(4, true);
  if (version !== VERSION) throw snapshotErrors.version(version);
  let saved: { shape: Record<string, SavedValue>; host: SavedValue };
  try {
    saved = decodeSaved(bytes.subarray(HEADER)) as typeof saved;
  } catch {
    throw snapshotErrors.damaged();
  }
  const own = shape(host.config);
  for (const [what, value] of Object.entries(own)) {
    if (JSON.stringify(saved.shape[what]) !== JSON.stringify(value)) throw snapshotErrors.otherHost(what);
  }
  host.restore(saved.host);
}
