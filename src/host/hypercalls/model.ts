// The tree of hypercall breakpoints without its view: one group per interface, one box per call, the set of those ticked.
import type { HypercallRow, InterfaceRows } from '../../pv/rows';

export interface CallNode {
  kind: 'call';
  /** "kvm:SEND_IPI": what the adapter is told. */
  id: string;
  row: HypercallRow;
}
export interface InterfaceNode {
  kind: 'interface';
  id: string;
  rows: InterfaceRows;
  calls: CallNode[];
}
export type HypercallNode = InterfaceNode | CallNode;

export class HypercallBreakpoints {
  readonly interfaces: readonly InterfaceNode[];
  private checked: ReadonlySet<string>;

  constructor(interfaces: readonly InterfaceRows[], saved: readonly string[]) {
    this.interfaces = interfaces.map((rows) => ({
      kind: 'interface',
      id: rows.name,
      rows,
      calls: rows.hypercalls.map((row) => ({ kind: 'call', id: `${rows.name}:${row.name}`, row })),
    }));
    const known = this.interfaces.flatMap(({ calls }) => calls.map(({ id }) => id));
    this.checked = new Set(saved.filter((id) => known.includes(id)));
  }

  /** In the order of the rows. */
  get names(): string[] {
    return this.interfaces.flatMap(({ calls }) => calls.map(({ id }) => id)).filter((id) => this.checked.has(id));
  }

  isChecked(node: HypercallNode): boolean {
    return node.kind === 'call' ? this.checked.has(node.id) : node.calls.every(({ id }) => this.checked.has(id));
  }

  /** A group's box is all of its calls. */
  set(changes: Iterable<readonly [HypercallNode, boolean]>): void {
    const next = new Set(this.checked);
    for (const [node, on] of changes)
      for (const { id } of node.kind === 'call' ? [node] : node.calls)
        if (on) next.add(id);
        else next.delete(id);
    this.checked = next;
  }

  clear(): void {
    this.checked = new Set();
  }
}

/** "SEND_IPI(mask_low, mask_high, lowest, icr)". */
export const signature = (row: HypercallRow): string => `${row.name}(${row.args.map(({ name }) => name).join(', ')})`;
