// Decoded blocks by physical place and mode, the lookup table that emitted code reads, and invalidation by frame.
import { assert } from '../base/assert';
import type { Helper } from '../x86/cpu';
import type { AddressSpec } from '../x86/general/effective-address';
import type { InsnRow } from '../x86/insn/row';
import { RAM_BASE } from '../x86/layout';
import { Micro } from './handlers';
import { IMMEDIATE_BYTES, type Immediate, type Immediates } from './immediates';
import type { MonitoredLines } from './monitored-lines';
import { H, HASH_BASE, HASH_ENTRIES, HEADER_K, R, RECORD_SIZE, RECORDS_BASE } from './record';
import type { RecordedInsn } from './run/recorded-insn';
import { CODE_FRAMES, CODE_LINES, Looked } from './tlb-layout';
import type { EngineMemory } from './vm-memory';

export interface Block {
  /** Its first record; the header is before it. */
  readonly record: number;
  /** Behind its last record. */
  readonly end: number;
  readonly count: number;
  readonly physical: number;
  readonly mode: number;
  /** Offset of the second page where the block's only instruction crosses pages. */
  readonly secondPage: number;
  valid: boolean;
  /** An immediate of it was changed since somebody asked. */
  changed: boolean;
}

/** How a row's helper is run. */
export interface HelperWay {
  helper: Helper | undefined;
  /** Waits at the border where the run stops there. */
  border: boolean;
  readsCounters: boolean;
  /** CPUID; what its answers depend on may be changed. */
  cpuid: 'asks' | 'changes' | undefined;
  /** INT n and its like: a trap does not follow. */
  interrupts: boolean;
  /** INT n. */
  vectored: boolean;
  /** IRET. */
  returns: boolean;
  /** IN and OUT. */
  port: { readonly write: boolean; readonly inDx: boolean } | undefined;
  systemCall: boolean;
  /** S.shadow behind it. */
  shadow: number;
}

/** What a record that TypeScript runs stands for. */
export interface Description {
  row: InsnRow;
  insn: RecordedInsn | undefined;
  /** Once it has run. */
  way: HelperWay | undefined;
  /** How the memory operand's address is computed. */
  address: AddressSpec | undefined;
}

/** A frame counts as code for so many more writes after its last block has died: code that is written again and again costs no search through the TLBs. */
const WRITES_UNTIL_DATA = 64;

/** Blocks of a frame have died so many times: what is stored there next may be another immediate of an instruction. */
const DEATHS_UNTIL_IMMEDIATES = 4;

interface CodeFrame {
  blocks: Block[];
  /** Writes since its last block died. */
  writes: number;
  /** Times that its blocks have died. */
  deaths: number;
  /** By offset of memory: records that have their immediate there, as far as it was asked since a block came or died. */
  immediates: Map<number, readonly Immediate[]>;
}

export class CodeCache {
  private cursor = RECORDS_BASE;
  private blocks: Block[] = [];
  /** By place in the records' arena: which of `blocks` a record belongs to. Pages of it that no record needs are never touched. */
  private readonly indexes = new Int32Array((RAM_BASE - RECORDS_BASE) / RECORD_SIZE);
  private byPlace = new Map<number, Block[]>();
  private frames = new Map<number, CodeFrame>();
  /** By frame of this memory: not 0 where stores must be looked at, see `Looked`. */
  private readonly codeFrames: Uint8Array;
  readonly descriptions: Description[] = [];
  /** Changes whenever a block dies: record addresses that were kept may be stale. */
  generation = 0;
  /** A block dies; all blocks go. */
  onKill: (block: Block) => void = () => {};
  onFlush: () => void = () => {};
  /** A compiled region runs the block without its record being entered. */
  isCompiled: (block: Block) => boolean = () => false;
  /** A block is about to run that has not since it was decoded, or since all were `unseen`; it may come by more often. */
  onSeen: (block: Block) => void = () => {};
  blocksDecoded = 0;
  invalidations = 0;

