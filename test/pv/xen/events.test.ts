// Event channels of both kinds, and how a vCPU learns of them (xen/common/event_channel.c, event_2l.c, event_fifo.c).
import assert from 'node:assert/strict';
import { ARG, type Guest, guest } from './fake-host';

const EVTCHN = 32;
const HVM = 34;
const VCPU = 24;
const Op = {
  bindInterdomain: 0,
  bindVirq: 1,
  close: 3,
  send: 4,
  status: 5,
  allocUnbound: 6,
  bindIpi: 7,
  unmask: 9,
  initControl: 11,
  expand: 12,
  priority: 13,
};
const SHARED = 0x20;
const MASK = 0xa00;
const PENDING = 0x800;
const DOMID_SELF = 0x7ff0;

/** shared_info at frame 0x20, events by vector 0xf3 of the domain. */
function started(): Guest {
  const made = guest();
  const at = made.struct([
    [0, 2, DOMID_SELF],
    [4, 4, 0],
    [16, 8, SHARED],
  ]);
  assert.equal(made.call(12, 7, at), 0n);
  assert.equal(
    made.call(
      HVM,
      0,
      made.struct([
        [0, 2, DOMID_SELF],
        [8, 8, (2n << 56n) | 0xf3n],
      ]),
    ),
    0n,
  );
  made.host.log.length = 0;
  return made;
}
const info = (vcpu: number): number => SHARED * 4096 + vcpu * 64;
const bind = (made: Guest, op: number, fields: Parameters<Guest['struct']>[0], port: number): number => {
  assert.equal(made.call(EVTCHN, op, made.struct(fields)), 0n);
  return made.u32(ARG + port);
};

