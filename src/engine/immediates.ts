// Immediates in decoded code: code that is written again and again is mostly given another constant. Such a store changes the record and no block dies.
import type { Decoder } from '../x86/decode/decoder';
import type { Block } from './block-table';
import type { HandlerCatalogue } from './handlers';
import { R, RECORD_SIZE } from './record';
import type { EngineMemory } from './vm-memory';

export const IMMEDIATE_BYTES = 4;

export interface Immediate {
  block: Block;
  record: number;
}

export class Immediates {
  constructor(
    private readonly memory: EngineMemory,
    private readonly catalogue: HandlerCatalogue,
    private readonly decoder: Decoder,
  ) {}

  /** Records whose 32-bit immediate is the four bytes at an offset of memory: one of every block that has decoded any of them, or none. */
  at(blocks: readonly Block[], offset: number, lengthOf: (block: Block) => number): readonly Immediate[] {
    const found: Immediate[] = [];
    for (const block of blocks) {
      if (!block.valid) continue;
      if (block.secondPage >= 0) return [];
      const from = offset - block.physical;
      if (from + IMMEDIATE_BYTES <= 0 || from >= lengthOf(block)) continue;
      const record = this.recordIn(block, from + IMMEDIATE_BYTES);
      if (record === undefined) return [];
      found.push({ block, record });
    }
    return found;
  }

  /** The record of the instruction that ends so many bytes from the block's start, if it ends in a 32-bit immediate that the record has as its own. */
  private recordIn(block: Block, end: number): number | undefined {
    const { memory, catalogue, decoder } = this;
    const { u8, u16 } = memory;
    let start = 0;
    for (let at = block.record; at < block.end; at += RECORD_SIZE) {
      const ip = u16[(at + R.ipNext) >> 1]!;
      if (ip < end) start = ip;
      if (ip !== end) continue;
      const form = catalogue.formOf(u16[(at + R.plainOp) >> 1]!);
      const role = form?.roles.find((each) => each.at === 'imm');
      if (!role || role.bytes < IMMEDIATE_BYTES) continue;
      const { row, status, length } = decoder.decode(u8, block.physical + start, block.physical + end, block.mode);
      return status === 'ok' && start + length === end && row?.name === form?.name && /^[^i]* i[zv]$/.test(row?.encoding ?? '')
        ? at
        : undefined;
    }
    return undefined;
  }
}
