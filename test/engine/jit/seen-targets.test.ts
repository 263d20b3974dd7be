// A region leaves where an indirect branch goes to a target that no sample has seen: where that is one of its own blocks, it is made anew and compares with it.
import assert from 'node:assert/strict';
import { BareMachine } from '../bare-machine';
import { snapshot } from '../snapshot';

const CODE = 0x10000;
/** 1: dec ebx; jz 3f; jmp rcx; 2: inc esi; xchg rdx,r8; dec ebx; jz 3f; jmp rdx; 3: hlt */
const PROGRAM = 'ffcb 740d ffe1 ffc6 4987d0 ffcb 7402 ffe2 f4';
const [FIRST, SECOND] = [BigInt(CODE), BigInt(CODE + 6)];
const TURNS = 0x7fff_ffffn;

/** Runs on from the first block: the second goes to the first and to `other` in turn. */
function run(machine: BareMachine, other: bigint): void {
  const { state } = machine;
  state.setGpr(1, SECOND);
  state.setGpr(2, FIRST);
  state.setGpr(8, other);
  state.setGpr(3, TURNS);
  state.setU64('rip', FIRST);
  assert.equal(machine.run(4_000_000).kind, 'budget');
}
function machineOf(tier: 'auto' | 'interpreter'): BareMachine {
  const machine = new BareMachine({ tier });
  machine.longMode();
  machine.write(CODE, PROGRAM);
  return machine;
}

describe('indirect branches of regions', function () {
  this.timeout(120_000);

  it('are compared with what was missed, once a region has often left for one of its own blocks', () => {
    const [plain, machine] = [machineOf('interpreter'), machineOf('auto')];
    const dropped = (): number => machine.engine.statistics().regionsDropped;
    for (const each of [plain, machine]) run(each, FIRST);
    const live = machine.engine.statistics().regionsLive;
    assert.deepEqual([dropped(), live > 0], [0, true]);
    for (const each of [plain, machine]) run(each, SECOND);
    assert.ok(dropped() > 0);
    const [before, made] = [dropped(), machine.engine.statistics().regionsCompiled];
    for (let i = 0; i < 3; i++) {
      for (const each of [plain, machine]) {
        run(each, SECOND);
        run(each, FIRST);
      }
    }
    assert.deepEqual([dropped(), machine.engine.statistics().regionsCompiled], [before, made]);
    assert.deepEqual(snapshot(machine), snapshot(plain));
  });

  it('are left as they are where what was missed is none of its blocks', () => {
    const machine = machineOf('auto');
    run(machine, FIRST);
    // jmp to the first block: never run before, so that no region has it.
    machine.write(CODE + 0x100, 'e9fbfeffff');
    run(machine, BigInt(CODE + 0x100));
    assert.equal(machine.engine.statistics().regionsDropped, 0);
  });
});
