// Stops for touched memory, exceptions, interrupts, exits, MSR and port accesses on a real guest: exact, with what happened, and invisible to the guest.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { ControlCore } from '../../src/machine/control/control-core';
import { defaultParts } from '../../src/machine/control/default-parts';
import { EVENT_CLASSES, type EventClass } from '../../src/machine/control/stop-types';
import type { ControlEvent, Program, StopPointSpec, StopReason } from '../../src/machine/control/types';
import { hostConfig } from './fake-host';

const path = join(__dirname, '../../samples/kvm-c/kvm-c.elf');
const image = { path, bytes: readFileSync(path) };

function core(script: string, model: 'hw' | 'trap' | 'pv' = 'hw'): ControlCore {
  const made = new ControlCore(hostConfig({ image, memory: 32 << 20, maxMemory: 32 << 20, vcpus: 2, model }, { pcpus: 2 }), defaultParts());
  made.input(0, new TextEncoder().encode(script));
  return made;
}

/** Runs to the end, calling `at` at each stop; gives the digest and how often it stopped for what. */
function run(guest: ControlCore, at: (reason: StopReason) => void = () => {}, budget: () => number = () => 200_000): string {
  let last: ControlEvent | undefined;
  const listening = guest.onEvent((event) => {
    last = event;
  });
  for (let stops = 0; stops < 3000; stops++) {
    guest.resume();
    while (guest.running) if (guest.advance(budget(), Number.POSITIVE_INFINITY) === 'idle-for-ever') guest.pause();
    const event = last as ControlEvent | undefined;
    if (event?.kind === 'exited') break;
    assert.ok(event?.kind === 'stopped', event?.kind);
    if (event.stop.reason.kind === 'halted-forever') break;
    at(event.stop.reason);
  }
  listening.dispose();
  return guest.digest();
}

const event = (kind: EventClass, condition?: Program): StopPointSpec => ({
  id: 10 + EVENT_CLASSES.indexOf(kind),
  vm: 0,
  where: { kind: 'event', class: kind },
  ...(condition && { condition }),
});
const equals = (field: string, value: bigint): Program => [
  { op: 'event', field },
  { op: 'const', value },
  { op: 'binary', operator: 'eq' },
];

describe('machine/event stops', () => {
  for (const model of ['hw', 'trap'] as const) {
    it(`stop for every class of events, and change nothing (model ${model})`, () => {
      const script = 'time\nfault\nipi\nquit\n';
      const reference = run(core(script, model));
      const guest = core(script, model);
      const seen = new Map<string, number>();
      let state = 5;
      const random = (below: number): number => {
        state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
        return (state >>> 8) % below;
      };
      // Every so often other points: faults and MSRs always, the frequent ones at times.
      const choose = (): void =>
        guest.setStopPoints([
          event('fault'),
          event('msr'),
          ...(random(6) === 0 ? [event('port')] : []),
          ...(random(6) === 0 ? [event('exit')] : []),
          ...(random(3) === 0 ? [event('interrupt')] : []),
        ]);
      guest.setStopPoints(EVENT_CLASSES.map((kind) => event(kind)));
      const digest = run(
        guest,
        (reason) => {
          assert.equal(reason.kind, 'event');
          if (reason.kind !== 'event') return;
          const { class: kind, name, before, rip } = reason.event;
          const at = guest.vcpus().find(({ vcpu }) => vcpu === guest.host.stop?.at.vcpu);
          if (before) assert.equal(rip, at?.rip, `${kind} ${name}`);
          seen.set(kind, (seen.get(kind) ?? 0) + 1);
          choose();
        },
        () => 500 + random(100_000),
      );
      assert.deepEqual([...seen.keys()].sort(), [...EVENT_CLASSES].filter((kind) => kind !== 'fault' || seen.has('fault')).sort());
      assert.equal(digest, reference);
    });
  }

  it('conditions see what happens: an MSR and its value, a port and its direction', () => {
    const guest = core('quit\n');
    const WALL_CLOCK = 0x4b56_4d00n;
    guest.setStopPoints([
      event('msr', [...equals('msr', WALL_CLOCK), ...equals('write', 1n), { op: 'binary', operator: 'and' }]),
      event('port', [...equals('port', 0x3f8n), ...equals('value', 0x3en), { op: 'binary', operator: 'and' }]),
      event('exit', [{ op: 'event-name-is', name: 'cpuid' }]),
    ]);
    const names: string[] = [];
    run(guest, (reason) => {
      if (reason.kind !== 'event') return;
      const { class: kind, name, fields } = reason.event;
      names.push(kind);
      if (kind === 'exit') assert.deepEqual([name, typeof fields.leaf], ['cpuid', 'bigint']);
      if (kind === 'port') assert.deepEqual([fields.port, fields.size, fields.write], [0x3f8n, 1n, 1n]);
      guest.setStopPoints(guest.host.stop === undefined ? [] : [event('port', equals('value', 0x3en))]);
    });
    assert.ok(names.includes('exit') || names.includes('msr'), names.join());
    assert.ok(names.includes('port'), names.join());
  });

  it('watched places stop behind the instruction, with old and new value, and change nothing', () => {
    const script = 'time\nsteal\nipi\nquit\n';
    const reference = run(core(script));
    const guest = core(script);
    let state = 3;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    let touched = 0;
    const accesses = ['read', 'write', 'change', 'access'] as const;
    // The stack of whoever runs, what it points to, the APIC's end-of-interrupt register, and pages of data.
    const choose = (): void => {
      const info = guest.vcpus()[random(2)]!;
      const { values } = guest.registers(0, info.vcpu);
      const where = (space: 'linear' | 'physical', address: bigint, length: number): StopPointSpec['where'] => ({
        ...{ kind: 'data', space, address, length },
        access: accesses[random(4)]!,
      });
      const places = [
        where('linear', values.rsp! - BigInt(random(64)), 1 + random(64)),
        where('linear', values.rbx!, 8),
        where('physical', 0xfee0_00b0n, 4),
        where('physical', BigInt(0x100000 + random(0x40000)), 1 + random(5000)),
      ];
      guest.setStopPoints(random(3) === 0 ? [] : [{ id: 1, vm: 0, where: places[random(places.length)]! }]);
    };
    const listening = guest.onEvent(() => {});
    for (let i = 0; i < 400; i++) {
      guest.resume();
      for (let n = random(12); guest.running && n >= 0; n--) guest.advance(1 + random(6000), Number.POSITIVE_INFINITY);
      guest.pause();
      const reason = guest.host.stop?.reason;
      if (reason?.kind === 'data') {
        touched++;
        const [touch] = reason.touches;
        assert.ok(touch);
        if (touch.before === null) assert.equal(touch.address, 0xfee0_00b0n);
      }
      choose();
    }
    listening.dispose();
    guest.setStopPoints([]);
    assert.equal(run(guest), reference);
    assert.ok(touched > 50, `${touched}`);
  });
});
