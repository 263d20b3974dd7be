// Going back and forward in a run: the digest at every moment is the one that was there, in both tiers, with several vCPUs, interrupts and console input.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { ControlCore } from '../../../src/machine/control/control-core';
import type { ControlEvent, Destination, Moment, StopInfo, StopPointSpec } from '../../../src/machine/control/types';
import { compareMoments } from '../../../src/machine/history/moment';
import { coreOf, neighbour, type Recipe } from '../../proof/observe';
import { Chance } from '../../proof/random';
import { sample } from '../../support/guests';
import { consoleText } from '../fake-host';

const kvmC = (host: Recipe['host'], vcpus = 2): Recipe => ({
  image: sample('kvm-c', 'kvm-c.elf'),
  vm: { vcpus },
  ...(host && { host }),
  script: 'time\nsteal\nipi\nquit\n',
});

/** Runs until it stops; gives the stop. */
function settle(core: ControlCore): StopInfo | undefined {
  while (core.running) core.advance(200_000, Number.POSITIVE_INFINITY);
  return core.host.stop;
}

function travel(core: ControlCore, destination: Destination): StopInfo | undefined {
  core.travel(destination);
  return settle(core);
}

/** A stretch of the run, with snapshots. */
function stretch(core: ControlCore, slices: number, sliceNs: number): void {
  core.resume();
  for (let i = 0; i < slices && core.running; i++) {
    core.advance(sliceNs, Number.POSITIVE_INFINITY);
    if (i % 3 === 0) core.history.takeSnapshot();
  }
  core.pause();
}

/** The stack where vCPU 0 stands. */
const dataAt = (core: ControlCore): StopPointSpec['where'] => ({
  kind: 'data',
  space: 'linear',
  address: core.registers(0, 0).values.rsp! - 64n,
  length: 8,
  access: 'write',
});

interface Seen {
  moment: Moment;
  digest: string;
  text: string;
}

/** Every moment that a recorded run was paused at, to its end (which is not reached). */
function recorded(core: ControlCore, chance: Chance, count: number, sliceNs: number): Seen[] {
  const events: ControlEvent[] = [];
  core.onEvent((event) => events.push(event));
  core.history.record(64 << 20);
  const seen: Seen[] = [];
  for (let i = 0; i < count && !core.ended; i++) {
    seen.push({ moment: core.historyInfo().now, digest: core.digest(), text: consoleText(events) });
    stretch(core, 1 + chance.below(8), sliceNs);
  }
  return seen;
}

