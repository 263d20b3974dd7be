// Which decoded blocks make a region: the hot one, and what its branches lead to, as far as the cap goes, in other pages too. Behind a call whose target is in
// the region comes the block that it returns to, and the region's returns lead there. Where other pages are is a guess from the TLB as it is now: code that goes
// from page to page looks its target up as the interpreter does, and compares.
import { ModeBit } from '../../x86/layout';
import type { Block } from '../block-table';
import type { CodeCache } from '../code-cache';
import type { Form } from '../forms';
import type { HandlerCatalogue } from '../handlers';
import { R, RECORD_SIZE, UNLINKED } from '../record';
import { BranchLinks } from '../run/branch-links';
import type { EngineMemory } from '../vm-memory';
import { Flow } from './flow';
import { quickAt } from './region-quick';
import { isSupported } from './supported';

export interface RegionPlan {
  blocks: readonly Block[];
  /** Of each block: bytes from the root to it, by linear address. */
  deltas: readonly number[];
  flow: Flow;
  /** Of each block: where another block of the region begins inside it and takes over, so that no code is there twice. */
  cuts: readonly (Cut | undefined)[];
  /** Where flow is irreducible (a loop with two entries), some edges go to the dispatcher, a node behind the blocks that is the entry then, and from there to
   * these. */
  dispatched: readonly number[];
  isDispatched(from: number, to: number): boolean;
  /** Nodes that a branch of a node goes to inside the region; where a return goes, several or none. */
  insideOf(node: number, branch: number): readonly number[];
}

export interface Cut {
  /** The block's first record that is not run. */
  record: number;
  /** Instructions before it. */
  count: number;
  /** Goes on. */
  node: number;
}

export const MAX_BLOCKS = 48;
export const MAX_INSTRUCTIONS = 160;
/** A return is compared with at most so many addresses. */
const MAX_RETURN_SITES = 6;

/** Offset in memory of the code so many bytes from the root, if it can be told. */
export type PlaceOf = (delta: number) => number | undefined;

/** A near jump or call to an address that an operand holds. */
export const isIndirect = ({ name, roles }: Form): boolean =>
  (name === 'JMP' || name === 'CALL') && !roles.some((role) => role.at === 'rel');

/** Where the indirect branch before a place has been seen to go, in bytes from there. */
export type SeenTargets = (place: number) => Iterable<number>;

/** Near branches of a block. Nothing behind a record that is not supported is reached. */
function* branchesOf(
  memory: EngineMemory,
  cache: CodeCache,
  catalogue: HandlerCatalogue,
  block: Block,
): Generator<{ at: number; name: string; linked: boolean }> {
  for (let at = block.record; at < block.end; at += RECORD_SIZE) {
    const op = memory.u16[(at + R.plainOp) >> 1]!;
    if (quickAt(memory, cache, at) !== undefined) continue;
    if (!isSupported(op, catalogue)) return;
    const form = catalogue.formOf(op);
    if (!form) continue;
    const { name } = form;
    if (isIndirect(form)) yield { at, name: 'indirect', linked: false };
    else if (name === 'goto' || name === 'RET' || form.roles.some((role) => role.at === 'rel'))
      yield { at, name, linked: form.branch === 'linked' };
  }
}

class RegionPlanner {
  readonly blocks: Block[] = [];
  readonly deltas: number[] = [];
  private readonly nodes = new Map<number, number>();
  /** Of each node, by branch. */
  readonly targets: Map<number, number[]>[] = [];
  readonly cuts: (Cut | undefined)[] = [];
  private readonly links: BranchLinks;
  private readonly returns: number[][] = [];
  private readonly sites: number[] = [];
  private instructions = 0;

  constructor(
    private readonly memory: EngineMemory,
    private readonly cache: CodeCache,
    private readonly catalogue: HandlerCatalogue,
    private readonly root: Block,
    private readonly placeOf: PlaceOf,
    private readonly seen: SeenTargets,
  ) {
    this.links = new BranchLinks(memory, cache, catalogue);
    this.add(root, 0);
    for (let node = 0; node < this.blocks.length; node++) this.visit(node);
    for (const list of this.returns) list.push(...this.sites);
  }