  constructor(
    private readonly memory: EngineMemory,
    /** A frame (RAM offset) lost its last code, or another reason to look at writes there. */
    private readonly onFrameCode: (offset: number) => void,
    private readonly onFirstCode: (offset: number) => void,
    readonly monitored: MonitoredLines,
    private readonly immediates: Immediates,
  ) {
    this.codeFrames = new Uint8Array(memory.buffer, CODE_FRAMES, memory.u8.length >>> 12);
    this.clearHash();
  }

  private clearHash(): void {
    this.memory.u32.fill(0, HASH_BASE >> 2, (HASH_BASE >> 2) + HASH_ENTRIES);
  }

  hasCode(offset: number): boolean {
    return this.codeFrames[offset >>> 12] !== 0;
  }
  /** Whether any byte of the range may belong to decoded code. */
  touchesCode(offset: number, length: number): boolean {
    const last = offset + length - 1;
    for (let frame = offset >>> 12; frame <= last >>> 12; frame++) {
      if (this.codeFrames[frame] === 0) continue;
      if (this.codeFrames[frame]! & Looked.monitored && this.monitored.touches(offset, length)) return true;
      const code = this.frames.get(frame);
      if (!code) continue;
      if (code.blocks.length === 0) {
        if (++code.writes > WRITES_UNTIL_DATA) this.becomesData(frame);
        continue;
      }
      const from = frame === offset >>> 12 ? (offset >>> 6) & 63 : 0;
      const to = frame === last >>> 12 ? (last >>> 6) & 63 : 63;
      const lines = this.linesOf(frame);
      for (let line = from; line <= to; line++) if ((this.memory.u32[lines + (line >>> 5)]! >>> (line & 31)) & 1) return true;
    }
    return false;
  }

  /** Room for a block of so many records; undefined when the arena is full: flush and decode again. */
  allocate(records: number): number | undefined {
    const record = this.cursor + RECORD_SIZE;
    const end = record + records * RECORD_SIZE;
    if (end > RAM_BASE) return undefined;
    return record;
  }

  /** Blocks there are, dead ones too. */
  get size(): number {
    return this.blocks.length;
  }

  add(block: Block, bytes: number): void {
    const { memory } = this;
    this.cursor = block.end;
    const header = (block.record - RECORD_SIZE) >> 2;
    memory.i32[header + (H.count >> 2)] = block.count;
    memory.u32[header + (H.physical >> 2)] = block.physical;
    memory.u32[header + (H.mode >> 2)] = block.mode;
    // R.ipNext is 0.
    memory.u32[header + (R.ipNext >> 2)] = HEADER_K << 24;
    this.indexes.fill(this.blocks.length, this.indexOf(block.record), this.indexOf(block.end));
    this.blocks.push(block);
    this.blocksDecoded++;
    const list = this.byPlace.get(block.physical);
    if (list) list.push(block);
    else this.byPlace.set(block.physical, [block]);
    const firstPart = Math.min(bytes, 4096 - (block.physical & 4095));
    this.track(block, block.physical, firstPart);
    if (block.secondPage >= 0) this.track(block, block.secondPage, bytes - firstPart);
    this.hash(block);
  }

  private track(block: Block, offset: number, bytes: number): void {
    const frame = offset >>> 12;
    let code = this.frames.get(frame);
    const first = !code;
    if (!code) {
      code = { blocks: [], writes: 0, deaths: 0, immediates: new Map() };
      this.frames.set(frame, code);
      this.codeFrames[frame]! |= Looked.code;
    }
    code.blocks.push(block);
    // An empty Map makes its table anew, too.
    if (code.immediates.size > 0) code.immediates.clear();
    const lines = this.linesOf(frame);
    for (let line = (offset >>> 6) & 63; line <= ((offset & 4095) + bytes - 1) >>> 6; line++)
      this.memory.u32[lines + (line >>> 5)]! |= 1 << (line & 31);
    if (first) this.onFirstCode((offset & -4096) >>> 0);
  }

