// Immediates that are stored again and again are stored in WebAssembly, into code and records; not where another block has the bytes, or a region.
import assert from 'node:assert/strict';
import type { CodeCache } from '../../src/engine/code-cache';
import type { Tier } from '../../src/engine/cpu-engine';
import { RAM_BASE } from '../../src/x86/layout';
import { BareMachine } from './bare-machine';

const FUNCTION = 0x20000;
const CHANGE = 0x10000;
const CALL = 0x11000;
const CALL_MIDDLE = 0x12000;
const STORE = 0x13000;

function machineOf(tier: Tier): BareMachine {
  const machine = new BareMachine({ tier });
  machine.longMode();
  // 1: mov eax,…; add ebx,eax; dec ecx; jnz 1b; ret
  machine.write(FUNCTION, 'b800000000 01c3 ffc9 75f5 c3');
  // 1: mov [FUNCTION + 1],edx; mov ecx,1; call FUNCTION; dec edx; jnz 1b; hlt
  machine.write(CHANGE, '89142501000200 b901000000 e8efff0000 ffca 75eb f4');
  machine.write(CALL, 'e8fbef0000 f4');
  machine.write(CALL_MIDDLE, 'e8fcdf0000 f4');
  machine.write(STORE, '89142501000200 f4');
  return machine;
}

function run(machine: BareMachine, at: number, edx: number, ecx = 1): bigint {
  const { state } = machine;
  state.setU64('rip', BigInt(at));
  state.setU32('activity', 0);
  state.setGpr(0, 0n);
  state.setGpr(1, BigInt(ecx));
  state.setGpr(2, BigInt(edx));
  state.setGpr(3, 0n);
  state.setGpr(4, 0x80000n);
  while (machine.run(1_000_000).kind !== 'halted');
  return state.gpr(3);
}

const cacheOf = ({ engine }: BareMachine): CodeCache => (engine as unknown as { cache: CodeCache }).cache;

describe('engine: immediates that are stored', () => {
  it('are stored without TypeScript, and their blocks count as changed', () => {
    const machine = machineOf('interpreter');
    const cache = cacheOf(machine);
    const isImmediate = cache.isImmediate.bind(cache);
    let asked = 0;
    cache.isImmediate = (offset) => {
      asked++;
      return isImmediate(offset);
    };
    assert.equal(run(machine, CHANGE, 1000), 500_500n);
    assert.deepEqual([...machine.read(FUNCTION, 5)], [0xb8, 1, 0, 0, 0]);
    assert.ok(asked < 20, `${asked} times`);
    const block = cache.peek(RAM_BASE + FUNCTION, machine.state.u32('mode'));
    assert.ok(block && cache.table.takeChanged(block));
    run(machine, STORE, 7);
    assert.ok(cache.table.takeChanged(block));
    assert.ok(!cache.table.takeChanged(block));
  });

  it('belong to a block that came later, too', () => {
    for (const tier of ['interpreter', 'auto', 'jit'] as const) {
      const machine = machineOf(tier);
      run(machine, CHANGE, 20);
      // mov al,5; ret; nop as the immediate's bytes
      run(machine, STORE, 0x90c3_05b0);
      run(machine, CALL_MIDDLE, 0);
      assert.equal(machine.state.gpr(0), 5n);
      run(machine, STORE, 0x90c3_07b0);
      run(machine, CALL_MIDDLE, 0);
      assert.equal(machine.state.gpr(0), 7n, tier);
    }
  });

  it('are what they are in a region that was made meanwhile', () => {
    const machine = machineOf('auto');
    run(machine, CHANGE, 20);
    assert.equal(run(machine, CALL, 0, 6_000_000), 6_000_000n);
    assert.ok(machine.engine.statistics().regionsLive > 0);
    assert.equal(run(machine, CHANGE, 3), 6n);
  });
});
