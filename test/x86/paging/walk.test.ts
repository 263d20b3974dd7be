// The explaining page walk: SDM vol 3 ch. 5, one case per mode, page size and way to fail.
import assert from 'node:assert/strict';
import type { PagingState } from '../../../src/x86/paging/levels';
import { mappedRanges } from '../../../src/x86/paging/mapped-ranges';
import { type WalkMemory, walk } from '../../../src/x86/paging/walk';

const memory = (words: Record<number, bigint>, size: 4 | 8 = 8): WalkMemory => ({
  read64: (gpa) => (gpa < 0x10_0000 ? (words[gpa] ?? 0n) : undefined),
  read32: (gpa) => (gpa < 0x10_0000 ? Number(size === 4 ? (words[gpa] ?? 0n) : 0n) : undefined),
  isRam: (gpa) => gpa < 0x10_0000,
});
const PG = 1n << 31n;
const long: PagingState = { cr0: PG, cr3: 0x1000n, cr4: 0x20n, efer: 0xd00n, physicalBits: 40 };
const fourLevels = (leaf: bigint): Record<number, bigint> => ({
  [0x1000 + 8]: 0x2007n,
  8192: 0x3007n,
  [0x3000 + 16]: 0x4007n,
  [0x4000 + 24]: leaf,
});
const linear = (1n << 39n) | (2n << 21n) | (3n << 12n) | 0xabcn;

describe('page walk', () => {
  it('5.5 4-level: four steps to a 4 KiB page, permissions combined', () => {
    const result = walk(long, memory(fourLevels(0x5163n | (1n << 63n))), linear);
    assert.deepEqual(
      result.steps.map((step) => [step.name, step.index, step.outcome]),
      [
        ['PML4E', 1, 'table'],
        ['PDPTE', 0, 'table'],
        ['PDE', 2, 'table'],
        ['PTE', 3, 'page'],
      ],
    );
    assert.deepEqual(result.result, {
      gpa: 0x5abc,
      pageSize: 4096,
      writable: true,
      user: false,
      executable: false,
      accessed: false,
      global: true,
      dirty: true,
      ram: true,
      protectionKey: null,
      denied: [
        { by: 'user', kind: 'read', errorCode: 5, reason: 'a supervisor page' },
        { by: 'user', kind: 'write', errorCode: 7, reason: 'a supervisor page' },
        { by: 'user', kind: 'fetch', errorCode: 0x15, reason: 'a supervisor page' },
        { by: 'supervisor', kind: 'fetch', errorCode: 0x11, reason: 'XD is set' },
      ],
    });
    assert.deepEqual(
      result.steps[3]!.bits.find((bit) => bit.name === 'XD'),
      { name: 'XD', bit: 63, width: 1, value: 1, meaning: 'no instruction fetches' },
    );
  });

  it('5.5 5-level: bits 56:48 select the PML5E', () => {
    const five: PagingState = { ...long, cr3: 0x8000n, cr4: 0x1020n };
    const result = walk(five, memory({ ...fourLevels(0x5163n), [0x8000 + 5 * 8]: 0x1003n }), (5n << 48n) | linear);
    assert.deepEqual(
      result.steps.map((step) => step.name),
      ['PML5E', 'PML4E', 'PDPTE', 'PDE', 'PTE'],
    );
    assert.equal(result.result?.gpa, 0x5abc);
    assert.match(walk(five, memory({}), 1n << 56n).problem ?? '', /canonical/);
  });

  it('5.6 SMEP, SMAP and protection keys say what they refuse, with the error code', () => {
    const state: PagingState = { ...long, cr0: PG | 0x1_0000n, cr4: 0x20n | (7n << 20n), pkru: 2 << 6 };
    const { result } = walk(state, memory(fourLevels(0x5067n | (3n << 59n))), linear);
    assert.equal(result?.protectionKey, 3);
    assert.deepEqual(result.denied, [
      { by: 'user', kind: 'write', errorCode: 0x27, reason: 'protection key 3: PKRU.WD3 is set' },
      { by: 'supervisor', kind: 'read', errorCode: 1, reason: 'SMAP: a user page; explicit accesses pass with EFLAGS.AC' },
      { by: 'supervisor', kind: 'write', errorCode: 0x23, reason: 'SMAP: a user page; explicit accesses pass with EFLAGS.AC' },
      { by: 'supervisor', kind: 'fetch', errorCode: 0x11, reason: 'SMEP: a user page' },
    ]);
  });

  it('5.5 4-level: 2 MiB and 1 GiB pages', () => {
    const large = walk(long, memory({ 4096: 0x2003n, 8192: 0x3003n, [0x3000 + 8]: 0x60_00e3n }), 0x32_1234n);
    assert.equal(large.result?.gpa, 0x72_1234);
    assert.equal(large.result?.pageSize, 1 << 21);
    const huge = walk(long, memory({ 4096: 0x2003n, 8192: 0x4000_00e3n }), 0x1234_5678n);
    assert.equal(huge.result?.gpa, 0x5234_5678);
    assert.equal(huge.result?.ram, false);
  });

  it('5.5.1 a reserved bit, a missing entry and a table outside RAM are told apart', () => {
    assert.equal(walk(long, memory(fourLevels((1n << 45n) | 1n)), linear).steps[3]!.outcome, 'reserved-bits');
    assert.equal(walk(long, memory(fourLevels(0n)), linear).problem, 'the PTE is not present: an access raises #PF');
    assert.equal(walk(long, memory({ 4096: 0x20_0001n }), 0n).problem, 'the PDPTE lies outside RAM');
    assert.equal(
      walk({ ...long, efer: 0x500n }, memory(fourLevels(1n | (1n << 63n))), linear).steps[3]!.outcome,
      'reserved-bits',
      'XD without EFER.NXE',
    );
    assert.equal(walk(long, memory({ 4096: 0x2083n }), 0n).steps[0]!.outcome, 'reserved-bits', 'PS in a PML4E');
  });

  it('5.5.1 an address that is not canonical', () => {
    assert.match(walk(long, memory({}), 0x8000_0000_0000n).problem!, /not canonical/);
  });

  it('5.4 PAE: PDPTE registers, then 2 MiB pages', () => {
    const pae: PagingState = { cr0: PG, cr3: 0x1020n, cr4: 0x20n, efer: 0n, physicalBits: 40, pdptes: [0n, 0x3001n, 0n, 0n] };
    const result = walk(pae, memory({ [0x3000 + 8]: 0x60_0083n }), 0x4020_0010n);
    assert.equal(result.mode, 'PAE');
    assert.equal(result.steps[0]!.entryGpa, 0x1028);
    assert.equal(result.result?.gpa, 0x60_0010);
  });

  it('5.3 32-bit: 4 KiB pages, and 4 MiB pages only with CR4.PSE', () => {
    const words = { [0x1000 + 4]: 0x2007n, [0x2000 + 8]: 0x3067n, [0x1000 + 8]: 0x0080_0087n };
    const legacy: PagingState = { cr0: PG, cr3: 0x1000n, cr4: 0x10n, efer: 0n, physicalBits: 40 };
    assert.equal(walk(legacy, memory(words, 4), 0x0040_2123n).result?.gpa, 0x3123);
    assert.equal(walk(legacy, memory(words, 4), 0x0080_0123n).result?.gpa, 0x80_0123);
    assert.equal(walk({ ...legacy, cr4: 0n }, memory(words, 4), 0x0080_0123n).steps[0]!.outcome, 'table');
  });

  it('no paging: linear is physical', () => {
    assert.equal(walk({ ...long, cr0: 0n }, memory({}), 0x1234n).result?.gpa, 0x1234);
  });
});

