// Long work of one call goes on in pieces, as in Xen: lists of multicall, memory_op and grant_table_op. Each piece is a call of its own, after whatever is more urgent, and nothing is done twice or left out.
import assert from 'node:assert/strict';
import { SELF } from './check-kit';
import { ARG, type Guest, guest } from './fake-host';

const [MEMORY, MULTICALL, VERSION, GRANT] = [12, 13, 17, 20];
const COUNT = 100;
/** Of the entries of one piece. */
const PIECE = 32;
const LIST = 0x1_0000;
const TABLE = 0x40;
const FRAME = 0x50;

const u64 = (made: Guest, at: number, value: bigint | number): void => made.host.view.setBigUint64(at, BigInt(value), true);
const u32 = (made: Guest, at: number, value: number): void => made.host.view.setUint32(at, value, true);
const u16 = (made: Guest, at: number, value: number): void => made.host.view.setUint16(at, value, true);
/** Three pieces more than the first, for a hundred entries. */
const assertPieces = (made: Guest): void => assert.equal(made.pieces, Math.ceil(COUNT / PIECE) - 1);

/** Entry 8 grants frame 0x50 for reading and writing. */
function granted(): Guest {
  const made = guest();
  assert.equal(made.call(MEMORY, 7, made.struct([SELF, [4, 4, 1], [16, 8, TABLE]])), 0n);
  made.host.memory.write(TABLE * 4096 + 8 * 8, Uint8Array.of(1, 0, 1, 0, FRAME, 0, 0, 0));
  made.host.memory.write(
    FRAME * 4096,
    Uint8Array.from({ length: COUNT }, (_, i) => i + 1),
  );
  made.pieces = 0;
  return made;
}

describe('lists of calls are done in pieces', () => {
  it('grants that are copied: each once', () => {
    const made = granted();
    for (let i = 0; i < COUNT; i++) {
      const at = LIST + i * 40;
      u32(made, at, 8);
      u16(made, at + 8, 1);
      u16(made, at + 10, i);
      u64(made, at + 16, 0x70);
      u16(made, at + 24, 0x7ff0);
      u16(made, at + 26, 2 * i);
      u16(made, at + 32, 1);
      u16(made, at + 34, 1);
      u16(made, at + 36, 0x1234);
    }
    assert.equal(made.call(GRANT, 5, LIST, COUNT), 0n);
    assertPieces(made);
    for (let i = 0; i < COUNT; i++) {
      assert.equal(made.u16(LIST + i * 40 + 36), 0, `status of ${i}`);
      assert.equal(made.host.memory.read(0x7_0000 + 2 * i, 1)![0], i + 1);
    }
  });

  it('grants that are mapped, and unmapped again: each has a handle of its own', () => {
    const made = granted();
    for (let i = 0; i < COUNT; i++) {
      const at = LIST + i * 32;
      u64(made, at, 0x8_0000 + i * 4096);
      u32(made, at + 8, 2);
      u32(made, at + 12, 8);
      u16(made, at + 16, 1);
    }
    assert.equal(made.call(GRANT, 0, LIST, COUNT), 0n);
    assertPieces(made);
    const handles = Array.from({ length: COUNT }, (_, i) => made.u32(LIST + i * 32 + 20));
    assert.equal(new Set(handles).size, COUNT);
    for (let i = 0; i < COUNT; i++) assert.equal(made.host.map.get(0x80 + i), FRAME);
    made.pieces = 0;
    for (const [i, handle] of handles.entries()) {
      const at = LIST + i * 24;
      u64(made, at, 0x8_0000 + i * 4096);
      u64(made, at + 8, 0);
      u32(made, at + 16, handle);
      u16(made, at + 20, 0x1234);
    }
    assert.equal(made.call(GRANT, 1, LIST, COUNT), 0n);
    assertPieces(made);
    for (let i = 0; i < COUNT; i++) assert.deepEqual([made.host.map.get(0x80 + i), made.u16(LIST + i * 24 + 20)], [undefined, 0]);
  });

  it('pages that are moved by a range, and by a batch', () => {
    const range = guest();
    assert.equal(range.call(MEMORY, 7, range.struct([SELF, [2, 2, 64], [4, 4, 3], [8, 8, 0x40], [16, 8, 0x90]])), 0n);
    assert.equal(range.pieces, 1);
    assert.deepEqual([range.host.map.get(0x90), range.host.map.get(0x90 + 63)], [0x40, 0x40 + 63]);
    const batch = guest();
    for (let i = 0; i < COUNT; i++) {
      u64(batch, LIST + i * 8, 0x10 + i);
      u64(batch, LIST + 0x1000 + i * 8, 0x80 + i);
      u32(batch, LIST + 0x2000 + i * 4, 0x1234);
    }
    // The lists are in frames of their own.
    const at = batch.struct([SELF, [2, 2, 2], [4, 2, COUNT], [8, 8, LIST], [16, 8, LIST + 0x1000], [24, 8, LIST + 0x2000]]);
    for (const frame of [0x10, 0x11, 0x12]) u64(batch, LIST + (frame - 0x10) * 8, 0x100_0000);
    assert.equal(batch.call(MEMORY, 23, at), 0n);
    assertPieces(batch);
    for (let i = 3; i < COUNT; i++)
      assert.deepEqual([batch.host.map.get(0x80 + i), batch.u32(LIST + 0x2000 + i * 4)], [0x10 + i, 0], `${i}`);
    assert.equal(batch.u32(LIST + 0x2000) | 0, -22);
  });

  it('short calls of a multicall by their number, long ones by what they do', () => {
    const made = guest();
    const fill = (nr: number, args: number[]) => {
      for (let i = 0; i < COUNT; i++) {
        u64(made, LIST + i * 64, nr);
        u64(made, LIST + i * 64 + 8, 0x1234);
        for (const [j, value] of args.entries()) u64(made, LIST + i * 64 + 16 + j * 8, value);
      }
    };
    const assertResults = (result: bigint) => {
      for (let i = 0; i < COUNT; i++) assert.equal(made.u64(LIST + i * 64 + 8), result, `${i}`);
    };
    fill(VERSION, [0]);
    assert.equal(made.call(MULTICALL, LIST, COUNT), 0n);
    assertPieces(made);
    assertResults(0x4_0011n);
    // Each takes as long as fifty accesses to memory.
    made.pieces = 0;
    const { write } = made.host.memory;
    made.host.memory.write = (gpa, bytes) => {
      if (gpa === ARG) made.host.steps += 50;
      return write(gpa, bytes);
    };
    fill(VERSION, [1, ARG]);
    assert.equal(made.call(MULTICALL, LIST, COUNT), 0n);
    assertResults(0n);
    assert.equal(made.pieces, Math.ceil(COUNT / 3) - 1, 'three at a time');
  });
});
