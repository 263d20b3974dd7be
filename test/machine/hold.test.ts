// vCPUs that the user keeps from running: logged inputs that a replay, a snapshot and time travel repeat to the bit; their time is nobody's steal.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { ControlCore } from '../../src/machine/control/control-core';
import type { Moment } from '../../src/machine/control/types';
import { assertSame, coreOf, neighbour, type Observed, type Recipe, Watch } from '../proof/observe';
import { Chance } from '../proof/random';
import { sample } from '../support/guests';

const kvmC = (host: Recipe['host'] = {}): Recipe => ({
  image: sample('kvm-c', 'kvm-c.elf'),
  vm: { vcpus: 2 },
  host,
  script: 'time\nsteal\nipi\nquit\n',
});
const HOSTS: [string, Recipe['host']][] = [
  ['one pCPU', { pcpus: 1 }],
  ['two pCPUs beside a neighbour', { pcpus: 2, neighbours: [neighbour({ duty: 0.4, periodNs: 700_000 })] }],
  ['compiled code', { pcpus: 2, tier: 'jit' }],
];

function finish(core: ControlCore): void {
  while (core.running) core.advance(250_000, Number.POSITIVE_INFINITY);
}
function stretch(core: ControlCore, slices: number, sliceNs: number): void {
  core.resume();
  for (let i = 0; i < slices && core.running; i++) core.advance(sliceNs, Number.POSITIVE_INFINITY);
  core.pause();
}
const retired = (core: ControlCore, vcpu: number): number => core.vcpus()[vcpu]!.position.retired;
const holdOf = (core: ControlCore): string[] => core.vcpus().map(({ hold }) => hold);

/** Until both vCPUs are at work. */
function untilBothRun(core: ControlCore): void {
  while (retired(core, 1) < 1000) stretch(core, 1, 50_000);
}

interface Held {
  observed: Observed;
  log: string;
  seen: { moment: Moment; digest: string }[];
}

/** A run in which vCPUs are held and let go at random, standing and running. */
function heldRun(recipe: Recipe, chance: Chance, record: boolean): Held & { core: ControlCore } {
  const core = coreOf(recipe);
  if (record) core.history.record(64 << 20);
  const watch = new Watch(core);
  const seen: Held['seen'] = [];
  untilBothRun(core);
  for (let i = 0; i < 14; i++) {
    const set = [[], [0], [1], [0, 1], [1], []][chance.below(6)]!;
    if (chance.below(2) === 0) core.resume();
    if (core.running) core.advance(1 + chance.below(40_000), 10_000_000);
    core.hold(0, set);
    const before = core.vcpus().map(({ position }) => position.retired);
    core.pause();
    stretch(core, 1 + chance.below(4), 10_000 + chance.below(60_000));
    for (const vcpu of set) assert.equal(retired(core, vcpu), before[vcpu], `vCPU ${vcpu} is held`);
    seen.push({ moment: core.historyInfo().now, digest: core.digest() });
    if (record && chance.below(3) === 0) core.history.takeSnapshot();
  }
  core.hold(0, []);
  if (!record) {
    core.resume();
    finish(core);
  }
  return { core, observed: watch.observed(), log: core.inputLog(), seen };
}

