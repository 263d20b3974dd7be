// Which decoded blocks make a region: the hot one, and what its linked branches lead to, as far as the cap goes.
import type { Block, CodeCache } from '../code-cache';
import type { HandlerCatalogue } from '../handlers';
import { R, RECORD_SIZE, UNLINKED } from '../record';
import type { EngineMemory } from '../vm-memory';
import { Flow } from './flow';
import { isSupported } from './supported';

export interface RegionPlan {
  blocks: readonly Block[];
  flow: Flow;
  /** Node that a branch of a node goes to inside the region; undefined: out of it. */
  insideOf(node: number, branch: number): number | undefined;
}

export const MAX_BLOCKS = 48;
export const MAX_INSTRUCTIONS = 320;

/** Linked branches of a block: their records. Nothing behind a record that is not supported is reached. */
function* linkedBranches(memory: EngineMemory, catalogue: HandlerCatalogue, block: Block): Generator<number> {
  for (let at = block.record; at < block.end; at += RECORD_SIZE) {
    const op = memory.u16[(at + R.plainOp) >> 1]!;
    if (!isSupported(op, catalogue)) return;
    const form = catalogue.formOf(op);
    if (form?.branch !== 'linked') continue;
    if (form.name !== 'goto' && !form.roles.some((role) => role.at === 'rel')) continue;
    const linked = memory.i32[(at + R.link) >> 2]! !== 0 && memory.i32[(at + R.imm) >> 2]! !== UNLINKED;
    if (linked) yield at;
  }
}

export function planRegion(memory: EngineMemory, cache: CodeCache, catalogue: HandlerCatalogue, root: Block): RegionPlan {
  const blocks: Block[] = [root];
  const nodes = new Map<number, number>([[root.record, 0]]);
  const targets: Map<number, number>[] = [];
  let instructions = root.count;
  for (let node = 0; node < blocks.length; node++) {
    const out = new Map<number, number>();
    targets.push(out);
    for (const branch of linkedBranches(memory, catalogue, blocks[node]!)) {
      const record = memory.i32[(branch + R.link) >> 2]!;
      let target = nodes.get(record);
      if (target === undefined) {
        const block = cache.blockOf(record);
        const fits = block.valid && block.record === record && block.mode === root.mode && block.secondPage < 0;
        if (!fits || blocks.length >= MAX_BLOCKS || instructions + block.count > MAX_INSTRUCTIONS) continue;
        target = blocks.push(block) - 1;
        instructions += block.count;
        nodes.set(record, target);
      }
      out.set(branch, target);
    }
  }
  const { flow, cut } = Flow.of(targets.map((out) => [...out.values()]));
  for (const [from, to] of cut) for (const [branch, target] of targets[from]!) if (target === to) targets[from]!.delete(branch);
  return { blocks, flow, insideOf: (node, branch) => targets[node]!.get(branch) };
}
