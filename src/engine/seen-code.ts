// What code has run since a snapshot, block by block where there is little of it: nothing leads to a decoded block then, so that each is looked up before it
// runs again, and noted; regions sleep until their root is. Of much code, or what becomes much on the way, only pages are noted, for looking it all up again costs more than it tells.

import type { Block } from './block-table';
import type { CodeCache } from './code-cache';
import { FetchLog } from './fetch-log';
import type { Regions } from './jit/regions';
import { H, RECORD_SIZE } from './record';
import type { BranchLinks } from './run/branch-links';
import type { EngineMemory } from './vm-memory';

/** Decoded blocks. So few cost nothing that could be measured. */
const LITTLE_CODE = 1000;

export class SeenCode {
  readonly log: FetchLog;
  regions: Regions | undefined;
  private tells = false;

  constructor(
    private readonly memory: EngineMemory,
    private readonly cache: CodeCache,
    private readonly links: BranchLinks,
  ) {
    this.log = new FetchLog(memory.u8);
    cache.onSeen = (record) => this.seen(record);
  }

  /** A stretch begins. */
  begin(): void {
    const { cache, log } = this;
    const little = cache.size <= LITTLE_CODE;
    log.begin(!little);
    this.tell(little);
    if (!little) return;
    cache.unseen();
    this.links.unlinkAll();
    this.regions?.sleep();
  }

  private tell(on: boolean): void {
    this.tells = on;
    this.cache.tells = on;
    if (!on) this.regions?.wakeAll();
  }

  private seen(record: number): void {
    const { memory, cache, regions } = this;
    const header = record - RECORD_SIZE;
    this.log.ran(memory.u32[(header + H.physical) >> 2]!, cache.lengthOf({ end: memory.u32[(header + H.end) >> 2]! }));
    regions?.wake(record);
    if (!this.tells || cache.size <= LITTLE_CODE) return;
    this.log.ranAnything();
    this.tell(false);
  }

  ranIn(block: Block): void {
    this.log.ran(block.physical, this.cache.lengthOf(block));
  }
}
