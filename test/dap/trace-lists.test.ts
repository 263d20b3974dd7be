// The event lists of the adapter: filters, numbered rows over a ring that goes on, groups, files.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportTrace } from '../../src/dap/trace-export';
import { listFilter, spanFilter, textFilter } from '../../src/dap/trace-filter';
import { percentile, TraceGrouping } from '../../src/dap/trace-group';
import { TraceIndex } from '../../src/dap/trace-index';
import { eventTest } from '../../src/dap/trace-selection';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import type { MappedRangesAnswer, TraceGroupsAnswer, TraceRowsAnswer, TraceSelection } from '../../src/protocol/requests';
import type { TracePeek } from '../../src/trace/reader';
import { TraceRecorder } from '../../src/trace/recorder';
import { ExitReason, TraceKind } from '../../src/trace/rows';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const describeAddress = (address: bigint): string => (address === 0x2000n ? 'outb+0x3' : 'ipi+0x10');
const empty = (): TracePeek => ({ kind: 0, vcpu: 0, virtualNs: 0, durationNs: 0, first: 0, second: 0 });

/** Every third event a SEND_IPI, the others port I/O. */
function record(recorder: TraceRecorder, count: number): void {
  for (let i = recorder.nextSequence, end = i + count; i < end; i++)
    if (i % 3 === 0) recorder.event(TraceKind.hypercall, 0, i % 2, i * 1000, 1500, 0x1000n, 0, 10n, 0, 1n);
    else recorder.event(TraceKind['vm-exit'], 0, i % 2, i * 1000, i % 3 === 1 ? 900 : 100, 0x2000n, ExitReason.io, 0x3f8n, 1n, 0x41n);
}

function indexed(recorder: TraceRecorder, selection: TraceSelection): TraceIndex {
  const index = new TraceIndex(recorder.reader, eventTest(selection, describeAddress));
  index.advance(() => false);
  return index;
}
const seqs = (index: TraceIndex): (number | undefined)[] =>
  Array.from({ length: index.endRow - index.firstRow }, (_, i) => index.seqOf(index.firstRow + i));

describe('column filters', () => {
  it('find texts, one of several, and all but some', () => {
    assert.equal(textFilter('  '), undefined);
    assert.deepEqual(['SEND_IPI', 'KICK_CPU', 'io'].map(textFilter('ipi | kick')!), [true, true, false]);
    assert.deepEqual(['SEND_IPI', 'io'].map(textFilter('!io')!), [true, false]);
  });
  it('compare spans of time', () => {
    assert.equal(spanFilter(''), undefined);
    assert.deepEqual([1999, 2000, 2001].map(spanFilter('> 2us')!), [false, false, true]);
    assert.deepEqual([999, 1000, 2000, 2001].map(spanFilter('1us..2us')!), [false, true, true, false]);
    assert.deepEqual([5, 3e9].map(spanFilter('..1s')!), [true, false]);
    assert.deepEqual([5, 6].map(spanFilter('5')!), [true, true]);
    assert.equal(spanFilter('> soon'), null);
  });
  it('take lists of numbers', () => {
    assert.deepEqual([0, 1, 2, 3].map(listFilter('0, 2-3')!), [true, false, true, true]);
    assert.equal(listFilter('x'), null);
  });
  it('say what they should look like', () => {
    assert.throws(
      () => eventTest({ columns: { latency: 'long' } }, describeAddress),
      /"latency": a filter of this column looks like "> 2us"/,
    );
  });
});

