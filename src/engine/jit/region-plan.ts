// Which decoded blocks make a region: the hot one, and what its branches lead to, as far as the cap goes, in other pages too. Behind a call whose target is in
// the region comes the block that it returns to, and the region's returns lead there. Where other pages are is a guess from the TLB as it is now: code that goes
// from page to page looks its target up as the interpreter does, and compares.
import type { Block, CodeCache } from '../code-cache';
import type { HandlerCatalogue } from '../handlers';
import { R, RECORD_SIZE, UNLINKED } from '../record';
import type { EngineMemory } from '../vm-memory';
import { Flow } from './flow';
import { isSupported } from './supported';

export interface RegionPlan {
  blocks: readonly Block[];
  /** Of each block: bytes from the root to it, by linear address. */
  deltas: readonly number[];
  flow: Flow;
  /** Where flow is irreducible (a loop with two entries), some edges go to the dispatcher, a node behind the blocks that is the entry then, and from there to
   * these. */
  dispatched: readonly number[];
  isDispatched(from: number, to: number): boolean;
  /** Nodes that a branch of a node goes to inside the region; where a return goes, several or none. */
  insideOf(node: number, branch: number): readonly number[];
}

export const MAX_BLOCKS = 48;
export const MAX_INSTRUCTIONS = 160;
/** A return is compared with at most so many addresses. */
const MAX_RETURN_SITES = 6;

/** Offset in memory of the code so many bytes from the root, if it can be told. */
export type PlaceOf = (delta: number) => number | undefined;

/** Near branches of a block. Nothing behind a record that is not supported is reached. */
function* branchesOf(
  memory: EngineMemory,
  catalogue: HandlerCatalogue,
  block: Block,
): Generator<{ at: number; name: string; linked: boolean }> {
  for (let at = block.record; at < block.end; at += RECORD_SIZE) {
    const op = memory.u16[(at + R.plainOp) >> 1]!;
    if (!isSupported(op, catalogue)) return;
    const form = catalogue.formOf(op);
    if (!form) continue;
    const { name } = form;
    if (name === 'goto' || name === 'RET' || form.roles.some((role) => role.at === 'rel'))
      yield { at, name, linked: form.branch === 'linked' };
  }
}

class RegionPlanner {
  readonly blocks: Block[] = [];
  readonly deltas: number[] = [];
  private readonly nodes = new Map<number, number>();
  /** Of each node, by branch. */
  readonly targets: Map<number, number[]>[] = [];
  private readonly returns: number[][] = [];
  private readonly sites: number[] = [];
  private instructions = 0;

  constructor(
    private readonly memory: EngineMemory,
    private readonly cache: CodeCache,
    private readonly catalogue: HandlerCatalogue,
    private readonly root: Block,
    private readonly placeOf: PlaceOf,
  ) {
    this.add(root, 0);
    for (let node = 0; node < this.blocks.length; node++) this.visit(node);
    for (const list of this.returns) list.push(...this.sites);
  }

  private visit(node: number): void {
    const block = this.blocks[node]!;
    const out = new Map<number, number[]>();
    this.targets.push(out);
    for (const { at, name, linked } of branchesOf(this.memory, this.catalogue, block)) {
      if (name === 'RET') {
        const sites: number[] = [];
        this.returns.push(sites);
        out.set(at, sites);
        continue;
      }
      const target = this.targetOf(node, at, linked);
      if (target === undefined) continue;
      out.set(at, [target]);
      if (name === 'CALL') this.returnsBehind(node, at);
    }
  }
  private targetOf(node: number, at: number, linked: boolean): number | undefined {
    const { i32 } = this.memory;
    const delta = this.deltas[node]! + i32[(at + R.disp) >> 2]!;
    if (!linked) return this.nodeAt(delta);
    const link = i32[(at + R.link) >> 2]!;
    if (link === 0 || i32[(at + R.imm) >> 2] === UNLINKED) return undefined;
    return this.nodeOf(this.cache.blockOf(link), link, delta);
  }
  private nodeAt(delta: number): number | undefined {
    const place = this.placeOf(delta);
    const block = place === undefined ? undefined : this.cache.peek(place, this.root.mode);
    return block && this.nodeOf(block, block.record, delta);
  }
  private returnsBehind(node: number, call: number): void {
    if (this.sites.length >= MAX_RETURN_SITES) return;
    const block = this.blocks[node]!;
    const offset = this.memory.u16[(call + R.ipNext) >> 1]!;
    const place = block.physical + offset;
    if ((place & -4096) !== (block.physical & -4096)) return;
    const site = this.cache.peek(place, this.root.mode);
    const behind = site && this.nodeOf(site, site.record, this.deltas[node]! + offset);
    if (behind !== undefined && !this.sites.includes(behind)) this.sites.push(behind);
  }

  private nodeOf(block: Block, record: number, delta: number): number | undefined {
    const known = this.nodes.get(record);
    if (known !== undefined) return this.deltas[known] === delta ? known : undefined;
    const fits = block.valid && block.record === record && block.mode === this.root.mode;
    if (!fits || this.blocks.length >= MAX_BLOCKS || this.instructions + block.count > MAX_INSTRUCTIONS) return undefined;
    return this.add(block, delta);
  }
  private add(block: Block, delta: number): number {
    const node = this.blocks.push(block) - 1;
    this.deltas.push(delta);
    this.nodes.set(block.record, node);
    this.instructions += block.count;
    return node;
  }
}

export function planRegion(memory: EngineMemory, cache: CodeCache, catalogue: HandlerCatalogue, root: Block, placeOf: PlaceOf): RegionPlan {
  const { blocks, deltas, targets } = new RegionPlanner(memory, cache, catalogue, root, placeOf);
  const successors = targets.map((out) => [...out.values()].flat());
  const dispatcher = blocks.length;
  const dispatched: number[] = [];
  const isDispatched = (from: number, to: number): boolean => redirected.has(from * MAX_BLOCKS + to);
  const redirected = new Set<number>();
  for (;;) {
    const edges = successors.map((list, from) => list.map((to) => (isDispatched(from, to) ? dispatcher : to)));
    const { flow, cut } =
      dispatched.length === 0 ? Flow.of(edges) : Flow.of([...edges, [0, ...dispatched.filter((target) => target !== 0)]], dispatcher);
    if (cut.length === 0)
      return { blocks, deltas, flow, dispatched, isDispatched, insideOf: (node, branch) => targets[node]!.get(branch) ?? [] };
    for (const [from, to] of cut) {
      redirected.add(from * MAX_BLOCKS + to);
      if (!dispatched.includes(to)) dispatched.push(to);
    }
  }
}