describe('vCPUs that are held', () => {
  const chance = new Chance();
  before(() => chance.announce());

  for (const [name, host] of HOSTS)
    it(`a replay holds them at the same instants, whatever its slices are: ${name}`, () => {
      const { observed, log, core } = heldRun(kvmC(host), chance, false);
      assert.equal(observed.exit?.reason, 'debug-exit', 'let go, the guest comes to its end');
      assert.deepEqual(holdOf(core), ['none', 'none']);
      const again = coreOf({ ...kvmC(host), script: '' });
      again.replay(log, 'the log');
      const watch = new Watch(again);
      again.resume();
      while (again.running) again.advance(1 + chance.below(30_000), Number.POSITIVE_INFINITY);
      assertSame(watch.observed(), observed, 'the replay');
    });

  for (const [name, host] of HOSTS)
    it(`going back and forward passes them again: ${name}`, () => {
      const { core, seen } = heldRun(kvmC(host), chance, true);
      const { now } = core.historyInfo();
      const digest = core.digest();
      for (let i = 0; i < 10; i++) {
        const there = seen[chance.below(seen.length)]!;
        core.travel({ kind: 'moment', moment: there.moment });
        finish(core);
        assert.equal(core.digest(), there.digest);
      }
      core.travel({ kind: 'moment', moment: seen[0]!.moment });
      finish(core);
      const other = holdOf(core)[0] === 'held' ? [] : [0];
      assert.throws(() => core.hold(0, other), { id: 'in-the-past' });
      core.travel({ kind: 'moment', moment: now });
      finish(core);
      assert.equal(core.digest(), digest);
    });

  it('a snapshot has them', () => {
    const core = coreOf(kvmC({ pcpus: 1 }));
    untilBothRun(core);
    core.hold(0, [1]);
    stretch(core, 3, 50_000);
    const other = coreOf(kvmC({ pcpus: 1 }));
    other.restore(core.save());
    assert.deepEqual(holdOf(other), ['none', 'held']);
    for (const each of [core, other]) {
      each.hold(0, []);
      each.resume();
      finish(each);
    }
    assert.equal(other.digest(), core.digest());
  });

  it('the time of one is no steal, and goes on for the others', () => {
    const core = coreOf(kvmC({ pcpus: 1 }));
    untilBothRun(core);
    core.hold(0, [1]);
    const [, before] = core.statistics().vcpus;
    const { virtualNs } = core.statistics();
    stretch(core, 4, 100_000);
    const [, after] = core.statistics().vcpus;
    assert.equal(after!.runnableNs, before!.runnableNs);
    assert.equal(after!.runningNs, before!.runningNs);
    assert.ok(core.statistics().virtualNs > virtualNs);
  });

  it('a vCPU that waits for a held one waits, and a pause works', () => {
    const core = coreOf(kvmC({ pcpus: 2 }));
    untilBothRun(core);
    // vCPU 1 stands somewhere in the middle of its work: vCPU 0 needs it.
    core.hold(0, [1]);
    core.resume();
    for (let i = 0; i < 200 && core.running; i++) core.advance(250_000, Number.POSITIVE_INFINITY);
    if (core.running) core.pause();
    else assert.deepEqual(core.host.stop?.reason, { kind: 'halted-forever', held: true });
    assert.equal(core.ended, false);
    // Again and again: the run is over for nobody who can let go.
    core.resume();
    for (let i = 0; i < 20 && core.running; i++) core.advance(250_000, Number.POSITIVE_INFINITY);
    core.pause();
    assert.equal(core.ended, false);
    core.hold(0, []);
    core.resume();
    finish(core);
    assert.equal(core.host.exit?.reason, 'debug-exit');
  });

  it('one that is taken offline never runs again, and the log says so', () => {
    const run = (prepare: (core: ControlCore) => void): { core: ControlCore; watch: Watch } => {
      const core = coreOf({ ...kvmC({ pcpus: 2 }), script: '' });
      prepare(core);
      const watch = new Watch(core);
      return { core, watch };
    };
    const { core, watch } = run(() => {});
    untilBothRun(core);
    core.takeOffline(0, 1);
    const last = retired(core, 1);
    core.hold(0, [1]);
    core.hold(0, []);
    assert.deepEqual(holdOf(core), ['none', 'gone']);
    stretch(core, 30, 250_000);
    assert.equal(retired(core, 1), last);
    const digest = core.digest();
    const observed = watch.observed();
    const again = run((fresh) => fresh.replay(core.inputLog(), 'the log'));
    again.core.resume({ until: { vm: 0, vcpu: 0, retired: retired(core, 0) } });
    finish(again.core);
    assert.equal(retired(again.core, 1), last);
    assert.equal(again.core.digest(), digest);
    assert.deepEqual(again.watch.observed().trace.slice(0, 50), observed.trace.slice(0, 50));
  });

  it('only a vCPU that there is', () => {
    const core = coreOf(kvmC());
    assert.throws(() => core.hold(0, [2]), { id: 'no-vcpu' });
    assert.throws(() => core.takeOffline(1, 0), { id: 'no-vm' });
  });
});
