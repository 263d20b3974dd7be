// Layout of decoded records, block headers, fast TLB entries and the other things that the interpreter's wasm and TypeScript share.
//
// A block is a header and then records, all RECORD_SIZE bytes, contiguous. A record holds absolute addresses of register slots in STATE.
import type { QuickExitName } from '../x86/cpu';
import { ENGINE_ARENA, S, STATE } from '../x86/layout';

export const RECORD_SIZE = 32;
export const R = {
  /** u16: handler to dispatch to: the instruction's own, or one that runs several records. */
  op: 0,
  /** u16: the instruction's own handler. */
  plainOp: 2,
  /** u32: slot of ModRM.reg. */
  a: 4,
  /** u32: slot of the other register, or of the base. */
  b: 8,
  /** u32: slot of the index. */
  x: 12,
  /** i32: displacement; branches: target minus block start. */
  disp: 16,
  /** i32: immediate; VEX with /is4: slot of its register. 64-bit immediates fill disp and imm. Conditional branches: what S.remaining gets when taken and linked. */
  imm: 20,
  /** u16: end of this instruction minus block start. */
  ipNext: 24,
  /** u8 */
  scale: 26,
  /** u8: instructions of the block before this one. */
  k: 27,
  /** u32: linked successor of a direct branch; header of the block that a branch which looks its target up found last, or 0; helper and trap records: their argument; VEX: slot of the register in VEX.vvvv. */
  link: 28,
} as const;

/** Block header. What is no header (0) is nobody's: memory below PAGE_LINE_TAGS stays zero, and no memory of a guest is at 0. */
export const H = {
  /** i32: instructions in the block. */
  count: 0,
  /** u32: offset of the first byte in memory. */
  physical: 4,
  /** u32: S.mode it was decoded for. */
  mode: 8,
  /** u32: behind its last record, where the next header is. */
  end: 12,
  /** u32: header of another block with the same number of place (PLACES), or 0; of a dead block, which is at no place: what H.physical was. */
  next: 16,
  /** u32: header of another block that begins in the same frame, or 0. */
  inFrame: 20,
  /** u8: an immediate of it was changed since somebody asked. */
  changed: 26,
  /** u32: offset in memory of the second page of a block that crosses pages, or 0. */
  second: 28,
} as const;
/** R.k of a header, by which its records find it; its R.ipNext is 0. */
export const HEADER_K = 0xff;

/** Engine's own slots in STATE (not architectural, moved with the vCPU). */
export const Slot = {
  zero: STATE + S.zero,
  /** CS offset of the running block's first byte. */
  ripBase: STATE + S.scratch,
  /** Target of an indirect branch that left the interpreter. */
  nextRip: STATE + S.scratch + 8,
  /** Effective addresses computed by address records. */
  ea: STATE + S.scratch + 16,
  /** Linear page that instructions are fetched from now (address of its first byte), or -1. */
  fetchPage: STATE + S.scratch + 32,
  /** u32: offset in memory of that page. */
  fetchOffset: STATE + S.scratch + 40,
  remaining: STATE + S.remaining,
} as const;

/** Instructions that a linked branch could never afford: an unlinked branch leaves the interpreter. */
export const UNLINKED = -0x4000_0000;

/** Pages that compiled code has just used (jit/page-cache.ts): their tags (u64) and addends (u32), for reads and writes each; and the fast TLB they are of. */
export const PAGE_LINES = 32;
export const PAGE_LINE_TAGS = 0x40;
export const PAGE_LINE_ADDENDS = PAGE_LINE_TAGS + PAGE_LINES * 16;
export const PAGE_LINES_OWNER = PAGE_LINE_ADDENDS + PAGE_LINES * 8;
/** What quick instructions (emit/quick-emitter.ts) go by, of the trip through the interpreter that is under way. u32: QuickAllowed. */
export const QUICK_ALLOWED = 0x350;
export const QuickAllowed = {
  interruptFlag: 1,
  timeStamp: 2,
  cpuid: 4,
  iret: 8,
  io: 16,
  vmcall: 32,
  delivery: 64,
  invlpg: 128,
  controlRead: 256,
  softwareInterrupt: 512,
  pageFault: 1024,
  swapgs: 2048,
  popf: 4096,
  controlWrite: 8192,
  /** What is no exit anywhere. */
  plain: 16384,
  systemCall: 32768,
  /** MOV to CR3 of whatever value; otherwise of those that the host has been told of. */
  anyRoot: 65536,
} as const;
/** i32: instructions that the trip has left behind the last STI that set IF; NO_STI: there was none. */
export const QUICK_STI = 0x354;
export const NO_STI = 0x7fff_ffff;
/** f64: host time in ns when none is left; the latest that was read; u64: ticks of the TSC for each. */
export const QUICK_END_NS = 0x358;
export const QUICK_LATEST_NS = 0x360;
export const QUICK_TICKS = 0x368;
/** i64: instructions that compiled regions have run, as blocks are paid for: where regions count them. No part of a vCPU's state. */
export const COMPILED_INSTRUCTIONS = 0x370;
/** u32: how often regions have left to the interpreter for a number or a page that is not usual, and the block that the last one was in. No part of a vCPU's state. */
export const UNUSUAL_TIMES = 0x380;
export const UNUSUAL_BLOCK = 0x384;
/** u32: how often regions have left behind an indirect branch for a target that they do not compare with, and the last one's record; i64: that target less the branch's end. No part of a vCPU's
 * state. */
