// Guest tests on the sample's kernel: time that never runs backwards, two vCPUs that do twice the work, steal that guest and host agree on.
import assert from 'node:assert/strict';
import { runGuest } from '../support/cli';
import { needs } from '../support/compiler';
import { guestTest } from '../support/guests';

const numbers = (text: string): number[] => [...text.matchAll(/\d+/g)].map((match) => Number(match[0]));

describe('guest tests', () => {
  for (const placement of [
    ['--pcpus', '2'],
    ['--pcpus', '1'],
    ['--pcpus', '2', '--neighbour', 'duty=0.5,period=3ms,pcpu=1'],
  ]) {
    for (const hypervisor of ['kvm', 'none']) {
      it(`time never runs backwards between vCPUs: ${placement.join(' ')} --hypervisor ${hypervisor}`, function () {
        needs(this, 'gcc', 'make');
        const run = runGuest(guestTest('time-warp'), ['--vcpus', '2', '--hypervisor', hypervisor, ...placement]);
        assert.match(run.stdout, /time-warp: 6000 checks, 0 TSC warps, 0 clock warps/);
        assert.equal(run.status, 1, 'isa-debug-exit 0');
      });
    }
  }

  it('two vCPUs on two pCPUs do twice the work of one pCPU per virtual second', function () {
    needs(this, 'gcc', 'make');
    const counts = (pcpus: string): number[] =>
      numbers(/smp-work: (.*)/.exec(runGuest(guestTest('smp-work'), ['--vcpus', '2', '--pcpus', pcpus]).stdout)![1]!);
    const [alone, first, second] = counts('2') as [number, number, number];
    assert.ok(Math.abs(first / alone - 1) < 0.01 && Math.abs(second / alone - 1) < 0.01, `on two pCPUs: ${alone}, ${first} + ${second}`);
    const [aloneOnOne, firstOnOne, secondOnOne] = counts('1') as [number, number, number];
    assert.ok(Math.abs((firstOnOne + secondOnOne) / aloneOnOne - 1) < 0.1, `on one pCPU: ${aloneOnOne}, ${firstOnOne} + ${secondOnOne}`);
  });

  for (const [neighbour, share] of [
    ['duty=0.3,period=10ms', 0.3],
    ['duty=0.75,absolute,period=5ms', 0.75],
    ['duty=0.9,period=10ms', 0.5],
  ] as const) {
    it(`steal under ${neighbour}: the guest's area, the run states and the formula agree within 1 %`, function () {
      needs(this, 'gcc', 'make');
      const run = runGuest(guestTest('busy-steal'), ['--neighbour', neighbour]);
      const [stolen, elapsed] = numbers(/busy-steal: (.*)/.exec(run.stdout)![1]!) as [number, number];
      const vcpu = run.stats.vcpus[0]!;
      assert.ok(Math.abs(stolen / elapsed - share) < 0.01, `guest: ${stolen} of ${elapsed}, expected ${share}`);
      const account = vcpu.runnableNs / (vcpu.runnableNs + vcpu.runningNs);
      assert.ok(Math.abs(account - stolen / elapsed) < 0.01, `run states: ${account}, guest: ${stolen / elapsed}`);
      assert.equal(vcpu.runningNs + vcpu.runnableNs + vcpu.blockedNs + vcpu.offlineNs, run.stats.virtualNs);
    });
  }
});
