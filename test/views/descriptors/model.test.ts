import assert from 'node:assert/strict';
import type { DescriptorRow, DescriptorTableAnswer, SegmentRow, TssAnswer } from '../../../src/protocol/descriptors';
import {
  addressText,
  entriesView,
  entryView,
  ioMapText,
  segmentView,
  summary,
  tableTitle,
  tssView,
} from '../../../src/views/descriptors/model';

const gate: DescriptorRow = {
  ...{
    index: 14,
    selector: null,
    name: '#PF Page Fault',
    kind: 'interrupt-gate',
    type: '64-bit Interrupt Gate',
    dpl: 3,
    present: false,
    flags: [],
  },
  ...{ base: null, limit: null, raw: '0x1', before: '0x2' },
  gate: {
    selector: 8,
    offset: '0xffff800000101000',
    ist: 2,
    count: null,
    handler: '0xffff800000101000',
    symbol: 'page_fault',
    path: '/k/entry.S',
    line: 7,
  },
};
const code: DescriptorRow = {
  ...{ index: 1, selector: 8, name: 'CS', kind: 'code', type: 'Code Execute/Read', dpl: 0, present: true, flags: ['G', 'L'] },
  ...{ base: '0x0', limit: '0xffffffff', raw: '0xaf9b000000ffff', before: null, gate: null },
};
const parts = { base: '0x0', limit: '0xffff', access: '0x93', text: 'data 16-bit' };
const segment: SegmentRow = {
  ...{ name: 'ds', selector: 16, usable: true, hidden: parts, memory: { ...parts, limit: '0xfff' }, changed: false },
  ...{ differences: ['limit', 'access'], reason: 'differs' },
};

describe('entries of the Descriptors panel', () => {
  it('say in words what a gate does and where it leads', () => {
    const view = entryView('IDT', gate);
    assert.deepEqual([view.number, view.rights, view.place], ['0x0e', 'DPL 3, IST 2, not present', '0x8:0xffff8000 00101000']);
    assert.deepEqual([view.handler?.symbol, view.handler?.line, view.vector, view.before], ['page_fault', 7, 14, '0x2']);
  });
  it('say where a segment is, and who has it', () => {
    const view = entryView('GDT', code);
    assert.deepEqual([view.number, view.name, view.rights, view.place], ['0x08', 'CS', 'DPL 0, G, L', 'base 0x0, limit 0xffffffff']);
    assert.deepEqual([view.vector, view.base, view.before], [undefined, '0x0', undefined]);
  });
  it('are found by any of their texts', () => {
    const table: DescriptorTableAnswer = { name: 'IDT', base: '0x1000', limit: 0xfff, missing: 0, count: 256, rows: [gate], more: 0 };
    assert.equal(entriesView(table, ' PAGE_f').length, 1);
    assert.equal(entriesView(table, '0x0e').length, 1);
    assert.equal(entriesView(table, 'timer').length, 0);
    assert.equal(tableTitle(table), 'IDT at 0x1000, limit 0xfff: 1 of 256 entries are set');
    assert.match(
      tableTitle({ ...table, missing: 16, more: 2 }),
      /3 of 256 entries are set, the first 1 are shown; 16 bytes of it cannot be read/,
    );
  });
});

describe('segment registers of the Descriptors panel', () => {
  it('tell how they differ from memory', () => {
    const view = segmentView(segment);
    assert.deepEqual([view.name, view.selector, view.verdict, view.bad], ['DS', '0x0010', 'differs from memory: limit, rights', true]);
    assert.equal(view.memory, 'data 16-bit, base 0x0, limit 0xfff');
    assert.equal(summary({ vcpu: 0, mode: 'long64', tables: [], segments: [segment], tss: null }), 'long64, not as in memory: DS');
  });
  it('are quiet where nothing is wrong', () => {
    const empty = { ...segment, usable: false, memory: null, differences: [], reason: 'null' as const };
    assert.deepEqual([segmentView(empty).bad, segmentView(empty).hidden], [false, 'unusable']);
    assert.match(
      segmentView({ ...empty, reason: 'msr', hidden: { ...parts, base: '0xffff800000200000' } }).hidden,
      /base 0xffff8000 00200000/,
    );
  });
});

describe('the task-state segment of the Descriptors panel', () => {
  const tss: TssAnswer = {
    ...{ bits: 64, base: '0x1000', limit: '0x67' },
    fields: [
      { name: 'RSP0', offset: 4, value: '0x8000', symbol: 'stack+0x1000', before: '0x0' },
      { name: 'I/O map base', offset: 0x66, value: null, symbol: '', before: null },
    ],
    ioMap: {
      allowed: [
        { from: 0x3f8, to: 0x3ff },
        { from: 0x80, to: 0x80 },
      ],
      missing: null,
    },
  };
  it('has its fields, and the ports it allows', () => {
    assert.deepEqual(
      tssView(tss, '').map(({ value, before }) => [value, before]),
      [
        ['0x8000', '0x0'],
        ['beyond the limit', undefined],
      ],
    );
    assert.equal(tssView(tss, 'stack').length, 1);
    assert.equal(ioMapText(tss), 'I/O map: allowed ports 0x3f8–0x3ff, 0x80');
    assert.match(ioMapText({ ...tss, ioMap: { allowed: [], missing: 'no-map' } }), /none/);
    assert.equal(addressText('0xffff800000101000'), '0xffff8000 00101000');
  });
});