export const MISSED_TIMES = 0x378;
export const MISSED_BRANCH = 0x37c;
export const MISSED_TARGET = 0x388;
/** u64: records dispatched by the interpreter since the engine was made. No part of a vCPU's state. */
export const DISPATCHES = 0x3f0;
/** u64: RIP of the instruction whose helper runs. */
export const HELPER_RIP = 0x390;
/** u32: fast entries that the running code uses. */
export const FAST_TLB = 0x3cc;
/** i32: what the region that ended last has returned. */
export const REGION_EXIT = 0x3e0;
/** u64: where TypeScript splits an address into its halves. */
export const HALVES = 0x3e8;

/** Accesses that cannot be done in place (device, page crossing) go through here. */
export const BOUNCE = 0x400;
export const BOUNCE_SIZE = 512;
/** The vector import's first argument: number of the operation, and above this bit the bytes of its operands. */
export const VECTOR_BYTES_SHIFT = 16;

export const TLB_ENTRIES = 1024;
export const MMU_INDEXES = 3;
/** Bytes of a fast entry: three tags (linear page or -1) and what is added to a linear address to get an offset in memory (u32). */
export const TLB_STRIDE = 32;
/** `lined`, u32: not 0 where a line of the page cache may have been filled by it. */
export const Tlb = { read: 0, write: 8, exec: 16, addend: 24, lined: 28 } as const;
export const TLB_BYTES = TLB_ENTRIES * TLB_STRIDE;
/** Fast TLB of vCPU v, MMU index m: TLB_BASE + (v * MMU_INDEXES + m) * TLB_BYTES. */
export const TLB_BASE = ENGINE_ARENA;

/** Fast entries that never match: while accesses are checked for their alignment, all of them take the slow path. */
export const EMPTY_TLB = 0x98_0000;

/** u64 each: counters of compiled code, where they are asked for. */
export const PROFILE_BASE = EMPTY_TLB + TLB_BYTES;
export const PROFILE_END = 0x9d_4000;

/** Events of exits that quick instructions were since their vCPU's time was last settled: trace records without their tags (trace/record-layout.ts). */
export const EXIT_LOG = 0x9e_0000;
export const EXIT_LOG_RECORDS = 128;
/** Answers to CPUID that were given before, by leaf and subleaf; they hold while their generation is `ExitCell.cpuidGeneration`. u32 each, but for `fields`: what their event
 * says, as four fields of a trace record. */
export const CPUID_TABLE = 0x9e_8000;
export const CPUID_ENTRIES = 256;
export const CPUID_STRIDE = 64;
export const CpuidEntry = { leaf: 0, subleaf: 4, generation: 8, eax: 16, ecx: 20, edx: 24, ebx: 28, fields: 32 } as const;
/** Where the answer is, if it is there. */
export const cpuidEntry = (leaf: number, subleaf: number): number =>
  CPUID_TABLE + ((leaf ^ (leaf >>> 27) ^ (subleaf << 5)) & (CPUID_ENTRIES - 1)) * CPUID_STRIDE;
