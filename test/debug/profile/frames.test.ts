// Frames of samples: what is remembered by a key is what unwinding gives anew.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { loadSymbols } from '../../../src/dap/launch/symbols';
import { InProcessControl } from '../../../src/debug/host-link/in-process';
import { FrameFinder } from '../../../src/debug/profile/frames';
import type { ProfileSample } from '../../../src/machine/control/profile-types';
import { ROOT } from '../../dap/support/golden';
import { coreOf } from '../../proof/observe';
import { sample } from '../../support/guests';

describe('the frames of samples', () => {
  it('are the same with and without what is remembered of others', async () => {
    const core = coreOf({ image: sample('kvm-c', 'kvm-c.elf'), vm: { vcpus: 2 }, script: 'time\nsteal\nipi\nquit\n' });
    const samples: ProfileSample[] = [];
    core.profile({ every: 3_000, unit: 'ns', stackBytes: 2048 });
    core.resume();
    while (core.running) {
      core.advance(200_000, Number.POSITIVE_INFINITY);
      samples.push(...core.profileSamples().samples);
    }
    const { symbols, addresses } = loadSymbols({ image: join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf') });
    const context = { control: new InProcessControl(core.host.config, core), vm: 0, symbols, addresses, onChanged: () => {} };
    const one = new FrameFinder(context);
    for (const each of samples) assert.deepEqual(await one.framesOf(each), await new FrameFinder(context).framesOf(each));
    assert.ok(samples.length > 1000, `${samples.length} samples`);
  });
});