  private hashAt(physical: number): number {
    return (HASH_BASE >> 2) + ((physical ^ (physical >>> 12)) & (HASH_ENTRIES - 1));
  }
  private hash(block: Block): void {
    this.memory.u32[this.hashAt(block.physical)] = block.record - RECORD_SIZE;
    this.onSeen(block);
  }

  /** Bytes of code. */
  lengthOf({ end }: Block): number {
    return Math.max(this.memory.u16[(end - RECORD_SIZE + R.ipNext) >> 1]!, 1);
  }

  /** Where a block runs next, it is looked up and comes by `onSeen`. Links between blocks are the caller's to take away. */
  unseen(): void {
    this.clearHash();
    this.generation++;
  }
  alive(): Block[] {
    return this.blocks.filter(({ valid }) => valid);
  }

  find(physical: number, mode: number): Block | undefined {
    const record = this.findQuick(physical, mode);
    if (record !== 0) return this.blockOf(record);
    const list = this.byPlace.get(physical);
    if (!list) return undefined;
    for (const block of list)
      if (block.mode === mode) {
        this.hash(block);
        return block;
      }
    return undefined;
  }

  /** First record of the block that emitted code would find, or 0. */
  findQuick(physical: number, mode: number): number {
    const { u32 } = this.memory;
    const header = u32[this.hashAt(physical)]!;
    const isThere = u32[(header + H.physical) >> 2] === physical && u32[(header + H.mode) >> 2] === mode;
    return isThere ? header + RECORD_SIZE : 0;
  }
  /** `find` that leaves what emitted code finds. */
  peek(physical: number, mode: number): Block | undefined {
    return this.byPlace.get(physical)?.find((block) => block.mode === mode);
  }

  private indexOf(record: number): number {
    return (record - RECORDS_BASE) / RECORD_SIZE;
  }
  /** The block that a record belongs to (dead ones too, until the next flush). */
  blockOf(record: number): Block {
    const block = this.blocks[this.indexes[this.indexOf(record)]!];
    assert(block && record >= block.record && record < block.end, 'record belongs to a block');
    return block;
  }

  /** Offset of the record's instruction from the block's start. */
  ipOffset(block: Block, record: number): number {
    const { u8, u16 } = this.memory;
    const k = u8[record + R.k]!;
    for (let at = record - RECORD_SIZE; at >= block.record; at -= RECORD_SIZE) if (u8[at + R.k] !== k) return u16[(at + R.ipNext) >> 1]!;
    return 0;
  }

  /** Bytes at an offset of memory are about to change. */
  invalidate(offset: number, length: number): boolean {
    this.monitored.written(offset, length);
    let any = false;
    const last = offset + length - 1;
    for (let frame = offset >>> 12; frame <= last >>> 12; frame++) {
      const from = Math.max(offset, frame * 4096);
      const to = Math.min(last, frame * 4096 + 4095);
      if (this.frames.has(frame) && this.touchesCode(from, to - from + 1)) {
        this.invalidateFrame(frame);
        any = true;
      }
    }
    return any;
  }

  /** Blocks of a frame may die while the record's block is running: neither it nor a compiled region has code there, and only blocks of one page are linked. */
  isApart(frame: number, record: number): boolean {
    const { physical, secondPage, valid } = this.blockOf(record);
    if (!valid || physical >>> 12 === frame || (secondPage >= 0 && secondPage >>> 12 === frame)) return false;
    return !this.frames.get(frame)?.blocks.some((block) => this.isCompiled(block));
  }

