// Branches to blocks that are not known yet, without leaving the interpreter: it calls here, the block is found or decoded, the branch linked where it can be, and
// it goes on there. Whatever is not usual leaves as it would have, and nothing has happened then that would not happen after it.
import { ModeBit, S, STATE } from '../../x86/layout';
import type { BlockBuilder } from '../block-builder';
import type { CodeCache } from '../code-cache';
import { Micro } from '../handlers';
import { Exit, H, R, RECORD_SIZE, Slot } from '../record';
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
    const op = u16[(branch + R.plainOp) >> 1]!;
    const isGoto = op === Micro.gotoLinked || op === Micro.gotoLookedUp;
    const unusedNs = i32[REMAINING]! + cache.countOf(branch) - u8[branch + R.k]! - (isGoto ? 0 : 1);
    if (unusedNs <= 0) return 0;
    const direct = (exit & 3) === Exit.directBranch;
    if (direct) leaveBlock(memory, i32[(branch + R.disp) >> 2]!, i32[(branch + R.b) >> 2]!);
    else {
      i32[RIP] = i32[Slot.nextRip >> 2]!;
      i32[RIP + 1] = i32[(Slot.nextRip >> 2) + 1]!;
    }
    const physical = fetch.quickPlace(mode);
    if (physical < 0) return 0;
    let record = cache.find(physical, mode);
    if (record === 0) {
      if (!builder.hasRoom) return 0;
      record = builder.build(physical, mode);
      if (record === 0) {
        // It will fault again.
        fault.forget();
        return 0;
      }
    }
    if (direct) links.linkAlive(branch, record, mode);
    else links.remember(branch, record);
    const leftNs = unusedNs - i32[(record - RECORD_SIZE + H.count) >> 2]!;
    if (leftNs < 0) return 0;
    i32[REMAINING] = leftNs;
    enterBlock(memory, 0);
    return record;
  };
}
