// Several VMs on one host: shares of CPU time over any ten virtual seconds, caps, changes while they run, and VMs that end one by one.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ControlCore } from '../../../src/machine/control/control-core';
import { defaultParts } from '../../../src/machine/control/default-parts';
import type { ControlEvent, HostConfig, SchedulingChange } from '../../../src/machine/control/types';
import { busyImage, endingImage, severalVms } from './busy-guest';

const MS = 1_000_000;
const SECOND = 1000 * MS;
const coreOf = (config: HostConfig): ControlCore => new ControlCore(config, defaultParts());

/** Runs on until the host's clock has come to `untilNs`. */
function runTo(core: ControlCore, untilNs: number): void {
  core.resume();
  while (core.running && core.host.loop.reachedNs < untilNs) core.advance(Math.max(1000, untilNs - core.host.loop.reachedNs), untilNs);
}

/** Running time of every vCPU of each VM now. */
const ran = (core: ControlCore): number[] => {
  const { vcpus } = core.statistics();
  return core.host.vms.map(({ index }) => vcpus.filter(({ vm }) => vm === index).reduce((sum, { runningNs }) => sum + runningNs, 0));
};

/** Every account adds up: of each vCPU, of each pCPU, and what VMs used is what the host gave. */
function assertSums(core: ControlCore): void {
  const { vcpus, virtualNs, pcpus, usage, exits } = core.statistics();
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  assert.equal(sum(usage.map(({ guestCpuNs, hypervisorCpuNs }) => guestCpuNs + hypervisorCpuNs)), sum(pcpus.map(({ vcpusNs }) => vcpusNs)));
  assert.equal(sum(usage.map(({ hypervisorCpuNs }) => hypervisorCpuNs)), sum(exits.map((exit) => exit.virtualNs)));
  assert.equal(sum(usage.map((each) => each.exits)), sum(exits.map(({ count }) => count)));
  for (const { vcpusNs, neighboursNs, idleNs } of pcpus) assert.ok(vcpusNs >= 0 && neighboursNs >= 0 && idleNs >= 0);
  for (const { vm, vcpu, runningNs, runnableNs, blockedNs, offlineNs } of vcpus)
    assert.equal(runningNs + runnableNs + blockedNs + offlineNs, virtualNs, `vm${vm} vCPU ${vcpu}`);
}

/** The greatest distance from `share` that the first VM has in any window of ten seconds that begins at a multiple of 250 ms. */
function worst(core: ControlCore, seconds: number, share: number): number {
  const samples: { atNs: number; ranNs: number }[] = [];
  let distance = 0;
  for (let atNs = SECOND / 4; atNs <= seconds * SECOND; atNs += SECOND / 4) {
    runTo(core, atNs);
    const now = { atNs: core.statistics().virtualNs, ranNs: ran(core)[0]! };
    samples.push(now);
    const then = samples.findLast((sample) => now.atNs - sample.atNs >= 10 * SECOND);
    if (then !== undefined) distance = Math.max(distance, Math.abs((now.ranNs - then.ranNs) / (now.atNs - then.atNs) - share));
  }
  return distance;
}

