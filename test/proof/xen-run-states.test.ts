// Xen's run-state area is one account with everything else: at each instant at which it was written, its times are those of the host's run states up to then, to the nanosecond.
import assert from 'node:assert/strict';
import type { HostConfig } from '../../src/machine/control/types';
import { sample } from '../support/guests';
import { coreOf, neighbour } from './observe';

const STATES = ['running', 'runnable', 'blocked', 'offline'] as const;
const AREA_BYTES = 48;

interface Area {
  state: number;
  entryNs: number;
  ns: number[];
}

describe("proof: steal by Xen's run states", () => {
  const hosts: [string, Partial<HostConfig>][] = [
    ['alone', { pcpus: 1 }],
    ['beside a neighbour that wants half', { pcpus: 1, neighbours: [neighbour({ duty: 0.5, periodNs: 700_000 })] }],
    ['beside one that goes first', { pcpus: 1, neighbours: [neighbour({ duty: 0.4, periodNs: 300_000, absolute: true })] }],
    ['by the policy chaos', { pcpus: 1, policy: 'chaos', seed: 3, neighbours: [neighbour({ duty: 0.5, periodNs: 900_000 })] }],
  ];
  for (const [what, host] of hosts)
    it(what, () => {
      const core = coreOf({ image: sample('xen-pvh-c', 'xen-pvh-c.elf'), vm: { hypervisor: 'xen' }, host, script: '' });
      const vm = core.host.vms[0]!;
      // As it lies in the guest's memory whenever it has been written.
      const areas: Area[] = [];
      core.host.recorder.addSink((_kind, event) => {
        const { kind, fields } = event();
        if (kind !== 'steal-update') return;
        const bytes = vm.engine.memory.read(Number(fields.gpa), AREA_BYTES) ?? assert.fail('no area');
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        areas.push({
          state: view.getInt32(0, true),
          entryNs: Number(view.getBigUint64(8, true)),
          ns: STATES.map((_, i) => Number(view.getBigUint64(16 + i * 8, true))),
        });
      });
      core.resume();
      while (core.running) core.advance(200_000, Number.POSITIVE_INFINITY);
      assert.ok(areas.length > 10, `${areas.length} updates`);
      const bands = core.runStates(0, core.statistics().virtualNs, 1_000_000);
      let stolenNs = 0;
      for (const { state, entryNs, ns } of areas) {
        // Without the state at hand, whose time counts from its entry; where it is written with that up to now, they sum to a later instant.
        const atNs = ns.reduce((sum, each) => sum + each, 0);
        assert.ok(atNs >= entryNs, `${atNs} before ${entryNs}`);
        const account = STATES.map((name) =>
          bands
            .filter((band) => band.state === name)
            .reduce((sum, { startNs, endNs }) => sum + Math.max(0, Math.min(endNs, atNs) - startNs), 0),
        );
        assert.deepEqual(ns, account, `at ${atNs} ns, ${STATES[state]}`);
        stolenNs = ns[1]!;
      }
      const { vcpus } = core.statistics();
      assert.ok(stolenNs <= vcpus[0]!.runnableNs);
      if ('neighbours' in host) assert.ok(stolenNs > 1_000_000, `${stolenNs} ns`);
      else assert.equal(stolenNs, 0);
    });
});
