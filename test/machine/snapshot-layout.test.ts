// A snapshot's version goes up whenever what is saved changes: old files are then refused by name, not read as something else. What counts is the tree of field
// names and kinds of value that a host with every part saves, and the layout of a vCPU's state.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { SavedValue } from '../../src/base/saved';
import { hostConfig } from '../../src/cli/run/host-config';
import { parseRun } from '../../src/cli/run/parse-run';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import { SNAPSHOT_LAYOUT } from '../../src/machine/state/snapshot';
import { S } from '../../src/x86/layout';

/** Fields and kinds of value; of an array, the different kinds of its elements. */
function shapeOf(value: SavedValue): unknown {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return [...new Set(value.map((each) => JSON.stringify(shapeOf(each))))].sort();
  const fields = value as Record<string, SavedValue>;
  return Object.fromEntries(
    Object.keys(fields)
      .sort()
      .map((name) => [name, shapeOf(fields[name]!)]),
  );
}

describe('snapshot layout', () => {
  it('is that of the version', async () => {
    // Two vCPUs, timers, IPIs and a neighbour at work: queues are not empty, nothing is still unset.
    const image = join(__dirname, '../../samples/kvm-c/kvm-c.elf');
    const shapes: unknown[] = [S];
    for (const hypervisor of ['kvm', 'xen', 'none']) {
      const options = ['--hypervisor', hypervisor, '--vcpus', '2', '--memory', '64M', '--neighbour', 'duty=0.5'];
      const control = new InProcessControl(hostConfig(parseRun([image, ...options])));
      const { core } = control;
      core.resume();
      for (let i = 0; i < 40 && core.running; i++) core.advance(50_000, 10_000_000);
      shapes.push(shapeOf(core.host.save()));
      await control.dispose();
    }
    const hash = createHash('sha256').update(JSON.stringify(shapes)).digest('hex').slice(0, 16);
    assert.equal(
      hash,
      SNAPSHOT_LAYOUT.hash,
      `what a snapshot holds has changed: set the version in src/machine/state/snapshot.ts to ${SNAPSHOT_LAYOUT.version + 1} (if a release has the present one) and the hash to '${hash}'`,
    );
  });
});
