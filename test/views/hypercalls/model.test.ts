import assert from 'node:assert/strict';
import type { TraceRow, TraceRowsAnswer } from '../../../src/protocol/requests';
import {
  breakpointName,
  cellsOf,
  columns,
  groupCells,
  groupColumns,
  initialState,
  selectionOf,
  sourceText,
} from '../../../src/views/hypercalls/model';
import { keptRows, type RowQuery, RowWindow } from '../../../src/views/hypercalls/model-rows';
import { rowActions } from '../../../src/views/hypercalls/row-actions';

const row = (seq: number): TraceRow => ({
  seq,
  kind: 'hypercall',
  vcpu: 0,
  virtualNs: seq * 1000,
  durationNs: 500,
  name: 'KICK_CPU',
  args: 'flags=0',
  result: '0',
  rip: '0x100',
});
/** A list of rows [first, end), each of them an event. */
const answer = ({ from, limit }: RowQuery, first: number, end: number, searched = end): TraceRowsAnswer => {
  const start = from < 0 ? Math.max(first, end - limit) : Math.min(end, Math.max(first, from));
  const rows = Array.from({ length: Math.max(0, Math.min(limit, end - start)) }, (_, i) => row(start + i));
  return { first, end: 2 * end, dropped: first, searched: 2 * searched, firstRow: first, endRow: end, from: start, rows };
};

describe('rows of the hypercalls panel', () => {
  it('are read around what is visible', () => {
    const rows = new RowWindow();
    const visible = { from: 500_000, to: 500_040 };
    rows.accept(answer(rows.query({ from: 0, to: 0 }, false), 0, 1_000_000));
    assert.equal(rows.count, 1_000_000);
    assert.equal(rows.lacks(visible), true);
    const query = rows.query(visible, false);
    assert.deepEqual(query, { from: 499_950, limit: 140 });
    rows.accept(answer(query, 0, 1_000_000));
    assert.equal(rows.lacks(visible), false);
    assert.equal(rows.row(500_000)?.seq, 500_000);
  });
  it('are the newest when the list follows', () => {
    const rows = new RowWindow();
    const query = rows.query({ from: 0, to: 20 }, true);
    rows.accept(answer(query, 0, 5000));
    assert.deepEqual([rows.row(4999)?.seq, rows.row(0)], [4999, undefined]);
  });
  it('keep their place while older ones are dropped', () => {
    const rows = new RowWindow();
    assert.equal(rows.accept(answer({ from: 100, limit: 50 }, 0, 200)), 0);
    assert.equal(rows.accept(answer({ from: 150, limit: 50 }, 120, 320)), 120);
    assert.equal(rows.row(20)?.seq, 140);
    assert.equal(rows.row(0)?.seq, 120);
  });
  it('are bounded', () => {
    const rows = new RowWindow();
    for (let from = 0; from < 4 * keptRows; from += 1000) rows.accept(answer({ from, limit: 1000 }, 0, 100_000));
    assert.deepEqual([rows.row(0), rows.row(4 * keptRows - 1)?.seq], [undefined, 4 * keptRows - 1]);
  });
  it('begin anew when the guest was taken back', () => {
    const rows = new RowWindow();
    rows.accept(answer({ from: 0, limit: 100 }, 0, 100));
    assert.equal(rows.accept(answer({ from: 0, limit: 10 }, 0, 10)), 0);
    assert.deepEqual([rows.count, rows.row(50)], [10, undefined]);
  });
  it('say how many there are, and how far the search has come', () => {
    const rows = new RowWindow();
    rows.accept(answer({ from: 0, limit: 10 }, 0, 100, 25));
    assert.equal(rows.summary(), '100 rows · events 0 to 199 · 0 dropped · 25 % searched');
    assert.equal(rows.searching, true);
    rows.accept(answer({ from: 0, limit: 10 }, 0, 100));
    assert.equal(rows.summary(), '100 rows · events 0 to 199 · 0 dropped');
  });
});

describe('hypercalls panel model', () => {
  it('asks for the kinds, the vCPU, the text and the column filters of its controls', () => {
    assert.deepEqual(selectionOf(initialState, 1), { kinds: ['hypercall', 'vm-exit'] });
    const state = {
      ...initialState,
      kinds: 'everything',
      filter: ' ipi ',
      onlyVcpu: true,
      columns: { latency: ' > 2us ', event: ' ' },
    } as const;
    assert.deepEqual(selectionOf(state, 1), { vcpu: 1, text: 'ipi', columns: { latency: '> 2us' } });
  });
  it('has a cell for each column', () => {
    assert.deepEqual(cellsOf(row(5), undefined), ['5.000 µs', '0', 'KICK_CPU', 'flags=0', '0', '500 ns', '0x100']);
    assert.equal(cellsOf(row(5), 'kick, kvm.c:3').at(-1), 'kick, kvm.c:3');
    assert.equal(cellsOf(row(5), '').length, columns.length);
  });
  it('names what to break on', () => {
    assert.equal(breakpointName({ kind: 'hypercall', name: 'SEND_IPI' }), 'hypercall:SEND_IPI');
    assert.equal(breakpointName({ kind: 'vm-exit', name: 'cr-access' }), 'exit:cr-access');
    assert.equal(breakpointName({ kind: 'hypercall', name: 'unknown 77' }), undefined);
    assert.equal(breakpointName({ kind: 'ipi', name: 'ipi' }), undefined);
  });
  it('shows groups with their share of all the time', () => {
    const group = {
      kind: 'vm-exit',
      name: 'io',
      count: 1200,
      totalNs: 2e6,
      leastNs: 900,
      medianNs: 1000,
      p90Ns: 2000,
      p99Ns: 3000,
      mostNs: 9000,
    };
    const cells = groupCells(group, 8e6);
    assert.deepEqual(cells.slice(0, 6), ['io', '1,200', '2.000 ms', '25.0 %', '900 ns', '1.000 µs']);
    assert.equal(cells.length, groupColumns.length);
  });
  it('has a first action that every event knows: Enter', () => assert.equal(rowActions[0]?.label(row(1)), 'Go to source'));
  it('names the source', () => {
    assert.equal(sourceText('kick+0x3', '/a/b/kvm.c', 87), 'kick+0x3, kvm.c:87');
    assert.equal(sourceText('', null, null), '');
  });
});
