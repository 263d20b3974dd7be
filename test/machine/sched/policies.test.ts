// Policies: round-robin and chaos; and for all of them that runs are the same for the same seed and that run states sum up, in random configurations.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { POLICY_NAMES, type PolicyName } from '../../../src/machine/sched/policies.rows';
import { Quota } from '../../../src/machine/sched/quota';
import { RUN_STATES } from '../../../src/machine/sched/run-state-account';
import { testSeed } from '../../support/seed';
import { FakeMachine, type Op } from '../fake-machine';

const busy: Op[] = [{ compute: 1000 }];
const SECOND = 1_000_000_000;

/** The order of border instructions on all pCPUs. */
function interleaving(policy: PolicyName, seed: number, budget: () => number = () => 1_000_000): string {
  const machine = new FakeMachine(2, { policy, seed });
  const log: string[] = [];
  const note: Op = { border: ({ index }) => log.push(`${index}@${machine.time.nowNs()}`) };
  for (let i = 0; i < 3; i++) machine.addVcpu([{ compute: 1_000 * (i + 3) }, note]);
  machine.addNeighbour({ duty: 0.3, periodNs: 1_000_000 });
  machine.runUntil(5_000_000, budget);
  return log.join(' ');
}

describe('machine/sched/policies', () => {
  it('round-robin gives each the same, whatever its weight', () => {
    const machine = new FakeMachine(1, { policy: 'round-robin' });
    for (const weight of [1, 1024, 65_536]) machine.addVcpu(busy, { weight });
    machine.runUntil(SECOND / 2);
    for (const { account } of machine.entities) assert.ok(Math.abs(account.ns('running', SECOND / 2) / (SECOND / 2) - 1 / 3) < 0.005);
  });

  it('chaos is the same for the same seed, in whatever pieces, and another for another seed', () => {
    let at = 1;
    const pieces = (): number => {
      at = (at * 48_271) % 2_147_483_647;
      return 1 + (at % 7_777);
    };
    const one = interleaving('chaos', 1);
    assert.equal(interleaving('chaos', 1), one);
    assert.equal(interleaving('chaos', 1, pieces), one);
    assert.notEqual(interleaving('chaos', 2), one);
    assert.equal(interleaving('fair', 1), interleaving('fair', 2));
  });

  it('chaos finds a lost update that the fair policy does not show', () => {
    // Two vCPUs, each with its own pCPU, add 1 to a counter in two steps, of which the second is soon done.
    const lost = (policy: PolicyName, seed: number): number => {
      const machine = new FakeMachine(2, { policy, seed });
      let counter = 0;
      let added = 0;
      const seen = [0, 0];
      const add = (first: number): Op[] => [
        { compute: first },
        {
          border: ({ index }) => {
            seen[index] = counter;
          },
        },
        { compute: 500 },
        {
          border: ({ index }) => {
            counter = seen[index]! + 1;
            added++;
          },
        },
        { compute: 20_000 - first - 500 },
      ];
      machine.addVcpu(add(100));
      machine.addVcpu(add(10_100));
      machine.runUntil(20_000_000);
      return added - counter;
    };
    assert.equal(lost('fair', 1), 0);
    let found = 0;
    for (let seed = 1; seed <= 10; seed++) if (lost('chaos', seed) > 0) found++;
    assert.ok(found >= 8, `found with ${found} of 10 seeds`);
  });

  it('run states of every vCPU sum to the elapsed time, whatever the configuration and whatever changes', () => {
    const vcpu = fc.record({
      compute: fc.integer({ min: 1, max: 400_000 }),
      exitNs: fc.integer({ min: 0, max: 30_000 }),
      sleeps: fc.boolean(),
      weight: fc.integer({ min: 1, max: 65_536 }),
      cap: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
      affinity: fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1 }), { nil: undefined }),
    });
    const change = fc.record({
      atNs: fc.integer({ min: 1, max: 20_000_000 }),
      vcpu: fc.nat(5),
      pcpus: fc.integer({ min: 1, max: 6 }),
      weight: fc.integer({ min: 1, max: 65_536 }),
      cap: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
      policy: fc.option(fc.constantFrom(...POLICY_NAMES), { nil: undefined }),
    });
    const config = fc.record({
      policy: fc.constantFrom(...POLICY_NAMES),
      seed: fc.nat(),
      pcpus: fc.integer({ min: 1, max: 4 }),
      vcpus: fc.array(vcpu, { minLength: 1, maxLength: 6 }),
      neighbour: fc.option(fc.record({ duty: fc.integer({ min: 1, max: 9 }), absolute: fc.boolean() }), { nil: undefined }),
      sharedCap: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }),
      changes: fc.array(change, { maxLength: 4 }),
    });
    const property = fc.property(config, ({ policy, seed, pcpus, vcpus, neighbour, sharedCap, changes }) => {
      const machine = new FakeMachine(pcpus, { policy, seed });
      machine.haltNs = 900;
      const shared = new Quota(sharedCap);
      for (const { compute, exitNs, sleeps, weight, cap, affinity } of vcpus) {
        const ops: Op[] = [{ compute }, { border: () => {}, costNs: exitNs }, ...(sleeps ? [{ halt: true } as const] : [])];
        const home = affinity?.find((id) => id < pcpus) ?? 0;
        machine.addVcpu(ops, { weight, cap, affinity, shared, home });
      }
      if (neighbour !== undefined) machine.addNeighbour({ duty: neighbour.duty / 10, absolute: neighbour.absolute, periodNs: 1_000_000 });
      const tick = machine.events.create('tick', 1, (atNs) => {
        for (let i = 0; i < vcpus.length; i++) machine.wake(i);
        tick.arm(atNs + 333_333);
      });
      tick.arm(1000);
      for (const [i, { atNs, vcpu: index, pcpus: count, weight, cap, policy: next }] of changes.entries()) {
        machine.events
          .create(`change${i}`, 0, (nowNs) => {
            const entity = machine.entities[index % vcpus.length]!;
            entity.weight = weight;
            shared.set(cap, nowNs);
            for (const each of machine.entities) machine.scheduler.changed(each, nowNs);
            machine.scheduler.setPcpus(count, nowNs);
            if (next !== undefined) machine.scheduler.setPolicy(next, nowNs);
          })
          .arm(atNs);
      }
      machine.runUntil(30_000_000);
      const nowNs = Math.max(machine.loop.reachedNs, ...machine.entities.map(({ account }) => account.sinceNs));
      for (const { account, name } of machine.entities) {
        assert.equal(
          RUN_STATES.reduce((sum, state) => sum + account.ns(state, nowNs), 0),
          nowNs,
          name,
        );
      }
      // What pCPUs gave is what vCPUs got: no pCPU runs two at once.
      const ran = machine.entities.reduce((sum, { account }) => sum + account.ns('running', nowNs), 0);
      assert.ok(ran <= nowNs * 6 && machine.vcpus.some(({ retiredCount }) => retiredCount > 0));
    });
    fc.assert(property, { numRuns: 60, seed: testSeed() });
  });
});
