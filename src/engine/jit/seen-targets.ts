// Where indirect branches have been seen to go: by samples in the interpreter, and by regions that were left for a target which they have, but not at that branch.
import type { Block } from '../block-table';
import type { CodeCache } from '../code-cache';
import type { HandlerCatalogue } from '../handlers';
import { MISSED_BRANCH, MISSED_TARGET, MISSED_TIMES, R } from '../record';
import type { EngineMemory } from '../vm-memory';
import { isIndirect } from './region-plan';
import type { Sample } from './sample-log';

/** An indirect branch is compared with at most so many targets, none farther away than that. */
const MOST_SEEN = 12;
const FARTHEST = 1 << 20;
const PAGE = 4096;

/** More often than once in so many virtual ns. */
const OFTEN_NS = 1024;

export class SeenTargets {
  /** By the place behind the branch, in bytes from there. Several blocks may end in it. */
  private readonly byPlace = new Map<number, Set<number>>();

  constructor(
    private readonly memory: EngineMemory,
    private readonly cache: CodeCache,
    private readonly catalogue: HandlerCatalogue,
  ) {}

  of(place: number): Iterable<number> {
    return this.byPlace.get(place) ?? [];
  }
  private placeBehind(block: Block): number {
    return block.physical + this.cache.lengthOf(block);
  }
  /** Whether that is new. */
  private add(place: number, delta: number): boolean {
    const targets = this.byPlace.get(place) ?? new Set();
    if (Math.abs(delta) >= FARTHEST || targets.size >= MOST_SEEN || targets.has(delta)) return false;
    this.byPlace.set(place, targets.add(delta));
    return true;
  }

  /** The block was left behind the sample's record, by a branch to its target. False: it is no indirect one, here or anywhere. */
  see(block: Block, { exit, linear, target }: Sample): boolean {
    const { memory, catalogue } = this;
    const form = catalogue.formOf(memory.u16[((exit & ~3) + R.plainOp) >> 1]!);
    if (!form || !isIndirect(form)) return false;
    this.add(this.placeBehind(block), Number(BigInt.asIntN(64, target - linear - BigInt(this.cache.lengthOf(block)))));
    return true;
  }

  /** Records of two blocks: regions have often left behind the first for a target that they do not compare with there, which is the second. Undefined: nothing is learned. */
  takeMissed(ns: number): { from: number; to: number } | undefined {
    const { u32, view } = this.memory;
    const times = u32[MISSED_TIMES >> 2]!;
    u32[MISSED_TIMES >> 2] = 0;
    if (times === 0 || times * OFTEN_NS < ns) return undefined;
    const block = this.cache.blockOf(u32[MISSED_BRANCH >> 2]!);
    const delta = Number(view.getBigInt64(MISSED_TARGET, true));
    const place = this.placeBehind(block);
    if (!block.valid || Math.abs(delta) >= PAGE || (place + delta) >>> 12 !== block.physical >>> 12) return undefined;
    const target = this.cache.peek(place + delta, block.mode);
    return target && this.add(place, delta) ? { from: block.record, to: target.record } : undefined;
  }

  forget(block: Block): void {
    this.byPlace.delete(this.placeBehind(block));
  }
  clear(): void {
    this.byPlace.clear();
    this.memory.u32[MISSED_TIMES >> 2] = 0;
  }
}