describe("Xen's event channels", () => {
  it('2-level: a port is pending in shared_info, selected and told by the vector until the guest has looked', () => {
    const made = started();
    const port = bind(made, Op.bindIpi, [[0, 4, 1]], 4);
    assert.equal(port, 3, 'behind those of XenStore and console');
    made.call(EVTCHN, Op.send, made.struct([[0, 4, port]]));
    assert.equal(made.u32(SHARED * 4096 + PENDING), 1 << port);
    assert.deepEqual([made.host.memory.read(info(1), 1)![0], made.u64(info(1) + 8)], [1, 1n]);
    assert.deepEqual(made.host.log, ['line 1']);
    assert.equal(made.xen.takeInterrupt(1), 0xf3);
    made.host.memory.write(info(1), Uint8Array.of(0));
    assert.equal(made.xen.takeInterrupt(1), undefined);
  });

  it('2-level: a masked port is only pending, and told when it is unmasked', () => {
    const made = started();
    const port = bind(made, Op.bindIpi, [[0, 4, 0]], 4);
    made.host.memory.write(SHARED * 4096 + MASK, Uint8Array.of(1 << port));
    made.call(EVTCHN, Op.send, made.struct([[0, 4, port]]));
    assert.deepEqual(made.host.log, []);
    assert.equal(made.call(EVTCHN, Op.unmask, made.struct([[0, 4, port]])), 0n);
    assert.deepEqual(made.host.log, ['line 0']);
  });

  it('a vector of its own goes through the local APIC', () => {
    const made = started();
    assert.equal(
      made.call(
        HVM,
        23,
        made.struct([
          [0, 4, 1],
          [4, 1, 0x40],
        ]),
      ),
      0n,
    );
    made.call(EVTCHN, Op.send, made.struct([[0, 4, bind(made, Op.bindIpi, [[0, 4, 1]], 4)]]));
    assert.deepEqual(made.host.log, ['vector 1 64']);
    assert.equal(
      made.call(
        HVM,
        23,
        made.struct([
          [0, 4, 9],
          [4, 1, 0x40],
        ]),
      ),
      -2n,
    );
    assert.equal(
      made.call(
        HVM,
        23,
        made.struct([
          [0, 4, 1],
          [4, 1, 8],
        ]),
      ),
      -22n,
    );
  });

  it('connect two ports of one domain; closing one leaves the other unbound', () => {
    const made = started();
    const first = bind(
      made,
      Op.allocUnbound,
      [
        [0, 2, DOMID_SELF],
        [2, 2, DOMID_SELF],
      ],
      4,
    );
    const second = bind(
      made,
      Op.bindInterdomain,
      [
        [0, 2, DOMID_SELF],
        [4, 4, first],
      ],
      8,
    );
    made.call(EVTCHN, Op.send, made.struct([[0, 4, second]]));
    assert.ok(made.u32(SHARED * 4096 + PENDING) & (1 << first));
    made.call(EVTCHN, Op.close, made.struct([[0, 4, second]]));
    made.call(
      EVTCHN,
      Op.status,
      made.struct([
        [0, 2, DOMID_SELF],
        [4, 4, first],
      ]),
    );
    assert.equal(made.u32(ARG + 8), 1);
    assert.equal(made.call(EVTCHN, Op.send, made.struct([[0, 4, 77]])), -22n);
  });

  it('FIFO: ports are linked by priority, the ready bit is set once, and words are kept apart by page', () => {
    const made = started();
    assert.equal(
      made.call(
        EVTCHN,
        Op.initControl,
        made.struct([
          [0, 8, 0x30],
          [8, 4, 0],
          [12, 4, 0],
        ]),
      ),
      0n,
    );
    assert.equal(made.host.memory.read(ARG + 16, 1)![0], 17);
    assert.equal(made.call(EVTCHN, Op.expand, made.struct([[0, 8, 0x31]])), 0n);
    const [a, b, urgent] = [0, 1, 2].map(() => bind(made, Op.bindIpi, [[0, 4, 0]], 4)) as [number, number, number];
    assert.equal(
      made.call(
        EVTCHN,
        Op.priority,
        made.struct([
          [0, 4, urgent],
          [4, 4, 0],
        ]),
      ),
      0n,
    );
    made.host.log.length = 0;
    for (const port of [a, b, urgent]) made.call(EVTCHN, Op.send, made.struct([[0, 4, port]]));
    assert.equal(made.u32(0x3_0000), (1 << 7) | 1, 'ready');
    assert.deepEqual([made.u32(0x3_0008 + 7 * 4), made.u32(0x3_0008)], [a, urgent], 'heads');
    assert.equal(made.u32(0x3_1000 + a * 4), (0xa000_0000 | b) >>> 0, 'pending, linked, followed by b');
    assert.equal(made.u32(0x3_1000 + b * 4), 0xa000_0000);
    assert.deepEqual(made.host.log, ['line 0']);
  });

  it('virtual timers send VIRQ_TIMER; SCHEDOP_poll ends by the port or by time', () => {
    const made = started();
    const port = bind(
      made,
      Op.bindVirq,
      [
        [0, 4, 0],
        [4, 4, 0],
      ],
      8,
    );
    assert.equal(
      made.call(
        EVTCHN,
        Op.bindVirq,
        made.struct([
          [0, 4, 0],
          [4, 4, 0],
        ]),
      ),
      -17n,
    );
    made.host.memory.write(SHARED * 4096 + MASK, Uint8Array.of(1 << port));
    assert.equal(made.call(VCPU, 8, 0, made.struct([[0, 8, 5000]])), 0n);
    made.host.memory.write(0x9000, Uint8Array.of(port, 0, 0, 0));
    const poll = (timeout: number) =>
      made.call(
        29,
        3,
        made.struct([
          [0, 8, 0x9000],
          [8, 4, 1],
          [16, 8, timeout],
        ]),
      );
    poll(3000);
    assert.ok(made.host.asleep.has(0));
    made.host.until(3000);
    assert.ok(!made.host.asleep.has(0), 'the time has come');
    poll(0);
    made.host.until(5000);
    assert.ok(!made.host.asleep.has(0), 'the port is pending, though masked');
    assert.equal(
      made.call(
        VCPU,
        8,
        0,
        made.struct([
          [0, 8, 10],
          [8, 4, 1],
        ]),
      ),
      -62n,
    );
  });
});
