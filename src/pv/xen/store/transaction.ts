// A transaction of XenStore: reads see the tree as it is with what the transaction wrote over it; it can be committed if nothing that it looked at has changed.
import type { SavedValue } from '../../../base/saved';
import type { StoreNode, StoreTree, StoreView } from './tree';

const ABSENT = -1;
/** Nodes that one transaction may look at and change: what it comes to is told to watches at once. */
const MAX_NODES = 256;

export class Transaction implements StoreView {
  /** Written or removed. */
  private readonly changes = new Map<string, StoreNode | undefined>();
  /** Generations of what it has looked at. */
  private readonly seen = new Map<string, number>();
  /** For watches, when it is committed. */
  readonly changed = new Set<string>();

  constructor(
    readonly id: number,
    private readonly tree: StoreTree,
  ) {}

  get(path: string): StoreNode | undefined {
    if (this.changes.has(path)) return this.changes.get(path);
    const node = this.tree.get(path);
    if (!this.seen.has(path)) this.seen.set(path, node?.generation ?? ABSENT);
    return node;
  }
  set(path: string, node: StoreNode | undefined): void {
    this.changes.set(path, node);
  }
  nextGeneration(): number {
    return this.tree.nextGeneration();
  }
  get size(): number {
    return this.changes.size;
  }
  /** It may not look at more. */
  get isFull(): boolean {
    return this.seen.size + this.changes.size >= MAX_NODES;
  }

  /** False: something has changed meanwhile. */
  commit(): boolean {
    for (const [path, generation] of this.seen) if ((this.tree.get(path)?.generation ?? ABSENT) !== generation) return false;
    for (const [path, node] of this.changes) this.tree.set(path, node);
    return true;
  }

  save(): SavedValue {
    const node = (each: StoreNode | undefined) =>
      each === undefined ? null : [each.value.slice(), [...each.permissions], [...each.children], each.generation];
    return {
      id: this.id,
      changes: [...this.changes].map(([path, each]) => [path, node(each)]),
      seen: [...this.seen].map((each) => [...each]),
      changed: [...this.changed],
    };
  }

  static restored(state: SavedValue, tree: StoreTree): Transaction {
    const saved = state as {
      id: number;
      changes: [string, [Uint8Array, string[], string[], number] | null][];
      seen: [string, number][];
      changed: string[];
    };
    const transaction = new Transaction(saved.id, tree);
    for (const [path, each] of saved.changes) {
      const [value, permissions, children, generation] = each ?? [];
      transaction.changes.set(
        path,
        each === null ? undefined : { value: value!.slice(), permissions: permissions!, children: children!, generation: generation! },
      );
    }
    for (const [path, generation] of saved.seen) transaction.seen.set(path, generation);
    for (const path of saved.changed) transaction.changed.add(path);
    return transaction;
  }
}
