// What each command of xen_version and memory_op does, as a guest sees it.
import assert from 'node:assert/strict';
import { type CommandCheck, EINVAL, ENOENT, ESRCH, SELF, withSharedInfo } from './check-kit';
import { ARG, type Guest } from './fake-host';

const VERSION = 17;
const MEMORY = 12;
const EFAULT = -14n;
/** Where nothing is mapped. */
const NOWHERE = 1n << 40n;

const text = ({ host }: Guest, length: number): string => new TextDecoder().decode(host.memory.read(ARG, length)!).replace(/\0+$/, '');
const saysText =
  (cmd: number, wanted: RegExp, length: number): CommandCheck =>
  (made) => {
    assert.equal(made.call(VERSION, cmd, ARG), 0n);
    assert.match(text(made, length), wanted);
    assert.equal(made.call(VERSION, cmd, NOWHERE), EFAULT);
  };
const domain = (made: Guest): number => made.struct([SELF]);
/** A list of `count` frames from `first` on, and the structure that names it. */
const reservation = (made: Guest, first: number, count: number): number => {
  for (let i = 0; i < count; i++) made.host.view.setBigUint64(0x1_0000 + i * 8, BigInt(first + i), true);
  return made.struct([
    [0, 8, 0x1_0000],
    [8, 8, count],
    [24, 2, 0x7ff0],
  ]);
};
const current = (made: Guest): bigint => made.call(MEMORY, 3, domain(made));

export const MEMORY_CHECKS: Readonly<Record<string, CommandCheck>> = {
  XENVER_version: (made) => assert.equal(made.call(VERSION, 0), 0x4_0011n),
  XENVER_extraversion: saysText(1, /^\.\d+$/, 16),
  XENVER_compile_info: (made) => {
    assert.equal(made.call(VERSION, 2, ARG), 0n);
    assert.match(text(made, 64), /^\w+$/);
    assert.equal(new TextDecoder().decode(made.host.memory.read(ARG + 64, 10)!), 'Hyperscope');
  },
  XENVER_capabilities: saysText(3, /hvm-3\.0-x86_64/, 1024),
  XENVER_changeset: saysText(4, /./, 64),
  XENVER_platform_parameters: (made) => {
    made.struct([[0, 8, 99]]);
    assert.deepEqual([made.call(VERSION, 5, ARG), made.u64(ARG)], [0n, 0n]);
  },
  XENVER_get_features: (made) => {
    assert.equal(made.call(VERSION, 6, made.struct([[0, 4, 0]])), 0n);
    // Translated frames, a callback vector, a safe clock; no pirqs, no dom0.
    const bits = made.u32(ARG + 4);
    assert.deepEqual(
      [2, 8, 9].map((bit) => (bits >>> bit) & 1),
      [1, 1, 1],
    );
    assert.deepEqual(
      [5, 10, 11].map((bit) => (bits >>> bit) & 1),
      [0, 0, 0],
    );
    assert.equal(made.call(VERSION, 6, made.struct([[0, 4, 1]])), EINVAL);
  },
  XENVER_pagesize: (made) => assert.deepEqual([made.call(VERSION, 7, 0), made.call(VERSION, 7, ARG)], [4096n, EINVAL]),
  XENVER_guest_handle: (made) => {
    assert.equal(made.call(VERSION, 8, ARG), 0n);
    assert.ok(made.host.memory.read(ARG, 16)!.some((byte) => byte !== 0));
  },
  XENVER_commandline: saysText(9, /^<denied>$/, 9),

  XENMEM_decrease_reservation: (made) => {
    const before = current(made);
    assert.equal(made.call(MEMORY, 1, reservation(made, 64, 3)), 3n);
    assert.equal(current(made), before - 3n);
    assert.equal(made.host.map.get(65), undefined);
  },
  XENMEM_current_reservation: (made) => {
    assert.ok(current(made) > 0n);
    assert.equal(made.call(MEMORY, 3, made.struct([[0, 2, 7]])), ESRCH);
  },
  XENMEM_maximum_reservation: (made) => {
    const most = made.call(MEMORY, 4, domain(made));
    assert.ok(most >= current(made));
    made.call(MEMORY, 1, reservation(made, 64, 1));
    assert.equal(made.call(MEMORY, 4, domain(made)), most, 'what is given back may be had again');
  },
  XENMEM_populate_physmap: (made) => {
    made.call(MEMORY, 1, reservation(made, 64, 2));
    assert.equal(made.call(MEMORY, 6, reservation(made, 64, 2)), 2n);
    assert.notEqual(made.host.map.get(64), undefined);
    assert.equal(made.call(MEMORY, 6, reservation(made, 64, 2)), 0n);
  },
  XENMEM_add_to_physmap: (made) => {
    withSharedInfo(made);
    assert.equal(made.call(MEMORY, 7, made.struct([SELF, [4, 4, 9], [16, 8, 0x21]])), -38n, 'no such space');
  },
  XENMEM_memory_map: (made) => {
    const map = made.struct([
      [0, 4, 8],
      [8, 8, 0x1_0000],
    ]);
    assert.equal(made.call(MEMORY, 9, map), 0n);
    assert.equal(made.u32(ARG), 2);
    assert.deepEqual([made.u64(0x1_0000), made.u64(0x1_0008), made.u32(0x1_0010)], [0n, 0xa0000n, 1]);
    assert.deepEqual([made.u64(0x1_0014), made.u64(0x1_001c), made.u32(0x1_0024)], [0xfeff_8000n, 0x8000n, 2]);
    assert.equal(
      made.call(
        MEMORY,
        9,
        made.struct([
          [0, 4, 1],
          [8, 8, 0x1_0000],
        ]),
      ),
      0n,
    );
    assert.equal(made.u32(ARG), 1, 'no more than there is room for');
  },
  XENMEM_maximum_gpfn: (made) => assert.ok(made.call(MEMORY, 14, domain(made)) >= 255n),
  XENMEM_remove_from_physmap: (made) => {
    withSharedInfo(made);
    const remove = () => made.call(MEMORY, 15, made.struct([SELF, [8, 8, 0x20]]));
    assert.deepEqual([remove(), made.host.map.get(0x20), remove()], [0n, undefined, ENOENT]);
  },
  XENMEM_add_to_physmap_batch: (made) => {
    for (const [i, [idx, gpfn]] of [
      [0, 0x40],
      [99_999, 0x41],
    ].entries()) {
      made.host.view.setBigUint64(0x1_0000 + i * 8, BigInt(idx!), true);
      made.host.view.setBigUint64(0x1_1000 + i * 8, BigInt(gpfn!), true);
    }
    const batch = made.struct([SELF, [2, 2, 1], [4, 2, 2], [8, 8, 0x1_0000], [16, 8, 0x1_1000], [24, 8, 0x1_2000]]);
    assert.equal(made.call(MEMORY, 23, batch), 0n);
    assert.deepEqual([made.u32(0x1_2000), made.u32(0x1_2004) | 0], [0, Number(EINVAL)], 'a result for each');
    assert.notEqual(made.host.map.get(0x40), 0x40, 'a page of the grant table');
  },
};
