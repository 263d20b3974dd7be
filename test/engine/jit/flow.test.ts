// Control flow of regions: order, dominators, loop headers and merges, and what of an irreducible graph is cut.
import assert from 'node:assert/strict';
import { Flow } from '../../../src/engine/jit/flow';
import { StructuredEmitter } from '../../../src/engine/jit/structured';
import { Code } from '../../../src/wasm/code';

describe('flow of a region', () => {
  it('a diamond has one merge, dominated by its head', () => {
    const { flow, cut } = Flow.of([[1, 2], [3], [3], []]);
    assert.deepEqual(cut, []);
    assert.deepEqual(flow.isMerge, [false, false, false, true]);
    assert.deepEqual(flow.merges[0], [3]);
    assert.deepEqual(flow.isLoop, [false, false, false, false]);
  });

  it('nested loops: both headers, no merge but by forward edges', () => {
    // 0 → 1 → 2 → 2 | 1 | 3
    const { flow, cut } = Flow.of([[1], [2], [2, 1, 3], []]);
    assert.deepEqual(cut, []);
    assert.deepEqual(flow.isLoop, [false, true, true, false]);
    assert.ok(flow.isMerge.every((merge) => !merge));
  });

  it('an irreducible loop loses an edge, and is reducible then', () => {
    const graph = [[1, 2], [2], [1, 3], []];
    const { flow, cut } = Flow.of(graph);
    assert.equal(cut.length, 1);
    const [[from, to]] = cut as [[number, number]];
    assert.ok(graph[from]!.includes(to));
    const again = Flow.of(graph.map((targets, node) => targets.filter((target) => node !== from || target !== to)));
    assert.deepEqual(again.cut, []);
    assert.deepEqual(again.flow.isLoop, flow.isLoop);
  });

  it('what only a cut edge reached is not there', () => {
    const { flow } = Flow.of([[], [2], []]);
    assert.deepEqual(flow.position, [0, -1, -1]);
  });
});

describe('structured control flow', () => {
  /** Runs a graph: each node adds its number to a trail and takes its targets in turn. */
  const trail = (graph: readonly (readonly number[])[], steps: number): number[] => {
    const { flow, cut } = Flow.of(graph);
    assert.deepEqual(cut, []);
    const f = new Code(0);
    const at = f.local('i32');
    const visits = graph.map(() => f.local('i32'));
    const done = f.block();
    const emitter = new StructuredEmitter(
      f,
      flow,
      (node) => {
        f.get(at).i32(node).mem('i32.store8').get(at).i32(1).op('i32.add').tee(at).i32(steps).op('i32.ge_u').brIf(done);
        const targets = graph[node]!;
        f.get(visits[node]!).i32(1).op('i32.add').tee(visits[node]!).i32(targets.length).op('i32.ge_u').if();
        f.i32(0).set(visits[node]!).end();
        targets.forEach((target, i) => {
          if (i === targets.length - 1) {
            emitter.edge(node, target);
            return;
          }
          f.get(visits[node]!).i32(i).op('i32.eq').if();
          emitter.edge(node, target);
          f.end();
        });
        if (targets.length === 0) f.br(done);
      },
      () => {},
    );
    emitter.emit();
    f.op('unreachable').end();
    return runTrail(f, steps);
  };
  /** The same walk in TypeScript. */
  const walk = (graph: readonly (readonly number[])[], steps: number): number[] => {
    const visits = graph.map(() => 0);
    const out: number[] = [];
    for (let node: number | undefined = 0; node !== undefined && out.length < steps; ) {
      out.push(node);
      const targets: readonly number[] = graph[node]!;
      visits[node]!++;
      const chosen: number = visits[node]! % targets.length;
      node = targets[chosen < targets.length - 1 ? chosen : targets.length - 1];
    }
    // A walk that has ended leaves zeros.
    return [...out, ...Array.from({ length: steps - out.length }, () => 0)];
  };

  for (const [name, graph] of Object.entries({
    'a diamond in a loop': [[1], [2, 3], [4], [4], [1]],
    'three nested loops': [[1], [2], [3], [3, 2, 1, 4], []],
    'a merge behind two branches': [[1, 2], [3, 4], [4, 5], [5], [5, 0], []],
    'a loop with two ways out and two back': [[1], [2, 5], [3, 1], [1, 4], [6], [6], [0]],
  }))
    it(`${name} runs as it is drawn`, () => assert.deepEqual(trail(graph, 60), walk(graph, 60)));
});

/** A module around a function without parameters that fills memory from 0. */
function runTrail(f: Code, steps: number): number[] {
  const body = [...f.finish().body.toBytes()];
  const section = (id: number, bytes: number[]): number[] => [id, ...leb(bytes.length), ...bytes];
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
  const bytes = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name('run'), 0, 0, ...name('memory'), 2, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
  const { run, memory } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as {
    run: () => void;
    memory: WebAssembly.Memory;
  };
  run();
  return [...new Uint8Array(memory.buffer, 0, steps)];
}
const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