/** What goes with them. */
const EXIT_CELLS = 0x9f_2000;
export const ExitCell = {
  /** u32: records in the log. */
  count: EXIT_CELLS,
  cpuidGeneration: EXIT_CELLS + 4,
  /** u32: of what ports were last accessed as. */
  portGeneration: EXIT_CELLS + 8,
  /** u64 each: what every exit's record of this vCPU begins with. */
  head: EXIT_CELLS + 16,
  vcpu: EXIT_CELLS + 24,
  /** u32 each: key (PortEntry.key) of the plain port that was written since the vCPU's time was last settled, 0: none was; the value written last. */
  writtenKey: EXIT_CELLS + 32,
  writtenValue: EXIT_CELLS + 36,
  /** i32: virtual ns that exits may still take beyond the trip's limit. */
  slackNs: EXIT_CELLS + 40,
  /** i32: what exits have taken of the limit itself in this trip. */
  chargedNs: EXIT_CELLS + 44,
  /** The same of exceptions. */
  exceptionHead: EXIT_CELLS + 48,
  exceptionVcpu: EXIT_CELLS + 56,
  /** u32: exceptions in the log; the run that is under way. */
  deliveries: EXIT_CELLS + 184,
  runNumber: EXIT_CELLS + 188,
} as const;
/** The exit that happens again and again, if there is one (emit/exit-repeats.ts). u64 each: RIP, and what its event says (run/exit-repeats.ts, `sign`), with its kind (QUICK_EXITS) and
 * one from bit SIGNATURE_KIND on; f64 each: when it must happen next (NaN: there is none), and how much later each time; u32: how often it has been counted. */
export const RepeatCell = {
  rip: EXIT_CELLS + 192,
  signature: EXIT_CELLS + 200,
  nextNs: EXIT_CELLS + 208,
  stepNs: EXIT_CELLS + 216,
  times: EXIT_CELLS + 224,
} as const;
export const SIGNATURE_KIND = 28;
/** Kinds of exits, each with cells: i32 cost in ns; u32: how many the log has; f64: the cost; u64: the reason. */
export const QUICK_EXITS: readonly QuickExitName[] = ['cpuid', 'io', 'vmcall'];
export const QuickExitCell = { costNs: 0, times: 4, cost: 8, reason: 16 } as const;
export const quickExitCells = (name: QuickExitName): number => EXIT_CELLS + 64 + QUICK_EXITS.indexOf(name) * 24;
/** The access that the page walker has just found to be a page fault: u32 error code with WALK_FAULTS, 0 where there is none; and once it waits to be delivered
 * (u32, not 0) its linear address, how it was made, and its record. */
export const PageFaultCell = {
  code: EXIT_CELLS + 144,
  waits: EXIT_CELLS + 148,
  address: EXIT_CELLS + 152,
  info: EXIT_CELLS + 160,
  record: EXIT_CELLS + 164,
} as const;
export const WALK_FAULTS = 1 << 16;
/** u32: performance counters count which tell CPL 3 from others. */
export const COUNTS_LEVELS = EXIT_CELLS + 176;
/** PAUSE: i32 what it takes beyond one ns; u32 how many there were since time was last counted. */
export const PauseCell = { extraNs: EXIT_CELLS + 168, count: EXIT_CELLS + 172 } as const;
/** u32 each, by vector: the run in which the host was last told of a delivery of that exception. */
export const DELIVERED = 0x9f_2100;
/** The same of INT n. */
export const INTERRUPTED = DELIVERED + 256 * 4;
/** How accesses to plain ports went, by port. They hold while their generation is `ExitCell.portGeneration`. u32 each. */
export const PORT_TABLE = 0x9f_3000;
export const PORT_ENTRIES = 64;
export const PORT_STRIDE = 16;
/** `key`: port, size above bit 16, and bit 23 for writes. */
export const PortEntry = { key: 0, generation: 4, value: 8 } as const;
export const PORT_SIZE_SHIFT = 16;
export const PORT_WRITE = 1 << 23;

/** Samples for regions that the interpreter takes itself (jit/sample-log.ts). No part of a vCPU's state. i32 each: */
const SAMPLE_CELLS = 0x9f_3800;
export const SampleCell = {
  /** Virtual ns that the trip under way may take behind its next sample; the period, and the shortest. */
  moreNs: SAMPLE_CELLS,
  periodNs: SAMPLE_CELLS + 4,
  shortestNs: SAMPLE_CELLS + 8,
  /** Since TypeScript looked: by how much the next sample has moved; what samples have seen in regions. */
  movedNs: SAMPLE_CELLS + 12,
  regionNs: SAMPLE_CELLS + 16,
  /** Number of the period's length; samples in the log. */
  phase: SAMPLE_CELLS + 20,
  count: SAMPLE_CELLS + 24,
} as const;
export const SAMPLE_LOG = SAMPLE_CELLS + 32;
export const MOST_SAMPLES = 64;
/** i32 each: as the interpreter would have left; how often the block counts, 0 where it is for the target alone. */
export const SampleEntry = { exit: 0, weight: 4, ripBase: 8, nextRip: 16, bytes: 24 } as const;
/** How often blocks have counted lately, by places of their headers. */
export const HOT_BLOCKS = PROFILE_END;
export const HOT_ENTRIES = 4096;
export const HotEntry = { header: 0, hits: 4, bytes: 8 } as const;
/** u8 each, by handler: not 0 where targets of the branch are of no use. */
export const TARGETLESS = HOT_BLOCKS + HOT_ENTRIES * HotEntry.bytes;

