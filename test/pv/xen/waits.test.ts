// How a vCPU of a guest of Xen learns that something has come, and waits for it: periodic timers, SCHEDOP_block and _poll, the callback by each of its ways, run states while they are written.
import assert from 'node:assert/strict';
import { isPending, SELF, withSharedInfo } from './check-kit';
import { ARG, type Guest, guest } from './fake-host';

const [VCPU, SCHED, EVTCHN, HVM, ASSIST] = [24, 29, 32, 34, 21];
const MS = 1_000_000;
const SHARED = 0x2_0000;
/** Of vCPU 0 in shared_info. */
const UPCALL_PENDING = SHARED;
const RUNSTATE = 0x1_3000;
const UPDATE = 1n << 63n;

function started(): Guest {
  const made = guest();
  withSharedInfo(made);
  made.host.log.length = 0;
  return made;
}
const opened = (made: Guest, op: number, fields: Parameters<Guest['struct']>[0], at: number): number => {
  assert.equal(made.call(EVTCHN, op, made.struct(fields)), 0n);
  return made.u32(ARG + at);
};
const ipi = (made: Guest, vcpu = 0): number => opened(made, 7, [[0, 4, vcpu]], 4);
/** VIRQ_TIMER of vCPU 0. */
const timerPort = (made: Guest): number => opened(made, 1, [[0, 8, 0]], 8);
const send = (made: Guest, port: number): void => assert.equal(made.call(EVTCHN, 4, made.struct([[0, 4, port]])), 0n);
const callback = (made: Guest, value: bigint): void => assert.equal(made.call(HVM, 0, made.struct([SELF, [4, 4, 0], [8, 8, value]])), 0n);
const mask = (made: Guest, port: number): void => {
  const at = SHARED + 0xa00 + (port >> 3);
  made.host.memory.write(at, Uint8Array.of(made.host.memory.read(at, 1)![0]! | (1 << (port & 7))));
};
/** The guest has taken all events. */
function taken(made: Guest): void {
  made.host.memory.write(SHARED + 0x800, new Uint8Array(8));
  made.host.memory.write(SHARED, new Uint8Array(16));
  made.host.log.length = 0;
}
const poll = (made: Guest, ports: number[], timeout: number): bigint => {
  for (const [i, port] of ports.entries()) made.host.view.setUint32(0x9000 + i * 4, port, true);
  const fields = [
    [0, 8, 0x9000],
    [8, 4, ports.length],
    [16, 8, timeout],
  ] as const;
  return made.call(SCHED, 3, made.struct(fields));
};

describe('the periodic timer of a vCPU', () => {
  it('ticks while the vCPU runs; what it missed meanwhile is one tick, when it runs again', () => {
    const made = started();
    const port = timerPort(made);
    const ticked = (): boolean => {
      const is = isPending(made, port);
      taken(made);
      return is;
    };
    made.xen.scheduledIn(0);
    const startNs = made.host.ns;
    assert.equal(made.call(VCPU, 6, 0, made.struct([[0, 8, MS]])), 0n);
    for (const tick of [1, 2, 3]) {
      made.host.until(startNs + tick * MS - 1);
      assert.equal(ticked(), false, `before tick ${tick}`);
      made.host.until(startNs + tick * MS);
      assert.equal(ticked(), true, `tick ${tick}`);
    }
    made.xen.scheduledOut(0, true);
    made.host.until(startNs + 7.5 * MS);
    assert.equal(ticked(), false, 'it has no physical CPU');
    made.xen.scheduledIn(0);
    assert.equal(ticked(), true, 'at once');
    made.host.until(startNs + 8.5 * MS - 1);
    assert.equal(ticked(), false);
    made.host.until(startNs + 8.5 * MS);
    assert.equal(ticked(), true, 'a period later');
    assert.equal(made.call(VCPU, 7, 0), 0n);
    made.host.until(startNs + 20 * MS);
    assert.equal(ticked(), false, 'it was stopped');
  });
});