describe('trace index', () => {
  it('numbers the rows that match, by name, latency, vCPU, arguments and place', () => {
    const recorder = new TraceRecorder({ capacity: 64, shared: true });
    record(recorder, 12);
    assert.deepEqual(seqs(indexed(recorder, { columns: { event: 'SEND_IPI' } })), [0, 3, 6, 9]);
    assert.deepEqual(seqs(indexed(recorder, { kinds: ['vm-exit'], columns: { latency: '> 500' } })), [1, 4, 7, 10]);
    assert.deepEqual(seqs(indexed(recorder, { kinds: ['hypercall'], vcpu: 1 })), [3, 9]);
    assert.deepEqual(seqs(indexed(recorder, { text: 'port=0x3f8', columns: { time: '..4us' } })), [1, 2, 4]);
    assert.deepEqual(seqs(indexed(recorder, { columns: { from: 'ipi', vcpu: '0' } })), [0, 6]);
  });

  it('keeps the numbers of rows while the ring drops the oldest', () => {
    const recorder = new TraceRecorder({ capacity: 30, shared: true });
    record(recorder, 30);
    const index = indexed(recorder, { kinds: ['hypercall'] });
    assert.deepEqual([index.firstRow, index.endRow, index.seqOf(9)], [0, 10, 27]);
    record(recorder, 15);
    assert.equal(
      index.advance(() => false),
      true,
    );
    assert.deepEqual([index.firstRow, index.endRow, index.seqOf(4), index.seqOf(5), index.seqOf(14)], [5, 15, undefined, 15, 42]);
  });

  it('goes through a million events bit by bit', () => {
    const recorder = new TraceRecorder({ capacity: 1 << 20, shared: true });
    record(recorder, 1 << 20);
    const index = new TraceIndex(recorder.reader, eventTest({}, describeAddress));
    let turns = 0;
    while (!index.advance(() => true)) turns++;
    assert.ok(turns > 1000);
    assert.deepEqual([index.firstRow, index.endRow, index.seqOf(1_000_000)], [0, 1 << 20, 1_000_000]);
  });

  it('begins anew when the guest was taken back', () => {
    const recorder = new TraceRecorder({ capacity: 64, shared: true });
    record(recorder, 10);
    const saved = recorder.save();
    record(recorder, 20);
    const index = indexed(recorder, {});
    recorder.restore(saved);
    recorder.event(TraceKind.hypercall, 0, 0, 77, 0, 0n);
    index.advance(() => false);
    assert.deepEqual(seqs(index), [10]);
  });

  it('begins anew when as many other events have come meanwhile', () => {
    const recorder = new TraceRecorder({ capacity: 64, shared: true });
    const saved = recorder.save();
    record(recorder, 6);
    const index = indexed(recorder, { kinds: ['hypercall'] });
    recorder.restore(saved);
    for (let i = 0; i < 8; i++) recorder.event(TraceKind.hypercall, 0, 0, 5 + i, 0, 0n);
    index.advance(() => false);
    assert.equal(seqs(index).length, 8);
  });
});

describe('trace groups', () => {
  it('count and measure the events of one name', () => {
    const recorder = new TraceRecorder({ capacity: 64, shared: true });
    record(recorder, 12);
    const grouping = new TraceGrouping();
    for (let seq = 0; seq < 12; seq++) {
      const peek = empty();
      assert.ok(recorder.reader.peek(seq, peek));
      grouping.add(peek);
    }
    const [ipi, io] = grouping.result();
    assert.deepEqual([ipi?.name, ipi?.count, ipi?.totalNs, ipi?.medianNs], ['SEND_IPI', 4, 6000, 1500]);
    assert.deepEqual([io?.name, io?.count, io?.leastNs, io?.medianNs, io?.p90Ns, io?.mostNs], ['io', 8, 100, 100, 900, 900]);
  });
  it('take the nearest rank for a percentile', () => {
    const sorted = Float64Array.from({ length: 100 }, (_, i) => i + 1);
    assert.deepEqual(
      [0.5, 0.9, 0.99, 1].map((part) => percentile(sorted, part)),
      [50, 90, 99, 100],
    );
    assert.equal(percentile(new Float64Array(), 0.5), 0);
  });
});

