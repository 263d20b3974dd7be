// A block whose only work is to jump on is no region of its own: entering one costs more than the jump.
import assert from 'node:assert/strict';
import { BareMachine } from '../bare-machine';

const [A, B, THUNK] = [0x10000, 0x20_0000, 0x38_0000];
const quad = (value: number): string => Buffer.from(BigUint64Array.of(BigInt(value)).buffer).toString('hex');
/** mov rax,target; mov rbx,thunk; jmp rbx */
const by = (thunk: number, target: number): string => `48b8${quad(target)} 48bb${quad(thunk)} ffe3`;

describe('a thunk', function () {
  this.timeout(120_000);

  const machineBy = (code: string): BareMachine => {
    const machine = new BareMachine({ tier: 'auto' });
    const state = machine.longMode();
    machine.write(A, by(THUNK, B));
    // dec ecx; jnz 1f; hlt; 1:
    machine.write(B, `ffc9 7501 f4 ${by(THUNK, A)}`);
    machine.write(THUNK, code);
    state.setGpr(1, 1_500_000n);
    state.setU64('rip', BigInt(A));
    assert.equal(machine.run(30_000_000).kind, 'halted');
    return machine;
  };
  const places = (machine: BareMachine): number[] => machine.engine.liveRegions().map(({ linear }) => Number(linear));

  it('is not compiled alone', () => {
    const found = places(machineBy('ffe0'));
    assert.ok(found.includes(A) && found.includes(B));
    assert.ok(!found.includes(THUNK));
  });
  it('is where it does more', () => {
    // add r8,rax; xor r9,r8; jmp rax
    assert.ok(places(machineBy('4901c0 4d31c1 ffe0')).includes(THUNK));
  });
});
