// Branches to blocks that are not known yet, without leaving the interpreter: it calls here, the block is found or decoded, the branch linked where it can be, and
// it goes on there. Whatever is not usual leaves as it would have, and nothing has happened then that would not happen after it.
import { ModeBit, S, STATE } from '../../x86/layout';
import type { BlockBuilder } from '../block-builder';
import type { CodeCache } from '../code-cache';
import { Micro } from '../handlers';
import { Exit, R, Slot } from '../record';
import type { EngineMemory } from '../vm-memory';
import type { BranchLinks } from './branch-links';
import type { CodeFetch } from './code-fetch';
import type { InPlace } from './in-place';
import { enterBlock, leaveBlock } from './instruction-pointer';
import type { PendingFault } from './pending-fault';

export interface GoOnParts {
  memory: EngineMemory;
  cache: CodeCache;
  fetch: CodeFetch;
  builder: BlockBuilder;
  links: BranchLinks;
  inPlace: InPlace;
  fault: PendingFault;
}

const RIP = (STATE + S.rip) >> 2;
const MODE = (STATE + S.mode) >> 2;
const PENDING_DEBUG = (STATE + S.pendingDebug) >> 2;
const REMAINING = Slot.remaining >> 2;

export class GoOn {
  constructor(private readonly parts: GoOnParts) {}

  /** Imported by the interpreter, see `InterpreterImports`. */
  readonly run = (exit: number): number => {
    const { memory, cache, fetch, builder, links, inPlace, fault } = this.parts;
    const { i32, u8, u16 } = memory;
    const mode = i32[MODE]!;
    if (!inPlace.goesOn || !(mode & ModeBit.flat) || mode & ModeBit.trap || i32[PENDING_DEBUG] !== 0) return 0;
    const branch = (exit & ~3) >>> 0;
    const from = cache.blockOf(branch);
    const op = u16[(branch + R.plainOp) >> 1]!;
    const isGoto = op === Micro.gotoLinked || op === Micro.gotoLookedUp;
    const unusedNs = i32[REMAINING]! + from.count - u8[branch + R.k]! - (isGoto ? 0 : 1);
    if (unusedNs <= 0) return 0;
    const direct = (exit & 3) === Exit.directBranch;
    if (direct) leaveBlock(memory, i32[(branch + R.disp) >> 2]!, i32[(branch + R.b) >> 2]!);
    else {
      i32[RIP] = i32[Slot.nextRip >> 2]!;
      i32[RIP + 1] = i32[(Slot.nextRip >> 2) + 1]!;
    }
    const physical = fetch.quickPlace(mode);
    if (physical < 0) return 0;
    let block = cache.find(physical, mode);
    if (!block) {
      if (!builder.hasRoom) return 0;
      block = builder.build(physical, mode);
      if (!block) {
        // It will fault again.
        fault.forget();
        return 0;
      }
    }
    if (direct) links.linkAlive(branch, block, mode);
    else links.remember(branch, block);
    const leftNs = unusedNs - block.count;
    if (leftNs < 0) return 0;
    i32[REMAINING] = leftNs;
    enterBlock(memory, 0);
    return block.record;
  };
}
