// The recorder: layout, sequence numbers, dropping the oldest, sinks, reading from another view of the same memory.
import assert from 'node:assert/strict';
import type { TracePage } from '../../src/machine/control/types';
import type { TraceEvent } from '../../src/trace/reader';
import { TraceReader } from '../../src/trace/reader';
import { RECORD_SIZE, RING_HEADER } from '../../src/trace/record-layout';
import { TraceRecorder } from '../../src/trace/recorder';
import { EVENT_ROWS, EXIT_REASON_ROWS, ExitReason, MAX_FIELDS, NOBODY, TraceKind } from '../../src/trace/rows';

const recorder = (capacity = 8) => new TraceRecorder({ capacity, shared: true });

describe('trace rows', () => {
  it('fit the record and have names of their own', () => {
    for (const row of EVENT_ROWS) {
      assert.ok(row.fields.length <= MAX_FIELDS, row.name);
      assert.equal(new Set(row.fields.map((field) => field.name)).size, row.fields.length, row.name);
    }
    assert.equal(new Set(EVENT_ROWS.map((row) => row.name)).size, EVENT_ROWS.length);
    assert.equal(new Set(EXIT_REASON_ROWS.map((row) => row.name)).size, EXIT_REASON_ROWS.length);
    assert.equal(new Set(EXIT_REASON_ROWS.map((row) => row.number)).size, EXIT_REASON_ROWS.length);
  });

  it('name up to three arguments of each exit reason', () => {
    for (const row of EXIT_REASON_ROWS) assert.ok(row.args.length <= 3, row.name);
  });
});

