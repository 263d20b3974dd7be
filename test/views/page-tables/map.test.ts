import assert from 'node:assert/strict';
import type { Range } from '../../../src/views/page-tables/model';
import { aliasesOf, aliasText, differences, mergeRanges, pageCounts } from '../../../src/views/page-tables/model-map';
import { protectionsOff, unsafeRanges } from '../../../src/views/page-tables/unsafe.rows';

const range = (start: number | bigint, pages: number, gpa: number, flags: string, pageSize = 4096): Range => ({
  start: `0x${start.toString(16)}`,
  end: `0x${(BigInt(start) + BigInt(pages * pageSize)).toString(16)}`,
  gpa: `0x${gpa.toString(16)}`,
  pageSize,
  flags: flags.split(' ').filter((flag) => flag !== ''),
  symbol: '',
});
const upper = 0xffff_8000_0000_0000n;

describe('the map of an address space', () => {
  it('merges what differs only in accessed and dirty', () => {
    const merged = mergeRanges([
      range(0x1000, 1, 0x5000, 'writable accessed'),
      range(0x2000, 2, 0x6000, 'writable dirty'),
      range(0x4000, 1, 0x8000, 'user'),
      range(0x5000, 1, 0x10000, 'user'),
    ]);
    assert.deepEqual(
      merged.map(({ start, end, flags }) => [start, end, flags.join(' ')]),
      [
        ['0x1000', '0x4000', 'writable accessed dirty'],
        ['0x4000', '0x5000', 'user'],
        ['0x5000', '0x6000', 'user'],
      ],
    );
  });
  it('counts pages by size', () =>
    assert.equal(
      pageCounts([range(0, 3, 0, ''), range(0x200000, 2, 0x200000, '', 2 << 20), range(0x4000, 1, 0, '')]),
      '4 KiB × 4, 2 MiB × 2',
    ));
});

describe('aliases', () => {
  it('are the frames that two ranges share, and no more', () => {
    const found = aliasesOf([range(0x10000, 4, 0x1000, 'writable'), range(upper, 2, 0x2000, 'executable'), range(0x50000, 1, 0x9000, '')]);
    assert.equal(found.length, 1);
    assert.deepEqual(
      [found[0]?.gpa, found[0]?.size, found[0]?.at.map(({ start }) => start)],
      ['0x2000', 0x2000n, ['0x11000', `0x${upper.toString(16)}`]],
    );
    assert.match(aliasText(found[0]!), /0x11000 rw- kernel · 0xffff800000000000 r-x kernel/);
  });
  it('are not ranges that touch', () => assert.deepEqual(aliasesOf([range(0, 1, 0x1000, ''), range(0x8000, 1, 0x2000, '')]), []));
  it('tell three mappings of one frame apart from two', () => {
    const found = aliasesOf([range(0, 3, 0, ''), range(0x10000, 2, 0, ''), range(0x20000, 1, 0, '')]);
    assert.deepEqual(
      found.map(({ gpa, size, at }) => [gpa, size, at.length]),
      [
        ['0x0', 0x1000n, 3],
        ['0x1000', 0x1000n, 2],
      ],
    );
  });
});

describe('differences of two maps', () => {
  const left = [range(0x1000, 4, 0x1000, 'writable'), range(upper, 2, 0x8000, 'executable accessed')];
  it('are none for maps that differ in accessed bits or in how they are cut', () =>
    assert.deepEqual(
      differences(left, [
        range(0x1000, 1, 0x1000, 'writable'),
        range(0x2000, 3, 0x2000, 'writable'),
        range(upper, 2, 0x8000, 'executable'),
      ]),
      [],
    ));
  it('are what is mapped in one alone, elsewhere, or otherwise', () => {
    const right = [
      range(0x2000, 1, 0x2000, 'writable'),
      range(0x3000, 1, 0x7000, 'writable'),
      range(0x4000, 1, 0x4000, 'user'),
      range(upper, 3, 0x8000, 'executable'),
    ];
    assert.deepEqual(
      differences(left, right).map(({ start, end, what, left: one, right: other }) => [start, end, what, one, other]),
      [
        ['0x1000', '0x2000', 'only left', '0x1000 rw- kernel 4 KiB', 'not mapped'],
        ['0x3000', '0x4000', 'other frames', '0x3000 rw- kernel 4 KiB', '0x7000 rw- kernel 4 KiB'],
        ['0x4000', '0x5000', 'permissions', '0x4000 rw- kernel 4 KiB', '0x4000 r-- user 4 KiB'],
        ['0xffff800000002000', '0xffff800000003000', 'only right', 'not mapped', '0xa000 r-x kernel 4 KiB'],
      ],
    );
  });
  it('join runs of consecutive frames', () => {
    const found = differences([], [range(0x1000, 1, 0x1000, ''), range(0x2000, 2, 0x2000, ''), range(0x4000, 1, 0x9000, '')]);
    assert.deepEqual(
      found.map(({ start, end }) => [start, end]),
      [
        ['0x1000', '0x4000'],
        ['0x4000', '0x5000'],
      ],
    );
  });
});

describe('unsafe mappings', () => {
  const why = (...ranges: Range[]) => unsafeRanges(ranges, aliasesOf(ranges)).map((each) => each.why);
  it('are W+X, kernel addresses open to user mode, and address 0', () => {
    assert.deepEqual(why(range(0x1000, 1, 0x1000, 'writable executable')), ['writable and executable (W+X)']);
    assert.deepEqual(why(range(upper, 1, 0x1000, 'user executable')), ['user mode can run kernel text']);
    assert.deepEqual(why(range(upper, 1, 0x1000, 'user')), ['user mode can read kernel addresses']);
    assert.deepEqual(why(range(0, 1, 0x1000, '')), ['address 0 is mapped: a null pointer does not fault']);
    assert.deepEqual(why(range(0x1000, 1, 0x1000, 'executable'), range(0x3000, 1, 0x3000, 'writable user')), []);
  });
  it('are frames that are written at one address and run at another', () => {
    assert.deepEqual(why(range(0x1000, 1, 0x8000, 'writable'), range(upper, 1, 0x8000, 'executable')), [
      'writable at one address, executable at another: 0xffff800000000000',
    ]);
    assert.match(
      why(range(0x1000, 1, 0x8000, 'writable user'), range(upper, 1, 0x8000, 'executable'))[0] ?? '',
      /^user mode can write frames/,
    );
  });
  it('tell the protections that are off', () => {
    const values: Record<string, bigint> = { cr0: 0x8001_0001n, cr4: 1n << 20n, efer: 0n };
    assert.deepEqual(
      protectionsOff((name) => values[name]).map((text) => text.split(' ')[0]),
      ['EFER.NXE', 'CR4.SMAP'],
    );
  });
});
