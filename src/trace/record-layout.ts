// Fixed layout of trace records in the (shareable) buffer: a header, then a ring of records of RECORD_SIZE bytes.
//
// Each slot carries a tag made from its sequence number, written last and cleared first, so that a reader on another thread never takes a torn record.

export const RING_HEADER = 64;
export const RECORD_SIZE = 128;
/** "HSTR". */
export const RING_MAGIC = 0x5254_5348;

/** Offsets in the header (u32). The next sequence number is nextHigh * 2^32 + nextLow. */
export const RingHeader = { magic: 0, capacity: 4, nextLow: 8, nextHigh: 12, firstLow: 16, firstHigh: 20 } as const;

/** Offsets in a record. */
export const RecordField = {
  /** i32: tag of the sequence number, 0 while the record is being written. */
  tag: 0,
  /** u16 each: kind, vm, vcpu (0xffff: none). */
  kind: 4,
  vm: 6,
  vcpu: 8,
  /** f64 each. */
  virtualNs: 16,
  durationNs: 24,
  /** u64. */
  rip: 32,
  /** Eleven slots of 64 bits. */
  fields: 40,
} as const;

export const TAG_MAX = 0x7fff_ffff;
/** 1 to TAG_MAX, over and over. */
export const tagOf = (sequence: number): number => (sequence % TAG_MAX) + 1;
