import assert from 'node:assert/strict';
import {
  addressText,
  columnsOf,
  endOf,
  initialState,
  numbersAt,
  parseWord,
  placeOf,
  stateOfWish,
  UNREADABLE,
  widthOf,
  wordText,
} from '../../../src/views/memory/model';
import { EndlessRows } from '../../../src/views/memory/model-endless';
import { MemoryStore } from '../../../src/views/memory/model-store';

const base64 = (...bytes: number[]): string => Buffer.from(bytes).toString('base64');

describe('words of the Memory panel', () => {
  it('are little-endian, with bytes that cannot be read shown as such', () => {
    assert.equal(wordText([0x78, 0x56, 0x34, 0x12]), '12345678');
    assert.equal(wordText([0x78, UNREADABLE]), '??78');
  });
  it('are typed in hexadecimal as they are shown, in decimal behind #, or as a character', () => {
    assert.deepEqual([...parseWord('12345678', 4)!], [0x78, 0x56, 0x34, 0x12]);
    assert.deepEqual([...parseWord('0xff', 2)!], [0xff, 0]);
    assert.deepEqual([...parseWord('#-2', 2)!], [0xfe, 0xff]);
    assert.deepEqual([...parseWord("'a", 1)!], [0x61]);
    assert.deepEqual([...parseWord('ffff ffff_8000 0000', 8)!], [0, 0, 0, 0x80, 0xff, 0xff, 0xff, 0xff]);
  });
  it('are refused where they do not fit or are no numbers', () => {
    for (const [text, size] of [
      ['100', 1],
      ['-81', 1],
      ['xyz', 4],
      ['', 1],
      ['#99999', 2],
      ["'€", 1],
    ] as const)
      assert.equal(parseWord(text, size), undefined, text);
  });
  it('are told as numbers of every size that is readable', () => {
    assert.deepEqual(numbersAt([0xfe, 0xff, UNREADABLE]), [
      { name: 'u8', text: '0xfe 254 -2' },
      { name: 'u16', text: '0xfffe 65534 -2' },
    ]);
  });
});

describe('the place of the Memory panel', () => {
  it('is in page tables of its own only where they were named', () => {
    assert.deepEqual(placeOf({ space: 'in CR3', root: '0x1000' }, 1), { vcpu: 1, space: 'virtual', cr3: '0x1000' });
    assert.deepEqual(placeOf({ space: 'linear', root: '0x1000' }, 0), { vcpu: 0, space: 'linear', cr3: null });
  });
  it('is taken over from another panel', () => {
    assert.deepEqual(stateOfWish({ at: '0x10', cr3: '0x2000' }), { text: '0x10', space: 'in CR3', cr3: '0x2000' });
    assert.deepEqual(stateOfWish({ at: '0x10', space: 'physical' }), { text: '0x10', space: 'physical', cr3: '' });
  });
  it('has as many bytes in a row as fit, at least a word', () => {
    const fit = (widthCh: number, size: 1 | 8 = 1) => columnsOf({ ...initialState, size }, widthCh);
    assert.equal(fit(widthOf(16, 1)), 16);
    assert.equal(fit(widthOf(16, 1) - 1), 8);
    assert.equal(fit(10), 4);
    assert.equal(fit(10, 8), 8);
    assert.equal(columnsOf({ columns: 4, size: 8 }, 10), 8);
    assert.equal(addressText(0xffff_8000_0000_1000n), 'ffff8000 00001000');
  });
});

describe('what is known of memory', () => {
  it('is asked for in whole chunks, once, until it may be stale', () => {
    const store = new MemoryStore();
    assert.deepEqual(store.missing(0x1010n, 0x1050n), { address: 0x1000n, length: 128 });
    store.accept({ address: '0x1000', length: 128, pieces: [{ offset: 0, bytes: base64(1, 2, 3), before: base64(1, 9, 3) }] });
    assert.equal(store.missing(0x1010n, 0x1050n), undefined);
    assert.deepEqual([store.byte(0x1001n), store.before(0x1001n), store.before(0x1000n)], [2, 9, undefined]);
    assert.equal(store.byte(0x1003n), UNREADABLE);
    store.stale();
    assert.equal(store.byte(0x1001n), 2);
    assert.deepEqual(store.missing(0x1040n, 0x1041n), { address: 0x1040n, length: 64 });
  });
  it('reaches to the last byte of the address space', () => {
    const end = endOf('virtual');
    assert.deepEqual(new MemoryStore().missing(end - 16n, end), { address: end - 64n, length: 64 });
  });
});

describe('rows without end', () => {
  it('move on near the edge of the scrolled element, in both directions', () => {
    const rows = new EndlessRows(1n << 60n, 1000, 100);
    const index = rows.go(5_000_000n);
    assert.equal(index, 500);
    assert.equal(rows.recentre(500), undefined);
    const row = rows.row(50);
    const moved = rows.recentre(50);
    assert.equal(moved, 500);
    assert.equal(rows.row(500), row);
    assert.equal(rows.recentre(950), 500);
  });
  it('end at both ends of memory', () => {
    const rows = new EndlessRows(1n << 60n, 1000, 100);
    assert.equal(rows.go(3n), 3);
    assert.equal(rows.recentre(3), undefined);
    assert.equal(rows.go((1n << 60n) - 1n), 999);
    assert.equal(rows.recentre(999), undefined);
    assert.equal(rows.indexOf(0n), undefined);
    assert.equal(new EndlessRows(10n).count, 10);
  });
});
