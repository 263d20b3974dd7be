// Immediates of decoded code that were stored lately, in memory: stores of them are done in WebAssembly (decode/immediate-emitter.ts).
import { IMMEDIATE_STRIDE, IMMEDIATES, ImmediateEntry, MOST_IMMEDIATES } from './decode/layout';
import type { Immediate } from './immediates';
import { RECORD_SIZE } from './record';
import type { EngineMemory } from './vm-memory';

export class ImmediateTable {
  constructor(private readonly memory: EngineMemory) {}

  /** One that is the only one at its offset in memory, as long as the frame's newest block is the same. */
  keep(offset: number, newest: number, { block, record }: Immediate): void {
    const at = (IMMEDIATES + (offset & (MOST_IMMEDIATES - 1)) * IMMEDIATE_STRIDE) >> 2;
    const { u32 } = this.memory;
    u32[at + (ImmediateEntry.offset >> 2)] = offset;
    u32[at + (ImmediateEntry.newest >> 2)] = newest;
    u32[at + (ImmediateEntry.record >> 2)] = record;
    u32[at + (ImmediateEntry.header >> 2)] = block.record - RECORD_SIZE;
  }
  /** A region compiles blocks, or some come or go otherwise than by their frame's list. */
  drop(): void {
    this.memory.u8.fill(0, IMMEDIATES, IMMEDIATES + MOST_IMMEDIATES * IMMEDIATE_STRIDE);
  }
}