  /** Four bytes may be stored at an offset, if `reload` is told, without any block's death. */
  isImmediate(offset: number): boolean {
    const code = this.frames.get(offset >>> 12);
    if (code === undefined || code.deaths < DEATHS_UNTIL_IMMEDIATES) return false;
    let blocks = code.immediates.get(offset);
    if (blocks === undefined) {
      blocks = this.immediates.at(code.blocks, offset, (block) => this.lengthOf(block));
      code.immediates.set(offset, blocks);
    }
    if (blocks.length === 0 || this.monitored.touches(offset, IMMEDIATE_BYTES)) return false;
    for (const { block } of blocks) if (this.isCompiled(block)) return false;
    return true;
  }
  /** They are stored. */
  reload(offset: number): void {
    const value = this.memory.view.getInt32(offset, true);
    for (const { block, record } of this.frames.get(offset >>> 12)!.immediates.get(offset)!) {
      this.memory.i32[(record + R.imm) >> 2] = value;
      block.changed = true;
    }
  }

  /** Code of a frame is to be decoded again. */
  forgetFrame(frame: number): void {
    if (this.frames.get(frame)?.blocks.length) this.invalidateFrame(frame);
  }
  private invalidateFrame(frame: number): void {
    const code = this.frames.get(frame);
    if (!code) return;
    this.invalidations++;
    this.generation++;
    for (const block of code.blocks) this.kill(block);
    code.blocks = [];
    code.deaths++;
    code.immediates.clear();
    code.writes = 0;
    this.forgetLines(frame);
  }
  /** Where in memory, as u32, the frame's lines that hold decoded code are. */
  private linesOf(frame: number): number {
    return (CODE_LINES >> 2) + frame * 2;
  }
  private forgetLines(frame: number): void {
    const lines = this.linesOf(frame);
    this.memory.u32[lines] = 0;
    this.memory.u32[lines + 1] = 0;
  }

  /** MONITOR has armed a line, or the frame table or a whole state has changed. */
  watchLines(): void {
    for (const frame of this.monitored.refresh()) {
      this.codeFrames[frame]! ^= Looked.monitored;
      this.onFrameCode(frame * 4096);
    }
  }

  private becomesData(frame: number): void {
    this.frames.delete(frame);
    this.codeFrames[frame]! &= ~Looked.code;
    this.onFrameCode(frame * 4096);
  }

  private kill(block: Block): void {
    if (!block.valid) return;
    block.valid = false;
    this.onKill(block);
    const list = this.byPlace.get(block.physical);
    if (list) {
      const rest = list.filter((other) => other !== block);
      if (rest.length) this.byPlace.set(block.physical, rest);
      else this.byPlace.delete(block.physical);
    }
    const { u32 } = this.memory;
    // Neither the hash nor a branch that remembers it finds it any more: no memory of a guest is at 0.
    u32[(block.record - RECORD_SIZE + H.physical) >> 2] = 0;
    // A crossing block stays listed in its other frame; it is dead there too. Branches in its first page may still lead to it: they go on to what is there now.
    if (block.secondPage >= 0) this.leadOn(block);
  }
  private leadOn({ record, end, count }: Block): void {
    const { u16, i32 } = this.memory;
    if (u16[(record + R.plainOp) >> 1] !== Micro.straddle) {
      // The page behind is never found: a stop point's record has been passed.
      for (let at = record; at < end; at += RECORD_SIZE) if (u16[(at + R.plainOp) >> 1] === Micro.straddle) i32[(at + R.disp) >> 2] = 1;
      return;
    }
    const word = record >> 2;
    i32[word] = Micro.gotoLookedUp | (Micro.gotoLookedUp << 16);
    i32[(record + R.b) >> 2] = 8;
    i32[(record + R.disp) >> 2] = 0;
    i32[(record + R.imm) >> 2] = count;
    i32[(record + R.link) >> 2] = 0;
  }

  flush(): void {
    this.onFlush();
    const frames = [...this.frames.keys()];
    for (const block of this.blocks) block.valid = false;
    this.frames.clear();
    for (const frame of frames) {
      this.codeFrames[frame]! &= ~Looked.code;
      this.forgetLines(frame);
    }
    this.byPlace.clear();
    this.blocks = [];
    this.descriptions.length = 0;
    this.cursor = RECORDS_BASE;
    this.generation++;
    this.clearHash();
    for (const frame of frames) this.onFrameCode(frame * 4096);
  }
}
