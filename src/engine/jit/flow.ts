// Control flow of a region: reverse postorder, dominators, loop headers and merge nodes, as structured control flow needs them (N. Ramsey, "Beyond Relooper:
// recursive translation of unstructured control flow to structured control flow", ICFP 2022; dominators by Cooper, Harvey and Kennedy).

export class Flow {
  /** Position of each node in reverse postorder; -1: not reachable. */
  readonly position: readonly number[];
  /** Nodes with two or more edges from earlier ones. */
  readonly isMerge: readonly boolean[];
  /** Targets of edges from later nodes (or themselves). */
  readonly isLoop: readonly boolean[];
  /** Merge nodes that each node dominates directly, the last in order first. */
  readonly merges: readonly (readonly number[])[];

  private constructor(
    readonly entry: number,
    successors: readonly (readonly number[])[],
    order: readonly number[],
    position: number[],
    dominator: readonly number[],
  ) {
    this.position = position;
    const forward = successors.map(() => 0);
    const isLoop = successors.map(() => false);
    for (const node of order)
      for (const target of successors[node]!)
        if (position[target]! <= position[node]!) isLoop[target] = true;
        else forward[target]!++;
    this.isLoop = isLoop;
    this.isMerge = forward.map((count) => count > 1);
    const merges: number[][] = successors.map(() => []);
    for (const node of order.toReversed()) if (this.isMerge[node]) merges[dominator[node]!]!.push(node);
    this.merges = merges;
  }

  /** The flow of a graph without its irreducible edges, which come back as [from, to]: edges backwards to a node that does not dominate where they come from. */
  static of(successors: readonly (readonly number[])[], entry = 0): { flow: Flow; cut: readonly (readonly [number, number])[] } {
    const cut: [number, number][] = [];
    let edges = successors;
    for (;;) {
      const { order, position } = reversePostorder(edges, entry);
      const dominator = dominators(edges, order, position, entry);
      const bad = order.flatMap((node) =>
        edges[node]!.filter((target) => position[target]! <= position[node]! && !dominates(dominator, position, target, node)).map(
          (target): [number, number] => [node, target],
        ),
      );
      if (bad.length === 0) return { flow: new Flow(entry, edges, order, position, dominator), cut };
      cut.push(...bad);
      edges = edges.map((targets, node) => targets.filter((target) => !bad.some(([from, to]) => from === node && to === target)));
    }
  }
}

function reversePostorder(edges: readonly (readonly number[])[], entry: number): { order: number[]; position: number[] } {
  const state = edges.map(() => 0);
  const post: number[] = [];
  const stack: { node: number; next: number }[] = [{ node: entry, next: 0 }];
  state[entry] = 1;
  for (let top = stack[0]; top; top = stack[stack.length - 1]) {
    const target = edges[top.node]![top.next++];
    if (target === undefined) {
      post.push(top.node);
      stack.pop();
    } else if (state[target] === 0) {
      state[target] = 1;
      stack.push({ node: target, next: 0 });
    }
  }
  const order = post.toReversed();
  const position = edges.map(() => -1);
  order.forEach((node, i) => {
    position[node] = i;
  });
  return { order, position };
}

function dominators(edges: readonly (readonly number[])[], order: readonly number[], position: readonly number[], entry: number): number[] {
  const predecessors: number[][] = edges.map(() => []);
  for (const node of order) for (const target of edges[node]!) predecessors[target]!.push(node);
  const dominator = edges.map(() => -1);
  dominator[entry] = entry;
  const meet = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) {
      while (position[x]! > position[y]!) x = dominator[x]!;
      while (position[y]! > position[x]!) y = dominator[y]!;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of order) {
      if (node === entry) continue;
      let common = -1;
      for (const from of predecessors[node]!) if (dominator[from]! >= 0) common = common < 0 ? from : meet(common, from);
      if (dominator[node] !== common) {
        dominator[node] = common;
        changed = true;
      }
    }
  }
  return dominator;
}

function dominates(dominator: readonly number[], position: readonly number[], above: number, node: number): boolean {
  let at = node;
  while (position[at]! > position[above]!) at = dominator[at]!;
  return at === above;
}
