// The tiers are one machine: each test guest ends with the same digest, output and counts whether it is interpreted, compiled where hot, or compiled at once.
import assert from 'node:assert/strict';
import { figuresOfRun, runGuest } from '../support/cli';
import { guestTest, sample, systemGuest } from '../support/guests';

const TIERS = ['auto', 'jit'] as const;
/** System topics that say most about what regions must not change. */
const TOPICS = ['exceptions', 'debug-registers', 'interrupts-and-shadow', 'string-faults', 'pmu', 'segmentation'];

const same = (image: string, args: string[], input = ''): void => {
  const expected = runGuest(image, [...args, '--tier', 'interpreter'], { input });
  for (const tier of TIERS) {
    const found = runGuest(image, [...args, '--tier', tier], { input });
    assert.deepEqual(figuresOfRun(found.stats), figuresOfRun(expected.stats), tier);
    assert.equal(found.stdout, expected.stdout);
  }
};

describe('tiers', function () {
  this.timeout(300_000);

  it('kvm-c with two vCPUs', () =>
    same(sample('kvm-c', 'kvm-c.elf'), ['--vcpus', '2', '--pcpus', '2', '--neighbour', 'duty=0.4,period=7ms'], 'time\nsteal\nipi\nquit\n'));
  it('work on several vCPUs', () => same(guestTest('smp-work'), ['--vcpus', '4', '--pcpus', '2']));
  for (const topic of TOPICS) it(topic, () => same(systemGuest(topic, 'mb'), ['--vcpus', '2']));
});
