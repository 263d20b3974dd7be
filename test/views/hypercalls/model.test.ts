import assert from 'node:assert/strict';
import type { TraceAnswer, TraceArguments, TraceRow } from '../../../src/protocol/requests';
import { cellsOf, initialState, keptRows, pageRows, selectionOf, sourceText, TraceList } from '../../../src/views/hypercalls/model';

const row = (seq: number): TraceRow => ({
  seq,
  kind: 'hypercall',
  vcpu: 0,
  virtualNs: seq * 1000,
  durationNs: 500,
  name: 'KICK_CPU',
  args: '',
  result: '0',
  rip: '0x100',
});
/** A ring that holds [first, end). */
const answer = ({ from, limit }: TraceArguments, first: number, end: number): TraceAnswer => {
  const start = from === -1 ? Math.max(first, end - limit) : Math.max(first, from);
  const rows = Array.from({ length: Math.min(limit, end - start) }, (_, i) => row(start + i));
  return { first, end, dropped: first, next: start + rows.length, rows };
};
const read = (list: TraceList, first: number, end: number, lastVisible = 1e9) => {
  const query = list.nextQuery(lastVisible);
  if (query) list.accept(query, answer(query, first, end));
  return query;
};

describe('hypercalls panel model', () => {
  it('follows: the newest page first, then only what is new', () => {
    const list = new TraceList({}, true);
    assert.equal(read(list, 0, 1000)?.from, -1);
    assert.equal(list.count, pageRows);
    assert.equal(read(list, 0, 1010)?.from, 1000);
    assert.equal(list.count, pageRows + 10);
  });
  it('skips to the newest when it is more than a page behind, and shows the gap', () => {
    const list = new TraceList({}, true);
    read(list, 0, 10);
    read(list, 0, 5000);
    assert.equal(read(list, 0, 5000)?.from, -1);
    assert.ok(Array.from({ length: list.count }, (_, i) => list.row(i)).includes('gap'));
    const last = list.row(list.count - 1);
    assert.equal(last !== 'gap' && last?.seq, 4999);
  });
  it('goes through from the oldest, a page when the user nears the end', () => {
    const list = new TraceList({}, false);
    assert.equal(read(list, 100, 2000, 0)?.from, 0);
    assert.equal(list.nextQuery(10), undefined);
    assert.equal(read(list, 100, 2000, pageRows)?.from, 100 + pageRows);
    assert.equal(list.count, 2 * pageRows);
    assert.equal(list.wantsMore(0), false);
    assert.equal(list.wantsMore(2 * pageRows), true);
  });
  it('keeps a bounded number of rows and says how many events were dropped', () => {
    const list = new TraceList({}, true);
    for (let end = 0; end < 30 * pageRows; end += pageRows / 2) read(list, 0, end);
    assert.ok(list.count <= keptRows);
    read(list, 77, 30 * pageRows);
    assert.match(list.summary(), /^newest 8,000 rows · events 77 to 11,999 · 77 dropped$/);
  });
  it('asks for what is selected', () => {
    assert.deepEqual(selectionOf(initialState, 1), { kinds: ['hypercall', 'vm-exit'] });
    assert.deepEqual(selectionOf({ kinds: 'everything', filter: ' IPI ', onlyVcpu: true, follow: true }, 1), { vcpu: 1, filter: 'IPI' });
  });
  it('prints a row, and where it was called from', () => {
    assert.deepEqual(cellsOf(row(12), 'kvm_kick, kvm.c:90'), ['12.000 µs', '0', 'KICK_CPU', '', '0', '500 ns', 'kvm_kick, kvm.c:90']);
    assert.equal(sourceText('kvm_kick', '/src/kvm.c', 90), 'kvm_kick, kvm.c:90');
    assert.equal(sourceText('', null, null), '');
  });
});