describe('trace recorder', () => {
  it('appends records that others wrote as if it had recorded them, around the end of the ring, and tells sinks of each', () => {
    const [one, other] = [recorder(), recorder()];
    const exit = (trace: TraceRecorder, leaf: number) =>
      trace.event(TraceKind['vm-exit'], 1, 2, 100 * leaf, 700, 0x1000n, ExitReason.cpuid, leaf, 0, 0, 7);
    const seen: TraceEvent[][] = [[], []];
    for (const [i, trace] of [one, other].entries()) trace.addSink((_kind, event) => seen[i]!.push(event()));
    for (let leaf = 0; leaf < 5; leaf++) exit(one, leaf);
    for (let leaf = 0; leaf < 5; leaf++) exit(other, leaf);
    for (let leaf = 5; leaf < 11; leaf++) exit(one, leaf);
    const written = recorder();
    for (let leaf = 5; leaf < 11; leaf++) exit(written, leaf);
    const records = new Uint8Array(written.buffer).slice(RING_HEADER, RING_HEADER + 6 * RECORD_SIZE);
    for (let i = 0; i < 6; i++) records.fill(0, i * RECORD_SIZE, i * RECORD_SIZE + 4);
    other.append(records, 6);
    assert.deepEqual(new Uint8Array(other.buffer), new Uint8Array(one.buffer));
    assert.deepEqual(seen[1], seen[0]);
    assert.equal(other.nextSequence, 11);
    exit(one, 11);
    exit(other, 11);
    assert.deepEqual(new Uint8Array(other.buffer), new Uint8Array(one.buffer));
  });

  for (const shared of [false, true])
    it(`has events that are told of as one record and how often as if they had been recorded one by one (${shared ? 'shared' : 'not shared'})`, () => {
      const make = (): TraceRecorder => new TraceRecorder({ capacity: 300, shared });
      const records = [0, 1].map((leaf) => {
        const trace = make();
        trace.event(TraceKind['vm-exit'], 1, 2, 7, 700, 0x1000n, ExitReason.cpuid, leaf, 0, 0, 7);
        return new Uint8Array(trace.buffer).slice(RING_HEADER, RING_HEADER + RECORD_SIZE);
      });
      const rounds = [1, 3, 127, 128, 129, 0, 299, 300, 301, 5, 1000, 2, 7, 64, 90, 50];
      const play = (end: number, look: (trace: TraceRecorder, round: number) => void): void => {
        const [trace, plain] = [make(), make()];
        for (const [round, times] of rounds.slice(0, end).entries()) {
          const [ns, stepNs] = [1000 * round + 0.1, 0.7];
          if (times !== 0) trace.repeat(records[(round >> 1) & 1]!, times, ns, stepNs);
          for (let n = 0, atNs = ns; n < times; n++, atNs += stepNs)
            plain.event(TraceKind['vm-exit'], 1, 2, atNs, 700, 0x1000n, ExitReason.cpuid, (round >> 1) & 1, 0, 0, 7);
          for (const each of [trace, plain]) {
            if (round % 3 !== 1) each.event(TraceKind['msr-write'], 0, 0, round, 0, 5n, round, 3n, 1);
            look(each, round);
          }
          assert.equal(trace.nextSequence, plain.nextSequence);
        }
        assert.deepEqual(trace.page({ from: 0, limit: 1e6 }), plain.page({ from: 0, limit: 1e6 }));
        assert.equal(trace.reader.dropped(), plain.reader.dropped());
        for (let seq = Math.max(0, plain.nextSequence - 310); seq < plain.nextSequence; seq++)
          assert.deepEqual(trace.reader.at(seq), plain.reader.at(seq));
      };
      const readers = new Map<TraceRecorder, TraceReader>();
      const seen = new Map<TraceRecorder, TraceEvent[]>();
      const looks: readonly ((trace: TraceRecorder, round: number) => void)[] = [
        () => {},
        (trace) => trace.page({ from: 0, limit: 3 }),
        (trace, round) => round % 5 === 4 && trace.restore(trace.save()),
        (trace, round) => round % 4 === 3 && trace.rewind({ next: trace.nextSequence - 2 }),
        (trace, round) => round % 5 === 4 && trace.rewind({ next: trace.nextSequence - 40 }),
        (trace, round) => {
          if (round === 3) readers.set(trace, trace.reader);
          if (round === 4) readers.set(trace, new TraceReader(trace.buffer));
        },
        (trace, round) => {
          if (round === 3) trace.addSink((_kind, event) => (seen.get(trace) ?? seen.set(trace, []).get(trace)!).push(event()));
        },
      ];
      for (const look of looks)
        for (let end = 1; end <= rounds.length; end++) {
          for (const map of [readers, seen]) map.clear();
          play(end, (trace, round) => {
            look(trace, round);
            const reader = readers.get(trace);
            if (reader !== undefined) assert.equal(reader.page({ from: 0, limit: 1e6 }).records.length, Math.min(300, trace.nextSequence));
          });
          const [first, second] = [...seen.values()];
          assert.deepEqual(first, second);
        }
    });

  it('gives fields back by name, with their types', () => {
    const trace = recorder();
    trace.event(
      TraceKind.hypercall,
      0,
      1,
      5_000_000_000,
      700,
      0xffff_ffff_8100_0000n,
      0,
      11n,
      0,
      2n ** 64n - 1n,
      0n,
      0n,
      0n,
      0n,
      0n,
      -1000,
    );
    const page: TracePage = trace.page({ from: 0, limit: 10 });
    assert.deepEqual(page.records, [
      {
        seq: 0,
        kind: 'hypercall',
        vm: 0,
        vcpu: 1,
        virtualNs: 5_000_000_000,
        durationNs: 700,
        rip: 0xffff_ffff_8100_0000n,
        fields: { interface: 'kvm', nr: 11n, cpl: 0, a0: 2n ** 64n - 1n, a1: 0n, a2: 0n, a3: 0n, a4: 0n, a5: 0n, result: -1000n },
      },
    ]);
  });

  it("names an exit's arguments by its reason", () => {
    const trace = recorder();
    trace.event(TraceKind['vm-exit'], 0, 0, 1, 1500, 0n, ExitReason.io, 0x3f8, 1, 1, 0x41);
    trace.event(TraceKind['vm-exit'], 0, 0, 2, 1500, 0n, ExitReason.hlt);
    const [io, hlt] = trace.page({ from: 0, limit: 10 }).records;
    assert.deepEqual(io?.fields, { reason: 'io', port: 0x3f8, size: 1, write: 1, result: 0x41n });
    assert.deepEqual(hlt?.fields, { reason: 'hlt', result: 0n });
  });

  it('keeps safe integers and negative ids', () => {
    const trace = recorder();
    trace.event(TraceKind['timer-armed'], NOBODY, NOBODY, 0, 0, 0n, 5, Number.MAX_SAFE_INTEGER);
    trace.event(TraceKind.ipi, 0, 0, 0, 0, 0n, NOBODY, 0xfd, 4, 2);
    const [timer, ipi] = trace.page({ from: 0, limit: 10 }).records;
    assert.equal(timer?.fields.deadlineNs, Number.MAX_SAFE_INTEGER);
    assert.equal(timer?.vm, NOBODY);
    assert.equal(timer?.vcpu, NOBODY);
    assert.deepEqual(ipi?.fields, { target: -1, vector: 0xfd, mode: 'nmi', via: 'hypercall' });
  });

  it('drops the oldest and says how many', () => {
    const trace = recorder(4);
    for (let i = 0; i < 11; i++) trace.event(TraceKind['console-output'], 0, 0, i, 0, 0n, 0, i);
    const page = trace.page({ from: 0, limit: 10 });
    assert.deepEqual({ first: page.first, end: page.end, dropped: page.dropped }, { first: 7, end: 11, dropped: 7 });
    assert.deepEqual(
      page.records.map((record) => [record.seq, record.fields.byte]),
      [
        [7, 7],
        [8, 8],
        [9, 9],
        [10, 10],
      ],
    );
    assert.equal(trace.nextSequence, 11);
  });

  it('is looked at by number, also where the event has happened again and again', () => {
    const source = recorder(1);
    source.event(TraceKind.nmi, 0, 2, 0, 5, 0n);
    const record = new Uint8Array(source.buffer.slice(RING_HEADER, RING_HEADER + RECORD_SIZE));
    const trace = new TraceRecorder({ capacity: 8, shared: false });
    const peek = { kind: 0, vcpu: 0, virtualNs: 0, durationNs: 0, first: 0, second: 0 };
    for (const first of [0, 20]) {
      trace.repeat(record, 20, 1000 * (first + 1), 100);
      assert.equal(trace.peek(first + 13, peek), true);
      assert.deepEqual([peek.kind, peek.vcpu, peek.virtualNs, peek.durationNs], [TraceKind.nmi, 2, 1000 * (first + 1) + 1300, 5]);
      assert.equal(trace.at(first + 19)?.virtualNs, 1000 * (first + 1) + 1900);
      assert.equal(trace.peek(first + 11, peek), false, 'no longer there');
      assert.equal(trace.at(first + 20), undefined);
    }
  });

  it('clears the fields a record does not set', () => {
    const trace = recorder(1);
    trace.event(TraceKind['msr-write'], 0, 0, 0, 0, 0n, 0x10, 2n ** 64n - 1n, 1);
    trace.event(TraceKind['msr-write'], 0, 0, 0, 0, 0n, 0x11);
    assert.deepEqual(trace.page({ from: 1, limit: 1 }).records[0]?.fields, { msr: 0x11, value: 0n, ok: 0 });
  });

  it('reads on from a cursor, by kind and by vCPU', () => {
    const trace = recorder(64);
    for (let i = 0; i < 30; i++) trace.event(i % 3 === 0 ? TraceKind.nmi : TraceKind.kick, 0, i % 2, i, 0, 0n);
    const seen: number[] = [];
    for (let from = 0; ; ) {
      const page = trace.page({ from, limit: 2, kinds: ['nmi'], vcpu: 1 });
      seen.push(...page.records.map((record) => record.seq));
      if (page.records.length < 2) break;
      from = page.records.at(-1)!.seq + 1;
    }
    assert.deepEqual(seen, [3, 9, 15, 21, 27]);
  });

  it('is read through the shared memory alone', () => {
    const trace = recorder();
    trace.event(TraceKind.nmi, 0, 0, 9, 0, 1n);
    assert.ok(trace.buffer instanceof SharedArrayBuffer);
    assert.deepEqual(new TraceReader(trace.buffer).page({ from: 0, limit: 1 }), trace.page({ from: 0, limit: 1 }));
  });

  it('hands every event to a sink until it is let go of', () => {
    const trace = recorder(2);
    const events: TraceEvent[] = [];
    const kinds: number[] = [];
    const sink = trace.addSink((kind, event) => {
      kinds.push(kind);
      if (kind === TraceKind.kick) events.push(event());
    });
    for (let i = 0; i < 6; i++) trace.event(i % 2 ? TraceKind.kick : TraceKind.nmi, 0, 0, i, 0, 0n, i);
    sink.dispose();
    trace.event(TraceKind.kick, 0, 0, 6, 0, 0n, 6);
    assert.equal(kinds.length, 6);
    assert.deepEqual(
      events.map((event) => [event.seq, event.fields.target]),
      [
        [1, 1],
        [3, 3],
        [5, 5],
      ],
    );
  });

  it('goes on with the saved sequence number, empty', () => {
    const trace = recorder(4);
    for (let i = 0; i < 6; i++) trace.event(TraceKind.nmi, 0, 0, i, 0, 0n);
    const other = recorder(4);
    other.event(TraceKind.kick, 0, 0, 0, 0, 0n);
    other.restore(trace.save());
    assert.deepEqual(other.page({ from: 0, limit: 9 }), { first: 6, end: 6, dropped: 0, records: [] });
    other.event(TraceKind.nmi, 0, 0, 7, 0, 0n);
    assert.deepEqual(
      other.page({ from: 0, limit: 9 }).records.map((record) => record.seq),
      [6],
    );
  });
});
