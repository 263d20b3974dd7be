// Which entry of a TLB a page has, of those of an MMU index: by bits 21:12 of its linear address, with bits 31:22 folded in, so that arrays whose addresses
// differ by a multiple of 4 MiB do not share their entries.
import type { Code } from '../wasm/code';
import { TLB_ENTRIES, TLB_STRIDE } from './record';

const PAGE_SHIFT = 12;
const FOLD_SHIFT = PAGE_SHIFT + Math.log2(TLB_ENTRIES);
const STRIDE_SHIFT = Math.log2(TLB_STRIDE);

/** `lo`: the low half of a linear address. */
export const tlbIndex = (lo: number): number => ((lo >>> PAGE_SHIFT) ^ (lo >>> FOLD_SHIFT)) & (TLB_ENTRIES - 1);

/** Pushes the same; `pushLo` pushes the low half. */
export function emitTlbIndex(f: Code, pushLo: () => void): void {
  emitFolded(f, pushLo, 0);
}
/** Pushes the offset of the fast entry in those of its MMU index. */
export function emitFastEntryOffset(f: Code, pushLo: () => void): void {
  emitFolded(f, pushLo, STRIDE_SHIFT);
}
function emitFolded(f: Code, pushLo: () => void, scale: number): void {
  pushLo();
  f.i32(PAGE_SHIFT - scale).op('i32.shr_u');
  pushLo();
  f.i32(FOLD_SHIFT - scale)
    .op('i32.shr_u', 'i32.xor')
    .i32((TLB_ENTRIES - 1) << scale)
    .op('i32.and');
}