  private visit(node: number): void {
    const block = this.blocks[node]!;
    const out = new Map<number, number[]>();
    this.targets.push(out);
    for (const { at, name, linked } of branchesOf(this.memory, this.cache, this.catalogue, block)) {
      if (at >= (this.cuts[node]?.record ?? block.end)) return;
      if (name === 'RET') {
        const sites: number[] = [];
        this.returns.push(sites);
        out.set(at, sites);
        continue;
      }
      if (name === 'indirect') {
        out.set(at, this.seenFrom(node, this.memory.u16[(at + R.ipNext) >> 1]!));
        continue;
      }
      const target = this.targetOf(node, at, linked);
      if (target === undefined) continue;
      out.set(at, [target]);
      if (name === 'CALL') this.returnsBehind(node, at);
    }
  }
  /** `length`: the branch ends so many bytes from the node's start. */
  private seenFrom(node: number, length: number): number[] {
    const { physical } = this.blocks[node]!;
    const found: number[] = [];
    for (const seen of this.seen(physical + length)) {
      const delta = seen + length;
      const samePage = (physical + delta) >>> 12 === physical >>> 12;
      const block = samePage ? this.cache.peek(physical + delta, this.root.mode) : undefined;
      const from = this.deltas[node]! + delta;
      const target = block ? this.nodeOf(block, block.record, from) : samePage ? undefined : this.nodeAt(from);
      if (target !== undefined) found.push(target);
    }
    return found;
  }
  private targetOf(node: number, at: number, linked: boolean): number | undefined {
    const { i32 } = this.memory;
    const delta = this.deltas[node]! + i32[(at + R.disp) >> 2]!;
    if (!linked) return this.nodeAt(delta);
    if (i32[(at + R.imm) >> 2] === UNLINKED) this.link(node, at);
    if (i32[(at + R.imm) >> 2] === UNLINKED) return undefined;
    const link = i32[(at + R.link) >> 2]!;
    return this.nodeOf(this.cache.blockOf(link), link, delta);
  }
  /** Where other code has taken a branch like this one, its target is decoded. */
  private link(node: number, at: number): void {
    const { physical, mode } = this.blocks[node]!;
    if (!(mode & ModeBit.flat)) return;
    const target = this.cache.peek(physical + this.memory.i32[(at + R.disp) >> 2]!, mode);
    if (target) this.links.linkAlive(at, target.record, mode);
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
    const fits = block.valid && !this.cache.table.isChanged(block) && block.record === record && block.mode === this.root.mode;
    if (!fits || this.blocks.length >= MAX_BLOCKS || this.instructions + block.count > MAX_INSTRUCTIONS) return undefined;
    return this.add(block, delta);
  }
  private add(block: Block, delta: number): number {
    const node = this.blocks.push(block) - 1;
    this.deltas.push(delta);
    this.nodes.set(block.record, node);
    this.cuts.push(undefined);
    this.instructions += block.count;
    for (let other = 0; other < node; other++) {
      this.cut(other, node);
      this.cut(node, other);
    }
    return node;
  }
  /** Ends a block where `other` begins, if that is at one of its instructions. */
  private cut(node: number, other: number): void {
    const { u8, u16 } = this.memory;
    const { physical, record, end, count } = this.blocks[node]!;
    const offset = this.blocks[other]!.physical - physical;
    if (offset <= 0 || offset >= u16[(end - RECORD_SIZE + R.ipNext) >> 1]! || this.deltas[other] !== this.deltas[node]! + offset) return;
    const last = this.cuts[node];
    for (let at = record + RECORD_SIZE; at < (last?.record ?? end); at += RECORD_SIZE) {
      if (u16[(at - RECORD_SIZE + R.ipNext) >> 1] !== offset || u16[(at + R.ipNext) >> 1] === offset) continue;
      const before = u8[at + R.k]!;
      this.instructions -= (last?.count ?? count) - before;
      this.cuts[node] = { record: at, count: before, node: other };
      return;
    }
  }
  /** Where a node goes on to. */
  successors(node: number): number[] {
    const cut = this.cuts[node];
    const branches = [...this.targets[node]!].filter(([at]) => cut === undefined || at < cut.record);
    return [...branches.flatMap(([, targets]) => targets), ...(cut ? [cut.node] : [])];
  }
}

export function planRegion(
  memory: EngineMemory,
  cache: CodeCache,
  catalogue: HandlerCatalogue,
  root: Block,
  placeOf: PlaceOf,
  seen: SeenTargets,
): RegionPlan {
  const planner = new RegionPlanner(memory, cache, catalogue, root, placeOf, seen);
  const { blocks, deltas, targets, cuts } = planner;
  const successors = blocks.map((_, node) => planner.successors(node));
  const dispatcher = blocks.length;
  const dispatched: number[] = [];
  const isDispatched = (from: number, to: number): boolean => redirected.has(from * MAX_BLOCKS + to);
  const redirected = new Set<number>();
  for (;;) {
    const edges = successors.map((list, from) => list.map((to) => (isDispatched(from, to) ? dispatcher : to)));
    const { flow, cut } =
      dispatched.length === 0 ? Flow.of(edges) : Flow.of([...edges, [0, ...dispatched.filter((target) => target !== 0)]], dispatcher);
    if (cut.length === 0)
      return {
        blocks,
        deltas,
        flow,
        cuts,
        dispatched,
        isDispatched,
        insideOf: (node, branch) => targets[node]!.get(branch) ?? [],
      };
    for (const [from, to] of cut) {
      redirected.add(from * MAX_BLOCKS + to);
      if (!dispatched.includes(to)) dispatched.push(to);
    }
  }
}
