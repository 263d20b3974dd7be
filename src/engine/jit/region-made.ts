// What is kept of a region for people who look at it: where it is and the guest code it was made of.
import { ModeBit, S, SEGMENT_STRIDE, Seg, SegmentField, STATE } from '../../x86/layout';
import type { Block } from '../block-table';
import { R, RECORD_SIZE } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { RegionPlan } from './region-plan';
import type { Made } from './region-profile';

/** Of a CS offset, in the vCPU that runs. */
export function codeLinear({ u32 }: EngineMemory, { mode }: Block, offset: bigint): bigint {
  if (mode & (ModeBit.code64 | ModeBit.flat)) return offset;
  return offset + BigInt(u32[(STATE + S.segments + Seg.cs * SEGMENT_STRIDE + SegmentField.base) >> 2]!);
}

export function madeOf({ u8, u16 }: EngineMemory, { blocks, deltas }: Pick<RegionPlan, 'blocks' | 'deltas'>): Made {
  const [{ physical, mode }] = blocks as readonly [Block];
  const codeOf = (block: Block): Uint8Array => {
    const length = u16[(block.end - RECORD_SIZE + R.ipNext) >> 1]!;
    return u8.slice(block.physical, block.physical + length);
  };
  return {
    physical,
    mode,
    blocks: blocks.map((block, i) => ({ physical: block.physical, delta: deltas[i]!, instructions: block.count, code: codeOf(block) })),
  };
}
