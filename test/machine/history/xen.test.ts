// Time travel under Xen: frames that moved, granted pages, rings, event channels and run states are what they were at every moment.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { ControlCore } from '../../../src/machine/control/control-core';
import type { Moment } from '../../../src/machine/control/types';
import { coreOf, neighbour } from '../../proof/observe';
import { sample } from '../../support/guests';

const SLICE_NS = 400_000;

function settle(core: ControlCore): void {
  while (core.running) core.advance(200_000, Number.POSITIVE_INFINITY);
}

describe('time travel of a guest of Xen', () => {
  it('back and forth over the sample, to the same digests', () => {
    const core = coreOf({
      image: sample('xen-pvh-c', 'xen-pvh-c.elf'),
      vm: { hypervisor: 'xen', vcpus: 1 },
      host: { pcpus: 1, neighbours: [neighbour({ duty: 0.5 })] },
      script: '',
    });
    core.history.record(32 << 20);
    const seen: { moment: Moment; digest: string }[] = [];
    for (let i = 0; i < 80 && core.host.exit === undefined; i++) {
      core.resume();
      core.advance(SLICE_NS, Number.POSITIVE_INFINITY);
      if (core.host.exit !== undefined) break;
      core.pause();
      if (i % 4 === 0) core.history.takeSnapshot();
      seen.push({ moment: core.historyInfo().now, digest: core.digest() });
    }
    assert.ok(seen.length > 20, `${seen.length} moments`);
    for (const at of [0, seen.length - 2, 3, Math.floor(seen.length / 2), 1]) {
      core.travel({ kind: 'moment', moment: seen[at]!.moment });
      settle(core);
      assert.equal(core.digest(), seen[at]!.digest, `moment ${at}`);
    }
    const values = core.registers(0, 0).values;
    assert.equal(typeof values['xen.vcpu_info'], 'bigint');
  });
});
