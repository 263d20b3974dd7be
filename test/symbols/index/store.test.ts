// The index on disk: what comes back is what was put in, anything else is made again, and the folder stays small.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskIndexStore, indexFolder } from '../../../src/symbols/index/disk-store';
import { decodeIndex, encodeIndex, type IndexPart } from '../../../src/symbols/index/index-file';
import { scratch } from '../toolchain';

const IDENTITY = { buildId: 'abc123', infoSize: 5, linesSize: 7 };
const PARTS: ReadonlyMap<string, IndexPart> = new Map<string, IndexPart>([
  ['keys', Uint32Array.of(1, 2, 0xffff_ffff)],
  ['values', Float64Array.of(0, 2 ** 40)],
  ['texts', ['a', '', 'naïve']],
  ['none', []],
]);

const folder = (): string => mkdtempSync(join(scratch(), 'store-'));

describe('an index as a file', () => {
  it('comes back as it was', () => {
    const back = decodeIndex(IDENTITY, encodeIndex(IDENTITY, PARTS));
    assert.deepEqual(back, PARTS);
  });

  it('of another file is not used', () => {
    const file = encodeIndex(IDENTITY, PARTS);
    assert.equal(decodeIndex({ ...IDENTITY, buildId: 'abc124' }, file), undefined);
    assert.equal(decodeIndex({ ...IDENTITY, infoSize: 6 }, file), undefined);
    assert.equal(decodeIndex({ ...IDENTITY, linesSize: 6 }, file), undefined);
  });

  it('cut or changed anywhere is not used', () => {
    const file = encodeIndex(IDENTITY, PARTS);
    for (let length = 0; length < file.length; length++) assert.equal(decodeIndex(IDENTITY, file.slice(0, length)), undefined, `${length}`);
    const data = file.lastIndexOf(0x0a) + 1;
    for (let at = data; at < file.length; at++) {
      const changed = file.slice();
      changed[at]! ^= 0x10;
      assert.equal(decodeIndex(IDENTITY, changed), undefined, `byte ${at}`);
    }
  });
});

describe('the folder of indexes', () => {
  it('keeps what it was given, and does without what is gone', () => {
    const place = folder();
    const store = new DiskIndexStore(join(place, 'deeper'));
    assert.equal(store.load('one'), undefined);
    store.save('one', Uint8Array.of(1, 2, 3));
    assert.deepEqual([...store.load('one')!], [1, 2, 3]);
    rmSync(place, { recursive: true });
    assert.equal(store.load('one'), undefined);
  });

  it('throws away what was used longest ago', () => {
    const place = folder();
    const store = new DiskIndexStore(place, 100);
    for (const [i, name] of ['a', 'b', 'c'].entries()) {
      store.save(name, new Uint8Array(30));
      utimesSync(join(place, `${name}.symbols`), i, i);
    }
    store.load('a');
    store.save('d', new Uint8Array(30));
    assert.deepEqual(readdirSync(place).sort(), ['a.symbols', 'c.symbols', 'd.symbols']);
    store.save('too-large', new Uint8Array(101));
    assert.equal(store.load('too-large'), undefined);
  });

  it('that cannot be written is no error', () => {
    const place = folder();
    writeFileSync(join(place, 'file'), 'x');
    const store = new DiskIndexStore(join(place, 'file'));
    store.save('one', Uint8Array.of(1));
    assert.equal(store.load('one'), undefined);
    assert.equal(readFileSync(join(place, 'file'), 'utf8'), 'x');
  });

  it('is where each system keeps such things', () => {
    assert.equal(indexFolder({ XDG_CACHE_HOME: '/c' }, 'linux'), '/c/hyperscope/symbols');
    assert.match(indexFolder({}, 'darwin'), /Library.Caches/);
    assert.match(indexFolder({ LOCALAPPDATA: '/local' }, 'win32'), /^.local/);
  });
});
