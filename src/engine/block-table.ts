// Decoded blocks, as they stand in memory: a header before the records of each, and lists of headers by place and by frame. The decoder in WebAssembly adds to them
// (decode/block-emitter.ts); an object stands for a block only where TypeScript asks for one.
import { assert } from '../base/assert';
import { RAM_BASE } from '../x86/layout';
import { BlockCell } from './decode/layout';
import { FRAME_BLOCKS, H, HASH_BASE, HASH_ENTRIES, HEADER_K, PLACES, R, RECORD_SIZE, RECORDS_BASE } from './record';
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
}

const word = (field: number): number => field >> 2;

export class BlockTable {
  private objects: Block[] = [];
  /** By place in the records' arena: of a header, the number of its object among `objects`, counted from 1. Pages of it that no header needs are never touched. */
  private readonly numbers = new Int32Array((RAM_BASE - RECORDS_BASE) / RECORD_SIZE);

  constructor(private readonly memory: EngineMemory) {
    this.cursor = RECORDS_BASE;
  }

  /** Where the next header goes. */
  get cursor(): number {
    return this.memory.u32[word(BlockCell.cursor)]!;
  }
  private set cursor(at: number) {
    this.memory.u32[word(BlockCell.cursor)] = at;
  }
  /** Blocks there are, dead ones too; all that there ever were. */
  get size(): number {
    return this.memory.u32[word(BlockCell.count)]!;
  }
  get decoded(): number {
    return this.memory.u32[word(BlockCell.decoded)]!;
  }

  /** What emitted code finds blocks by, so that it finds none. */
  clearHash(): void {
    this.memory.u32.fill(0, word(HASH_BASE), word(HASH_BASE) + HASH_ENTRIES);
  }
  private numberOf(physical: number): number {
    return (physical ^ (physical >>> 12)) & (HASH_ENTRIES - 1);
  }
  /** Emitted code finds it. */
  hash(header: number): void {
    this.memory.u32[word(HASH_BASE) + this.numberOf(this.field(header, H.physical))] = header;
  }
  /** Header of the block that emitted code would find, or 0. */
  hashed(physical: number, mode: number): number {
    const header = this.memory.u32[word(HASH_BASE) + this.numberOf(physical)]!;
    return this.isAt(header, physical, mode) ? header : 0;
  }
  /** Header of the block alive at a place, or 0. */
  find(physical: number, mode: number): number {
    let header = this.memory.u32[word(PLACES) + this.numberOf(physical)]!;
    while (header !== 0 && !this.isAt(header, physical, mode)) header = this.field(header, H.next);
    return header;
  }
  private isAt(header: number, physical: number, mode: number): boolean {
    const { u32 } = this.memory;
    return u32[word(header + H.physical)] === physical && u32[word(header + H.mode)] === mode;
  }

  field(header: number, field: number): number {
    return this.memory.u32[word(header + field)]!;
  }
  isAlive(header: number): boolean {
    return this.field(header, H.physical) !== 0;
  }
  crosses(header: number, secondPage: number): void {
    this.memory.u32[word(header + H.second)] = secondPage;
  }

  /** The header that a record belongs to. */
  headerOf(record: number): number {
    const { u8 } = this.memory;
    let at = record - RECORD_SIZE;
    while (u8[at + R.k] !== HEADER_K && at > RECORDS_BASE) at -= RECORD_SIZE;
    assert(at >= RECORDS_BASE && record < this.field(at, H.end), 'record belongs to a block');
    return at;
  }
  blockOf(record: number): Block {
    return this.objectOf(this.headerOf(record));
  }
  objectOf(header: number): Block {
    const number = this.numbers[(header - RECORDS_BASE) / RECORD_SIZE]!;
    return number === 0 ? this.makeObject(header) : this.objects[number - 1]!;
  }
  private makeObject(header: number): Block {
    const physical = this.field(header, H.physical);
    const block: Block = {
      record: header + RECORD_SIZE,
      end: this.field(header, H.end),
      count: this.field(header, H.count),
      physical: physical === 0 ? this.field(header, H.next) : physical,
      mode: this.field(header, H.mode),
      secondPage: this.field(header, H.second) || -1,
      valid: physical !== 0,
    };
    this.numbers[(header - RECORDS_BASE) / RECORD_SIZE] = this.objects.push(block);
    return block;
  }

  /** An immediate of it is changed. */
  change({ record }: Block): void {
    this.memory.u8[record - RECORD_SIZE + H.changed] = 1;
  }
  /** One was since this was asked last. */
  takeChanged(block: Block): boolean {
    const changed = this.isChanged(block);
    this.memory.u8[block.record - RECORD_SIZE + H.changed] = 0;
    return changed;
  }
  isChanged({ record }: Block): boolean {
    return this.memory.u8[record - RECORD_SIZE + H.changed] !== 0;
  }

  /** Header of the block of a frame that came last, or 0; the others by H.inFrame, of which some may be dead. */
  firstIn(frame: number): number {
    return this.memory.u32[word(FRAME_BLOCKS) + frame]!;
  }
  forgetFrame(frame: number): void {
    this.memory.u32[word(FRAME_BLOCKS) + frame] = 0;
  }
  /** All that there are, dead ones too. */
  forEach(run: (header: number) => void): void {
    const { cursor } = this;
    for (let header = RECORDS_BASE; header < cursor; header = this.field(header, H.end)) run(header);
  }

  forEachAlive(run: (header: number) => void): void {
    this.forEach((header) => {
      if (this.isAlive(header)) run(header);
    });
  }

  /** Neither the lists by place nor the hash nor a branch that remembers it find it any more: no memory of a guest is at 0. */
  kill(header: number): void {
    const { u32 } = this.memory;
    const physical = this.field(header, H.physical);
    let slot = word(PLACES) + this.numberOf(physical);
    while (u32[slot] !== header) {
      assert(u32[slot] !== 0, 'a block alive is listed by its place');
      slot = word(u32[slot]! + H.next);
    }
    u32[slot] = this.field(header, H.next);
    u32[word(header + H.next)] = physical;
    u32[word(header + H.physical)] = 0;
    const number = this.numbers[(header - RECORDS_BASE) / RECORD_SIZE]!;
    if (number !== 0) this.objects[number - 1]!.valid = false;
  }

  /** All blocks go, and every frame is without any. */
  clear(): void {
    for (const block of this.objects) {
      block.valid = false;
      this.numbers[(block.record - RECORD_SIZE - RECORDS_BASE) / RECORD_SIZE] = 0;
    }
    this.objects = [];
    this.memory.u32.fill(0, word(PLACES), word(PLACES) + HASH_ENTRIES);
    this.clearHash();
    this.memory.u32[word(BlockCell.count)] = 0;
    this.cursor = RECORDS_BASE;
  }
}
