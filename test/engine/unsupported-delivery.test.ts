// Exceptions, interrupts and NMIs through a task gate: hardware task switches are not supported, so the run ends at the instruction where the delivery would
// have been (SDM vol 3 ch. 7.12, 7.14.3).
import assert from 'node:assert/strict';
import { Seg } from '../../src/x86/layout';
import { updateMode } from '../../src/x86/system/mode';
import { BareMachine } from './bare-machine';

const CODE = 0x10000;
const IDT = 0x6000;
const GDT = 0x5000;
const TASK_GATE = '0000 1800 0085 0000';

/** 32-bit protected mode with task gates at the vectors, and nothing else in the IDT. */
function machineWith(code: string, ...vectors: number[]): BareMachine {
  const machine = new BareMachine();
  const state = machine.protectedMode();
  machine.write(GDT, '0000000000000000 ffff0000009bcf00 ffff00000093cf00');
  for (const vector of vectors) machine.write(IDT + vector * 8, TASK_GATE);
  machine.write(CODE, code);
  state.setU64('gdtrBase', BigInt(GDT));
  state.setU32('gdtrLimit', 23);
  state.setU64('idtrBase', BigInt(IDT));
  state.setU32('idtrLimit', 0x7ff);
  state.setU64('rip', BigInt(CODE));
  state.setGpr(4, 0x80000n);
  return machine;
}
const unsupported = (offset: number) => ({ kind: 'unimplemented', text: 'hardware task switch', rip: BigInt(CODE + offset) });

describe('engine: a delivery that is not supported', () => {
  const cases: [what: string, code: string, vector: number, offset: number][] = [
    ['of an instruction that is none', '90 0f0b', 6, 1],
    ['of emitted code', '31c9 f7f1', 0, 2],
    ['of a helper', '66b8ff00 0f00d8', 13, 4],
    ['of a stack access above the limit', 'bc00000000 50', 12, 5],
    ['of a fetch', 'b800008000 ffe0', 6, 0x800000 - CODE],
    ['of INT n', '90 cd40', 0x40, 1],
  ];
  for (const [what, code, vector, offset] of cases)
    it(`ends the run: an exception ${what}`, () => {
      const machine = machineWith(code, vector);
      machine.state.setSegment(Seg.ss, { selector: 16, access: 0x4093, limit: 0xf_ffff, base: 0n });
      updateMode(machine.state);
      const result = machine.run(100);
      assert.deepEqual(result, unsupported(offset));
      assert.equal(machine.state.u64('rip'), BigInt(CODE + offset));
      const pointer = machine.state.gpr(4);
      assert.deepEqual(machine.run(100), unsupported(offset), 'again');
      assert.equal(machine.state.gpr(4), pointer, 'nothing is pushed');
    });

  it('ends the run: a double fault', () => {
    // #UD, whose gate is not present: #NP, whose gate is not either: #DF.
    const machine = machineWith('90 0f0b', 8);
    assert.deepEqual(machine.run(100), unsupported(1));
    assert.deepEqual(machine.engine.runBorder(0), unsupported(1));
  });

  it('ends the run: an interrupt', () => {
    const machine = machineWith('90 90 f4', 0x30);
    machine.state.setU64('rflags', 0x202n);
    machine.run(1);
    machine.host.interrupt = () => {
      machine.engine.setInterruptPending(0, false);
      return 0x30;
    };
    machine.engine.setInterruptPending(0, true);
    assert.deepEqual(machine.run(100), unsupported(1));
  });

  it('ends the run: an NMI, which stays pending', () => {
    const machine = machineWith('90 90 f4', 2);
    machine.run(1);
    machine.engine.raiseNmi(0);
    assert.deepEqual(machine.run(100), unsupported(1));
    assert.equal(machine.state.u32('nmiBlocked'), 0);
    assert.deepEqual(machine.run(100), unsupported(1));
  });

  it('ends the run: the trap of TF', () => {
    // pushfd; or dword [esp],0x100; popfd; nop
    const machine = machineWith('9c 810c2400010000 9d 90 90', 1);
    assert.deepEqual(machine.run(100), unsupported(10));
    assert.equal(machine.engine.retired(0), 4);
  });
});
