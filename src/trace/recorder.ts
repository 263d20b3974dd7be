// Records trace events into a bounded ring of fixed-layout records, and hands each one to sinks that lose nothing. No text, no allocation per event.
// Typed arrays write in the processor's byte order: V8 and browsers run on little-endian ones only.
import { assert } from '../base/assert';
import type { Disposable } from '../base/disposable';
import type { SavedValue, Stateful } from '../base/saved';
import { decodeRecord, type TraceEvent, type TraceEvents, type TracePeek, type TraceRange, TraceReader } from './reader';
import { RECORD_SIZE, RecordField, RING_HEADER, RING_MAGIC, RingHeader, TAG_MAX, tagOf } from './record-layout';
import { type Repeat, RepeatWriter } from './repeats';
import { EVENT_ROWS } from './rows';

/** Called for every event, in order, before the recorder's caller goes on. `event()` decodes it; a sink that filters by kind need not. */
export type TraceSink = (kind: number, event: () => TraceEvent) => void;

export interface RecorderOptions {
  /** Events kept in the ring: a positive integer. */
  capacity: number;
  /** True: the ring is a SharedArrayBuffer, which a TraceReader on another thread can read. */
  shared: boolean;
}

const endOf = ({ sequence, times }: Repeat): number => sequence + times;

export class TraceRecorder implements Stateful {
  private readonly ring: ArrayBufferLike;
  private readonly ringReader: TraceReader;
  private readonly capacity: number;
  private readonly shared: boolean;
  private readonly view: DataView;
  private readonly words: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly floats: Float64Array;
  private readonly bigs: BigUint64Array;
  private readonly fieldCounts = Uint8Array.from(EVENT_ROWS, (row) => row.fields.length);
  private sinks: TraceSink[] = [];
  private next = 0;
  /** Slot and tag of the next event: counted along, because a remainder of large numbers is slow. */
  private slot = 0;
  private tag = tagOf(0);
  private current = 0;
  private repeatWriter: RepeatWriter | undefined;
  /** Events with their sequence numbers whose records are not written yet, in their order. */
  private unwritten: Repeat[] = [];
  /** Somebody may look into the ring at any time. */
  private isOpen: boolean;
  private readonly decode = (): TraceEvent => decodeRecord(this.view, this.current, this.next - 1);

  constructor(options: RecorderOptions) {
    assert(Number.isInteger(options.capacity) && options.capacity > 0, `trace capacity ${options.capacity}`);
    const bytes = RING_HEADER + options.capacity * RECORD_SIZE;
    this.capacity = options.capacity;
    this.shared = options.shared;
    this.isOpen = options.shared;
    this.ring = options.shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
    this.view = new DataView(this.ring);
    this.words = new Int32Array(this.ring);
    this.bytes = new Uint8Array(this.ring);
    this.floats = new Float64Array(this.ring);
    this.bigs = new BigUint64Array(this.ring);
    this.view.setUint32(RingHeader.magic, RING_MAGIC, true);
    this.view.setUint32(RingHeader.capacity, options.capacity, true);
    this.ringReader = new TraceReader(this.ring);
  }

  get buffer(): ArrayBufferLike {
    this.open();
    return this.ring;
  }
  get reader(): TraceReader {
    this.open();
    return this.ringReader;
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
    const words = this.words;
    const at = RING_HEADER + this.slot * RECORD_SIZE;
    const word = at >> 2;
    if (this.shared) Atomics.store(words, word, 0);
    words[(at + RecordField.kind) >> 2] = (kind & 0xffff) | (vm << 16);
    words[(at + RecordField.vcpu) >> 2] = vcpu & 0xffff;
    this.floats[(at + RecordField.virtualNs) >> 3] = virtualNs;
    this.floats[(at + RecordField.durationNs) >> 3] = durationNs;
    this.bigs[(at + RecordField.rip) >> 3] = rip;
    // Slots beyond the row's fields are never read: they keep what was there.
    const count = this.fieldCounts[kind]!;
    const fields = at + RecordField.fields;
    if (count > 0) this.put(fields, f0);
    if (count > 1) this.put(fields + 8, f1);
    if (count > 2) this.put(fields + 16, f2);
    if (count > 3) this.put(fields + 24, f3);
    if (count > 4) this.put(fields + 32, f4);
    if (count > 5) this.put(fields + 40, f5);
    if (count > 6) this.put(fields + 48, f6);
    if (count > 7) this.put(fields + 56, f7);
    if (count > 8) this.put(fields + 64, f8);
    if (count > 9) this.put(fields + 72, f9);
    if (count > 10) this.put(fields + 80, f10);
    if (this.shared) Atomics.store(words, word, this.tag);
    else words[word] = this.tag;
    this.current = at;
    this.slot = this.slot + 1 === this.capacity ? 0 : this.slot + 1;
    this.tag = this.tag === TAG_MAX ? 1 : this.tag + 1;
    this.setNext(this.next + 1);
    for (let i = 0; i < this.sinks.length; i++) this.sinks[i]!(kind, this.decode);
  }

  /** Events whose records another part has written in full, but for their tags. */
  append(records: Uint8Array, count: number): void {
    const { words } = this;
    for (let done = 0; done < count; ) {
      const part = Math.min(count - done, this.capacity - this.slot);
      const at = RING_HEADER + this.slot * RECORD_SIZE;
      if (this.shared) for (let i = 0; i < part; i++) Atomics.store(words, (at + i * RECORD_SIZE) >> 2, 0);
      this.bytes.set(part === count ? records : records.subarray(done * RECORD_SIZE, (done + part) * RECORD_SIZE), at);
      let { tag } = this;
      const end = at + part * RECORD_SIZE;
      for (let record = at; record < end; record += RECORD_SIZE) {
        if (this.shared) Atomics.store(words, record >> 2, tag);
        else words[record >> 2] = tag;
        tag = tag === TAG_MAX ? 1 : tag + 1;
      }
      this.tag = tag;
      this.slot = this.slot + part === this.capacity ? 0 : this.slot + part;
      this.setNext(this.next + part);
      this.tellAppended(at, part);
      done += part;
    }
  }

