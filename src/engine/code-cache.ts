// Decoded blocks by physical place and mode, the lookup table that emitted code reads, and invalidation by frame.
import type { Helper } from '../x86/cpu';
import type { AddressSpec } from '../x86/general/effective-address';
import type { InsnRow } from '../x86/insn/row';
import { RAM_BASE } from '../x86/layout';
import { type Block, BlockTable } from './block-table';
import { BlockCell } from './decode/layout';
import { Micro } from './handlers';
import { ImmediateTable } from './immediate-table';
import { IMMEDIATE_BYTES, type Immediate, type Immediates } from './immediates';
import type { MonitoredLines } from './monitored-lines';
import { H, R, RECORD_SIZE } from './record';
import type { RecordedInsn } from './run/recorded-insn';
import { CODE_FRAMES, CODE_LINES, Looked } from './tlb-layout';
import type { EngineMemory } from './vm-memory';

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

/** They are counted round it, and none is CLOSED. */
const MOST_GENERATIONS = 0x3fff_ffff;

/** Blocks of a frame have died so many times: what is stored there next may be another immediate of an instruction. */
const DEATHS_UNTIL_IMMEDIATES = 4;

/** Of a frame whose blocks have died. */
interface DeadCode {
  /** Writes since its last block died. */
  writes: number;
  /** Times that its blocks have died. */
  deaths: number;
  /** By offset of memory: records that have their immediate there, as far as it was asked since `newest` came. */
  immediates: Map<number, readonly Immediate[]>;
  newest: number;
}

