// What each command of Xen's calls does, as a guest sees it: a small check of each, by its symbol.
import assert from 'node:assert/strict';
import { type CommandCheck, EINVAL, ENOENT, ESRCH, isPending, SELF, withSharedInfo } from './check-kit';
import { EVENT_CHECKS } from './event-checks';
import { ARG, type Guest } from './fake-host';
import { GRANT_CHECKS } from './grant-checks';
import { MEMORY_CHECKS } from './memory-checks';

const VCPU = 24;
const SCHED = 29;
const HVM = 34;
const ASSIST = 21;
const CONSOLE = 18;
const EPERM = -1n;

const param = (made: Guest, index: number, value: bigint | number = 0): number => made.struct([SELF, [4, 4, index], [8, 8, value]]);

export const COMMAND_CHECKS: Readonly<Record<string, CommandCheck>> = {
  VCPUOP_up: (made) => {
    const up = new Set([0, 1]);
    made.host.isUp = ((vcpu: number) => up.has(vcpu)) as typeof made.host.isUp;
    assert.equal(made.call(VCPU, 2, 1), 0n);
    up.delete(1);
    assert.equal(made.call(VCPU, 1, 1), 0n);
    assert.deepEqual(made.host.log, ['down 1', 'up 1']);
    assert.equal(made.call(VCPU, 1, 7), ENOENT);
  },
  VCPUOP_down: (made) => {
    assert.equal(made.call(VCPU, 2, 1), 0n);
    assert.deepEqual(made.host.log, ['down 1']);
  },
  VCPUOP_is_up: (made) => {
    assert.equal(made.call(VCPU, 3, 1), 1n);
    made.host.isUp = () => false as true;
    assert.deepEqual([made.call(VCPU, 3, 1), made.call(VCPU, 3, 7)], [0n, ENOENT]);
  },
  VCPUOP_get_runstate_info: (made) => {
    assert.equal(made.call(VCPU, 4, 0, ARG), 0n);
    assert.deepEqual([made.u32(ARG), made.u64(ARG + 8)], [0, 600n]);
    // running to now, runnable, blocked, offline: as long as virtual time
    assert.deepEqual(
      [0, 1, 2, 3].map((i) => made.u64(ARG + 16 + i * 8)),
      [800n, 150n, 50n, 0n],
    );
  },
  VCPUOP_register_runstate_memory_area: (made) => {
    assert.equal(made.call(VCPU, 5, 0, made.struct([[0, 8, 0x1_3000]])), 0n);
    assert.deepEqual([made.u64(0x1_3010), made.u64(0x1_3018)], [800n, 150n]);
  },
  VCPUOP_set_periodic_timer: (made) => {
    const set = (ns: number) => made.call(VCPU, 6, 0, made.struct([[0, 8, ns]]));
    assert.deepEqual([set(999_999), set(1_000_000)], [EINVAL, 0n]);
  },
  VCPUOP_stop_periodic_timer: (made) => assert.deepEqual([made.call(VCPU, 7, 0), made.call(VCPU, 7, 9)], [0n, ENOENT]),
  VCPUOP_set_singleshot_timer: (made) => {
    const past = [
      [0, 8, 10],
      [8, 4, 1],
    ] as const;
    assert.equal(made.call(VCPU, 8, 0, made.struct(past)), -62n, 'it was to be in the future');
    assert.equal(made.call(VCPU, 8, 1, made.struct([[0, 8, 5000]])), EINVAL, 'only of the own vCPU');
    assert.equal(made.call(VCPU, 8, 0, made.struct([[0, 8, 5000]])), 0n);
  },
  VCPUOP_stop_singleshot_timer: (made) => {
    const port = timerPort(made);
    made.call(VCPU, 8, 0, made.struct([[0, 8, 5000]]));
    assert.equal(made.call(VCPU, 9, 0), 0n);
    made.host.until(10_000);
    assert.equal(isPending(made, port), false);
  },
  VCPUOP_register_vcpu_info: (made) => {
    withSharedInfo(made);
    const info = [
      [0, 8, 0x15],
      [8, 4, 64],
    ] as const;
    assert.equal(made.call(VCPU, 10, 1, made.struct(info)), 0n);
    assert.equal(made.u64(0x1_5040 + 32 + 16), 1000n, 'system time');
  },
  VCPUOP_send_nmi: (made) => {
    assert.equal(made.call(VCPU, 11, 1), 0n);
    assert.deepEqual(made.host.log, ['nmi 1']);
  },
  VCPUOP_register_vcpu_time_memory_area: (made) => {
    withSharedInfo(made);
    assert.equal(made.call(VCPU, 13, 0, made.struct([[0, 8, 0x1_3000]])), 0n);
    assert.deepEqual([made.u32(0x1_3000) & 1, made.u64(0x1_3010)], [0, 1000n], 'even version, system time');
  },

  SCHEDOP_yield: (made) => {
    assert.equal(made.call(SCHED, 0), 0n);
    assert.deepEqual(made.host.log, ['yield 0']);
  },
  SCHEDOP_block: (made) => {
    assert.equal(made.call(SCHED, 1), 0n);
    assert.deepEqual([...made.host.asleep], [0]);
  },
  SCHEDOP_shutdown: (made) => {
    made.call(SCHED, 2, made.struct([[0, 4, 3]]));
    assert.deepEqual(made.host.log, ['shutdown crash']);
  },
  SCHEDOP_poll: (made) => {
    const poll = (ports: number) =>
      made.struct([
        [0, 8, 0x9000],
        [8, 4, ports],
        [16, 8, 5000],
      ]);
    made.host.view.setUint32(0x9000, 500, true);
    assert.equal(made.call(SCHED, 3, poll(1)), EINVAL, 'no such port');
    assert.equal(made.call(SCHED, 3, poll(129)), EINVAL, 'too many');
    assert.equal(made.call(SCHED, 3, poll(0)), 0n);
    assert.deepEqual([...made.host.asleep], [0]);
    made.host.until(5000);
    assert.equal(made.host.asleep.size, 0);
  },
  SCHEDOP_shutdown_code: (made) => {
    assert.equal(made.call(SCHED, 5, made.struct([[0, 4, 1]])), 0n);
    assert.deepEqual(made.host.log, [], 'it goes on');
    assert.equal(made.call(SCHED, 5, made.struct([[0, 4, 77]])), EINVAL);
  },
  SCHEDOP_watchdog: (made) => {
    const watch = (id: number, seconds: number) =>
      made.call(
        SCHED,
        6,
        made.struct([
          [0, 4, id],
          [4, 4, seconds],
        ]),
      );
    assert.deepEqual([watch(0, 1), watch(0, 2), watch(0, 3), watch(2, 0), watch(2, 1)], [1n, 2n, -28n, 0n, EINVAL]);
    made.host.until(1_000_001_000);
    assert.deepEqual(made.host.log, ['shutdown watchdog']);
  },

  HVMOP_set_param: (made) => {
    assert.equal(made.call(HVM, 0, param(made, 0, 0x200_0000_0000_00f3n)), 0n);
    assert.deepEqual(
      [made.call(HVM, 0, param(made, 2)), made.call(HVM, 0, param(made, 39)), made.call(HVM, 0, made.struct([[0, 2, 5]]))],
      [0n, EINVAL, ESRCH],
    );
    assert.equal(made.call(HVM, 0, param(made, 1)), EPERM, 'where XenStore is');
  },
  HVMOP_get_param: (made) => {
    for (const index of [1, 2, 17, 18]) {
      assert.equal(made.call(HVM, 1, param(made, index)), 0n);
      assert.ok(made.u64(ARG + 8) > 0n, `parameter ${index}`);
    }
    assert.equal(made.call(HVM, 1, param(made, 5)), EPERM);
  },
  HVMOP_flush_tlbs: (made) => {
    assert.deepEqual([made.call(HVM, 5, 0), made.call(HVM, 5, ARG)], [0n, EINVAL]);
    assert.deepEqual(made.host.log, ['flush 0', 'flush 1']);
  },
  HVMOP_get_time: (made) => assert.deepEqual([made.call(HVM, 10, ARG), made.u64(ARG)], [0n, 1000n]),
  HVMOP_get_mem_type: (made) => {
    const type = (pfn: number) => [made.call(HVM, 15, made.struct([SELF, [2, 2, 9], [8, 8, pfn]])), made.u16(ARG + 2)];
    assert.deepEqual(
      [type(0x10), type(0x10_0000)],
      [
        [0n, 0],
        [0n, 2],
      ],
    );
  },
  HVMOP_set_evtchn_upcall_vector: (made) => {
    const set = (vcpu: number, vector: number) =>
      made.call(
        HVM,
        23,
        made.struct([
          [0, 4, vcpu],
          [4, 1, vector],
        ]),
      );
    assert.deepEqual([set(1, 0xf3), set(1, 0xf), set(7, 0xf3)], [0n, EINVAL, ENOENT]);
  },

  CONSOLEIO_write: (made) => {
    const bytes = new TextEncoder().encode(`${'x'.repeat(299)}\n`);
    made.host.memory.write(0x1_0000, bytes);
    assert.equal(made.call(CONSOLE, 0, bytes.length, 0x1_0000), 0n);
    assert.equal(made.host.console.length, 300);
    assert.ok(made.pieces >= 2, 'no call does it all');
  },
  VMASST_CMD_enable: (made) => {
    assert.deepEqual([made.call(ASSIST, 0, 5), made.call(ASSIST, 0, 2)], [0n, EINVAL]);
    made.call(VCPU, 5, 0, made.struct([[0, 8, 0x1_3000]]));
    assert.equal(made.u64(0x1_3008) >> 63n, 0n, 'the flag of an update is off again');
  },
  VMASST_CMD_disable: (made) => assert.deepEqual([made.call(ASSIST, 1, 5), made.call(ASSIST, 1, 2)], [0n, EINVAL]),

  set_timer_op: (made) => {
    const port = timerPort(made);
    assert.equal(made.call(15, 5000), 0n);
    made.host.until(4999);
    assert.equal(isPending(made, port), false);
    made.host.until(5000);
    assert.equal(isPending(made, port), true);
    assert.equal(made.call(15, 0), 0n);
  },
  multicall: (made) => {
    const at = 0x2_0000;
    made.host.view.setBigUint64(at, 17n, true);
    made.host.view.setBigUint64(at + 64, 99n, true);
    assert.equal(made.call(13, at, 2), 0n);
    assert.deepEqual(
      [0, 64].map((entry) => made.host.view.getBigInt64(at + entry + 8, true)),
      [0x4_0011n, -38n],
    );
  },
  ...MEMORY_CHECKS,
  ...EVENT_CHECKS,
  ...GRANT_CHECKS,
};

/** VIRQ_TIMER of vCPU 0, with shared_info where it is seen. */
function timerPort(made: Guest): number {
  withSharedInfo(made);
  assert.equal(
    made.call(
      32,
      1,
      made.struct([
        [0, 4, 0],
        [4, 4, 0],
      ]),
    ),
    0n,
  );
  return made.u32(ARG + 8);
}
