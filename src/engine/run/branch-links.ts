// Linking: a direct branch that left the interpreter because its target was not known goes straight to it from then on, within one page.
import { ModeBit } from '../../x86/layout';
import type { CodeCache } from '../code-cache';
import { type HandlerCatalogue, Micro } from '../handlers';
import { H, R, RECORD_SIZE, UNLINKED } from '../record';
import type { EngineMemory } from '../vm-memory';

/** Forms that do where they are not linked. */
const LOOKING_UP: ReadonlySet<string> = new Set(['goto', 'JMP', 'CALL', 'RET']);

export class BranchLinks {
  /** The branch's record, and the generation of blocks it belongs to. */
  private unlinked = 0;
  private generation = -1;
  constructor(
    private readonly memory: EngineMemory,
    private readonly cache: CodeCache,
    private readonly catalogue: HandlerCatalogue,
  ) {}

  /** Every branch is looked up again where it is taken next. */
  unlinkAll(): void {
    const { memory, cache } = this;
    cache.table.forEachAlive((header) => {
      const end = memory.u32[(header + H.end) >> 2]!;
      for (let at = header + RECORD_SIZE; at < end; at += RECORD_SIZE) {
        const op = memory.u16[(at + R.plainOp) >> 1]!;
        if (this.isLinked(op)) memory.i32[(at + R.imm) >> 2] = UNLINKED;
        else if (this.remembers(op)) memory.i32[(at + R.link) >> 2] = 0;
      }
    });
  }

  private isLinked(op: number): boolean {
    return op === Micro.gotoLinked || this.catalogue.linked[op] === 1;
  }

  /** A branch that looks its target up has found one. */
  private remembers(op: number): boolean {
    return this.catalogue.lookedUp[op] === 1 || LOOKING_UP.has(this.catalogue.formOf(op)?.name ?? '');
  }

  /** A branch was taken and not entered; the interpreter had been entered in `generation`. */
  left(branch: number, generation: number): void {
    this.unlinked = branch;
    this.generation = generation === this.cache.generation ? generation : -1;
  }
  /** The branch that has just left, or 0. */
  takeUnlinked(): number {
    const { unlinked } = this;
    this.unlinked = 0;
    return unlinked;
  }

  link(branch: number, target: number, mode: number): void {
    if (this.generation === this.cache.generation && mode & ModeBit.flat) this.linkAlive(branch, target, mode);
  }
  /** What a branch of an alive block that looks its target up has found. */
  remember(branch: number, record: number): void {
    this.memory.i32[(branch + R.link) >> 2] = record - RECORD_SIZE;
  }
  /** The same as `link` while no block has died since the branch was decoded, in a flat mode. */
  linkAlive(branch: number, target: number, mode: number): void {
    const { memory, cache } = this;
    const { i32, u32 } = memory;
    const from = cache.table.headerOf(branch);
    const physical = u32[(from + H.physical) >> 2]!;
    if (physical === 0) return;
    const op = memory.u16[(branch + R.plainOp) >> 1]!;
    if (this.catalogue.lookedUp[op] === 1 || op === Micro.gotoLookedUp) {
      this.remember(branch, target);
      return;
    }
    const to = u32[(target - RECORD_SIZE + H.physical) >> 2]!;
    if ((physical & -4096) !== (to & -4096)) return;
    const bytes = i32[(branch + R.b) >> 2]!;
    if (!(mode & ModeBit.code64) && bytes === 2) return;
    // The target must be in the page: a branch that wraps or leaves it is never linked.
    const place = physical + i32[(branch + R.disp) >> 2]!;
    if (place !== to) return;
    const givenBack = op === Micro.gotoLinked ? 0 : i32[(from + H.count) >> 2]! - memory.u8[branch + R.k]! - 1;
    i32[(branch + R.imm) >> 2] = givenBack - i32[(target - RECORD_SIZE + H.count) >> 2]!;
    i32[(branch + R.link) >> 2] = target;
  }
}
