// What the segment of an instruction's memory operand makes of a fault: the instruction is decoded once more to see. Accesses by the stack pointer are marked
// where they are emitted (ACCESS_STACK) and need no second look.
import type { Decoded, Decoder } from '../../x86/decode/decoder';
import { CpuFault, Vector } from '../../x86/fault';
import { ModeBit, S, Seg, STATE } from '../../x86/layout';
import type { Delivery } from '../../x86/system/delivery';
import { ACCESS_STACK } from '../access-info';
import type { CodeCache } from '../code-cache';
import type { EngineMemory } from '../vm-memory';

const MAX_BYTES = 15;

export class StackFault {
  constructor(
    private readonly memory: EngineMemory,
    private readonly cache: CodeCache,
    private readonly decoder: Decoder,
  ) {}

  /** The record's instruction once more. */
  decode(record: number): Decoded {
    const block = this.cache.blockOf(record);
    const start = block.physical + this.cache.ipOffset(record);
    const { u8 } = this.memory;
    if (block.secondPage < 0) return this.decoder.decode(u8, start, start + MAX_BYTES, block.mode);
    const first = 4096 - (start & 4095);
    const bytes = new Uint8Array(2 * MAX_BYTES);
    bytes.set(u8.subarray(start, start + Math.min(first, MAX_BYTES)));
    if (first < MAX_BYTES) bytes.set(u8.subarray(block.secondPage, block.secondPage + MAX_BYTES), first);
    return this.decoder.decode(bytes, 0, MAX_BYTES, block.mode);
  }

  /** The exception of an access of the record's instruction: #GP for a non-canonical operand is #SS in the stack segment (SDM vol 3 ch. 7.15, interrupt 12). */
  bySegment(delivery: Delivery, record: number): Delivery {
    if (delivery.vector !== Vector.GP || !(this.cache.blockOf(record).mode & ModeBit.code64)) return delivery;
    const d = this.decode(record);
    return d.hasMemory && d.segment === Seg.ss ? { ...delivery, vector: Vector.SS } : delivery;
  }

  /**
   * An access that goes on at address 0 from the end of the 4 GiB: with a flat segment it exceeds the limit; FS and GS with a base may wrap
   * (SDM vol 3 ch. 6.3 leaves the flat case to the processor).
   */
  byLimit(lo: number, info: number, record: number): CpuFault | undefined {
    if ((lo >>> 0) + (info & 0xffff) <= 0x1_0000_0000) return undefined;
    const mode = this.memory.u32[(STATE + S.mode) >> 2]!;
    if (mode & ModeBit.code64 || !(mode & ModeBit.flat)) return undefined;
    if (info & ACCESS_STACK) return new CpuFault(Vector.SS, 0);
    const d = this.decode(record);
    if (d.hasMemory && d.segment >= Seg.fs) return undefined;
    return new CpuFault(d.hasMemory && d.segment === Seg.ss ? Vector.SS : Vector.GP, 0);
  }
}
