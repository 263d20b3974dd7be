// Described page walks and mapped ranges (SDM vol 3 ch. 5).
import assert from 'node:assert/strict';
import type { MappedRange as ControlRange, Walk as ControlWalk } from '../../../src/machine/control/types';
import type { PagingRegisters } from '../../../src/x86/paging/levels';
import { mappedRanges } from '../../../src/x86/paging/ranges';
import { type Walk, type WalkMemory, walk } from '../../../src/x86/paging/walk';
import { Cr0, Cr4, Efer } from '../../../src/x86/system/bits';

const RAM = 0x10_0000;

class Memory implements WalkMemory {
  readonly view = new DataView(new ArrayBuffer(RAM));
  isRam = (gpa: number): boolean => gpa < RAM;
  read32 = (gpa: number): number => this.view.getUint32(gpa, true);
  read64 = (gpa: number): bigint => this.view.getBigUint64(gpa, true);
  put(gpa: number, index: number, value: bigint): void {
    this.view.setBigUint64(gpa + index * 8, value, true);
  }
  put32(gpa: number, index: number, value: number): void {
    this.view.setUint32(gpa + index * 4, value, true);
  }
}

const long = (more: Partial<PagingRegisters> = {}): PagingRegisters => ({
  cr0: Cr0.PE | Cr0.PG,
  cr3: 0x1000n,
  cr4: Cr4.PAE,
  efer: Efer.LME | Efer.LMA | Efer.NXE,
  ...more,
});
const XD = 1n << 63n;

/** PML4 at 1000h, PDPT at 2000h, PD at 3000h, PT at 4000h. */
function fourLevel(): Memory {
  const memory = new Memory();
  memory.put(0x1000, 0, 0x2007n);
  memory.put(0x1000, 511, 0x2003n);
  memory.put(0x2000, 0, 0x3007n);
  memory.put(0x2000, 1, 0x4000_0000n | 0x83n);
  memory.put(0x3000, 0, 0x4007n);
  memory.put(0x3000, 1, 0x20_0000n | 0xe3n | XD);
  memory.put(0x3000, 2, 0x40_0000n | 0x83n | XD);
  memory.put(0x4000, 5, 0x5067n);
  memory.put(0x4000, 6, 0x6005n);
  memory.put(0x4000, 7, 0x7025n);
  return memory;
}

