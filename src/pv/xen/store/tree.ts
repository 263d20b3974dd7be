// The tree that XenStore keeps: values by path, permissions, and a count of changes for transactions (docs/misc/xenstore.txt).
import type { SavedValue, Stateful } from '../../../base/saved';

/** "n0", "r1", "b2", "w3": access of a domain; the first one names the owner and what all others may do. */
export type Permissions = readonly string[];

export interface StoreNode {
  readonly value: Uint8Array;
  readonly permissions: Permissions;
  /** Names, sorted. */
  readonly children: readonly string[];
  /** Changes whenever the node or its list of children does. */
  readonly generation: number;
}

export const parentOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0)) || '/';
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** What a transaction and the tree itself are to those who read and write. */
export interface StoreView {
  get(path: string): StoreNode | undefined;
  set(path: string, node: StoreNode | undefined): void;
  nextGeneration(): number;
}

export class StoreTree implements StoreView, Stateful {
  private readonly nodes = new Map<string, StoreNode>();
  private generation = 0;

  get size(): number {
    return this.nodes.size;
  }
  get(path: string): StoreNode | undefined {
    return this.nodes.get(path);
  }
  set(path: string, node: StoreNode | undefined): void {
    if (node === undefined) this.nodes.delete(path);
    else this.nodes.set(path, node);
  }
  nextGeneration(): number {
    return ++this.generation;
  }
  clear(): void {
    this.nodes.clear();
  }

  save(): SavedValue {
    const nodes = [...this.nodes].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      generation: this.generation,
      nodes: nodes.map(([path, node]) => [path, node.value.slice(), [...node.permissions], [...node.children], node.generation]),
    };
  }
  restore(state: SavedValue): void {
    const saved = state as { generation: number; nodes: [string, Uint8Array, string[], string[], number][] };
    this.generation = saved.generation;
    this.nodes.clear();
    for (const [path, value, permissions, children, generation] of saved.nodes) {
      this.nodes.set(path, { value: value.slice(), permissions, children, generation });
    }
  }
}

/** Writes a node; those above it that are missing are made, owned by `owner` with the rights of the nearest one there is. */
export function writeNode(view: StoreView, path: string, value: Uint8Array | undefined, owner: number): void {
  const generation = view.nextGeneration();
  const old = view.get(path);
  if (old !== undefined) {
    if (value !== undefined) view.set(path, { ...old, value, generation });
    return;
  }
  const above = parentOf(path);
  if (view.get(above) === undefined) writeNode(view, above, undefined, owner);
  const parent = view.get(above)!;
  const [first = 'n0', ...others] = parent.permissions;
  const permissions = [`${first[0]}${owner}`, ...others];
  view.set(path, { value: value ?? new Uint8Array(0), permissions, children: [], generation });
  view.set(above, { ...parent, children: inserted(parent.children, nameOf(path)), generation });
}

/** The sorted list with one more name in its place. */
function inserted(names: readonly string[], name: string): string[] {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (names[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return names.toSpliced(low, 0, name);
}

/** Removes a node and all below it. Gives the paths that went. */
export function removeNode(view: StoreView, path: string): string[] {
  const node = view.get(path);
  if (node === undefined) return [];
  const gone = [path];
  for (const child of node.children) gone.push(...removeBelow(view, `${path}/${child}`));
  view.set(path, undefined);
  const above = parentOf(path);
  const parent = view.get(above);
  if (parent !== undefined)
    view.set(above, { ...parent, children: parent.children.filter((name) => name !== nameOf(path)), generation: view.nextGeneration() });
  return gone;
}

function removeBelow(view: StoreView, path: string): string[] {
  const node = view.get(path);
  if (node === undefined) return [];
  const gone = [path, ...node.children.flatMap((child) => removeBelow(view, `${path}/${child}`))];
  view.set(path, undefined);
  return gone;
}
