// Regions.leftAt: a region whose first instruction the host no longer leaves to the processor is given up where it is left, and its block is the interpreter's;
// it comes back when the host does so again.
import assert from 'node:assert/strict';
import type { QuickHost } from '../../../src/x86/cpu';
import { BareMachine } from '../bare-machine';
import { snapshot } from '../snapshot';

const CODE = 0x10000;
/** jmp 1f (what follows is compiled when the host has said what is quick); 1: mov rcx,cr0; add rbx,rcx; dec edx; jnz 1b; hlt */
const PROGRAM = 'eb00 0f20c1 4801cb ffca 75f6 f4';
const LOOP = BigInt(CODE + 2);
const TURN = 4;

const quick = (controlRead: boolean): QuickHost => {
  const time = { timeStamp: false, tscPerNs: 2, latestNs: 0, localNs: () => 0, hasRead: () => {} };
  return { controlRead, interruptFlag: false, ...time };
};
const hasRegion = (machine: BareMachine): boolean => machine.engine.liveRegions().some(({ linear }) => linear === LOOP);

function machineInLoop(tier: 'auto' | 'interpreter'): BareMachine {
  const machine = new BareMachine({ tier });
  const state = machine.longMode();
  machine.write(CODE, PROGRAM);
  state.setGpr(2, 1_000_000n);
  state.setU64('rip', BigInt(CODE));
  machine.host.quick = quick(true);
  machine.run(1 + 250_000 * TURN);
  return machine;
}

describe('a region that begins with an instruction which the host takes back', function () {
  this.timeout(120_000);

  it('is entered as long as the host leaves the instruction to the processor', () => {
    const machine = machineInLoop('auto');
    assert.ok(hasRegion(machine));
    const { regionsDropped } = machine.engine.statistics();
    machine.run(500 * TURN);
    assert.ok(hasRegion(machine));
    assert.equal(machine.engine.statistics().regionsDropped, regionsDropped);
  });

  it('is given up at the first trip that it is left in before that instruction, and no other is', () => {
    const machine = machineInLoop('auto');
    const { regionsDropped, regionsLive } = machine.engine.statistics();
    machine.host.quick = quick(false);
    machine.run(500 * TURN);
    assert.ok(!hasRegion(machine));
    const after = machine.engine.statistics();
    assert.deepEqual([after.regionsDropped, after.regionsLive], [regionsDropped + 1, regionsLive - 1]);
  });

  it('is left alone where the trip ends before another record', () => {
    const machine = machineInLoop('auto');
    machine.engine.setStopPoints([LOOP + 6n], []);
    machine.run(2 * TURN);
    machine.engine.setStopPoints([], []);
    machine.state.setU32('resumeFlag', 1);
    machine.run(10 * TURN);
    assert.equal(machine.run(10_000_000).kind, 'halted');
    const plain = machineInLoop('interpreter');
    assert.equal(plain.run(10_000_000).kind, 'halted');
    assert.deepEqual(snapshot(machine), snapshot(plain));
  });

  it('comes back with the permission, and the run is the same', () => {
    const [plain, machine] = [machineInLoop('interpreter'), machineInLoop('auto')];
    for (const allowed of [false, true, false, true])
      for (const each of [plain, machine]) {
        each.host.quick = quick(allowed);
        for (const length of [500, 3, 701]) each.run(length);
        if (each === machine && !allowed) assert.ok(!hasRegion(machine));
      }
    for (const each of [plain, machine]) assert.equal(each.run(10_000_000).kind, 'halted');
    assert.deepEqual(snapshot(machine), snapshot(plain));
  });
});
