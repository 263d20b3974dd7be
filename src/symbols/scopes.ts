// Which lexical blocks and inlined calls of a function an address lies in (DWARF 5, 3.3.8 and 3.5).

import type { Die } from './dwarf/die';
import { type AddressRange, contains, dieRanges } from './dwarf/ranges';
import { DW_TAG } from './dwarf/tags';

const NESTING: ReadonlySet<number> = new Set([DW_TAG.lexical_block, DW_TAG.inlined_subroutine, DW_TAG.try_block]);
const MAX_DEPTH = 256;

/** A block is asked about for every address of its function. */
const known = new WeakMap<Die, readonly AddressRange[]>();
function rangesOf(die: Die): readonly AddressRange[] {
  let ranges = known.get(die);
  if (ranges === undefined) {
    ranges = dieRanges(die);
    known.set(die, ranges);
  }
  return ranges;
}

/** From the function's DIE inwards: blocks and inlined calls that hold the address. */
function scopePath(functionDie: Die, address: bigint): Die[] {
  const path = [functionDie];
  for (let i = 0; i < MAX_DEPTH; i++) {
    const inner = path[path.length - 1]!.children.find((child) => NESTING.has(child.tag) && contains(rangesOf(child), address));
    if (!inner) return path;
    path.push(inner);
  }
  return path;
}

/** One call as a person sees it: the function itself or an inlined copy in it, with the scopes that belong to it, innermost last. */
export interface ScopeFrame {
  /** The subprogram or inlined_subroutine DIE. */
  readonly die: Die;
  readonly scopes: readonly Die[];
}

/** Innermost first; the last one is the function itself. */
export function scopeFrames(functionDie: Die, address: bigint): ScopeFrame[] {
  const frames: { die: Die; scopes: Die[] }[] = [];
  for (const die of scopePath(functionDie, address)) {
    if (frames.length === 0 || die.tag === DW_TAG.inlined_subroutine) frames.push({ die, scopes: [] });
    frames[frames.length - 1]!.scopes.push(die);
  }
  return frames.reverse();
}
