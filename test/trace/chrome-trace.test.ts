// Chrome trace JSON: valid piece by piece, tracks, slices with durations, counters and arrows.
import assert from 'node:assert/strict';
import { ChromeTraceWriter } from '../../src/trace/chrome-trace';
import { TraceRecorder } from '../../src/trace/recorder';
import { ExitReason, NOBODY, RUN_STATES, TraceKind } from '../../src/trace/rows';

type Written = {
  ph: string;
  name: string;
  ts: number;
  dur?: number;
  pid: number;
  tid: number;
  id?: number;
  args?: Record<string, unknown>;
};

function written(record: (trace: TraceRecorder) => void): Written[] {
  const pieces: string[] = [];
  const writer = new ChromeTraceWriter({
    write: (text) => pieces.push(text),
    hypercallName: (_interface, nr) => (nr === 5 ? 'KICK_CPU' : undefined),
    msrName: (index) => (index === 0x10 ? 'TSC' : undefined),
  });
  const trace = new TraceRecorder({ capacity: 2, shared: false });
  trace.addSink((_kind, event) => writer.event(event()));
  record(trace);
  writer.end();
  return (JSON.parse(pieces.join('')) as { traceEvents: Written[] }).traceEvents;
}
const state = (name: (typeof RUN_STATES)[number]) => RUN_STATES.indexOf(name);
const slim = (events: Written[], ph: string) =>
  events.filter((event) => event.ph === ph).map(({ name, ts, dur, pid, tid }) => ({ name, ts, dur, pid, tid }));

describe('Chrome trace', () => {
  it('is valid without an event', () => {
    assert.deepEqual(
      written(() => {}),
      [],
    );
  });

  it('draws exits and hypercalls as slices with their cost, in microseconds', () => {
    const events = written((trace) => {
      trace.event(TraceKind.hypercall, 0, 1, 1500, 900, 0xabcn, 0, 5, 0, 0, 1);
      trace.event(TraceKind['vm-exit'], 0, 1, 1500, 900, 0xabcn, ExitReason.vmcall, 5);
    });
    assert.deepEqual(slim(events, 'X'), [
      { name: 'kvm: KICK_CPU', ts: 1.5, dur: 0.9, pid: 100, tid: 1 },
      { name: 'vmcall', ts: 1.5, dur: 0.9, pid: 100, tid: 1 },
    ]);
    assert.equal(events.find((event) => event.name === 'vmcall')?.args?.rip, '0xabc');
    assert.deepEqual(
      events.filter((event) => event.ph === 'M').map((event) => event.args?.name),
      ['vm0', 'vCPU 1'],
    );
  });

  it('draws run states and counts stolen time', () => {
    const events = written((trace) => {
      const change = (at: number, from: number, to: number) => trace.event(TraceKind['run-state'], 0, 0, at, 0, 0n, from, to, 0);
      change(0, state('offline'), state('running'));
      change(5000, state('running'), state('runnable'));
      change(8000, state('runnable'), state('running'));
      change(9000, state('running'), state('runnable'));
      change(9500, state('runnable'), state('running'));
      trace.event(TraceKind.nmi, 0, 0, 10_000, 0, 0n);
    });
    assert.deepEqual(
      slim(events, 'X')
        .filter(({ pid }) => pid === 100)
        .map((event) => [event.name, event.ts, event.dur]),
      [
        ['running', 0, 5],
        ['runnable', 5, 3],
        ['running', 8, 1],
        ['runnable', 9, 0.5],
        ['running', 9.5, 0.5],
      ],
    );
    assert.deepEqual(
      events.filter((event) => event.ph === 'C').map((event) => [event.ts, event.args?.us]),
      [
        [8, 3],
        [9.5, 3.5],
      ],
    );
  });

  it('draws who has a pCPU: vCPUs by their run states, neighbours by switches', () => {
    const events = written((trace) => {
      trace.event(TraceKind['run-state'], 0, 1, 0, 0, 0n, state('runnable'), state('running'), 2);
      trace.event(TraceKind['run-state'], 0, 1, 4000, 0, 0n, state('running'), state('runnable'), NOBODY);
      trace.event(TraceKind['sched-switch'], NOBODY, NOBODY, 4000, 0, 0n, 2, 1, 0, 1, 2, NOBODY, 0);
      trace.event(TraceKind['sched-switch'], NOBODY, NOBODY, 6000, 0, 0n, 2, 2, NOBODY, 0, 1, 0, 1);
      trace.event(TraceKind['run-state'], 0, 1, 6000, 0, 0n, state('runnable'), state('running'), 2);
      trace.event(TraceKind.nmi, 0, 1, 7500, 0, 0n);
    });
    assert.deepEqual(
      slim(events, 'X').filter(({ pid }) => pid === 1),
      [
        { name: 'vm0 vCPU 1', ts: 0, dur: 4, pid: 1, tid: 2 },
        { name: 'neighbour 0', ts: 4, dur: 2, pid: 1, tid: 2 },
        { name: 'vm0 vCPU 1', ts: 6, dur: 1.5, pid: 1, tid: 2 },
      ],
    );
    assert.ok(events.some((event) => event.ph === 'M' && event.args?.name === 'pCPU 2'));
  });

  it('draws an arrow from a kick to the vCPU that runs, and from an IPI to its delivery', () => {
    const events = written((trace) => {
      trace.event(TraceKind.kick, 0, 0, 1000, 0, 0n, 1);
      trace.event(TraceKind.ipi, 0, 0, 1500, 0, 0n, 1, 0xfd, 0, 2);
      trace.event(TraceKind['run-state'], 0, 1, 2000, 0, 0n, state('runnable'), state('running'), 0);
      trace.event(TraceKind['interrupt-injected'], 0, 1, 2500, 0, 0n, 0xfd);
      trace.event(TraceKind['interrupt-injected'], 0, 1, 2600, 0, 0n, 0xfd);
    });
    const flows = events
      .filter((event) => event.ph === 's' || event.ph === 'f')
      .map(({ ph, name, id, ts, tid }) => ({ ph, name, id, ts, tid }));
    assert.deepEqual(flows, [
      { ph: 's', name: 'wake', id: 1, ts: 1, tid: 0 },
      { ph: 's', name: 'ipi', id: 2, ts: 1.5, tid: 0 },
      { ph: 'f', name: 'wake', id: 1, ts: 2, tid: 1 },
      { ph: 'f', name: 'ipi', id: 2, ts: 2.5, tid: 1 },
    ]);
  });

  it('shows every other event as an instant with its fields', () => {
    const events = written((trace) => {
      trace.event(TraceKind['msr-write'], 0, 0, 1, 0, 0n, 0x10, 2n ** 63n, 1);
      trace.event(TraceKind.power, 0, NOBODY, 2, 0, 0n, 1, 0);
    });
    const instants = events.filter((event) => event.ph === 'i');
    assert.deepEqual(
      instants.map((event) => event.name),
      ['msr-write TSC', 'power'],
    );
    assert.equal(instants[0]?.args?.value, '0x8000000000000000');
  });
});
