// Records trace events into a bounded ring of fixed-layout records, and hands each one to sinks that lose nothing. No text, no allocation per event.
import { assert } from '../base/assert';
import type { Disposable } from '../base/disposable';
import type { SavedValue, Stateful } from '../base/saved';
import { decodeRecord, type TraceEvent, type TraceEvents, type TraceRange, TraceReader } from './reader';
import { RECORD_SIZE, RecordField, RING_HEADER, RING_MAGIC, RingHeader, tagOf } from './record-layout';

/** Called for every event, in order, before the recorder's caller goes on. `event()` decodes it; a sink that filters by kind need not. */
export type TraceSink = (kind: number, event: () => TraceEvent) => void;

export interface RecorderOptions {
  /** Events kept in the ring: a positive integer. */
  capacity: number;
  /** True: the ring is a SharedArrayBuffer, which a TraceReader on another thread can read. */
  shared: boolean;
}

export class TraceRecorder implements Stateful {
  readonly buffer: ArrayBufferLike;
  readonly reader: TraceReader;
  private readonly capacity: number;
  private readonly view: DataView;
  private readonly words: Int32Array;
  private sinks: TraceSink[] = [];
  private next = 0;
  private current = 0;
  private readonly decode = (): TraceEvent => decodeRecord(this.view, this.current, this.next - 1);

  constructor(options: RecorderOptions) {
    assert(Number.isInteger(options.capacity) && options.capacity > 0, `trace capacity ${options.capacity}`);
    const bytes = RING_HEADER + options.capacity * RECORD_SIZE;
    this.capacity = options.capacity;
    this.buffer = options.shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
    this.view = new DataView(this.buffer);
    this.words = new Int32Array(this.buffer);
    this.view.setUint32(RingHeader.magic, RING_MAGIC, true);
    this.view.setUint32(RingHeader.capacity, options.capacity, true);
    this.reader = new TraceReader(this.buffer);
  }

  /** Sequence number of the next event: `Position.event`. */
  get nextSequence(): number {
    return this.next;
  }

  /** Records an event of kind `TraceKind[…]`. Fields in the row's order; what is left out is 0. Numbers are safe integers, negative ones included. */
  event(
    kind: number,
    vm: number,
    vcpu: number,
    virtualNs: number,
    durationNs: number,
    rip: bigint,
    f0: number | bigint = 0,
    f1: number | bigint = 0,
    f2: number | bigint = 0,
    f3: number | bigint = 0,
    f4: number | bigint = 0,
    f5: number | bigint = 0,
    f6: number | bigint = 0,
    f7: number | bigint = 0,
    f8: number | bigint = 0,
    f9: number | bigint = 0,
    f10: number | bigint = 0,
  ): void {
    const view = this.view;
    const at = RING_HEADER + (this.next % this.capacity) * RECORD_SIZE;
    Atomics.store(this.words, at >> 2, 0);
    view.setUint16(at + RecordField.kind, kind, true);
    view.setUint16(at + RecordField.vm, vm, true);
    view.setUint16(at + RecordField.vcpu, vcpu, true);
    view.setFloat64(at + RecordField.virtualNs, virtualNs, true);
    view.setFloat64(at + RecordField.durationNs, durationNs, true);
    view.setBigUint64(at + RecordField.rip, rip, true);
    const fields = at + RecordField.fields;
    this.put(fields, f0);
    this.put(fields + 8, f1);
    this.put(fields + 16, f2);
    this.put(fields + 24, f3);
    this.put(fields + 32, f4);
    this.put(fields + 40, f5);
    this.put(fields + 48, f6);
    this.put(fields + 56, f7);
    this.put(fields + 64, f8);
    this.put(fields + 72, f9);
    this.put(fields + 80, f10);
    Atomics.store(this.words, at >> 2, tagOf(this.next));
    this.current = at;
    this.setNext(this.next + 1);
    for (let i = 0; i < this.sinks.length; i++) this.sinks[i]!(kind, this.decode);
  }

  private put(at: number, value: number | bigint): void {
    if (typeof value === 'bigint') {
      this.view.setBigUint64(at, value, true);
      return;
    }
    this.view.setUint32(at, value, true);
    this.view.setInt32(at + 4, value >= 0 && value <= 0xffff_ffff ? 0 : Math.floor(value / 0x1_0000_0000), true);
  }

  private setNext(next: number): void {
    this.next = next;
    Atomics.store(this.words, RingHeader.nextLow >> 2, next | 0);
    if (next % 0x1_0000_0000 === 0 || this.view.getUint32(RingHeader.nextHigh, true) !== Math.floor(next / 0x1_0000_0000))
      Atomics.store(this.words, RingHeader.nextHigh >> 2, Math.floor(next / 0x1_0000_0000));
  }

  addSink(sink: TraceSink): Disposable {
    this.sinks = [...this.sinks, sink];
    return {
      dispose: () => {
        this.sinks = this.sinks.filter((each) => each !== sink);
      },
    };
  }

  page(range: TraceRange): TraceEvents {
    return this.reader.page(range);
  }

  /** The sequence number only: events are a run's output, not its state. A restored recorder starts empty at that number. */
  save(): SavedValue {
    return { next: this.next };
  }

  restore(state: SavedValue): void {
    const { next } = state as { next: number };
    new Uint8Array(this.buffer, RING_HEADER).fill(0);
    this.view.setUint32(RingHeader.firstLow, next, true);
    this.view.setUint32(RingHeader.firstHigh, Math.floor(next / 0x1_0000_0000), true);
    this.setNext(next);
  }
}
