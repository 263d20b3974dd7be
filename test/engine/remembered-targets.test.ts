// A branch that looks its target up remembers the block that it found: it finds it again whatever became of the hash, and no more once the block has died or has to be
// seen before it runs.
import assert from 'node:assert/strict';
import type { CodeCache } from '../../src/engine/code-cache';
import { mayHaveRunAtOffset } from '../../src/engine/fetch-log';
import { BareMachine } from './bare-machine';

/** In other pages, at one place of the hash. */
const [FIRST, SECOND] = [0x20010, 0x30000];
// 1: call FIRST; call SECOND; add ebx,eax; dec ecx; jnz 1b; hlt
const LOOP = 'e80b000100 e8f6ff0100 01c3 ffc9 75f0 f4';

function machineWith(code: string): BareMachine {
  const machine = new BareMachine();
  machine.longMode();
  machine.write(0x10000, code);
  machine.write(FIRST, 'b001 c3');
  machine.write(SECOND, 'b002 c3');
  return machine;
}

function run(machine: BareMachine, times: bigint): void {
  const { state } = machine;
  state.setU64('rip', 0x10000n);
  state.setU32('activity', 0);
  state.setGpr(0, 0n);
  state.setGpr(1, times);
  state.setGpr(3, 0n);
  state.setGpr(4, 0x80000n);
  assert.equal(machine.run(100_000).kind, 'halted');
}

describe('engine: branches remember their targets', () => {
  it('two targets at one place of the hash are found without TypeScript', () => {
    const machine = machineWith(LOOP);
    // Whatever its branches leave the interpreter for comes to TypeScript.
    machine.engine.setStopPoints([], [0x90000]);
    const { cache } = machine.engine as unknown as { cache: CodeCache };
    const find = cache.find.bind(cache);
    let asked = 0;
    cache.find = (physical, mode) => {
      asked++;
      return find(physical, mode);
    };
    run(machine, 1000n);
    assert.equal(machine.state.gpr(3), 2000n);
    assert.ok(asked < 20, `${asked} times`);
  });

  it('a target that has died runs as it is now', () => {
    // 1: mov [SECOND + 1],cl; call FIRST; call SECOND; …; every time another number
    const machine = machineWith('880c2501000300 e804000100 e8efff0100 01c3 ffc9 75e9 f4');
    run(machine, 100n);
    assert.equal(machine.state.gpr(3), 5050n);
  });

  it('behind a snapshot every target is seen before it runs', () => {
    const machine = machineWith(LOOP);
    run(machine, 10n);
    machine.engine.beginWriteLog(() => {});
    assert.ok(!mayHaveRunAtOffset(machine.engine.fetchLog(), FIRST));
    run(machine, 10n);
    assert.ok(mayHaveRunAtOffset(machine.engine.fetchLog(), FIRST));
  });
});
