// What each command of event_channel_op does, as a guest sees it.
import assert from 'node:assert/strict';
import { type CommandCheck, EINVAL, ENOENT, isPending, SELF, withSharedInfo } from './check-kit';
import { ARG, type Guest } from './fake-host';

const EVTCHN = 32;
const Status = { free: 0, unbound: 1, interdomain: 2, virq: 4, ipi: 5 };
type Fields = Parameters<Guest['struct']>[0];

const op = (made: Guest, cmd: number, fields: Fields): bigint => made.call(EVTCHN, cmd, made.struct(fields));
const opened = (made: Guest, cmd: number, fields: Fields, at: number): number => {
  assert.equal(op(made, cmd, fields), 0n);
  return made.u32(ARG + at);
};
const ipi = (made: Guest, vcpu = 0): number => opened(made, 7, [[0, 4, vcpu]], 4);
const unbound = (made: Guest): number => opened(made, 6, [SELF, [2, 2, 0x7ff0]], 4);
const status = (made: Guest, port: number): number[] => {
  assert.equal(op(made, 5, [SELF, [4, 4, port]]), 0n);
  return [made.u32(ARG + 8), made.u32(ARG + 12)];
};
const fifo = (made: Guest): void => {
  assert.equal(
    op(made, 11, [
      [0, 8, 0x30],
      [12, 4, 0],
    ]),
    0n,
  );
};

export const EVENT_CHECKS: Readonly<Record<string, CommandCheck>> = {
  EVTCHNOP_bind_interdomain: (made) => {
    withSharedInfo(made);
    const other = unbound(made);
    const port = opened(made, 0, [SELF, [4, 4, other]], 8);
    assert.deepEqual([status(made, port)[0], status(made, other)[0]], [Status.interdomain, Status.interdomain]);
    assert.equal(op(made, 0, [SELF, [4, 4, other]]), EINVAL, 'it is bound already');
  },
  EVTCHNOP_bind_virq: (made) => {
    const port = opened(
      made,
      1,
      [
        [0, 4, 0],
        [4, 4, 1],
      ],
      8,
    );
    assert.deepEqual(status(made, port), [Status.virq, 1]);
    assert.deepEqual(
      [
        op(made, 1, [
          [0, 4, 0],
          [4, 4, 1],
        ]),
        op(made, 1, [[0, 4, 99]]),
        op(made, 1, [
          [0, 4, 0],
          [4, 4, 9],
        ]),
      ],
      [-17n, EINVAL, ENOENT],
    );
  },
  EVTCHNOP_close: (made) => {
    const port = ipi(made);
    assert.deepEqual([op(made, 3, [[0, 4, port]]), status(made, port)[0], op(made, 3, [[0, 4, port]])], [0n, Status.free, EINVAL]);
  },
  EVTCHNOP_send: (made) => {
    withSharedInfo(made);
    const port = ipi(made, 1);
    assert.equal(op(made, 4, [[0, 4, port]]), 0n);
    assert.equal(isPending(made, port), true);
    assert.equal(op(made, 4, [[0, 4, 999]]), EINVAL);
  },
  EVTCHNOP_status: (made) => {
    assert.deepEqual(status(made, ipi(made, 1)), [Status.ipi, 1]);
    assert.deepEqual(status(made, unbound(made)), [Status.unbound, 0]);
    assert.equal(op(made, 5, [[0, 2, 9]]), -3n);
  },
  EVTCHNOP_alloc_unbound: (made) => {
    const port = opened(made, 6, [SELF, [2, 2, 0]], 4);
    assert.deepEqual([status(made, port)[0], made.u16(ARG + 16)], [Status.unbound, 0], 'for the control domain');
    assert.equal(op(made, 6, [[0, 2, 9]]), -1n);
  },
  EVTCHNOP_bind_ipi: (made) => {
    assert.deepEqual(status(made, ipi(made, 1)), [Status.ipi, 1]);
    assert.equal(op(made, 7, [[0, 4, 9]]), ENOENT);
  },
  EVTCHNOP_bind_vcpu: (made) => {
    const port = unbound(made);
    assert.equal(
      op(made, 8, [
        [0, 4, port],
        [4, 4, 1],
      ]),
      0n,
    );
    assert.deepEqual(status(made, port), [Status.unbound, 1]);
    assert.deepEqual(
      [
        op(made, 8, [
          [0, 4, port],
          [4, 4, 9],
        ]),
        op(made, 8, [
          [0, 4, ipi(made)],
          [4, 4, 1],
        ]),
      ],
      [ENOENT, EINVAL],
    );
  },
  EVTCHNOP_unmask: (made) => {
    withSharedInfo(made);
    const port = ipi(made);
    const mask = 0x2_0000 + 0xa00 + (port >> 3);
    made.host.memory.write(mask, Uint8Array.of(0xff));
    assert.equal(op(made, 9, [[0, 4, port]]), 0n);
    assert.equal((made.host.memory.read(mask, 1)![0]! >> (port & 7)) & 1, 0);
  },
  EVTCHNOP_reset: (made) => {
    const port = ipi(made);
    assert.deepEqual([op(made, 10, [SELF]), status(made, port)[0]], [0n, Status.free]);
    assert.equal(op(made, 10, [[0, 2, 9]]), -1n);
  },
  EVTCHNOP_init_control: (made) => {
    fifo(made);
    assert.equal(made.host.memory.read(ARG + 16, 1)![0], 17, 'bits of a link');
    assert.deepEqual(
      [
        op(made, 11, [
          [0, 8, 0x30],
          [12, 4, 0],
        ]),
        op(made, 11, [
          [0, 8, 0x30],
          [8, 4, 4],
          [12, 4, 1],
        ]),
        op(made, 11, [[12, 4, 9]]),
      ],
      [EINVAL, EINVAL, ENOENT],
    );
  },
  EVTCHNOP_expand_array: (made) => {
    assert.equal(op(made, 12, [[0, 8, 0x31]]), -95n, 'events are 2-level');
    fifo(made);
    assert.deepEqual([op(made, 12, [[0, 8, 0x31]]), op(made, 12, [[0, 8, 0xffff_ffff]])], [0n, EINVAL]);
  },
  EVTCHNOP_set_priority: (made) => {
    const set = (port: number, priority: number) =>
      op(made, 13, [
        [0, 4, port],
        [4, 4, priority],
      ]);
    assert.equal(set(ipi(made), 0), -38n, 'events are 2-level');
    fifo(made);
    assert.deepEqual([set(ipi(made), 0), set(ipi(made), 16), set(999, 0)], [0n, EINVAL, EINVAL]);
  },
};
