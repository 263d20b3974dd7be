// Reads trace records out of a ring, on the recorder's thread or on another one that shares its memory. Only here do records become objects.
import { assert } from '../base/assert';
import { type FieldRow, type FieldValue, readField } from './field';
import { RECORD_SIZE, RecordField, RING_HEADER, RING_MAGIC, RingHeader, tagOf } from './record-layout';
import { EVENT_ROWS, type EventRow, EXIT_REASON_ROWS, NOBODY, TraceKind } from './rows';

/** The shape of `TraceRecord` in machine/control/types.ts. */
export interface TraceEvent {
  seq: number;
  kind: string;
  vm: number;
  vcpu: number;
  virtualNs: number;
  durationNs: number;
  rip: bigint;
  fields: Record<string, FieldValue>;
}

export interface TraceRange {
  /** First sequence number wanted. */
  from: number;
  limit: number;
  kinds?: readonly string[];
  vcpu?: number;
}

/** The shape of `TracePage`. A page shorter than the limit has been searched to `end`. */
export interface TraceEvents {
  first: number;
  end: number;
  dropped: number;
  records: TraceEvent[];
}

const id = (value: number): number => (value === 0xffff ? NOBODY : value);

/** Makes an object of a record's fields, which are at `offset`. */
export function decodeFields(view: DataView, offset: number, kind: number): Record<string, FieldValue> {
  const row: EventRow | undefined = EVENT_ROWS[kind];
  assert(row !== undefined, `trace record of kind ${kind}`);
  const fields: Record<string, FieldValue> = {};
  let args: readonly FieldRow[] | undefined;
  row.fields.forEach((field, index) => {
    const at = offset + index * 8;
    if (kind === TraceKind['vm-exit'] && index === 0) args = EXIT_REASON_ROWS[view.getUint32(at, true)]?.args;
    // a0 to a2 of an exit are called what its reason calls them, or are left out.
    if (args !== undefined && index >= 1 && index <= 3) {
      const named = args[index - 1];
      if (named !== undefined) fields[named.name] = readField(view, at, named);
      return;
    }
    fields[field.name] = readField(view, at, field);
  });
  return fields;
}

/** Makes an object of the record at `offset`; the sequence number is the caller's. */
export function decodeRecord(view: DataView, offset: number, seq: number): TraceEvent {
  const kind = view.getUint16(offset + RecordField.kind, true);
  const fields = decodeFields(view, offset + RecordField.fields, kind);
  return {
    seq,
    kind: EVENT_ROWS[kind]!.name,
    vm: id(view.getUint16(offset + RecordField.vm, true)),
    vcpu: id(view.getUint16(offset + RecordField.vcpu, true)),
    virtualNs: view.getFloat64(offset + RecordField.virtualNs, true),
    durationNs: view.getFloat64(offset + RecordField.durationNs, true),
    rip: view.getBigUint64(offset + RecordField.rip, true),
    fields,
  };
}

/** What a search looks at before it makes an object of a record. */
export interface TracePeek {
  /** Index into EVENT_ROWS. */
  kind: number;
  /** 0xffff: of none. */
  vcpu: number;
  virtualNs: number;
  durationNs: number;
  /** Low halves of the first two fields: the reason of an exit, interface and number of a hypercall. */
  first: number;
  second: number;
}

export class TraceReader {
  private readonly view: DataView;
  private readonly words: Int32Array;
  private readonly capacity: number;
  private readonly copy = new DataView(new ArrayBuffer(RECORD_SIZE));

  constructor(readonly buffer: ArrayBufferLike) {
    this.view = new DataView(buffer);
    this.words = new Int32Array(buffer);
    assert(this.view.getUint32(RingHeader.magic, true) === RING_MAGIC, 'not a trace ring');
    this.capacity = this.view.getUint32(RingHeader.capacity, true);
  }

  /** One past the newest sequence number. */
  end(): number {
    for (;;) {
      const high = Atomics.load(this.words, RingHeader.nextHigh >> 2);
      const low = Atomics.load(this.words, RingHeader.nextLow >> 2) >>> 0;
      if (Atomics.load(this.words, RingHeader.nextHigh >> 2) === high) return high * 0x1_0000_0000 + low;
    }
  }

  /** Oldest sequence number still there. */
  first(): number {
    const started = this.view.getUint32(RingHeader.firstLow, true) + this.view.getUint32(RingHeader.firstHigh, true) * 0x1_0000_0000;
    return Math.max(started, this.end() - this.capacity);
  }

  /** Events that were overwritten since the recorder started. */
  dropped(): number {
    const started = this.view.getUint32(RingHeader.firstLow, true) + this.view.getUint32(RingHeader.firstHigh, true) * 0x1_0000_0000;
    return Math.max(0, this.end() - this.capacity - started);
  }

  page(range: TraceRange): TraceEvents {
    const kinds = range.kinds && new Set(range.kinds.map((name) => EVENT_ROWS.findIndex((row) => row.name === name)));
    const end = this.end();
    const records: TraceEvent[] = [];
    for (let seq = Math.max(range.from, this.first()); seq < end && records.length < range.limit; seq++) {
      const offset = RING_HEADER + (seq % this.capacity) * RECORD_SIZE;
      if (kinds !== undefined && !kinds.has(this.view.getUint16(offset + RecordField.kind, true))) continue;
      if (range.vcpu !== undefined && this.view.getUint16(offset + RecordField.vcpu, true) !== range.vcpu) continue;
      const record = this.at(seq);
      if (record !== undefined) records.push(record);
    }
    return { first: this.first(), end, dropped: this.dropped(), records };
  }

  /** One event; undefined where it is not there, or no longer. */
  at(seq: number): TraceEvent | undefined {
    const offset = RING_HEADER + (seq % this.capacity) * RECORD_SIZE;
    if (Atomics.load(this.words, offset >> 2) !== tagOf(seq)) return undefined;
    new Uint8Array(this.copy.buffer).set(new Uint8Array(this.buffer, offset, RECORD_SIZE));
    if (Atomics.load(this.words, offset >> 2) !== tagOf(seq)) return undefined;
    return decodeRecord(this.copy, 0, seq);
  }

  /** The same without making an object: false where it is not there. */
  peek(seq: number, into: TracePeek): boolean {
    const offset = RING_HEADER + (seq % this.capacity) * RECORD_SIZE;
    const { view } = this;
    if (Atomics.load(this.words, offset >> 2) !== tagOf(seq)) return false;
    into.kind = view.getUint16(offset + RecordField.kind, true);
    into.vcpu = view.getUint16(offset + RecordField.vcpu, true);
    into.virtualNs = view.getFloat64(offset + RecordField.virtualNs, true);
    into.durationNs = view.getFloat64(offset + RecordField.durationNs, true);
    into.first = view.getUint32(offset + RecordField.fields, true);
    into.second = view.getUint32(offset + RecordField.fields + 8, true);
    return Atomics.load(this.words, offset >> 2) === tagOf(seq);
  }
}
