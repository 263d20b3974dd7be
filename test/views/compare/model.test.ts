// The rows of the Compare panel: differences that sum up, changes in percent, scaling, and what is asked of the adapter.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { CompareRun } from '../../../src/protocol/compare';
import {
  argumentsOf,
  changeText,
  costTexts,
  differenceText,
  endsText,
  exitRows,
  initialState,
  partRows,
  scalingRows,
  sideChoices,
  statusText,
  valueRows,
  vcpuCounts,
} from '../../../src/views/compare/model';

const sides = [
  { name: 'none:hw', text: 'fully virtualised, hardware-assisted' },
  { name: 'kvm:hw', text: 'paravirtualised (kvm), hardware-assisted' },
];
const run = (vcpus: number, ns: [number, number]): CompareRun => ({
  vcpus,
  ended: ['debug-exit', 'debug-exit'],
  totals: [{ name: 'virtual time', unit: 'ns', values: ns }],
  exits: [{ reason: 'io', counts: [500, 600], ns: [1_000_000, 1_200_000] }],
  counts: [
    { name: 'IPIs', unit: 'count', values: [3, 0] },
    { name: 'PAUSEs', unit: 'count', values: [2000, 10] },
  ],
  explanations: [
    {
      side: 1,
      differenceNs: 150_000,
      parts: [
        { name: 'exit io', total: 'hypervisor time', differenceNs: 200_000, events: 'exits', differenceCount: 100 },
        { name: 'guest code', total: 'guest time', differenceNs: -50_000, events: 'instructions', differenceCount: -40_000 },
        { name: 'offline', total: 'offline', differenceNs: 0, events: null, differenceCount: null },
      ],
    },
  ],
  sites: [],
  allSites: 0,
  instructions: [],
});

describe('the Compare panel', () => {
  it('says what exits cost on its sides, and who says so', () => {
    const costs = ['hw', 'hw-2006', 'hw-2016'].map((name) => ({ name, doc: `Table ${name}.`, source: `The makers of ${name}` }));
    const text = (name: string) => `${name}: Table ${name}. Source: The makers of ${name}.`;
    assert.deepEqual(costTexts({ costs, sides }), [text('hw')]);
    assert.deepEqual(costTexts({ costs, sides: [sides[0]!, { name: 'kvm:hw-2016', text: '' }] }), [text('hw'), text('hw-2016')]);
  });
  it('asks for what its fields say', () => {
    assert.deepEqual(argumentsOf(initialState), {
      ...{ action: 'start', sides: ['none:hw', 'kvm:hw'], sites: true, input: '', until: '' },
    });
    assert.deepEqual(argumentsOf({ ...initialState, vcpus: '1, 2,4' })?.vcpus, [1, 2, 4]);
    assert.equal(argumentsOf({ ...initialState, vcpus: '1,,2' }), undefined);
    assert.deepEqual([vcpuCounts(''), vcpuCounts('x'), vcpuCounts('0')], [[], undefined, undefined]);
    assert.deepEqual(
      sideChoices([{ name: 'hw', doc: '' }]).map(({ name }) => name),
      ['none:hw', 'kvm:hw', 'xen:hw'],
    );
  });

  it('shows values beside each other, with the change', () => {
    assert.deepEqual(valueRows(run(1, [1_000_000, 1_150_000]).totals), [['virtual time', '1.000 ms', '1.150 ms', '+15.0 %']]);
    assert.deepEqual([changeText(0, 0), changeText(5, 0), changeText(5, 5), changeText(50, 100)], ['', 'new', '', '-50.0 %']);
    assert.deepEqual(exitRows(run(1, [1, 1])), [['io', '500', '1.000 ms', '600', '1.200 ms', '+200.000 µs']]);
  });

  it('says what the difference is made of, down to the sum', () => {
    const one = run(1, [1_000_000, 1_150_000]);
    assert.deepEqual(partRows(one), [
      ['exit io', '+200.000 µs', '+100 exits', '133.3 %', 'hypervisor time'],
      ['guest code', '-50.000 µs', '-40,000 instructions', '-33.3 %', 'guest time'],
      ['offline', '0 ns', '', '0.0 %', 'offline'],
      ['sum', '+150.000 µs', '', '100.0 %', 'vCPU time'],
    ]);
    assert.equal(
      differenceText(one, sides),
      'paravirtualised (kvm), hardware-assisted takes 150.000 µs more vCPU time than fully virtualised, hardware-assisted (+15.0 %).',
    );
  });

  it('has a row for each figure of each side, a column for each number of vCPUs', () => {
    const rows = scalingRows([run(1, [4_000_000, 2_000_000]), run(2, [2_000_000, 2_000_000])], sides);
    assert.deepEqual(rows[0], ['none:hw throughput', '1.00 ×', '2.00 ×']);
    assert.deepEqual(rows.find(([name]) => name === 'kvm:hw throughput')?.slice(1), ['1.00 ×', '1.00 ×']);
    assert.deepEqual(rows.find(([name]) => name === 'none:hw lock waits, spinning')?.slice(1), ['2,000', '2,000']);
  });

  it('tells how far it is, and when figures are of different work', () => {
    assert.match(statusText(undefined), /^No comparison yet/);
    const answer = { state: 'running', text: 'kvm:hw, 2 vCPUs', done: 1, all: 4, costs: [], sides, runs: [] } as const;
    assert.equal(statusText({ ...answer, costs: [], sides: [], runs: [] }), 'Running: kvm:hw, 2 vCPUs; 1 of 4 runs');
    assert.equal(endsText(run(1, [1, 1])), '');
    assert.match(endsText({ ...run(1, [1, 1]), ended: ['debug-exit', 'until'] }), /different ends \(debug-exit, until\)/);
  });
});
