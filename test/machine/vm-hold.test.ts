// A VM that is held while the others run on: offline to the nanosecond, its clocks stopped or told of the gap, and a logged input that replays, snapshots and time travel repeat.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { ControlCore } from '../../src/machine/control/control-core';
import { defaultParts } from '../../src/machine/control/default-parts';
import type { HeldClock, HostConfig, Moment } from '../../src/machine/control/types';
import { PVCLOCK_GUEST_STOPPED, PvclockField } from '../../src/pv/kvm/pvclock';
import { assertSame, type Observed, prepare, Watch } from '../proof/observe';
import { Chance } from '../proof/random';
import { sample } from '../support/guests';
import { busyImage, severalVms } from './vms/busy-guest';

const MS = 1_000_000;
const image = { path: 'kvm-c.elf', bytes: readFileSync(sample('kvm-c', 'kvm-c.elf')) };
const SCRIPT = 'time\nsteal\nipi\nquit\n';
const CLOCKS: HeldClock[] = ['stops', 'runs'];

const memory = 16 << 20;
const kvmC = { image, memory, maxMemory: memory, vcpus: 2, maxVcpus: 2 };
const BUSY = { image: busyImage(250, 1) };

function coreOf(host: Partial<HostConfig> = {}, script = SCRIPT, other: Parameters<typeof severalVms>[0][number] = kvmC): ControlCore {
  const core = new ControlCore(severalVms([kvmC, other], { pcpus: 2, ...host }), defaultParts());
  prepare(core, { image: image.path, script });
  return core;
}
/** What VM 0 prints from now on. */
function consoleOf(core: ControlCore): () => string {
  let text = '';
  core.onEvent((event) => {
    if (event.kind === 'console' && event.vm === 0) text += new TextDecoder('latin1').decode(event.bytes);
  });
  return () => text;
}
function finish(core: ControlCore): void {
  while (core.running && core.host.vms[0]!.ended === undefined)
    if (core.advance(250_000, Number.POSITIVE_INFINITY) === 'idle-for-ever') return;
}
function stretch(core: ControlCore, forNs: number): void {
  const untilNs = core.host.loop.reachedNs + forNs;
  core.resume();
  while (core.running && core.host.loop.reachedNs < untilNs) if (core.advance(20_000, untilNs) !== 'again') break;
  core.pause();
}
const retired = (core: ControlCore, vm: number): number[] =>
  core
    .vcpus()
    .filter((each) => each.vm === vm)
    .map(({ position }) => position.retired);
const accounts = (core: ControlCore) => core.statistics().vcpus.filter(({ vm }) => vm === 0);

/** VM 0 held once for so long, in the middle of its timer's five milliseconds. */
function heldInTheTimer(clock: HeldClock, forNs: number) {
  const core = coreOf({}, SCRIPT, BUSY);
  const text = consoleOf(core);
  for (let i = 0; i < 200 && !text().includes('demand paging'); i++) stretch(core, 20_000);
  stretch(core, 2 * MS);
  core.holdVm(0, true, clock);
  const before = { accounts: accounts(core), retired: retired(core, 0), other: retired(core, 1)[0]!, text: text() };
  stretch(core, forNs);
  const after = { accounts: accounts(core), retired: retired(core, 0), other: retired(core, 1)[0]!, text: text() };
  core.holdVm(0, false, clock);
  core.resume();
  finish(core);
  const took = Number(/5 interrupts of 1 ms took (\d+) us/.exec(text())?.[1]);
  return { core, before, after, took, text: text() };
}

