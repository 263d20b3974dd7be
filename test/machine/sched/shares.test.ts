// Shares of CPU time with scripted vCPUs: weights, caps, affinity, wakers, several pCPUs, and what changes while they run.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Entity } from '../../../src/machine/sched/entity';
import { POLICY_NAMES } from '../../../src/machine/sched/policies.rows';
import { CAP_PERIOD_NS, Quota } from '../../../src/machine/sched/quota';
import { FakeMachine, type Op } from '../fake-machine';

const busy: Op[] = [{ compute: 1000 }];
const SECOND = 1_000_000_000;

/** The parts of `windowNs` that each vCPU ran, from where the machine stands. */
function run(machine: FakeMachine, windowNs: number): number[] {
  const fromNs = machine.loop.reachedNs;
  const before = machine.entities.map(({ account }) => account.ns('running', fromNs));
  machine.runUntil(fromNs + windowNs);
  const nowNs = machine.loop.reachedNs;
  return machine.entities.map(({ account }, i) => (account.ns('running', nowNs) - before[i]!) / (nowNs - fromNs));
}

const near = (is: number, wanted: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(is - wanted) <= tolerance, `${what}: ${is}, not ${wanted}`);

describe('machine/sched/shares', () => {
  it('weights 1:3 are 25 and 75 percent over any second, also with unequal exit rates', () => {
    const machine = new FakeMachine(1);
    machine.addVcpu([{ compute: 700 }, { border: () => {}, costNs: 1900 }], { weight: 256 });
    machine.addVcpu([{ compute: 90_000 }, { border: () => {}, costNs: 1300 }], { weight: 768 });
    for (let second = 0; second < 4; second++) {
      const [slow, fast] = run(machine, SECOND);
      near(slow!, 0.25, 0.01, `second ${second}`);
      near(fast!, 0.75, 0.01, `second ${second}`);
    }
  });

  it('a cap holds alone and under contention, and the rest goes to the others', () => {
    const alone = new FakeMachine(1);
    alone.addVcpu(busy, { cap: 30 });
    for (let i = 0; i < 3; i++) near(run(alone, SECOND / 2)[0]!, 0.3, 0.003, 'alone');
    const contended = new FakeMachine(1);
    contended.addVcpu([{ compute: 5_000 }, { border: () => {}, costNs: 20_000 }], { cap: 20 });
    contended.addVcpu(busy);
    for (let i = 0; i < 3; i++) {
      const [capped, other] = run(contended, SECOND / 2);
      near(capped!, 0.2, 0.003, 'capped');
      near(other!, 0.8, 0.003, 'other');
    }
    assert.equal(
      contended.entities[0]!.account.ns('blocked', contended.loop.reachedNs),
      0,
      'a vCPU at its cap is runnable: its steal grows',
    );
  });

  it('a cap holds where exits are longer than what is left of it: what they run over is owed', () => {
    for (const own of [true, false]) {
      const machine = new FakeMachine(1);
      machine.addVcpu([{ compute: 5_000 }, { border: () => {}, costNs: 270_000 }], own ? { cap: 20 } : { shared: new Quota(20) });
      machine.addVcpu(busy);
      const [capped, other] = run(machine, SECOND);
      near(capped!, 0.2, 0.003, 'capped');
      near(other!, 0.8, 0.003, 'other');
    }
  });

  it('a cap that several vCPUs share holds for their sum, and each has its part', () => {
    for (const [pcpus, percent] of [
      [1, 10],
      [2, 60],
      [4, 150],
      [4, 6],
    ] as const) {
      const shared = new Quota(percent);
      const machine = new FakeMachine(pcpus);
      for (let i = 0; i < 4; i++) machine.addVcpu(busy, { shared });
      const shares = run(machine, SECOND);
      const sum = shares.reduce((a, b) => a + b);
      near(sum, Math.min(percent / 100, pcpus), 0.005, `${percent} percent on ${pcpus} pCPUs`);
      for (const share of shares) near(share, sum / 4, sum / 16, `part of ${percent} percent on ${pcpus} pCPUs`);
    }
  });

  it('caps hold under every policy, chaos included, for each vCPU and for a VM', () => {
    for (const policy of POLICY_NAMES)
      for (let seed = 1; seed <= 3; seed++) {
        const machine = new FakeMachine(2, { policy, seed });
        const shared = new Quota(50);
        for (let i = 0; i < 2; i++) machine.addVcpu([{ compute: 3_000 }, { border: () => {}, costNs: 9_000 }], { shared });
        machine.addVcpu(busy, { cap: 20 });
        machine.addVcpu(busy);
        const [first, second, capped] = run(machine, SECOND / 2) as [number, number, number];
        near(first + second, 0.5, 0.005, `${policy} ${seed}: the VM`);
        near(capped, 0.2, 0.003, `${policy} ${seed}: the vCPU`);
      }
  });

  it('a vCPU that sleeps leaves its budget to the others of its VM', () => {
    const shared = new Quota(40);
    const machine = new FakeMachine(2);
    machine.addVcpu(busy, { shared });
    machine.addVcpu([{ compute: 1000 }, { halt: true }], { shared });
    near(run(machine, SECOND)[0]!, 0.4, 0.003, 'the busy one');
  });

  it('sixteen pCPUs: each vCPU has its own, and with more vCPUs than pCPUs nothing is idle', () => {
    const machine = new FakeMachine(16);
    for (let i = 0; i < 16; i++) machine.addVcpu(busy);
    for (const share of run(machine, 5_000_000)) assert.equal(share, 1);
    const crowded = new FakeMachine(16);
    for (let i = 0; i < 20; i++) crowded.addVcpu(busy);
    const shares = run(crowded, 100_000_000);
    near(
      shares.reduce((a, b) => a + b),
      16,
      0.01,
      'nothing is lost',
    );
    assert.ok(Math.min(...shares) > 0.4, `${shares}`);
  });

  it('affinity is kept, and a pCPU nobody may use stays idle', () => {
    const machine = new FakeMachine(3);
    machine.addVcpu(busy, { affinity: [1], home: 1 });
    machine.addVcpu(busy, { affinity: [1], home: 1 });
    machine.addVcpu(busy, { affinity: [0, 1], home: 0 });
    assert.deepEqual(
      run(machine, SECOND).map((share) => Math.round(share * 100)),
      [50, 50, 100],
    );
    assert.equal(machine.scheduler.pcpus[2]!.current, undefined);
  });

  it('one that wakes and has had no more than its share goes first; one that has had more does not', () => {
    const machine = new FakeMachine(1);
    const waits: number[] = [];
    const sleeper: Op[] = [{ compute: 50_000 }, { halt: true }];
    machine.addVcpu(busy);
    machine.addVcpu(sleeper);
    const wake = machine.events.create('wake', 1, (atNs) => {
      machine.wake(1);
      wake.arm(atNs + 3_000_000);
    });
    wake.arm(2_000_000);
    const entity: Entity = machine.entities[1]!;
    entity.account.onChange = (from, to, atNs) => {
      if (from === 'runnable' && to === 'running') waits.push(atNs - entity.account.sinceNs);
    };
    run(machine, SECOND / 2);
    assert.ok(waits.length > 150);
    assert.ok(Math.max(...waits.slice(1)) <= 1_000, `waited ${Math.max(...waits.slice(1))} ns`);
    // Sleeps for a moment after each turn: no way to more than its share.
    const greedy = new FakeMachine(1);
    greedy.addVcpu(busy);
    greedy.addVcpu([{ compute: 900_000 }, { border: () => nap.arm(greedy.time.nowNs() + 2_000) }, { halt: true }]);
    const nap = greedy.events.create('nap', 1, () => greedy.wake(1));
    near(run(greedy, SECOND)[1]!, 0.5, 0.01, 'greedy');
  });

  it('a pCPU that falls idle takes at once one that waits elsewhere', () => {
    const machine = new FakeMachine(2);
    machine.addVcpu(busy, { home: 0 });
    machine.addVcpu([{ compute: 300_000 }, { halt: true }], { home: 1 });
    machine.addVcpu(busy, { home: 0 });
    run(machine, 300_100);
    const [first, , third] = machine.entities as [Entity, Entity, Entity];
    assert.deepEqual([first.account.state, third.account.state], ['running', 'running']);
    assert.deepEqual([first.pcpu, third.pcpu].sort(), [0, 1]);
    const waitedNs = [first, third].map(({ account }) => account.ns('runnable', machine.loop.reachedNs));
    assert.equal(waitedNs[0]! + waitedNs[1]!, 300_001, 'one or the other, as long as the second ran');
    const shares = run(machine, SECOND / 100);
    assert.deepEqual([shares[0], shares[2]], [1, 1]);
  });

  it('three vCPUs on two pCPUs, five on four: each has its part in the long run', () => {
    for (const [count, pcpus] of [
      [3, 2],
      [5, 4],
    ] as const) {
      const machine = new FakeMachine(pcpus);
      for (let i = 0; i < count; i++) machine.addVcpu(busy);
      const shares = run(machine, 2 * SECOND);
      for (const share of shares) near(share, pcpus / count, 0.05, `${count} on ${pcpus}: ${shares}`);
      near(
        shares.reduce((a, b) => a + b),
        pcpus,
        0.001,
        'nothing is lost',
      );
    }
  });

  it('weight, cap, affinity and the number of pCPUs change while they run', () => {
    const shared = new Quota(undefined);
    const machine = new FakeMachine(1);
    machine.addVcpu(busy, { shared });
    machine.addVcpu(busy);
    const [first, second] = machine.entities as [Entity, Entity];
    const shares = (): number[] => run(machine, SECOND / 2).map((share) => Math.round(share * 100));
    assert.deepEqual(shares(), [50, 50]);
    first.weight = 3072;
    machine.scheduler.changed(first, machine.loop.reachedNs);
    assert.deepEqual(shares(), [75, 25]);
    shared.set(10, machine.loop.reachedNs);
    machine.scheduler.changed(first, machine.loop.reachedNs);
    assert.deepEqual(shares(), [10, 90]);
    machine.scheduler.setPcpus(2, machine.loop.reachedNs);
    assert.deepEqual(shares(), [10, 100]);
    shared.set(undefined, machine.loop.reachedNs);
    machine.scheduler.changed(first, machine.loop.reachedNs);
    assert.deepEqual(shares(), [100, 100]);
    second.affinity = [first.pcpu];
    machine.scheduler.changed(second, machine.loop.reachedNs);
    first.affinity = [first.pcpu];
    machine.scheduler.changed(first, machine.loop.reachedNs);
    assert.deepEqual(shares(), [75, 25]);
    first.affinity = undefined;
    second.affinity = undefined;
    for (const entity of machine.entities) machine.scheduler.changed(entity, machine.loop.reachedNs);
    assert.deepEqual(shares(), [100, 100]);
    machine.scheduler.setPcpus(1, machine.loop.reachedNs);
    assert.deepEqual(shares(), [75, 25]);
    assert.equal(machine.scheduler.onlinePcpus, 1);
  });

  it('the policy changes while they run, and nobody owes what only the one before has counted', () => {
    const machine = new FakeMachine(1);
    machine.addVcpu(busy, { weight: 1024 });
    machine.addVcpu(busy, { weight: 3072 });
    const shares = (): number[] => run(machine, SECOND / 2).map((share) => Math.round(share * 100));
    const change = (policy: 'fair' | 'round-robin' | 'chaos'): void => machine.scheduler.setPolicy(policy, machine.loop.reachedNs);
    assert.deepEqual(shares(), [25, 75]);
    change('round-robin');
    assert.deepEqual(shares(), [50, 50]);
    change('fair');
    assert.deepEqual(shares(), [25, 75]);
    change('chaos');
    near(run(machine, SECOND / 2)[0]!, 0.5, 0.1, 'by chance');
    change('fair');
    assert.deepEqual(shares(), [25, 75]);
  });

  it('a budget is refilled every 10 ms, and what was run over is owed', () => {
    const quota = new Quota(5);
    assert.equal(quota.available(0), 50_000);
    quota.take(1_200_000);
    assert.equal(quota.available(1), 0);
    assert.equal(quota.refillsAtNs(1), 2 * CAP_PERIOD_NS);
    assert.equal(quota.available(2 * CAP_PERIOD_NS), 50_000);
  });
});