describe('machine: several VMs', function () {
  this.timeout(600_000);

  it('two busy guests with unequal exit rates: half a pCPU each, over any ten virtual seconds', () => {
    const core = coreOf(severalVms([{ image: busyImage(250, 0) }, { image: busyImage(250, 1) }]));
    assert.ok(worst(core, 10.5, 0.5) < 0.01);
    assertSums(core);
  });

  it('weights 1:3: a quarter and three quarters', () => {
    const core = coreOf(
      severalVms([
        { image: busyImage(250, 1), weight: 300 },
        { image: busyImage(250, 0), weight: 900 },
      ]),
    );
    assert.ok(worst(core, 10.5, 0.25) < 0.01);
    assertSums(core);
  });

  it('a cap of a VM holds for its vCPUs together, one of a vCPU for it', () => {
    const core = coreOf(
      severalVms([
        { image: busyImage(40, 1), cap: 30 },
        { image: busyImage(40, 1), vcpuCap: 45 },
      ]),
    );
    runTo(core, SECOND);
    const [first, second] = ran(core).map((ns) => ns / SECOND) as [number, number];
    assert.ok(Math.abs(first - 0.3) < 0.01 && Math.abs(second - 0.45) < 0.01, `${first} ${second}`);
    assertSums(core);
  });

  const changes: [number, SchedulingChange][] = [
    [20 * MS, { vm: 0, weight: 4096 }],
    [40 * MS, { pcpus: 2 }],
    [50 * MS, { policy: 'round-robin' }],
    [60 * MS, { vm: 1, cap: 25 }],
    [80 * MS, { vm: 0, vcpu: 0, affinity: [1], vcpuCap: 60 }],
    [90 * MS, { vm: 0, vcpuCap: null, affinity: null, pcpus: 1 }],
  ];
  const config = (policy: HostConfig['policy']): HostConfig =>
    severalVms([{ image: busyImage(200, 1) }, { image: busyImage(100, 1) }], { policy: policy ?? 'fair', seed: 7 });
  const END = 110 * MS;

  for (const policy of ['fair', 'round-robin', 'chaos'] as const) {
    it(`changes while they run are logged inputs: ${policy}; a replay and a run from a saved state are the same to the digest`, () => {
      const core = coreOf(config(policy));
      const shares: number[] = [];
      let before = [0, 0];
      let saved: { bytes: Uint8Array; log: string } | undefined;
      for (const [atNs, change] of changes) {
        runTo(core, atNs);
        core.pause();
        const now = ran(core);
        shares.push((now[0]! - before[0]!) / (now[0]! - before[0]! + now[1]! - before[1]!));
        before = now;
        core.schedule(change);
        if (change.vcpu !== undefined) saved = { bytes: core.save(), log: core.inputLog() };
      }
      runTo(core, END);
      core.pause();
      const target = core.host.vms[0]!.vcpus[0]!.retired();
      const digest = core.digest();
      const log = core.inputLog();
      assertSums(core);
      assert.deepEqual(core.scheduling().vms[0], { name: 'vm0', cap: null, vcpus: [{ weight: 4096, cap: null, affinity: null }] });
      if (policy === 'fair') assert.ok(Math.abs(shares[0]! - 0.5) < 0.06 && Math.abs(shares[1]! - 0.8) < 0.06, `${shares}`);
      const again = (from: Uint8Array | undefined): string => {
        const other = coreOf(config(policy));
        if (from !== undefined) other.restore(from);
        other.replay(log, 'log');
        other.resume({ until: { vm: 0, vcpu: 0, retired: target } });
        while (other.running) other.advance(777_777, END * 2);
        // Stands where the first did: its last slice may have gone on on another pCPU.
        return other.digest();
      };
      const first = again(undefined);
      assert.equal(again(saved!.bytes), first);
      // The run that was given the inputs, brought to the same place.
      const live = coreOf(config(policy));
      let next = 0;
      live.resume({ until: { vm: 0, vcpu: 0, retired: target } });
      const lines = log
        .split('\n')
        .slice(1, -1)
        .map((line) => JSON.parse(line) as { atNs: number; change: SchedulingChange });
      while (live.running) {
        const due = lines[next];
        if (due !== undefined && live.host.loop.reachedNs > due.atNs - 200_000) {
          live.schedule(due.change, due.atNs);
          next++;
        }
        live.advance(50_000, END * 2);
      }
      assert.equal(live.digest(), first);
      assert.equal(digest.length, first.length);
    });
  }

  it('what cannot be changed is refused with a reason', () => {
    const core = coreOf({ ...config('fair'), neighbours: [{ duty: 0.1, absolute: false, periodNs: 1e6, pcpu: 0, weight: 1024 }] });
    for (const [change, problem] of [
      [{}, /nothing to change/],
      [{ weight: 3 }, /of a VM: name it/],
      [{ vm: 2, weight: 3 }, /there is no VM 2/],
      [{ vm: 0, vcpu: 1, weight: 3 }, /no vCPU 1 in VM 0/],
      [{ vm: 0, weight: 0 }, /1 to 65536/],
      [{ vm: 0, cap: 0.5 }, /percent/],
      [{ vm: 0, vcpu: 0, cap: 10 }, /whole VM/],
      [{ vm: 0, affinity: [3] }, /affinity 3/],
      [{ pcpus: 0 }, /give 1 to 64/],
      [{ policy: 'lottery' }, /no policy "lottery": give fair, round-robin, chaos/],
    ] as const)
      assert.throws(() => core.schedule(change as SchedulingChange), problem);
    assert.throws(() => coreOf({ ...config('fair'), vms: [] }), /at least one image/);
  });

  it('a VM that ends leaves the others running; the run ends with the last, with the first status that is not 0', () => {
    const core = coreOf(
      severalVms([{ image: endingImage(5, 3) }, { image: endingImage(50, 0) }, { image: endingImage(20, 1) }], { pcpus: 2 }),
    );
    const events: ControlEvent[] = [];
    core.onEvent((event) => events.push(event));
    core.host.control.stopOn = { tripleFault: false, haltedForever: false };
    runTo(core, SECOND);
    const ends = events.flatMap((event) =>
      event.kind === 'vm-ended' ? [`${event.vm}: ${event.exit.code}`] : event.kind === 'exited' ? [`run: ${event.exit.code}`] : [],
    );
    assert.deepEqual(ends, ['0: 7', '2: 3', 'run: 7']);
    const { usage, virtualNs } = core.statistics();
    assert.deepEqual(
      usage.map(({ consoleBytes }) => consoleBytes),
      [1, 1, 1],
    );
    assert.equal(usage[1]!.memoryMibNs, 2 * virtualNs);
    assert.ok(usage[0]!.memoryMibNs < usage[2]!.memoryMibNs && usage[2]!.memoryMibNs < 2 * virtualNs, 'memory is paid for until the end');
    assertSums(core);
    const [first] = core.statistics().vcpus;
    assert.ok(first!.offlineNs > first!.runningNs, 'offline since its end');
  });

  it('one VM is restarted, or switched off, while the other goes on: logged inputs as well', () => {
    const make = (): ControlCore => coreOf(severalVms([{ image: endingImage(10, 0) }, { image: busyImage(40, 1) }]));
    const core = make();
    let text = '';
    core.onEvent((event) => {
      if (event.kind === 'console' && event.vm === 0) text += new TextDecoder().decode(event.bytes);
    });
    runTo(core, 10 * MS);
    assert.ok(core.host.vms[0]!.ended !== undefined);
    const before = ran(core)[1]!;
    core.machine(0, 'restart');
    runTo(core, 20 * MS);
    assert.equal(text, '!!', 'it printed again');
    assert.ok(ran(core)[1]! > before);
    core.machine(0, 'restart');
    core.machine(1, 'switch-off');
    runTo(core, 30 * MS);
    assert.equal(text, '!!!');
    assert.equal(core.host.exit?.reason, 'debug-exit', 'the last VM has ended itself');
    assertSums(core);
    const again = make();
    again.replay(core.inputLog(), 'log');
    runTo(again, SECOND);
    assert.equal(again.digest(), core.digest());
  });
});