export class CodeCache {
  readonly table: BlockTable;
  /** Those that are stored without TypeScript. */
  readonly kept: ImmediateTable;
  /** By frame, headers of blocks that end there and begin in another one. */
  private readonly crossing = new Map<number, number[]>();
  private readonly dead = new Map<number, DeadCode>();
  /** By frame of this memory: not 0 where stores must be looked at, see `Looked`. */
  private readonly codeFrames: Uint8Array;
  readonly descriptions: Description[] = [];
  /** A block dies; all blocks go. */
  onKill: (record: number) => void = () => {};
  onFlush: () => void = () => {};
  /** A compiled region runs the block of that first record without its being entered. */
  isCompiled: ((record: number) => boolean) | undefined;
  /** A block is about to run that has not since it was decoded, or since all were `unseen`; it may come by more often, and never where nobody `tells`. */
  onSeen: (record: number) => void = () => {};
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
    this.table = new BlockTable(memory);
    this.kept = new ImmediateTable(memory);
    memory.u32[BlockCell.lastByte >> 2] = memory.u8.length - 1;
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
      if (!this.isCode(frame)) continue;
      if (!this.hasBlocks(frame)) {
        if (++this.deadCode(frame).writes > WRITES_UNTIL_DATA) this.becomesData(frame);
        continue;
      }
      const from = frame === offset >>> 12 ? (offset >>> 6) & 63 : 0;
      const to = frame === last >>> 12 ? (last >>> 6) & 63 : 63;
      const lines = this.linesOf(frame);
      for (let line = from; line <= to; line++) if ((this.memory.u32[lines + (line >>> 5)]! >>> (line & 31)) & 1) return true;
    }
    return false;
  }

  /** Changes whenever a block dies: record addresses that were kept may be stale. */
  get generation(): number {
    return this.memory.i32[BlockCell.generation >> 2]!;
  }
  private set generation(generation: number) {
    this.memory.i32[BlockCell.generation >> 2] = generation & MOST_GENERATIONS;
  }
  /** `onSeen` must come for every block: a new one, or one looked up that emitted code does not find. */
  set tells(on: boolean) {
    this.memory.i32[BlockCell.told >> 2] = on ? 1 : 0;
  }

  private isCode(frame: number): boolean {
    return (this.codeFrames[frame]! & Looked.code) !== 0;
  }
  private hasBlocks(frame: number): boolean {
    return this.table.firstIn(frame) !== 0 || this.crossing.has(frame);
  }
  private deadCode(frame: number): DeadCode {
    let dead = this.dead.get(frame);
    if (!dead) {
      dead = { writes: 0, deaths: 0, immediates: new Map(), newest: 0 };
      this.dead.set(frame, dead);
    }
    return dead;
  }
  /** Headers of the frame's blocks, of which some may be dead. */
  private blocksIn(frame: number): number[] {
    const headers = [...(this.crossing.get(frame) ?? [])];
    for (let header = this.table.firstIn(frame); header !== 0; header = this.table.field(header, H.inFrame)) headers.push(header);
    return headers;
  }

  /** Room for a block of so many records; undefined when the arena is full: flush and decode again. */
  allocate(records: number): number | undefined {
    const record = this.table.cursor + RECORD_SIZE;
    const end = record + records * RECORD_SIZE;
    if (end > RAM_BASE) return undefined;
    return record;
  }

  /** Blocks there are, dead ones too. */
  get size(): number {
    return this.table.size;
  }
  get blocksDecoded(): number {
    return this.table.decoded;
  }

  /** A block is in the lists (`addBlock`). `secondPage` not -1: it ends there. */
  added(record: number, secondPage: number): void {
    const header = record - RECORD_SIZE;
    const physical = this.table.field(header, H.physical);
    this.track(physical >>> 12);
    if (secondPage >= 0) {
      this.table.crosses(header, secondPage);
      this.trackSecond(secondPage, header);
    }
    this.onSeen(record);
  }

  private track(frame: number): void {
    if (this.isCode(frame)) return;
    this.codeFrames[frame]! |= Looked.code;
    this.onFirstCode((frame << 12) >>> 0);
  }
  private trackSecond(offset: number, header: number): void {
    const frame = offset >>> 12;
    const headers = this.crossing.get(frame);
    if (headers) headers.push(header);
    else this.crossing.set(frame, [header]);
    this.dead.get(frame)?.immediates.clear();
    this.kept.drop();
    // The end of one instruction.
    this.memory.u32[this.linesOf(frame)]! |= 1;
    this.track(frame);
  }

  /** Bytes of code. */
  lengthOf({ end }: Pick<Block, 'end'>): number {
    return Math.max(this.memory.u16[(end - RECORD_SIZE + R.ipNext) >> 1]!, 1);
  }

  /** Where a block runs next, it is looked up and comes by `onSeen`. Links between blocks are the caller's to take away. */
  unseen(): void {
    this.table.clearHash();
    this.generation++;
  }

  /** First record of a place's block, which is about to run; or 0. */
  find(physical: number, mode: number): number {
    const record = this.findQuick(physical, mode);
    if (record !== 0) return record;
    const header = this.table.find(physical, mode);
    if (header === 0) return 0;
    this.table.hash(header);
    this.onSeen(header + RECORD_SIZE);
    return header + RECORD_SIZE;
  }

  /** First record of the block that emitted code would find, or 0. */
  findQuick(physical: number, mode: number): number {
    const header = this.table.hashed(physical, mode);
    return header === 0 ? 0 : header + RECORD_SIZE;
  }
  /** `find` that leaves what emitted code finds. */
  peek(physical: number, mode: number): Block | undefined {
    const header = this.table.find(physical, mode);
    return header === 0 ? undefined : this.table.objectOf(header);
  }

  /** Instructions of the block that a record belongs to. */
  countOf(record: number): number {
    return this.table.field(this.table.headerOf(record), H.count);
  }
  /** The block that a record belongs to (dead ones too, until the next flush). */
  blockOf(record: number): Block {
    return this.table.blockOf(record);
  }

  /** Offset of the record's instruction from the block's start. */
  ipOffset(record: number): number {
    const { u8, u16 } = this.memory;
    const k = u8[record + R.k]!;
    let at = record - RECORD_SIZE;
    while (u8[at + R.k] === k) at -= RECORD_SIZE;
    // That of a header is 0.
    return u16[(at + R.ipNext) >> 1]!;
  }

  /** Bytes at an offset of memory are about to change. */
  invalidate(offset: number, length: number): boolean {
    this.monitored.written(offset, length);
    let any = false;
    const last = offset + length - 1;
    for (let frame = offset >>> 12; frame <= last >>> 12; frame++) {
      const from = Math.max(offset, frame * 4096);
      const to = Math.min(last, frame * 4096 + 4095);
      if (this.isCode(frame) && this.touchesCode(from, to - from + 1)) {
        this.invalidateFrame(frame);
        any = true;
      }
    }
    return any;
  }

  /** Blocks of a frame may die while the record's block is running: neither it nor a compiled region has code there, and only blocks of one page are linked. */
  isApart(frame: number, record: number): boolean {
    const header = this.table.headerOf(record);
    const physical = this.table.field(header, H.physical);
    const second = this.table.field(header, H.second);
    if (physical === 0 || physical >>> 12 === frame || (second !== 0 && second >>> 12 === frame)) return false;
    const { isCompiled } = this;
    return isCompiled === undefined || !this.blocksIn(frame).some((each) => isCompiled(each + RECORD_SIZE));
  }

  /** Four bytes may be stored at an offset, if `reload` is told, without any block's death. */
  isImmediate(offset: number): boolean {
    const frame = offset >>> 12;
    const dead = this.dead.get(frame);
    if (dead === undefined || dead.deaths < DEATHS_UNTIL_IMMEDIATES) return false;
    const newest = this.table.firstIn(frame);
    if (newest !== dead.newest) dead.immediates.clear();
    dead.newest = newest;
    let found = dead.immediates.get(offset);
    if (found === undefined) {
      const blocks = this.blocksIn(frame).map((header) => this.table.objectOf(header));
      found = this.immediates.at(blocks, offset, (block) => this.lengthOf(block));
      dead.immediates.set(offset, found);
    }
    if (found.length === 0 || this.monitored.touches(offset, IMMEDIATE_BYTES)) return false;
    if (found.some(({ block }) => this.isCompiled?.(block.record))) return false;
    if (found.length === 1) this.kept.keep(offset, newest, found[0]!);
    return true;
  }
  /** They are stored. */
  reload(offset: number): void {
    const value = this.memory.view.getInt32(offset, true);
    for (const { block, record } of this.dead.get(offset >>> 12)!.immediates.get(offset)!) {
      this.memory.i32[(record + R.imm) >> 2] = value;
      this.table.change(block);
    }
  }

  /** Code of a frame is to be decoded again. */
  forgetFrame(frame: number): void {
    if (this.hasBlocks(frame)) this.invalidateFrame(frame);
  }
  private invalidateFrame(frame: number): void {
    this.invalidations++;
    this.generation++;
    for (const header of this.crossing.get(frame) ?? []) this.kill(header);
    for (let header = this.table.firstIn(frame); header !== 0; header = this.table.field(header, H.inFrame)) this.kill(header);
    this.forgetBlocks(frame);
    const dead = this.deadCode(frame);
    dead.deaths++;
    dead.immediates.clear();
    dead.writes = 0;
  }
  private forgetBlocks(frame: number): void {
    this.crossing.delete(frame);
    this.table.forgetFrame(frame);
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
    this.dead.delete(frame);
    this.codeFrames[frame]! &= ~Looked.code;
    this.onFrameCode(frame * 4096);
  }

  private kill(header: number): void {
    const { table } = this;
    if (!table.isAlive(header)) return;
    this.onKill(header + RECORD_SIZE);
    table.kill(header);
    // A crossing block stays listed in its other frame; it is dead there too. Branches in its first page may still lead to it: they go on to what is there now.
    if (table.field(header, H.second) !== 0) this.leadOn(header);
  }
  private leadOn(header: number): void {
    const { u16, i32 } = this.memory;
    const record = header + RECORD_SIZE;
    if (u16[(record + R.plainOp) >> 1] !== Micro.straddle) {
      // The page behind is never found: a stop point's record has been passed.
      const end = this.table.field(header, H.end);
      for (let at = record; at < end; at += RECORD_SIZE) if (u16[(at + R.plainOp) >> 1] === Micro.straddle) i32[(at + R.disp) >> 2] = 1;
      return;
    }
    const word = record >> 2;
    i32[word] = Micro.gotoLookedUp | (Micro.gotoLookedUp << 16);
    i32[(record + R.b) >> 2] = 8;
    i32[(record + R.disp) >> 2] = 0;
    i32[(record + R.imm) >> 2] = this.table.field(header, H.count);
    i32[(record + R.link) >> 2] = 0;
  }

  flush(): void {
    this.onFlush();
    const { table } = this;
    const frames = new Set<number>();
    table.forEach((header) => {
      frames.add(table.field(header, table.isAlive(header) ? H.physical : H.next) >>> 12);
      const second = table.field(header, H.second);
      if (second !== 0) frames.add(second >>> 12);
    });
    table.clear();
    this.kept.drop();
    for (const frame of frames) {
      this.codeFrames[frame]! &= ~Looked.code;
      this.forgetBlocks(frame);
    }
    this.dead.clear();
    this.descriptions.length = 0;
    this.generation++;
    for (const frame of frames) this.onFrameCode(frame * 4096);
  }
}