describe('machine/history', () => {
  const chance = new Chance();
  before(() => chance.announce());

  const machines: [string, Recipe][] = [
    ['one pCPU', kvmC({ pcpus: 1 })],
    ['two pCPUs beside a neighbour', kvmC({ pcpus: 2, neighbours: [neighbour({ duty: 0.4, periodNs: 700_000 })] })],
    ['compiled code', kvmC({ pcpus: 2, tier: 'jit' })],
  ];
  for (const [name, recipe] of machines)
    it(`has the same digest and console at every moment, forward and back: ${name}`, () => {
      const whole = coreOf(recipe);
      whole.resume();
      settle(whole);
      const core = coreOf(recipe);
      const seen = recorded(core, chance, 12, 60_000);
      assert.equal(core.ended, false, 'the run is longer than what is recorded');
      let shown: Uint8Array = new Uint8Array(0);
      core.onEvent((event) => {
        if (event.kind === 'console-redrawn') shown = event.bytes;
      });
      for (let i = 0; i < 20; i++) {
        const there = seen[chance.below(seen.length)]!;
        const stop = travel(core, { kind: 'moment', moment: there.moment });
        assert.equal(stop?.reason.kind, 'travel');
        assert.deepEqual(core.historyInfo().now, there.moment);
        assert.equal(core.digest(), there.digest, `moment ${JSON.stringify(there.moment)}`);
        assert.equal(new TextDecoder().decode(shown), there.text, 'console');
      }
      core.resume();
      settle(core);
      assert.deepEqual(core.host.exit, whole.host.exit);
      assert.equal(core.digest(), whole.digest(), 'the run went on as it would have');
    });

  const hypercalls: StopPointSpec = { id: 7, vm: 0, where: { kind: 'hypercall' } };
  const interrupts: StopPointSpec = { id: 8, vm: 0, where: { kind: 'event', class: 'interrupt' } };
  const points: [string, (core: ControlCore) => StopPointSpec[], number][] = [
    ['hypercalls', () => [hypercalls], 4],
    ['interrupts', () => [interrupts], 5],
    ['code', (core) => [{ id: 9, vm: 0, where: { kind: 'linear', address: core.vcpus()[0]!.linearRip } }], 15],
    ['memory', (core) => [{ id: 10, vm: 0, where: dataAt(core) }], 10],
  ];
  for (const [name, pointsOf, most] of points)
    it(`goes back through every stop in the opposite order: ${name}`, () => {
      const core = coreOf(kvmC({ pcpus: 2 }));
      core.history.record(64 << 20);
      // Somewhere in the middle of things.
      stretch(core, 4, 100_000);
      core.setStopPoints(pointsOf(core));
      const forward: { moment: Moment; stop: StopInfo }[] = [];
      while (forward.length < most) {
        core.resume();
        while (core.running) {
          core.advance(20_000 + chance.below(60_000), Number.POSITIVE_INFINITY);
          if (core.running && chance.below(2) === 0) core.history.takeSnapshot();
        }
        if (core.ended || core.host.stop === undefined) break;
        forward.push({ moment: core.historyInfo().now, stop: core.host.stop });
      }
      assert.ok(forward.length > 2, `stopped ${forward.length} times`);
      // Two stops at one moment are one on the way back.
      const places = forward.filter(({ moment }, i) => i === 0 || compareMoments(forward[i - 1]!.moment, moment) !== 0);
      assert.equal(core.ended, false);
      for (const { moment, stop } of places.slice(0, -1).reverse()) {
        const back = travel(core, { kind: 'last-hit', touched: false });
        assert.deepEqual(core.historyInfo().now, moment);
        assert.equal(back?.reason.kind, stop.reason.kind);
      }
      // Forward again, past all of them.
      core.setStopPoints([]);
      travel(core, { kind: 'end' });
      assert.deepEqual(core.historyInfo().now, places.at(-1)!.moment);
    });

  for (const tier of ['interpreter', 'jit'] as const)
    it(`never passes over a stretch in which a place was met: ${tier}`, () => {
      const core = coreOf(kvmC({ pcpus: 2, tier }));
      core.history.record(64 << 20);
      const places = new Set<bigint>();
      for (let i = 0; i < 25; i++) {
        stretch(core, 3, 60_000);
        for (const { linearRip } of core.vcpus()) places.add(linearRip);
        core.resume({ step: { vm: 0, vcpu: i % 2 } });
        settle(core);
        places.add(core.vcpus()[i % 2]!.linearRip);
      }
      const { now } = core.historyInfo();
      for (const address of [...places].slice(0, 14)) {
        core.setStopPoints([{ id: 3, vm: 0, where: { kind: 'linear', address } }]);
        travel(core, { kind: 'moment', moment: now });
        const quick = travel(core, { kind: 'last-hit', touched: false });
        const there = core.historyInfo().now;
        // Beside a point by a physical address nothing is passed over.
        travel(core, { kind: 'moment', moment: now });
        core.setStopPoints([
          { id: 3, vm: 0, where: { kind: 'linear', address } },
          { id: 4, vm: 0, where: { kind: 'physical', address: 1 } },
        ]);
        const sure = travel(core, { kind: 'last-hit', touched: false });
        assert.deepEqual([quick?.reason.kind, there], [sure?.reason.kind, core.historyInfo().now], `0x${address.toString(16)}`);
      }
    });

  it('says where its memory begins, and stops there', () => {
    const core = coreOf(kvmC({ pcpus: 1 }));
    stretch(core, 5, 100_000);
    core.history.record(64 << 20);
    const { digest, moment } = { digest: core.digest(), moment: core.historyInfo().now };
    stretch(core, 5, 100_000);
    for (const kind of ['last-hit', 'begin'] as const) {
      const stop = travel(core, kind === 'begin' ? { kind } : { kind, touched: false });
      assert.deepEqual(stop?.reason, { kind: 'travel', beginning: true });
      assert.equal(core.digest(), digest);
      assert.deepEqual(core.historyInfo().now, moment);
    }
  });

  it('steps back the instructions that were stepped', () => {
    const core = coreOf(kvmC({ pcpus: 2 }));
    core.history.record(64 << 20);
    stretch(core, 10, 100_000);
    while (core.vcpus()[1]!.position.retired === 0) stretch(core, 3, 100_000);
    for (const vcpu of [0, 1]) {
      const seen: { rip: bigint; retired: number }[] = [];
      const place = () => {
        const { rip, position } = core.vcpus()[vcpu]!;
        return { rip, retired: position.retired };
      };
      for (let i = 0; i < 12; i++) {
        seen.push(place());
        core.resume({ step: { vm: 0, vcpu } });
        settle(core);
      }
      for (const before of seen.reverse()) {
        const stop = travel(core, { kind: 'step-back', vm: 0, vcpu });
        assert.equal(stop?.reason.kind, 'step');
        assert.deepEqual(place(), before);
      }
    }
  });

  it('goes to a virtual time, and to an event of the trace', () => {
    const core = coreOf(kvmC({ pcpus: 2 }));
    core.history.record(64 << 20);
    stretch(core, 30, 100_000);
    const { records } = core.trace({ from: 0, limit: 1_000_000, kinds: ['vm-exit'] });
    for (let i = 0; i < 4; i++) {
      const event = records[chance.below(records.length)]!;
      travel(core, { kind: 'event', event: event.seq });
      const { now } = core.historyInfo();
      assert.ok(now.event <= event.seq, `event ${event.seq} is still to come at ${now.event}`);
      const { end } = core.trace({ from: 0, limit: 1 });
      assert.equal(end, now.event, 'rows after the present are not there');
      core.resume({ step: { vm: 0, vcpu: event.vcpu } });
      settle(core);
      assert.ok(core.historyInfo().now.event > event.seq, 'one instruction further it has happened');
      travel(core, { kind: 'time', virtualNs: event.virtualNs });
      assert.ok(core.historyInfo().now.reachedNs <= event.virtualNs + 50_000);
      const again = core.trace({ from: Math.max(0, core.historyInfo().now.event - 50), limit: 50 });
      for (const record of again.records) assert.ok(record.virtualNs <= event.virtualNs + 20_000);
    }
    assert.throws(() => core.travel({ kind: 'time', virtualNs: 10 ** 15 }), { id: 'history-ahead' });
    assert.equal(core.running, false);
  });

  it('refuses to change the past until it is told to forget what came after', () => {
    const core = coreOf(kvmC({ pcpus: 1 }));
    core.history.record(64 << 20);
    stretch(core, 5, 100_000);
    const { now } = core.historyInfo();
    stretch(core, 5, 100_000);
    core.setRegister(0, 0, 'r15', 5n);
    core.input(0, new TextEncoder().encode('steal\n'));
    stretch(core, 2, 100_000);
    travel(core, { kind: 'moment', moment: now });
    assert.equal(core.historyInfo().past, true);
    for (const change of [
      () => core.setRegister(0, 0, 'rax', 1n),
      () => core.input(0, new Uint8Array([65])),
      () => core.writeMemory(0, { kind: 'physical' }, 0n, new Uint8Array([1])),
      () => core.keyboard(0, new Uint8Array([28])),
    ])
      assert.throws(change, { id: 'in-the-past' });
    const lines = core.inputLog().split('\n').length;
    core.history.fork();
    assert.equal(core.historyInfo().past, false);
    assert.equal(core.inputLog().split('\n').length, lines - 2, 'the log is without what came after');
    assert.match(core.inputLog(), /^\{"hyperscope-input-log":1,"forkedAtNs":\[\d+\]\}\n/, 'its start says so');
    core.setRegister(0, 0, 'r15', 7n);
    core.input(0, new TextEncoder().encode('quit\n'));
    const log = core.inputLog();
    stretch(core, 4, 100_000);
    const there = { digest: core.digest(), moment: core.historyInfo().now };
    stretch(core, 4, 100_000);
    travel(core, { kind: 'moment', moment: there.moment });
    assert.equal(core.digest(), there.digest, 'the fork has a past of its own');
    core.resume();
    settle(core);
    const replayed = coreOf({ ...kvmC({ pcpus: 1 }), script: '' });
    replayed.replay(log, 'log');
    replayed.resume();
    settle(replayed);
    assert.equal(replayed.digest(), core.digest(), 'its log replays it');
  });

  for (const tier of ['interpreter', 'jit'] as const)
    it(`goes back behind a reboot, which clears memory: ${tier}`, () => {
      const core = coreOf(kvmC({ pcpus: 1, tier }));
      core.history.record(64 << 20);
      const seen: { moment: Moment; digest: string }[] = [];
      for (let i = 0; i < 10; i++) {
        stretch(core, 4, 100_000);
        seen.push({ moment: core.historyInfo().now, digest: core.digest() });
        // A page that only this life of the machine has, written long before the next snapshot.
        if (i === 1) core.writeMemory(0, { kind: 'physical' }, BigInt(core.host.config.vms[0]!.memory - 4096), new Uint8Array([1, 2, 3]));
        if (i === 4) core.machine(0, 'restart');
      }
      for (const { moment, digest } of [...seen.slice(2).reverse(), ...seen]) {
        travel(core, { kind: 'moment', moment });
        assert.deepEqual(core.historyInfo().now, moment);
        assert.equal(core.digest(), digest);
      }
    });

  it('holds its bound, and keeps what is older ever more rarely', () => {
    const core = coreOf(kvmC({ pcpus: 1 }));
    const most = 3 << 20;
    core.history.record(most);
    core.resume();
    for (let i = 0; i < 300 && core.running; i++) {
      core.advance(20_000, Number.POSITIVE_INFINITY);
      core.history.takeSnapshot();
      assert.ok(core.historyInfo().bytes <= most, `${core.historyInfo().bytes} bytes`);
    }
    assert.ok(core.historyInfo().snapshots > 3);
    core.pause();
    const digest = core.digest();
    const { now } = core.historyInfo();
    travel(core, { kind: 'begin' });
    travel(core, { kind: 'moment', moment: now });
    assert.equal(core.digest(), digest);
  });
});