describe('a VM that is held', function () {
  this.timeout(300_000);
  const chance = new Chance();
  before(() => chance.announce());

  it('has its timers shown as held, with what is left of each', () => {
    const core = coreOf({}, SCRIPT, BUSY);
    const text = consoleOf(core);
    for (let i = 0; i < 200 && !text().includes('demand paging'); i++) stretch(core, 20_000);
    stretch(core, 2 * MS);
    const before = core.devices(0);
    const lapic = before.pending.find(({ name, kind }) => name === 'vcpu0.lapic' && kind === 'guest');
    assert.ok(lapic !== undefined, JSON.stringify(before.pending));
    core.holdVm(0, true, 'stops');
    stretch(core, MS);
    for (let look = 0; look < 2; look++) {
      const { nowNs, pending } = core.devices(0);
      const held = pending.find(({ name, kind }) => name === 'vcpu0.lapic' && kind === 'held');
      assert.ok(held !== undefined, JSON.stringify(pending));
      assert.ok(held.deadlineNs - nowNs > 0 && held.deadlineNs - nowNs <= lapic.deadlineNs - before.nowNs + MS / 10);
      assert.equal(pending.filter(({ name }) => name === 'vcpu0.lapic').length, 1);
    }
    // The time in the device's registers is on the same clock.
    const fires = () => {
      const view = core.devices(0);
      const { registers } = view.devices.find(({ name }) => name === 'vcpu0.lapic')!;
      return { ...view, inNs: Number(registers.find(({ name }) => name === 'timer fires')!.value) - view.guestNs };
    };
    const standing = fires();
    assert.equal(standing.guestStands, true);
    assert.equal(standing.inNs, standing.pending.find(({ name }) => name === 'vcpu0.lapic')!.deadlineNs - standing.nowNs);
    core.holdVm(0, false, 'stops');
    stretch(core, 1000);
    const going = fires();
    assert.deepEqual([going.guestStands, going.pending.filter(({ kind }) => kind === 'held')], [false, []]);
    assert.ok(going.nowNs - going.guestNs >= 0.9 * MS, 'its clocks are behind by what it was held');
    const next = going.pending.find(({ name }) => name === 'vcpu0.lapic')!;
    assert.deepEqual([next.deadlineNs - going.nowNs, next.kind], [going.inNs, 'guest']);
    assert.equal(core.devices(1).pending.find(({ name }) => name === 'vm0.vcpu0.lapic')?.kind, 'background', "another VM's");
  });

  for (const clock of CLOCKS)
    it(`is offline to the nanosecond, and the other runs on: its clocks ${clock === 'stops' ? 'stop' : 'run on'}`, () => {
      const { before, after, core, text } = heldInTheTimer(clock, 3 * MS);
      assert.deepEqual(after.retired, before.retired, 'it does not run');
      assert.equal(after.text, before.text);
      assert.ok(after.other > before.other + 100, 'the other does');
      for (const [vcpu, now] of after.accounts.entries()) {
        const then = before.accounts[vcpu]!;
        assert.deepEqual(
          { ...now, offlineNs: 0, share: 0 },
          { ...then, offlineNs: 0, share: 0 },
          `vCPU ${vcpu} is neither running, nor runnable, nor blocked`,
        );
        assert.ok(now.offlineNs - then.offlineNs >= 2.9 * MS);
      }
      const { virtualNs, vcpus } = core.statistics();
      for (const { runningNs, runnableNs, blockedNs, offlineNs } of vcpus)
        assert.equal(runningNs + runnableNs + blockedNs + offlineNs, virtualNs);
      assert.match(text, /spinlock: counted to 600/);
    });

  it('with stopped clocks measures no gap, with clocks that run on all of it', () => {
    const undisturbed = heldInTheTimer('stops', 0).took;
    const stops = heldInTheTimer('stops', 30 * MS).took;
    assert.ok(Math.abs(stops - undisturbed) <= 20, `${undisturbed} and ${stops} us`);
    const runs = heldInTheTimer('runs', 30 * MS).took;
    assert.ok(runs >= undisturbed + 25_000, `${undisturbed} and ${runs} us`);
  });

  it('is told by kvmclock that it was stopped, where its clocks ran on', () => {
    for (const clock of CLOCKS) {
      const core = coreOf();
      stretch(core, 8 * MS);
      const update = core.host.recorder
        .page({ from: 0, limit: Number.MAX_SAFE_INTEGER })
        .records.findLast((event) => event.kind === 'pvclock-update' && event.vm === 0 && event.vcpu === 0);
      const flagsGpa = Number(update?.fields.gpa) + PvclockField.flags;
      const stopped = (): boolean => (core.readMemory(0, { kind: 'physical' }, BigInt(flagsGpa), 1)[0]! & PVCLOCK_GUEST_STOPPED) !== 0;
      assert.equal(stopped(), false);
      core.holdVm(0, true, clock);
      stretch(core, MS);
      assert.equal(stopped(), false);
      core.holdVm(0, false, clock);
      assert.equal(stopped(), clock === 'runs');
    }
  });

  /** VMs held and let go at random, standing and running. */
  function heldRun(host: Partial<HostConfig>, record: boolean): { core: ControlCore; observed: Observed; log: string; seen: Seen[] } {
    const core = coreOf(host);
    if (record) core.history.record(64 << 20);
    const watch = new Watch(core);
    const seen: Seen[] = [];
    stretch(core, 500_000);
    for (let i = 0; i < 9; i++) {
      const clock = CLOCKS[chance.below(2)]!;
      if (chance.below(2) === 0) core.resume();
      if (core.running) core.advance(1 + chance.below(40_000), 10 * MS);
      core.holdVm(chance.below(2), chance.below(3) > 0, clock);
      if (chance.below(3) === 0) core.hold(0, [[], [0], [1]][chance.below(3)]!);
      core.pause();
      stretch(core, 10_000 + chance.below(900_000));
      seen.push({ moment: core.historyInfo().now, digest: core.digest() });
      if (record && chance.below(3) === 0) core.history.takeSnapshot();
    }
    core.hold(0, []);
    for (const vm of [0, 1]) core.holdVm(vm, false, 'stops');
    if (!record) {
      core.resume();
      // The other VM may go on longer.
      while (core.running) if (core.advance(250_000, Number.POSITIVE_INFINITY) === 'idle-for-ever') break;
    }
    return { core, observed: watch.observed(), log: core.inputLog(), seen };
  }
  interface Seen {
    moment: Moment;
    digest: string;
  }

  for (const [name, host] of [
    ['one pCPU', { pcpus: 1 }],
    ['compiled code', { tier: 'jit' }],
  ] as [string, Partial<HostConfig>][]) {
    it(`is held at the same instants by a replay: ${name}`, () => {
      const { observed, log } = heldRun(host, false);
      const again = coreOf(host, '');
      again.replay(log, 'the log');
      const watch = new Watch(again);
      again.resume();
      while (again.running) if (again.advance(1 + chance.below(30_000), Number.POSITIVE_INFINITY) === 'idle-for-ever') break;
      assertSame(watch.observed(), observed, 'the replay');
    });

    it(`is held when time travel comes by, and in a snapshot: ${name}`, () => {
      const { core, seen } = heldRun(host, true);
      const { now } = core.historyInfo();
      const digest = core.digest();
      for (let i = 0; i < 3; i++) {
        const there = seen[chance.below(seen.length)]!;
        core.travel({ kind: 'moment', moment: there.moment });
        finish(core);
        assert.equal(core.digest(), there.digest);
      }
      assert.throws(() => core.holdVm(0, !core.host.vms[0]!.held.isHeld, 'stops'), { id: 'in-the-past' });
      core.travel({ kind: 'moment', moment: now });
      finish(core);
      assert.equal(core.digest(), digest);
      core.holdVm(0, true, 'stops');
      stretch(core, 100_000);
      const other = coreOf(host);
      other.restore(core.save());
      for (const each of [core, other]) {
        stretch(each, 200_000);
        each.holdVm(0, false, 'stops');
        stretch(each, 300_000);
      }
      assert.equal(other.digest(), core.digest());
    });
  }

  it('does not end a run whose other VMs sleep for ever', () => {
    const core = coreOf({}, 'quit\n');
    stretch(core, MS);
    core.holdVm(0, true, 'stops');
    core.resume();
    let result: unknown = 'again';
    for (let i = 0; i < 5000 && result === 'again'; i++) result = core.advance(250_000, Number.POSITIVE_INFINITY);
    assert.equal(result, 'idle-for-ever');
    core.holdVm(0, false, 'stops');
    finish(core);
    assert.ok(core.host.vms[0]!.ended !== undefined || core.ended);
  });
});
