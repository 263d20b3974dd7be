// Stacks that cannot be followed to their end: they say why, and are counted; their samples are in the profile like all others.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { loadSymbols } from '../../../src/dap/launch/symbols';
import { InProcessControl } from '../../../src/debug/host-link/in-process';
import { Collector } from '../../../src/debug/profile/collector';
import type { Profile } from '../../../src/debug/profile/profile';
import { callTree } from '../../../src/debug/profile/tree';
import { ROOT } from '../../dap/support/golden';
import { coreOf } from '../../proof/observe';
import { sample } from '../../support/guests';

const IMAGE = sample('kvm-c', 'kvm-c.elf');

/** `stackBytes`: so much of each stack is kept. Without symbols nobody can follow any. */
async function profiled(stackBytes: number, hasSymbols = true): Promise<Profile> {
  const core = coreOf({ image: IMAGE, vm: { vcpus: 1 }, script: 'time\nquit\n' });
  const control = new InProcessControl(core.host.config, core);
  const context = { control, vm: 0, ...loadSymbols({ image: join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf') }), onChanged: () => {} };
  const collector = new Collector(control, () => (hasSymbols ? context : undefined));
  await collector.start({ every: 10_000, unit: 'ns', stackBytes });
  core.resume();
  while (core.running) {
    core.advance(200_000, Number.POSITIVE_INFINITY);
    await collector.drain();
  }
  await collector.drain();
  return collector.profile!;
}

describe('stacks that cannot be followed', function () {
  this.timeout(300_000);

  it('are none where enough of them was kept', async () => {
    const { points, broken } = (await profiled(2048)).quality();
    assert.ok(points > 100);
    assert.deepEqual(broken, []);
  });

  it('are counted by their reason, and their samples are not lost', async () => {
    const [whole, cut] = [await profiled(2048), await profiled(64)];
    const { points, broken } = cut.quality();
    assert.equal(points, whole.quality().points);
    let without = 0;
    for (const { stack, weight } of cut.points()) if (cut.stacks[stack]!.broken !== undefined) without += weight;
    assert.ok(without > points / 10, `${without} of ${points}`);
    assert.equal(
      broken.reduce((sum, each) => sum + each.points, 0),
      without,
    );
    for (const { reason } of broken) assert.doesNotMatch(reason, /0x/, 'one line for all addresses');
    assert.equal(callTree(cut).total, points);
  });

  it('are all of them where nobody knows the symbols', async () => {
    const { points, broken } = (await profiled(2048, false)).quality();
    assert.deepEqual(broken, [{ reason: 'no session looks at this VM: its symbols are not known', points }]);
  });
});
