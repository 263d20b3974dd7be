// Stops in the middle of a block: the record after so many instructions is made to leave, and sequences before it run record by record, until it is put back.
import { assert } from '../../base/assert';
import type { Block } from '../block-table';
import { Micro } from '../handlers';
import { R, RECORD_SIZE } from '../record';
import type { EngineMemory } from '../vm-memory';

interface Replaced {
  at: number;
  op: number;
}

export class BlockLimit {
  constructor(private readonly memory: EngineMemory) {}

  /** `limit` more instructions from `record`, which are fewer than the block has. */
  set(block: Block, record: number, limit: number): readonly Replaced[] {
    const { u8, u16 } = this.memory;
    const saved: Replaced[] = [];
    const replace = (at: number, op: number): void => {
      const old = u16[(at + R.op) >> 1]!;
      if (old === op) return;
      saved.push({ at, op: old });
      u16[(at + R.op) >> 1] = op;
    };
    const stop = u8[record + R.k]! + limit;
    let at = record;
    for (; at < block.end && u8[at + R.k]! < stop; at += RECORD_SIZE) replace(at, u16[(at + R.plainOp) >> 1]!);
    assert(at < block.end, 'the limit lies in the block');
    replace(at, Micro.leave);
    return saved;
  }
  clear(saved: readonly Replaced[]): void {
    for (const { at, op } of saved) this.memory.u16[(at + R.op) >> 1] = op;
  }
}