describe('page walk', () => {
  it('4-level, 4 KiB page: every step with its bits', () => {
    const answer: ControlWalk = walk(fourLevel(), long(), 0x5123n);
    assert.equal(answer.mode, '4-level');
    assert.deepEqual(
      answer.steps.map((step) => [step.name, step.index, step.entryGpa, step.outcome]),
      [
        ['PML4E', 0, 0x1000, 'table'],
        ['PDPTE', 0, 0x2000, 'table'],
        ['PDE', 0, 0x3000, 'table'],
        ['PTE', 5, 0x4028, 'page'],
      ],
    );
    assert.deepEqual(answer.result, {
      ...{ gpa: 0x5123, pageSize: 4096, writable: true, user: true, executable: true },
      ...{ global: false, accessed: true, dirty: true, ram: true },
    });
    const bits = answer.steps[3]!.bits;
    assert.deepEqual(
      bits.find((bit) => bit.name === 'D'),
      { name: 'D', bit: 6, width: 1, value: 1, meaning: 'dirty: written' },
    );
    assert.equal(bits.find((bit) => bit.name === 'address')?.value, 0x5000);
    assert.equal(
      bits.reduce((sum, bit) => sum + bit.width, 0),
      64,
    );
  });

  it('2 MiB and 1 GiB pages; rights are those of all levels', () => {
    const memory = fourLevel();
    const big = walk(memory, long(), 0x21_0000n).result!;
    assert.deepEqual([big.gpa, big.pageSize, big.user, big.executable], [0x21_0000, 0x20_0000, false, false]);
    const huge = walk(memory, long(), 0x4000_1234n).result!;
    assert.deepEqual([huge.gpa, huge.pageSize, huge.ram], [0x4000_1234, 0x4000_0000, false]);
  });

  const problems: [string, bigint, PagingRegisters, RegExp][] = [
    ['not present', 0x8000n, long(), /^PTE 8 at 0x4040 is not present$/],
    ['not canonical', 1n << 47n, long(), /is not canonical/],
    ['XD without EFER.NXE', 0x20_0000n, long({ efer: Efer.LMA }), /reserved bits set: 0x8000000000000000/],
    ['a table outside RAM', 0n, long({ cr3: 0x4000_0000n }), /PML4E 0 at 0x40000000 is not in RAM/],
  ];
  for (const [name, linear, registers, text] of problems)
    it(name, () => {
      const answer: Walk = walk(fourLevel(), registers, linear);
      assert.equal(answer.result, null);
      assert.match(answer.problem!, text);
    });

  it('PS in a PML4E and low bits of a 2 MiB page are reserved', () => {
    const memory = fourLevel();
    memory.put(0x1000, 1, 0x2087n);
    memory.put(0x3000, 3, 0x20_2083n);
    assert.equal(walk(memory, long(), 1n << 39n).steps[0]!.outcome, 'reserved-bits');
    assert.equal(walk(memory, long(), 0x60_0000n).steps[2]!.outcome, 'reserved-bits');
  });

  it('5-level', () => {
    const memory = fourLevel();
    memory.put(0x8000, 0, 0x1007n);
    const answer = walk(memory, long({ cr3: 0x8000n, cr4: Cr4.PAE | Cr4.LA57 }), 0x5000n);
    assert.equal(answer.steps[0]!.name, 'PML5E');
    assert.equal(answer.result!.gpa, 0x5000);
    assert.match(walk(memory, long({ cr3: 0x8000n, cr4: Cr4.PAE | Cr4.LA57 }), 1n << 56n).problem!, /canonical/);
  });

  it('32-bit with and without PSE; PAE from registers; no paging', () => {
    const memory = new Memory();
    memory.put32(0x1000, 0, 0x2007);
    memory.put32(0x1000, 1, 0x0040_0087);
    memory.put32(0x2000, 3, 0x3001);
    const registers = { cr0: Cr0.PE | Cr0.PG, cr3: 0x1000n, cr4: Cr4.PSE, efer: 0n };
    const small = walk(memory, registers, 0x3456n).result!;
    assert.deepEqual([small.gpa, small.writable, small.user, small.executable], [0x3456, false, false, true]);
    assert.equal(walk(memory, registers, 0x40_1234n).result!.gpa, 0x40_1234);
    assert.equal(walk(memory, { ...registers, cr4: 0n }, 0x40_1234n).steps[0]!.outcome, 'table');
    const pae = { ...registers, cr4: Cr4.PAE, pdptes: [0x3001n, 0n, 0n, 0n] };
    memory.put(0x3000, 0, 0x4007n);
    memory.put(0x4000, 1, 0x5007n);
    assert.equal(walk(memory, pae, 0x1000n).result!.gpa, 0x5000);
    assert.equal(walk(memory, pae, 0x4000_0000n).steps[0]!.outcome, 'not-present');
    const none = walk(memory, { ...registers, cr0: Cr0.PE }, 0x1234n);
    assert.deepEqual([none.mode, none.result!.gpa, none.steps.length], ['none', 0x1234, 0]);
  });
});

describe('mapped ranges', () => {
  it('merges by rights, page size and physical order; the upper half follows the hole', () => {
    const { ranges, next } = mappedRanges(fourLevel(), long(), 0n, 100);
    const all: ControlRange[] = ranges;
    assert.deepEqual(
      all.slice(0, 4).map((r) => [r.start, r.end, r.gpa, r.writable, r.user, r.executable]),
      [
        [0x5000n, 0x6000n, 0x5000, true, true, true],
        [0x6000n, 0x8000n, 0x6000, false, true, true],
        [0x20_0000n, 0x60_0000n, 0x20_0000, true, false, false],
        [0x4000_0000n, 0x8000_0000n, 0x4000_0000, true, false, true],
      ],
    );
    assert.equal(all[4]!.start, 0xffff_ff80_0000_5000n);
    assert.equal(all[1]!.accessed, true);
    assert.equal(next, null);
  });

  it('goes on where it stopped; an address in the hole begins with the upper half', () => {
    const memory = fourLevel();
    const whole = mappedRanges(memory, long(), 0n, 100).ranges;
    const pieces = [];
    for (let start: bigint | null = 0n; start !== null; ) {
      const part = mappedRanges(memory, long(), start, 1);
      pieces.push(...part.ranges);
      start = part.next;
    }
    assert.deepEqual(pieces, whole);
    assert.equal(mappedRanges(memory, long(), 1n << 50n, 1).ranges[0]!.start, 0xffff_ff80_0000_5000n);
    assert.equal(mappedRanges(memory, long(), 0x6800n, 1).ranges[0]!.start, 0x6000n);
  });

  it('a table that refers to itself ends', () => {
    const memory = new Memory();
    for (let i = 0; i < 512; i++) memory.put(0x1000, i, 0x1003n);
    const { ranges, next } = mappedRanges(memory, long(), 0n, 1 << 20);
    assert.ok(ranges.length > 0);
    assert.notEqual(next, null);
  });
});