  /** An event that happened so many times, each so much later than the one before: of all of them one record, but for tag and time. */
  repeat(record: Uint8Array, times: number, ns: number, stepNs: number): void {
    const repeat = { sequence: this.next, times, record, ns, stepNs };
    if (this.isOpen || this.sinks.length > 0) {
      this.write(repeat, 0);
      return;
    }
    const oldest = this.next + times - this.capacity;
    while (this.unwritten.length > 0 && endOf(this.unwritten[0]!) <= oldest) this.unwritten.shift();
    this.unwritten.push(repeat);
    this.goOnAt(this.next + times);
  }
  private write(repeat: Repeat, skip: number): void {
    this.repeatWriter ??= new RepeatWriter();
    this.repeatWriter.write(repeat, skip, (records, count) => this.append(records, count));
  }
  /** What is not written yet, as far as it is not overwritten. */
  private writeAll(): void {
    if (this.unwritten.length === 0) return;
    const { next, unwritten } = this;
    this.unwritten = [];
    for (const repeat of unwritten) {
      const skip = Math.max(0, next - this.capacity - repeat.sequence);
      if (skip >= repeat.times) continue;
      this.goOnAt(repeat.sequence + skip);
      this.write(repeat, skip);
    }
    this.goOnAt(next);
  }
  private open(): void {
    this.writeAll();
    this.isOpen = true;
  }

  private tellAppended(at: number, count: number): void {
    if (this.sinks.length === 0) return;
    for (let i = 0; i < count; i++) {
      const record = at + i * RECORD_SIZE;
      const sequence = this.next - count + i;
      const kind = this.words[(record + RecordField.kind) >> 2]! & 0xffff;
      for (const sink of this.sinks) sink(kind, () => decodeRecord(this.view, record, sequence));
    }
  }

  private put(at: number, value: number | bigint): void {
    if (typeof value === 'bigint') {
      this.bigs[at >> 3] = value;
      return;
    }
    this.words[at >> 2] = value;
    this.words[(at >> 2) + 1] = value >= 0 && value <= 0xffff_ffff ? 0 : Math.floor(value / 0x1_0000_0000);
  }

  private setNext(next: number): void {
    const high = Math.floor(next / 0x1_0000_0000);
    this.next = next;
    if (this.shared) Atomics.store(this.words, RingHeader.nextLow >> 2, next | 0);
    else this.words[RingHeader.nextLow >> 2] = next;
    if (this.words[RingHeader.nextHigh >> 2] !== high) Atomics.store(this.words, RingHeader.nextHigh >> 2, high);
  }

  addSink(sink: TraceSink): Disposable {
    this.writeAll();
    this.sinks = [...this.sinks, sink];
    return {
      dispose: () => {
        this.sinks = this.sinks.filter((each) => each !== sink);
      },
    };
  }

  page(range: TraceRange): TraceEvents {
    this.writeAll();
    return this.ringReader.page(range);
  }

  /** As TraceReader has them. */
  peek(seq: number, into: TracePeek): boolean {
    this.writeAll();
    return this.ringReader.peek(seq, into);
  }
  at(seq: number): TraceEvent | undefined {
    this.writeAll();
    return this.ringReader.at(seq);
  }

  /** Back to a number that was given out before, in the same run: what was recorded earlier stays as far as the ring still has it. */
  rewind(state: SavedValue): void {
    this.writeAll();
    const { next } = state as { next: number };
    const lost = Math.max(0, this.next - this.capacity);
    const first = this.view.getUint32(RingHeader.firstLow, true) + this.view.getUint32(RingHeader.firstHigh, true) * 0x1_0000_0000;
    if (lost > first) {
      const from = Math.min(lost, next);
      this.view.setUint32(RingHeader.firstLow, from, true);
      this.view.setUint32(RingHeader.firstHigh, Math.floor(from / 0x1_0000_0000), true);
    }
    this.goOnAt(next);
  }

  /** The sequence number only: events are a run's output, not its state. A restored recorder starts empty at that number. */
  save(): SavedValue {
    return { next: this.next };
  }

  restore(state: SavedValue): void {
    const { next } = state as { next: number };
    this.forget();
    this.view.setUint32(RingHeader.firstLow, next, true);
    this.view.setUint32(RingHeader.firstHigh, Math.floor(next / 0x1_0000_0000), true);
    this.goOnAt(next);
  }

  private goOnAt(next: number): void {
    this.setNext(next);
    this.slot = next % this.capacity;
    this.tag = tagOf(next);
  }

  /** Clears the slots that were written: the others' memory need not even be there. */
  private forget(): void {
    const { capacity } = this;
    this.unwritten = [];
    const written = Math.min(capacity, this.next - this.ringReader.first());
    const begin = (this.slot - written + capacity) % capacity;
    const records = new Uint8Array(this.ring, RING_HEADER);
    records.fill(0, begin * RECORD_SIZE, Math.min(capacity, begin + written) * RECORD_SIZE);
    records.fill(0, 0, Math.max(0, begin + written - capacity) * RECORD_SIZE);
  }
}
