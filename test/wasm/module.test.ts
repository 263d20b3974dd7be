// The module assembler: what it writes is valid WebAssembly and does what it says.
import assert from 'node:assert/strict';
import { ModuleBuilder } from '../../src/wasm/module';

const instantiate = (bytes: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports = {}): WebAssembly.Exports =>
  new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports;

describe('wasm module builder', () => {
  it('builds functions with locals, blocks, loops and calls', () => {
    const module = new ModuleBuilder();
    const { index: square, code: s } = module.func(['i32'], ['i32']);
    s.get(0).get(0).op('i32.mul');
    const { code: f } = module.func(['i32'], ['i32'], 'sumOfSquares');
    const sum = f.local('i32');
    const out = f.block();
    const again = f.loop();
    f.get(0).op('i32.eqz').brIf(out);
    f.get(sum).get(0).call(square).op('i32.add').set(sum);
    f.get(0).i32(1).op('i32.sub').set(0).br(again);
    f.end().end();
    f.get(sum);
    const { sumOfSquares } = instantiate(module.build()) as { sumOfSquares(n: number): number };
    assert.equal(sumOfSquares(10), 385);
  });

  it('imports memory and functions, has a table, and dispatches by br_table and call_indirect', () => {
    const module = new ModuleBuilder();
    module.importMemory('m', 'memory', 1, 2, false);
    const add = module.importFunc('m', 'add', ['i32', 'i32'], ['i32']);
    const { index: one, code: a } = module.func(['i32'], ['i32']);
    a.get(0).i32(1).call(add);
    const { index: two, code: b } = module.func(['i32'], ['i32']);
    b.get(0).i32(-2).call(add);
    module.table([one, two]);
    const type = module.type(['i32'], ['i32']);
    const { code: f } = module.func(['i32', 'i32'], ['i32'], 'run');
    const other = f.block();
    const second = f.block();
    const first = f.block();
    f.get(0).brTable([first, second], other);
    f.end();
    f.get(1).i32(0).callIndirect(type).op('return');
    f.end();
    f.get(1).i32(1).callIndirect(type).op('return');
    f.end();
    f.i32(16).get(1).op('i64.extend_i32_s').mem('i64.store', 8);
    f.i32(0).mem('i32.load16_u', 24);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    const { run } = instantiate(module.build(), { m: { memory, add: (x: number, y: number) => x + y } }) as {
      run(k: number, x: number): number;
    };
    assert.equal(run(0, 10), 11);
    assert.equal(run(1, 10), 8);
    assert.equal(run(7, 0x1_2345), 0x2345);
    assert.equal(new DataView(memory.buffer).getBigInt64(24, true), 0x1_2345n);
  });

  it('encodes 64-bit constants of either sign', () => {
    const values = [0n, -1n, 63n, 64n, -64n, -65n, 0x7fff_ffff_ffff_ffffn, -0x8000_0000_0000_0000n, 0x1234_5678_9abc_def0n];
    for (const value of values) {
      const module = new ModuleBuilder();
      module.func([], ['i64'], 'k').code.i64(value);
      assert.equal((instantiate(module.build()) as { k(): bigint }).k(), value);
    }
  });

  it('an unclosed block is our mistake', () => {
    const module = new ModuleBuilder();
    module.func([], []).code.block();
    assert.throws(() => module.build(), /unclosed block/);
  });
});