describe('event lists of a session', () => {
  let client: TestClient;
  before(async () => {
    client = new TestClient(async (config) => new InProcessControl(config));
    await client.start({ image: join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf'), vcpus: 2, pace: 'fast', console: 'none' }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'exit:cpuid', condition: 'leaf == 0x40000001' }] });
    });
  });
  after(() => client.end());

  it('stop at an exit by its name, with a condition besides', async () => {
    const stop = await client.stopped();
    assert.match(`${stop.description} ${stop.text}`, /cpuid/);
    const { rows }: TraceRowsAnswer = await client.request('hyperscope/traceRows', {
      selection: { kinds: ['vm-exit'] },
      from: -1,
      limit: 1,
    });
    assert.match(rows[0]?.args ?? '', /leaf=0x40000001/);
  });

  it('answer rows by number, groups, and a filter that cannot be read', async () => {
    const selection = { columns: { event: 'cpuid' } };
    const list: TraceRowsAnswer = await client.request('hyperscope/traceRows', { selection, from: 0, limit: 100 });
    assert.equal(list.searched, list.end);
    assert.equal(list.rows.length, list.endRow - list.firstRow);
    assert.ok(list.rows.every((row) => row?.name === 'cpuid'));
    const { groups }: TraceGroupsAnswer = await client.request('hyperscope/traceGroups', { selection: {} });
    assert.equal(groups.find(({ name }) => name === 'cpuid')?.count, list.endRow);
    await assert.rejects(
      client.request('hyperscope/traceRows', { selection: { columns: { vcpu: 'x' } }, from: 0, limit: 1 }),
      /"vCPU": a filter of this column looks like "0" or "0,2-3"/,
    );
    await assert.rejects(client.request('hyperscope/traceExport', { selection: {}, format: 'csv', path: 'here.csv' }), /no absolute path/);
  });

  it('read page tables other than those in CR3', async () => {
    const ask = (cr3?: string): Promise<MappedRangesAnswer> =>
      client.request('hyperscope/mappedRanges', { vcpu: 0, start: '0x0', limit: 10, ...(cr3 === undefined ? {} : { cr3 }) });
    const own = await ask();
    assert.ok(own.ranges.length > 0);
    assert.deepEqual(await ask('$cr3'), own);
    assert.deepEqual((await ask('0x5000000')).ranges, []);
  });
});

describe('trace export', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hyperscope-export-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  const written = async (format: 'csv' | 'json' | 'chrome', selection: TraceSelection): Promise<string> => {
    const recorder = new TraceRecorder({ capacity: 64, shared: true });
    record(recorder, 12);
    const path = join(folder, format);
    await exportTrace(indexed(recorder, selection), format, path, describeAddress);
    return readFileSync(path, 'utf8');
  };

  it('writes CSV with quoted cells', async () => {
    const lines = (await written('csv', { kinds: ['hypercall'] })).split('\r\n');
    assert.equal(lines[0], 'seq,time_ns,vcpu,kind,event,arguments,result,latency_ns,rip,from');
    assert.match(lines[2] ?? '', /^3,3000,1,hypercall,SEND_IPI,"low=\+0, .*",0,1500,0x1000,ipi\+0x10$/);
    assert.equal(lines.length, 6);
  });
  it('writes JSON', async () => {
    const rows = JSON.parse(await written('json', { columns: { event: 'io' } }));
    assert.equal(rows.length, 8);
    assert.deepEqual([rows[0].seq, rows[0].name, rows[0].from], [1, 'io', 'outb+0x3']);
    assert.deepEqual(JSON.parse(await written('json', { text: 'nothing has this' })), []);
  });
  it('writes a Chrome trace', async () => {
    const { traceEvents } = JSON.parse(await written('chrome', {}));
    assert.equal(traceEvents.filter(({ ph }: { ph: string }) => ph === 'X').length, 12);
  });
  it('says that it cannot write', async () => {
    const recorder = new TraceRecorder({ capacity: 64, shared: true });
    await assert.rejects(exportTrace(indexed(recorder, {}), 'csv', join(folder, 'none', 'x.csv'), describeAddress), /ENOENT/);
  });
});
