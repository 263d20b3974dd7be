// What each command of grant_table_op does, as a guest sees it. Entry 8 of the table grants frame 0x50 to the domain itself.
import assert from 'node:assert/strict';
import { type CommandCheck, EINVAL, SELF } from './check-kit';
import { ARG, type Guest } from './fake-host';

const GRANT = 20;
const REF = 8;
const FRAME = 0x50;
const TABLE = 0x40;
const STATUS_TABLE = 0x41;
const GrantError = { general: 0xffff, badDomain: 0xfffe, badRef: 0xfffd, badHandle: 0xfffc };
type Fields = Parameters<Guest['struct']>[0];

const op = (made: Guest, cmd: number, fields: Fields): bigint => made.call(GRANT, cmd, made.struct(fields), 1);
const place = (made: Guest, idx: number, gfn: number): void => {
  assert.equal(made.call(12, 7, made.struct([SELF, [4, 4, 1], [8, 8, idx], [16, 8, gfn]])), 0n);
};
/** The table at a frame of the guest, and a grant for reading and writing. */
function granted(made: Guest): void {
  place(made, 0, TABLE);
  made.host.memory.write(TABLE * 4096 + REF * 8, Uint8Array.of(1, 0, 1, 0, FRAME, 0, 0, 0));
  made.host.memory.write(FRAME * 4096, Uint8Array.of(42));
}
const map = (made: Guest, ref = REF, domain = 1): number[] => {
  assert.equal(
    op(made, 0, [
      [0, 8, 0x6_0000],
      [8, 4, 2],
      [12, 4, ref],
      [16, 2, domain],
    ]),
    0n,
  );
  return [made.u16(ARG + 18), made.u32(ARG + 20)];
};

export const GRANT_CHECKS: Readonly<Record<string, CommandCheck>> = {
  GNTTABOP_map_grant_ref: (made) => {
    granted(made);
    assert.equal(map(made)[0], 0);
    assert.equal(made.host.memory.read(0x6_0000, 1)![0], 42);
    assert.deepEqual([map(made, REF, 9)[0], map(made, 100_000)[0]], [GrantError.badDomain, GrantError.badRef]);
  },
  GNTTABOP_unmap_grant_ref: (made) => {
    granted(made);
    const [, handle = 0] = map(made);
    const unmap = () => [
      op(made, 1, [
        [0, 8, 0x6_0000],
        [16, 4, handle],
      ]),
      made.u16(ARG + 20),
    ];
    assert.deepEqual(unmap(), [0n, 0]);
    assert.equal(made.host.memory.read(0x6_0000, 1), undefined);
    assert.deepEqual(unmap(), [0n, GrantError.badHandle]);
  },
  GNTTABOP_setup_table: (made) => {
    place(made, 0, TABLE);
    const setup = (frames: number, domain = 0x7ff0) => [
      op(made, 2, [
        [0, 2, domain],
        [4, 4, frames],
        [16, 8, 0x1_0000],
      ]),
      made.u16(ARG + 8),
    ];
    assert.deepEqual(setup(2), [0n, 0]);
    assert.deepEqual([made.u64(0x1_0000), made.u64(0x1_0008)], [BigInt(TABLE), 0xffff_ffff_ffff_ffffn], 'the second is mapped nowhere');
    assert.deepEqual([setup(9999)[1], setup(1, 9)[1]], [GrantError.general, GrantError.badDomain]);
  },
  GNTTABOP_copy: (made) => {
    granted(made);
    const copy = (ref: number) => [
      op(made, 5, [
        [0, 4, ref],
        [8, 2, 1],
        [16, 8, 0x70],
        [24, 2, 0x7ff0],
        [26, 2, 9],
        [32, 2, 1],
        [34, 2, 1],
      ]),
      made.u16(ARG + 36),
    ];
    assert.deepEqual(copy(REF), [0n, 0]);
    assert.equal(made.host.memory.read(0x7_0009, 1)![0], 42);
    assert.deepEqual(copy(100_000), [0n, GrantError.badRef]);
  },
  GNTTABOP_query_size: (made) => {
    place(made, 1, TABLE);
    assert.equal(op(made, 6, [SELF]), 0n);
    assert.equal(made.u32(ARG + 4), 2, 'frames now');
    assert.ok(made.u32(ARG + 8) >= 2, 'and at most');
    assert.deepEqual([op(made, 6, [[0, 2, 9]]), made.u16(ARG + 12)], [0n, GrantError.badDomain]);
  },
  GNTTABOP_set_version: (made) => {
    const set = (version: number) => op(made, 8, [[0, 4, version]]);
    assert.deepEqual([set(2), made.u32(ARG), set(3)], [0n, 2, EINVAL]);
    set(1);
    granted(made);
    map(made);
    assert.equal(set(2), -16n, 'something is mapped');
  },
  GNTTABOP_get_status_frames: (made) => {
    const get = (count: number) => [
      op(made, 9, [
        [0, 4, count],
        [4, 2, 0x7ff0],
        [8, 8, 0x1_0000],
      ]),
      made.u16(ARG + 6),
    ];
    assert.deepEqual(get(1), [0n, GrantError.general], 'format 1 has none');
    op(made, 8, [[0, 4, 2]]);
    place(made, 0, TABLE);
    place(made, 0x8000_0000, STATUS_TABLE);
    assert.deepEqual(get(1), [0n, 0]);
    assert.equal(made.u64(0x1_0000), BigInt(STATUS_TABLE));
  },
  GNTTABOP_get_version: (made) => {
    assert.deepEqual([op(made, 10, [SELF]), made.u32(ARG + 4)], [0n, 1]);
    op(made, 8, [[0, 4, 2]]);
    assert.deepEqual([op(made, 10, [SELF]), made.u32(ARG + 4), op(made, 10, [[0, 2, 9]])], [0n, 2, -3n]);
  },
  GNTTABOP_swap_grant_ref: (made) => {
    granted(made);
    const swap = () => [
      op(made, 11, [
        [0, 4, REF],
        [4, 4, 9],
      ]),
      made.u16(ARG + 8),
    ];
    assert.deepEqual(swap(), [0n, 0]);
    assert.deepEqual([made.u32(TABLE * 4096 + 9 * 8 + 4), made.u16(TABLE * 4096 + REF * 8)], [FRAME, 0]);
    map(made, 9);
    assert.notEqual(swap()[1], 0, 'one of them is in use');
  },
};