describe('waiting for events', () => {
  it('SCHEDOP_block sleeps until one comes, and not at all where one is there', () => {
    const made = started();
    const port = timerPort(made);
    assert.equal(made.call(VCPU, 8, 0, made.struct([[0, 8, made.host.ns + MS]])), 0n);
    assert.equal(made.call(SCHED, 1), 0n);
    assert.deepEqual([...made.host.asleep], [0]);
    made.host.until(made.host.ns + MS);
    assert.deepEqual([isPending(made, port), made.host.asleep.size], [true, 0]);
    assert.equal(made.call(SCHED, 1), 0n);
    assert.equal(made.host.asleep.size, 0, 'an event is pending');
  });

  it('SCHEDOP_poll returns at once where a port or an upcall is pending, or the time is over', () => {
    const made = started();
    const [polled, other] = [ipi(made), ipi(made)];
    assert.equal(poll(made, [polled], made.host.ns), 0n);
    assert.equal(made.host.asleep.size, 0, 'the time is over');
    mask(made, polled);
    send(made, polled);
    assert.equal(poll(made, [polled], 0), 0n);
    assert.equal(made.host.asleep.size, 0, 'the port is pending, though masked');
    taken(made);
    send(made, other);
    assert.equal(poll(made, [polled], 0), 0n);
    assert.equal(made.host.asleep.size, 0, 'an upcall is pending');
    taken(made);
    assert.equal(poll(made, [polled], 0), 0n);
    assert.deepEqual([...made.host.asleep], [0]);
  });

  it('a port that was bound to another vCPU wakes that one', () => {
    const made = started();
    const [first, second] = [0, 1].map(() => opened(made, 6, [SELF, [2, 2, 0x7ff0]], 4)) as [number, number];
    opened(made, 0, [SELF, [4, 4, first]], 8);
    const sender = opened(made, 0, [SELF, [4, 4, second]], 8);
    taken(made);
    const bind = [
      [0, 4, second],
      [4, 4, 1],
    ] as const;
    assert.equal(made.call(EVTCHN, 8, made.struct(bind)), 0n);
    send(made, sender);
    assert.deepEqual([made.host.memory.read(SHARED, 1)![0], made.host.memory.read(SHARED + 64, 1)![0]], [0, 1]);
  });

  it('the end that connects is notified: what was sent before is not lost', () => {
    const made = started();
    const first = opened(made, 6, [SELF, [2, 2, 0x7ff0]], 4);
    send(made, first);
    const second = opened(made, 0, [SELF, [4, 4, first]], 8);
    assert.equal(isPending(made, second), true);
  });
});

describe('the callback', () => {
  it('by a pin of the I/O APIC, or one that a PCI device would have, until the guest has taken the event', () => {
    for (const [value, gsi] of [
      [20n, 20],
      [(1n << 56n) | (3n << 11n), 16 + 12],
      [(1n << 56n) | (9n << 11n) | 2n, 16 + ((9 * 4 + 1 + 2) % 32)],
    ] as const) {
      const made = started();
      callback(made, value);
      made.host.log.length = 0;
      send(made, ipi(made));
      assert.deepEqual(made.host.log, [`gsi ${gsi} true`]);
      made.xen.exited(0);
      assert.equal(made.host.log.at(-1), `gsi ${gsi} true`, 'still');
      made.host.memory.write(UPCALL_PENDING, Uint8Array.of(0));
      made.xen.exited(0);
      assert.equal(made.host.log.at(-1), `gsi ${gsi} false`);
    }
  });

  it('of events that were there before it was set', () => {
    const made = started();
    send(made, ipi(made));
    assert.deepEqual(made.host.log, []);
    callback(made, (2n << 56n) | 0xf3n);
    assert.deepEqual(made.host.log, ['line 0']);
  });

  it('by a vector of the local APIC comes once that is on', () => {
    const made = started();
    let on = false;
    made.host.deliverVector = (vcpu, vector) => on && made.host.log.push(`vector ${vcpu} ${vector}`) > 0;
    const vector = [
      [0, 4, 0],
      [4, 1, 0x40],
    ] as const;
    assert.equal(made.call(HVM, 23, made.struct(vector)), 0n);
    send(made, ipi(made));
    made.xen.entering(0);
    assert.deepEqual(made.host.log, []);
    on = true;
    made.xen.entering(0);
    made.xen.entering(0);
    assert.deepEqual(made.host.log, ['vector 0 64'], 'once');
  });
});

describe('what a domain says before its end', () => {
  it('SCHEDOP_shutdown_code is the reason of the end that comes', () => {
    const made = started();
    assert.equal(made.call(SCHED, 5, made.struct([[0, 4, 1]])), 0n);
    made.call(SCHED, 2, made.struct([[0, 4, 0]]));
    assert.deepEqual(made.host.log, ['shutdown reboot']);
  });
});

describe('run states in the memory of the guest', () => {
  it('with runstate_update_flag are marked while they are written, and by no flag otherwise', () => {
    for (const flag of [true, false]) {
      const made = started();
      assert.equal(made.call(ASSIST, flag ? 0 : 1, 5), 0n);
      assert.equal(made.call(VCPU, 5, 0, made.struct([[0, 8, RUNSTATE]])), 0n);
      // What is written of state_entry_time, and of the times.
      const steps: string[] = [];
      const write = made.host.memory.write;
      made.host.memory.write = (gpa, bytes) => {
        const done = write(gpa, bytes);
        const entry = made.u64(RUNSTATE + 8);
        if (gpa >= RUNSTATE && gpa < RUNSTATE + 48) steps.push(`${bytes.length > 8 ? 'all' : 'entry'} ${(entry & UPDATE) !== 0n}`);
        return done;
      };
      made.xen.scheduledIn(0);
      assert.deepEqual(steps, flag ? ['entry true', 'all true', 'entry false'] : ['all false']);
    }
  });
});
