// Where the tables of the decoder in WebAssembly stand in the VM's memory. They are learned from what TypeScript has decoded (shapes.ts), and no part of a
// saved state.

/** A block ends after so many instructions. */
export const MAX_INSTRUCTIONS = 48;
export const MAX_RECORDS = MAX_INSTRUCTIONS * 3 + 4;

/** A shape: opcode map (0 or 0F), prefixes that choose between encodings, REX.W, the opcode; of a ModRM byte its reg field and whether rm is a register. */
const SHAPE_BITS = 1 + 3 + 1 + 8 + 4;

/** u16 each, by shape: number of its plan, 0: not known. */
export const SHAPES = 0xd4_0000;
const SHAPES_BYTES = 2 << SHAPE_BITS;

/** One byte for each opcode of both maps: 0 not known, or one of these. */
export const MODRM_BYTES = SHAPES + SHAPES_BYTES;
export const HasModrm = { no: 1, yes: 2 } as const;

/** One byte for each first byte: 0 opcode, or one of these. */
export const PREFIX_BYTES = MODRM_BYTES + 512;
export const Prefix = {
  ...{ operandSize: 1, rep: 2, repne: 4, lock: 8, fs: 0x10, gs: 0x20 },
  /** The decoder gives up. */
  addressSize: 0x40,
  rex: 0x80,
  /** Segments that 64-bit mode ignores. */
  ignored: 0xc0,
} as const;
/** They choose between encodings. */
export const CHOOSING_PREFIXES = Prefix.operandSize | Prefix.rep | Prefix.repne;
/** Its number. */
export const shapeNumber = (map: number, prefixes: number, rexW: boolean, opcode: number): number =>
  (((((map << 3) | (prefixes & CHOOSING_PREFIXES)) << 1) | (rexW ? 1 : 0)) << 8) | opcode;

/** u32 each: what decoding came to: behind the last record, behind the last instruction (from the block's start), instructions. */
export const Came = { at: PREFIX_BYTES + 256, offset: PREFIX_BYTES + 260, count: PREFIX_BYTES + 264 } as const;

/** How decoding came back. */
export const DecodeEnd = {
  /** Before an instruction that TypeScript is to decode, or at the end of the room. */
  open: 0,
  /** The block ends. */
  ended: 1,
  /** The same, with a branch. */
  left: 2,
} as const;

/** u32 each: of all blocks (code-cache.ts). */
export const BlockCell = {
  /** Where the next header goes. */
  cursor: PREFIX_BYTES + 272,
  /** Blocks there are, dead ones too; that were decoded since the engine was made. */
  count: PREFIX_BYTES + 276,
  decoded: PREFIX_BYTES + 280,
  /** Changes whenever a block dies: record addresses that were kept may be stale. */
  generation: PREFIX_BYTES + 284,
  /** The generation in which branches of the trip under way may go on where they come to unknown code, or CLOSED (run/in-place.ts). */
  trip: PREFIX_BYTES + 288,
  /** Not 0: TypeScript is told of each block that it has not seen before it runs. */
  told: PREFIX_BYTES + 292,
  /** Frames where code has records for stop points. */
  stops: PREFIX_BYTES + 296,
  /** Not 0: the run is to end behind the instruction that is running. */
  leaves: PREFIX_BYTES + 300,
  /** Offset in memory of the immediate that the buffer of bounced stores has, or 0. */
  storing: PREFIX_BYTES + 308,
  /** Of the memory. */
  lastByte: PREFIX_BYTES + 304,
} as const;

export const CLOSED = -1;

/** What an instruction of a shape is decoded to. */
export const PLANS = PREFIX_BYTES + 512;
export const PLAN_BYTES = 16;
export const MOST_PLANS = 4096;
export const Plan = {
  /** u16 each: handlers. Branches: within the page, to another page; others: register, memory by base, memory by base and index. */
  first: 0,
  second: 2,
  third: 4,
  /** u8 each: PlanSource of the record's a and b; PlanImmediate. */
  a: 6,
  b: 7,
  immediate: 8,
  /** u16: PlanFlag. */
  flags: 10,
  /** u32: the immediate's bits that stand in the record. */
  mask: 12,
} as const;
export const PlanSource = { none: 0, reg: 1, rm: 2, opcode: 3, accumulator: 4, byte: 0x80 } as const;
/** As it stands in the code: bits, and how it is extended. */
export const PlanImmediate = { none: 0, signed8: 1, unsigned16: 2, signed16: 3, signed32: 4, all64: 5 } as const;
export const PlanFlag = {
  /** The block ends behind it; and nothing is to go on there. */
  ends: 1,
  leaves: 2,
  branch: 4,
  /** A ModRM byte that accesses nothing. */
  touchesNothing: 8,
  /** FS and GS do not apply. */
  noSegment: 16,
  canLock: 32,
  /** The record has an immediate of 64 bits. */
  wideImmediate: 64,
  /** The record says how it is repeated. */
  string: 128,
} as const;

/** u16 each, by handler: the node of sequences that begin with it (0: there are none), and the mark of a branch to another page. */
export const ROOTS = PLANS + PLAN_BYTES * MOST_PLANS;
export const MOST_HANDLERS = 0x4000;
export const LOOKED_UP = 0x8000;
/** By node: u16 handler of the sequence that ends there (0: none), u16 count of those that go on, and u16 handler and node of each. A node's number says where: in u16. */
export const NODES = ROOTS + 2 * MOST_HANDLERS;
export const MOST_NODE_WORDS = LOOKED_UP;

/** Immediates that were stored lately, each the only one of its offset in memory; by its low bits. u32 each: the offset, or 0; the header that was its frame's newest
 * (else the entry says nothing); the record, and its header. */
export const IMMEDIATES = NODES + 2 * MOST_NODE_WORDS;
export const MOST_IMMEDIATES = 64;
export const IMMEDIATE_STRIDE = 16;
export const ImmediateEntry = { offset: 0, newest: 4, record: 8, header: 12 } as const;

export const DECODE_END = IMMEDIATES + MOST_IMMEDIATES * IMMEDIATE_STRIDE;
