// Blocks whose numbers or pages are not what regions are made for (ranged-doubles.ts, page-groups.ts): where they leave to the interpreter often, they are made
// anew without taking anything for granted.
import type { Block } from '../block-table';
import { UNUSUAL_BLOCK, UNUSUAL_TIMES } from '../record';
import type { EngineMemory } from '../vm-memory';

/** More often than once in so many virtual ns. */
const OFTEN_NS = 1024;

export class UnusualBlocks {
  /** By place. */
  private readonly places = new Set<number>();

  constructor(private readonly memory: EngineMemory) {}

  has({ physical }: Block): boolean {
    return this.places.has(physical);
  }
  add(blocks: readonly Block[]): void {
    for (const { physical } of blocks) this.places.add(physical);
  }
  clear(): void {
    this.places.clear();
  }
  /** Record of the block that was left last, if that happened often in the time since the last question. */
  takeOften(ns: number): number | undefined {
    const { u32 } = this.memory;
    const times = u32[UNUSUAL_TIMES >> 2]!;
    u32[UNUSUAL_TIMES >> 2] = 0;
    return times > 0 && times * OFTEN_NS >= ns ? u32[UNUSUAL_BLOCK >> 2]! : undefined;
  }
}