describe('mapped ranges', () => {
  const words = { ...fourLevels(0x5003n), [0x4000 + 32]: 0x6003n, [0x4000 + 40]: 0x9003n, [0x1000 + 511 * 8]: 0x2003n };
  it('joins pages that continue each other, sign-extends the upper half', () => {
    const { ranges, next } = mappedRanges(long, memory(words), 0n, 100);
    assert.equal(next, null);
    assert.deepEqual(
      ranges.map((range) => [range.start, range.end, range.gpa, range.user]),
      [
        [0x80_0040_3000n, 0x80_0040_5000n, 0x5000, false],
        [0x80_0040_5000n, 0x80_0040_6000n, 0x9000, false],
        [0xffff_ff80_0040_3000n, 0xffff_ff80_0040_5000n, 0x5000, false],
        [0xffff_ff80_0040_5000n, 0xffff_ff80_0040_6000n, 0x9000, false],
      ],
    );
  });
  it('stops at the limit and goes on from there', () => {
    const first = mappedRanges(long, memory(words), 0n, 1);
    assert.equal(first.next, 0x80_0040_5000n);
    assert.equal(mappedRanges(long, memory(words), first.next!, 1).ranges[0]!.gpa, 0x9000);
  });
  it('a table that refers to itself ends by the entry budget', () => {
    const { next } = mappedRanges(long, { read64: () => 0x1003n, read32: () => 0, isRam: () => true }, 0n, 1 << 20, 5000);
    assert.notEqual(next, null);
  });
});
