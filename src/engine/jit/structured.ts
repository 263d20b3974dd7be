// Emits the nodes of a flow as nested WebAssembly blocks and loops: an edge is a branch to a label, or its target's code in place.
import type { Code, Label } from '../../wasm/code';
import type { Flow } from './flow';

export class StructuredEmitter {
  private readonly labels = new Map<number, { loop?: Label; merge?: Label }>();

  constructor(
    private readonly f: Code,
    private readonly flow: Flow,
    /** Emits a node; each of its edges inside the region is made by `edge`. Ends with what cannot be passed. */
    private readonly body: (node: number) => void,
    /** A node is about to be emitted where several edges meet. */
    private readonly atMerge: () => void,
  ) {}

  /** Everything; the end of it cannot be reached. */
  emit(): void {
    this.tree(this.flow.entry);
  }

  private label(node: number): { loop?: Label; merge?: Label } {
    let label = this.labels.get(node);
    if (!label) {
      label = {};
      this.labels.set(node, label);
    }
    return label;
  }

  private tree(node: number): void {
    const { f, flow } = this;
    if (!flow.isLoop[node]) {
      this.within(node, 0);
      return;
    }
    this.label(node).loop = f.loop();
    this.atMerge();
    this.within(node, 0);
    f.end();
    f.op('unreachable');
  }
  private within(node: number, at: number): void {
    const { f, flow } = this;
    const inner = flow.merges[node]![at];
    if (inner === undefined) {
      this.body(node);
      return;
    }
    this.label(inner).merge = f.block();
    this.within(node, at + 1);
    f.end();
    this.atMerge();
    this.tree(inner);
  }

  /** Control goes from one node to another; nothing may follow. */
  edge(from: number, to: number): void {
    const { f, flow } = this;
    const label = this.label(to);
    if (flow.position[to]! <= flow.position[from]!) f.br(label.loop!);
    else if (flow.isMerge[to]) f.br(label.merge!);
    else this.tree(to);
  }
}
