// Scheduling and steal with scripted vCPUs: shares, run states that sum up, order of time.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { RUN_STATES } from '../../src/machine/sched/run-state-account';
import { FakeMachine, type Op } from './fake-machine';

const busy: Op[] = [{ compute: 1000 }];
const SECOND = 1_000_000_000;

/** Max-min fair shares of one pCPU for demands of equal weight. */
function fairShares(demands: number[]): number[] {
  const order = demands.map((demand, i) => ({ demand, i })).sort((a, b) => a.demand - b.demand);
  const shares = demands.map(() => 0);
  let left = 1;
  for (const [k, { demand, i }] of order.entries()) {
    shares[i] = Math.min(demand, left / (order.length - k));
    left -= shares[i]!;
  }
  return shares;
}

const share = (machine: FakeMachine, vcpu: number, state: 'running' | 'runnable' | 'blocked' | 'offline', atNs: number): number =>
  machine.entities[vcpu]!.account.ns(state, atNs) / atNs;

describe('machine/scheduler', () => {
  it('two busy vCPUs on one pCPU get half each, by weight otherwise', () => {
    const machine = new FakeMachine(1);
    machine.addVcpu(busy);
    machine.addVcpu(busy);
    machine.runUntil(SECOND);
    assert.ok(Math.abs(machine.vcpus[0]!.retiredCount / SECOND - 0.5) < 0.002);
    const weighted = new FakeMachine(1);
    weighted.addVcpu(busy);
    weighted.addVcpu(busy);
    weighted.entities[0]!.weight = 3072;
    weighted.runUntil(SECOND);
    assert.ok(Math.abs(weighted.vcpus[0]!.retiredCount / SECOND - 0.75) < 0.005);
  });

  it('two vCPUs on two pCPUs do twice the work per virtual second of one pCPU', () => {
    const work = (pcpus: number): number => {
      const machine = new FakeMachine(pcpus);
      machine.addVcpu(busy);
      machine.addVcpu(busy);
      machine.runUntil(SECOND / 10);
      return machine.vcpus.reduce((sum, vcpu) => sum + vcpu.retiredCount, 0);
    };
    assert.equal(work(2), 2 * work(1));
  });

  it('of pCPUs whose clocks are equal, the one with the lower number goes first', () => {
    const machine = new FakeMachine(3);
    const order: number[] = [];
    for (let index = 0; index < 3; index++) machine.addVcpu([{ compute: 999 }, { border: ({ index: at }) => order.push(at) }]);
    machine.runUntil(20_000);
    assert.ok(order.length >= 30);
    assert.deepEqual(
      order,
      order.map((_, at) => at % 3),
    );
  });

  it('steal of busy vCPUs under every duty, period, number of pCPUs and of neighbours', function () {
    this.timeout(300_000);
    for (const absolute of [false, true])
      for (const pcpus of [1, 2, 3])
        for (const count of [1, 2])
          for (const duty of [0.1, 0.25, 0.5, 0.75, 0.9])
            for (const periodNs of [1e6, 10e6, 50e6]) {
              const second = absolute ? 0.05 : 0.3;
              const machine = new FakeMachine(pcpus);
              for (let i = 0; i < pcpus; i++) machine.addVcpu(busy);
              machine.addNeighbour({ duty, periodNs, absolute });
              if (count === 2) machine.addNeighbour({ duty: second, periodNs, absolute });
              machine.runUntil(SECOND);
              const demands = count === 2 ? [duty, second] : [duty];
              const stolen = absolute ? demands.reduce((a, b) => a + b) : 1 - fairShares([...demands, 1]).at(-1)!;
              const label = `absolute ${absolute}, pcpus ${pcpus}, neighbours ${count}, duty ${duty}, period ${periodNs}`;
              assert.ok(
                Math.abs(share(machine, 0, 'runnable', SECOND) - stolen) < 0.01,
                `${label}: ${share(machine, 0, 'runnable', SECOND)}`,
              );
              for (let i = 1; i < pcpus; i++) assert.equal(share(machine, i, 'runnable', SECOND), 0, label);
            }
  });

  it('a vCPU moves to an idle pCPU instead of waiting', () => {
    const machine = new FakeMachine(2);
    machine.addVcpu(busy);
    machine.addNeighbour({ duty: 0.9, absolute: true });
    machine.runUntil(SECOND);
    assert.ok(share(machine, 0, 'runnable', SECOND) < 0.001);
  });

  it('run states sum to the elapsed time exactly, and bands to the states', () => {
    const machine = new FakeMachine(2);
    const waker: Op[] = [{ compute: 70_000 }, { border: () => machine.wake(1), costNs: 1500 }, { border: () => machine.wake(2) }];
    machine.addVcpu(waker);
    machine.addVcpu([{ compute: 3_333 }, { halt: true }]);
    machine.addVcpu([{ compute: 50_001 }, { halt: true }]);
    machine.addNeighbour({ duty: 0.37, periodNs: 1_700_000, pcpu: 1 });
    machine.haltNs = 1000;
    machine.runUntil(SECOND / 5);
    const nowNs = machine.loop.reachedNs;
    for (const { account } of machine.entities) {
      assert.equal(
        RUN_STATES.reduce((sum, state) => sum + account.ns(state, nowNs), 0),
        nowNs,
      );
      const present = { state: account.state, startNs: account.sinceNs, endNs: nowNs, pcpu: account.pcpu };
      for (const limit of [10, 100, 1_000_000]) {
        const bands = account.history.query(0, nowNs, limit, present);
        assert.ok(bands.length <= Math.max(limit, 4));
        for (const state of RUN_STATES) {
          const ns = bands.filter((band) => band.state === state).reduce((sum, band) => sum + band.endNs - band.startNs, 0);
          assert.equal(ns, account.ns(state, nowNs), `${state} in ${limit} bands`);
        }
      }
    }
    assert.ok(machine.entities[1]!.account.ns('blocked', nowNs) > 0);
  });

  it('border instructions run in order of virtual time on all pCPUs', () => {
    const machine = new FakeMachine(3);
    const times: number[] = [];
    const read: Op = { border: () => times.push(machine.time.nowNs()) };
    machine.addVcpu([{ compute: 777 }, read]);
    machine.addVcpu([{ compute: 1_501 }, read, read]);
    machine.addVcpu([{ compute: 12_345 }, read, { compute: 5 }, read]);
    machine.runUntil(3_000_000);
    assert.ok(times.length > 4000);
    for (let i = 1; i < times.length; i++) assert.ok(times[i]! >= times[i - 1]!, `time ${times[i]} after ${times[i - 1]}`);
  });

  it('a run in arbitrary pieces is the same run', () => {
    const record = (budget: () => number, watchesBorders: boolean): string => {
      const machine = new FakeMachine(2);
      const log: string[] = [];
      machine.watchesBorders = watchesBorders;
      const note = (text: string): Op => ({
        border: (vcpu) => log.push(`${machine.time.nowNs()} ${vcpu.index} ${text} ${machine.vcpus.map((other) => other.retiredCount)}`),
        costNs: 700,
      });
      machine.addVcpu([{ compute: 4_321 }, note('a'), { compute: 99_000 }, { border: () => machine.wake(1) }]);
      machine.addVcpu([{ compute: 20_011 }, note('b'), { halt: true }]);
      machine.addVcpu([{ compute: 60_000 }, note('c')]);
      machine.addNeighbour({ duty: 0.3, periodNs: 1_000_000 });
      machine.runUntil(20_000_000, budget);
      log.push(JSON.stringify([machine.scheduler.save(), machine.events.save(), machine.loop.reachedNs]));
      return log.join('\n');
    };
    const whole = record(() => 1_000_000, false);
    let seed = 12345;
    const random = (): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return 1 + (seed % 3_000);
    };
    assert.equal(record(random, false), whole);
    assert.equal(
      record(() => 250_000, true),
      whole,
    );
    assert.equal(record(random, true), whole);
  });
});
