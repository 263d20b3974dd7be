// Comparisons: every difference is the sum of its rows, to the nanosecond, and the counts are those of the sample kernel.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { COUNTED, Counter, type Measures, measuresOf } from '../../../src/machine/compare/measure';
import { compareReport } from '../../../src/machine/compare/report';
import { parseSide, type Side, sideName, sideText } from '../../../src/machine/compare/sides';
import { coreOf } from '../../proof/observe';
import { sample } from '../../support/guests';

function measured({ hypervisor, model }: Side, vcpus: number): Measures {
  const core = coreOf({ image: sample('kvm-c', 'kvm-c.elf'), vm: { vcpus, hypervisor, model }, script: 'quit\n' });
  const counter = new Counter(core.host);
  core.setStopOn({ tripleFault: false, haltedForever: false });
  core.resume();
  while (core.running) core.advance(1_000_000, Number.POSITIVE_INFINITY);
  return measuresOf(core.statistics(), counter.totals, core.host.exit?.reason ?? 'nothing');
}

describe('a comparison', () => {
  const sides = ['none:hw', 'kvm:hw', 'none:trap', 'kvm:pv'].map((text) => parseSide(text)!);
  let runs: Measures[];
  before(() => {
    runs = sides.map((side) => measured(side, 2));
  });

  it('has the same end on every side', () => assert.deepEqual(new Set(runs.map(({ ended }) => ended)), new Set(['debug-exit'])));

  it("finds all of the hypervisor's time in the exits, and all of the vCPUs' time in their states", () => {
    for (const { exits, hypervisorNs, vcpus, elapsedNs, guestNs, stealNs, blockedNs, offlineNs } of runs) {
      assert.equal(
        exits.reduce((sum, { virtualNs }) => sum + virtualNs, 0),
        hypervisorNs,
      );
      assert.equal(guestNs + hypervisorNs + stealNs + blockedNs + offlineNs, vcpus * elapsedNs);
    }
  });

  it('explains every difference by rows that sum to it', () => {
    const { explanations, totals } = compareReport(runs);
    assert.equal(explanations.length, 3);
    const elapsed = totals[0]!.values;
    for (const { side, differenceNs, parts } of explanations) {
      assert.equal(
        parts.reduce((sum, part) => sum + part.differenceNs, 0),
        differenceNs,
      );
      assert.equal(differenceNs, 2 * (elapsed[side]! - elapsed[0]!));
      assert.ok(!parts.some(({ name }) => name === 'hypervisor, of no exit'));
    }
  });

  it('counts what the sample does: its calls where it is shown an interface, its IPIs everywhere', () => {
    const report = compareReport(runs);
    const row = (name: string) => report.counts.find((each) => each.name === name)?.values;
    assert.deepEqual([row('hypercalls')?.[0], row('hypercalls')?.[2]], [0, 0]);
    assert.ok(row('hypercalls')![1]! > 0);
    assert.ok(row('IPIs')!.every((count) => count >= 3));
    const vmcall = report.exits.find(({ reason }) => reason === 'vmcall');
    assert.equal(vmcall?.counts[1], row('hypercalls')![1]);
    assert.deepEqual(
      report.counts.map(({ name }) => name),
      [...COUNTED.map(({ name }) => name), 'PAUSEs'],
    );
  });

  it('lets the cost table decide what exits', () => {
    const { exits } = compareReport(runs);
    const counts = (reason: string) => exits.find((each) => each.reason === reason)?.counts ?? [];
    assert.deepEqual([counts('cli-sti')[0], counts('page-fault')[0]], [0, 0]);
    assert.ok(counts('cli-sti')[2]! > 0 && counts('page-fault')[2]! > 0 && counts('iret')[3]! > 0);
  });

  it('knows its sides by name', () => {
    assert.deepEqual(sides.map(sideName), ['none:hw', 'kvm:hw', 'none:trap', 'kvm:pv']);
    assert.equal(sideText(sides[2]!), 'fully virtualised, trap-and-emulate');
    for (const text of ['kvm', 'kvm:fast', 'hyperv:hw', '']) assert.equal(parseSide(text), undefined);
  });
});