/** Where a vCPU's registers and a piece of its stack are put for a profile (sample-emitter.ts). */
export const SAMPLE = 0x9f_4000;
export const SAMPLE_BYTES = 0xc000;

/** Looks that the interpreter takes by itself (emit/look-emitter.ts). */
const LOOK_CELLS = 0x9f_2a00;
export const LookCell = {
  /** u32: not 0 where the trip's limit is a look, and there is room for its sample. */
  open: LOOK_CELLS,
  /** i32 each: virtual ns that the trip may take behind it; from one look to the next; what looks have added to the trip's limit since that was last settled. */
  behindNs: LOOK_CELLS + 4,
  everyNs: LOOK_CELLS + 8,
  addedNs: LOOK_CELLS + 12,
  /** u32 each: samples that wait; where the next one goes, and the last place for one; bytes of one that is not known (StackEntry), and of its piece of the stack. */
  count: LOOK_CELLS + 16,
  at: LOOK_CELLS + 40,
  lastAt: LOOK_CELLS + 20,
  stride: LOOK_CELLS + 24,
  stackBytes: LOOK_CELLS + 28,
  /** i32 each: virtual ns that the trip may take behind a look to which exits and samples can put its limit off (ExitCell.slackNs); by how much looks have added to those. */
  farNs: LOOK_CELLS + 32,
  slackNs: LOOK_CELLS + 36,
  /** u32: micro-record of the exit that was a region's first instruction and refused there; 0: none has. */
  refused: LOOK_CELLS + 44,
} as const;
/** Before each of them. i32: what `sample` gave; u32: S.cpl, S.mode; bytes that follow of the exit it lies in, 0: of none. Registers and stack follow where the stack is not known. */
export const SampleHead = { length: 0, cpl: 4, mode: 8, exitBytes: 12, bytes: 16 } as const;
/** The fields of the exit's event (trace/record-layout.ts): reason, what it names, and result. */
export const SAMPLED_EXIT_BYTES = 5 * 8;
/** The same of the exit that happens again and again (RepeatCell). */
export const REPEATED_EXIT = LOOK_CELLS + 64;

/** Stacks that the reader of samples knows (stack-table.ts). u32 by places of RIP: an entry, or 0; the entries follow. */
export const STACK_TABLE = 0x9e_c000;
export const STACK_PLACES = 256;
export const STACK_PLACE_SHIFT = 8;
export const STACK_TABLE_END = EXIT_CELLS;
/** u64 each: registers; u32 each: selector of CS, S.cpl, bytes of stack that a sample has of it, its number, bytes that follow: those that count, from RSP on. */
export const StackEntry = { rip: 0, rsp: 8, rbp: 16, cr3: 24, cs: 32, cpl: 36, length: 40, number: 44, reach: 48, bytes: 56 } as const;

/** Block lookup, by physical offset: u32 each, header of the block that was found or decoded last of those that share the place, 0: none. The header says whether it is
 * the one. */
export const HASH_BASE = 0xa0_0000;
export const HASH_ENTRIES = 0x1_0000;

/** By 4 KiB of the VM's memory, u32 each: header of the block that was decoded last of those alive that begin there, or 0; the others by H.inFrame. Behind the TLBs'
 * architectural entries, the maps of frames with code and of frames that were used, the log of first writes (tlb-layout.ts) and what decoding has learned
 * (decode/layout.ts). */
export const FRAME_BLOCKS = 0x16b_0000;
/** All blocks that are alive, by the numbers of HASH_BASE: u32 each, header of one of them, the others by H.next; or 0. */
export const PLACES = 0x1ab_0000;

export const RECORDS_BASE = 0x1af_0000;

/** How `run` came back: bits of its result; the rest is a record's address. */
export const Exit = {
  /** Before the record (or in it, with something pending). */
  atRecord: 0,
  /** The direct branch in the record is taken, and not entered. */
  directBranch: 1,
  /** The indirect branch in the record is taken: Slot.nextRip. */
  indirectBranch: 2,
  /** TypeScript has run an instruction in place (run/in-place.ts) and RIP says where to go on; all is counted. */
  settled: 3,
  /** Added by handlers that are called: leave. */
  flag: 0x8000_0000,
} as const;
