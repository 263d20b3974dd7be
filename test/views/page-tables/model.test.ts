import assert from 'node:assert/strict';
import type { WalkAnswer } from '../../../src/protocol/requests';
import {
  addressParts,
  addressText,
  filterRanges,
  permissionLetters,
  rangeSize,
  resultText,
  sizeText,
  stepsView,
} from '../../../src/views/page-tables/model';

const step = {
  name: 'PDE',
  entryGpa: '0x105000',
  value: '0xe3',
  index: 0,
  outcome: 'page',
  bits: [{ name: 'address', bit: 21, width: 31, value: 0x10, meaning: 'physical' }],
};
const walk: WalkAnswer = {
  linear: '0xffffffff80100a40',
  mode: '4-level',
  cr3: '0x103000',
  steps: [{ ...step, name: 'PML4E' }, { ...step, name: 'PDPTE' }, step],
  result: { gpa: '0x100a40', pageSize: 2 << 20, flags: ['writable'] },
  problem: null,
  symbol: 'hypercall+0x10',
};
const range = (flags: string[], symbol = '') => ({ start: '0x1000', end: '0x3000', gpa: '0x5000', pageSize: 4096, flags, symbol });

describe('page tables panel model', () => {
  it('cuts a 4-level address that ends in a 2 MiB page (SDM vol 3, figure 4-9)', () => {
    assert.deepEqual(
      addressParts(walk).map(({ name, bits, value }) => `${name} ${bits} ${value}`),
      ['PML4 47:39 511', 'PDPT 38:30 510', 'PD 29:21 0', 'offset 20:0 0x100a40'],
    );
  });
  it('cuts a PAE address and a 32-bit one', () => {
    const steps = [step, step, step];
    assert.deepEqual(
      addressParts({ linear: '0xc0201004', mode: 'PAE', steps }).map(({ value }) => value),
      ['3', '1', '1', '0x4'],
    );
    assert.deepEqual(
      addressParts({ linear: '0xc0401004', mode: '32-bit', steps: [step, step] }).map(({ value }) => value),
      ['769', '1', '0x4'],
    );
  });
  it('says where bits are and what a step leads to', () => {
    const [view] = stepsView({ steps: [{ ...step, outcome: 'not-present' }] });
    assert.equal(view?.good, false);
    assert.match(view?.outcome ?? '', /not present/);
    assert.deepEqual(view?.bits[0], { name: 'address', position: '51:21', value: '0x10', meaning: 'physical', set: true });
  });
  it('tells the result, or why there is none', () => {
    assert.equal(
      resultText(walk),
      '0xffffffff80100a40 (hypercall+0x10) → physical 0x100a40, 2 MiB page, writable (4-level paging, CR3 0x103000)',
    );
    assert.match(resultText({ ...walk, result: null, problem: 'the PDE is not present' }), /cannot be translated: the PDE is not present/);
    assert.match(resultText({ ...walk, mode: 'none', steps: [] }), /paging is off/);
  });
  it('prints sizes in the largest whole unit', () => {
    assert.deepEqual([4096, 2 << 20, 1 << 30, 12288, 100].map(sizeText), ['4 KiB', '2 MiB', '1 GiB', '12 KiB', '100 B']);
    assert.equal(rangeSize({ start: '0x1000', end: '0x3000' }), '8 KiB');
  });
  it('filters ranges by permission and text', () => {
    const ranges = [range(['writable']), range(['executable'], 'main'), range(['writable', 'executable'])];
    assert.equal(filterRanges(ranges, { filter: '', permission: 'writable and executable' }).length, 1);
    assert.equal(filterRanges(ranges, { filter: 'MAIN', permission: 'all' }).length, 1);
    assert.equal(filterRanges(ranges, { filter: '0x5000', permission: 'executable' }).length, 2);
  });
  it('prints permissions and addresses so that columns line up', () => {
    assert.equal(permissionLetters(['writable', 'global']), 'rw- kernel global');
    assert.equal(permissionLetters(['executable', 'user']), 'r-x user');
    assert.equal(addressText('0xffff800000100000'), 'ffff8000 00100000');
  });
});
