// Pay per use: what each VM used of CPU, exits, memory and console sums to what the host gave, to the nanosecond, on many physical CPUs and under every policy;
// and two kernels with unequal exit rates share one physical CPU by halves.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { ControlCore } from '../../../src/machine/control/control-core';
import { defaultParts } from '../../../src/machine/control/default-parts';
import type { HostConfig } from '../../../src/machine/control/types';
import { POLICY_NAMES } from '../../../src/machine/sched/policies.rows';
import { interpreterModule } from '../../engine/interpreter-module';
import { guestTest } from '../../support/guests';
import { busyImage, severalVms } from './busy-guest';

const MS = 1_000_000;
const PCPUS = 16;
const VMS = 18;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function runTo(core: ControlCore, untilNs: number): void {
  core.resume();
  while (core.running && core.host.loop.reachedNs < untilNs) core.advance(Math.max(1000, untilNs - core.host.loop.reachedNs), untilNs);
  core.pause();
}

describe('machine: what each VM pays', function () {
  this.timeout(300_000);

  // One for all VMs: it takes long to make.
  const parts = () => defaultParts({ interpreter: interpreterModule });

  for (const policy of POLICY_NAMES)
    it(`${VMS} VMs on ${PCPUS} physical CPUs, exit rates from none to one in four instructions, policy ${policy}`, () => {
      const vms = Array.from({ length: VMS }, (_, i) => ({
        image: busyImage(3 + ((i * 37) % 200), i % 4),
        weight: 256 << (i % 4),
        ...(i % 5 === 0 && { cap: 40 }),
      }));
      const neighbours = [{ duty: 0.3, absolute: false, periodNs: 700_000, pcpu: 3, weight: 1024 }];
      const core = new ControlCore(severalVms(vms, { pcpus: PCPUS, policy, seed: 5, neighbours }), parts());
      for (const atNs of [0.5 * MS, 1.5 * MS]) {
        runTo(core, atNs);
        const { vcpus, virtualNs, pcpus, usage, exits } = core.statistics();
        assert.equal(pcpus.length, PCPUS);
        for (const { pcpu, vcpusNs, neighboursNs, idleNs } of pcpus) {
          assert.equal(vcpusNs + neighboursNs + idleNs, virtualNs, `pCPU ${pcpu}`);
          // Its first turn may come after a millisecond.
          if (atNs > MS || pcpu !== 3) assert.equal(neighboursNs > 0, pcpu === 3, `pCPU ${pcpu}`);
        }
        assert.equal(usage.length, VMS);
        const ofHost = sum(pcpus.map(({ vcpusNs }) => vcpusNs));
        assert.equal(sum(usage.map(({ guestCpuNs, hypervisorCpuNs }) => guestCpuNs + hypervisorCpuNs)), ofHost);
        assert.equal(sum(vcpus.map(({ runningNs }) => runningNs)), ofHost);
        assert.equal(sum(usage.map(({ hypervisorCpuNs }) => hypervisorCpuNs)), sum(exits.map((exit) => exit.virtualNs)));
        assert.equal(sum(usage.map((each) => each.exits)), sum(exits.map(({ count }) => count)));
        assert.equal(sum(usage.map(({ memoryMibNs }) => memoryMibNs)), VMS * 2 * virtualNs);
        for (const { vm, runningNs, runnableNs, blockedNs, offlineNs } of vcpus) {
          assert.equal(runningNs + runnableNs + blockedNs + offlineNs, virtualNs, `vm${vm}`);
          const { guestCpuNs, hypervisorCpuNs, exits: count } = usage[vm]!;
          assert.equal(guestCpuNs + hypervisorCpuNs, runningNs, `vm${vm}`);
          if (runningNs > 100_000) assert.equal(count > 0, vm % 4 > 0, `vm${vm} has made ${count} exits`);
        }
      }
    });

  it('two kernels, one of which lives in its exits, have half of a physical CPU each, and see as much stolen', () => {
    const images = (['busy-computes', 'busy-exits'] as const).map((name) => ({ path: name, bytes: readFileSync(guestTest(name)) }));
    const of = severalVms(
      images.map((image) => ({ image, memory: 32 << 20, maxMemory: 32 << 20 })),
      { pcpus: 1 },
    );
    const core = new ControlCore(of satisfies HostConfig, parts());
    const printed = [0, 0];
    core.onEvent((event) => {
      if (event.kind === 'console') printed[event.vm]! += event.bytes.length;
    });
    // Both have booted by then.
    runTo(core, 40 * MS);
    let before = core.statistics();
    for (const atNs of [90 * MS, 140 * MS]) {
      runTo(core, atNs);
      const now = core.statistics();
      const elapsedNs = now.virtualNs - before.virtualNs;
      for (const [vm, { runningNs, runnableNs }] of now.vcpus.entries()) {
        const was = before.vcpus[vm]!;
        assert.ok(
          Math.abs((runningNs - was.runningNs) / elapsedNs - 0.5) < 0.01,
          `vm${vm} ran ${runningNs - was.runningNs} of ${elapsedNs}`,
        );
        assert.ok(Math.abs((runnableNs - was.runnableNs) / elapsedNs - 0.5) < 0.01, `vm${vm} waited ${runnableNs - was.runnableNs}`);
      }
      before = now;
    }
    assert.deepEqual(
      before.usage.map(({ consoleBytes }) => consoleBytes),
      printed,
      'bytes of each console, all that the host has given out',
    );
    assert.ok(printed.every((bytes) => bytes > 10) && printed[0] !== printed[1], `${printed}`);
    const [computes, exits] = before.usage;
    assert.ok(exits!.exits > 100 * computes!.exits, `${exits!.exits} exits against ${computes!.exits}`);
    assert.ok(exits!.hypervisorCpuNs > 20 * computes!.hypervisorCpuNs);
  });
});
