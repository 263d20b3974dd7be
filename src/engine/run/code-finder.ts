// The record to go on at: the one remembered in the middle of a block, or the first of the block at RIP, decoded now if need be.
import { ModeBit, S, STATE } from '../../x86/layout';
import type { BlockBuilder } from '../block-builder';
import type { CodeCache } from '../code-cache';
import type { EngineMemory } from '../vm-memory';
import type { BranchLinks } from './branch-links';
import type { CodeFetch } from './code-fetch';
import type { Vcpu } from './vcpu';

export class CodeFinder {
  /** The block found reaches beyond the limit of CS: its instructions run one by one. */
  alone = false;

  constructor(
    private readonly memory: EngineMemory,
    private readonly cache: CodeCache,
    private readonly fetch: CodeFetch,
    private readonly builder: BlockBuilder,
    private readonly links: BranchLinks,
  ) {}

  /** Record of the instruction at RIP; -1 with a fault pending. */
  find(vcpu: Vcpu): number {
    const record = this.findRecord(vcpu);
    this.alone = false;
    const mode = this.memory.u32[(STATE + S.mode) >> 2]!;
    if (record < 0 || mode & (ModeBit.code64 | ModeBit.flat)) return record;
    const reach = this.fetch.reach(record);
    this.alone = reach !== 'inside';
    return reach === 'beyond' ? -1 : record;
  }

  private findRecord(vcpu: Vcpu): number {
    const branch = this.links.takeUnlinked();
    const { cache } = this;
    const mode = this.memory.u32[(STATE + S.mode) >> 2]!;
    const physical = this.fetch.place(mode);
    if (physical < 0) return -1;
    const record = vcpu.takeRemembered(cache.generation);
    if (record !== 0) {
      const block = cache.blockOf(record);
      const samePage = (block.physical & -4096) >>> 0 === (physical & -4096) >>> 0;
      if (block.valid && block.mode === mode && samePage && block.secondPage < 0) return record;
    }
    const found = cache.find(physical, mode) || this.builder.build(physical, mode);
    if (found === 0) return -1;
    if (branch) this.links.link(branch, found, mode);
    return found;
  }
}
