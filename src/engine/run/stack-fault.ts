// #GP for a non-canonical memory operand is #SS where the operand is in the stack segment (SDM vol 3 ch. 7.15, interrupt 12): the instruction is decoded
// once more to see. Accesses by the stack pointer are marked where they are emitted (ACCESS_STACK) and have been made #SS before.
import type { Decoder } from '../../x86/decode/decoder';
import { Vector } from '../../x86/fault';
import { ModeBit, Seg } from '../../x86/layout';
import type { Delivery } from '../../x86/system/delivery';
import type { CodeCache } from '../code-cache';
import type { EngineMemory } from '../vm-memory';

export class StackFault {
  constructor(
    private readonly memory: EngineMemory,
    private readonly cache: CodeCache,
    private readonly decoder: Decoder,
  ) {}

  /** The exception of an access of the record's instruction, as its segment makes it. */
  bySegment(delivery: Delivery, record: number): Delivery {
    const block = this.cache.blockOf(record);
    if (delivery.vector !== Vector.GP || !(block.mode & ModeBit.code64)) return delivery;
    const start = block.physical + this.cache.ipOffset(block, record);
    const d = this.decoder.decode(this.memory.u8, start, start + 15, block.mode);
    return d.hasMemory && d.segment === Seg.ss ? { ...delivery, vector: Vector.SS } : delivery;
  }
}
