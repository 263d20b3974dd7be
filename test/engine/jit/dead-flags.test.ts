// Flags of instructions that keep some of the old ones (rotates, BT, INC, DEC) where a block begins: made from memory by a call, unless nobody looks at them.
import assert from 'node:assert/strict';
import type { Tier } from '../../../src/engine/cpu-engine';
import { Chance } from '../../proof/random';
import { testSeed } from '../../support/seed';
import { BareMachine } from '../bare-machine';
import { snapshot } from '../snapshot';

const CODE = 0x10000;
const PROGRAMS = 60;
const SLICES = 4;
const ROUNDS = 200n;

function machineWith(tier: Tier, code: readonly number[], seed: number): BareMachine {
  const draw = new Chance(seed);
  const machine = new BareMachine({ tier, regionProfile: tier !== 'interpreter' });
  const state = machine.longMode();
  machine.write(CODE, Uint8Array.from(code));
  for (const register of [0, 2, 3, 5]) state.setGpr(register, BigInt(draw.below(1 << 30)));
  state.setGpr(1, ROUNDS);
  state.setGpr(6, 0x2_0000n);
  state.setU64('rip', BigInt(CODE));
  return machine;
}

/** Of RAX, RDX, RBX and RBP. */
function instruction(draw: Chance): number[] {
  const register = draw.of([0, 2, 3, 5]);
  const both = 0xc0 | (register << 3) | draw.of([0, 2, 3, 5]);
  switch (draw.below(12)) {
    case 0:
    case 1:
      return [...draw.of([[0x48], []]), 0xc1, draw.of([0xc0, 0xc8]) | register, 1 + draw.below(31)];
    case 2:
    case 3:
      return [...draw.of([[0x48], []]), 0xff, draw.of([0xc0, 0xc8]) | register];
    case 4:
      return [0x0f, 0xa3, both];
    case 5:
      return [0x0f, draw.of([0x90, 0x92, 0x94, 0x98, 0x9a, 0x9c, 0x9f]), 0xc0 | draw.of([0, 2, 3])];
    case 6:
      return [0x48, 0x0f, draw.of([0x42, 0x44, 0x4c]), both];
    case 7:
      return draw.of([
        [0xd1, 0xd0 | register],
        [0x8b, 0x06],
        [0x11, both],
        [0xd3, 0xc0 | register],
      ]);
    case 8:
    case 9:
      return [draw.of([0x89, 0x8b]), both];
    default:
      return [0x48, draw.of([0x01, 0x29, 0x31, 0x85, 0x39]), both];
  }
}
/** 1: groups of instructions with branches over the next instruction between them; setc [rsi]; setz [rsi+1]; seto [rsi+2]; add rsi,4; dec rcx; jnz 1b; hlt */
function program(draw: Chance): number[] {
  const code: number[] = [];
  for (let groups = 2 + draw.below(5); groups > 0; groups--) {
    for (let count = 1 + draw.below(4); count > 0; count--) code.push(...instruction(draw));
    const over = instruction(draw);
    code.push(draw.of([0x72, 0x74, 0x70, 0x7c, 0x7f, 0x78, 0x7a]), over.length, ...over);
  }
  code.push(0x0f, 0x92, 0x06, 0x0f, 0x94, 0x46, 1, 0x0f, 0x90, 0x46, 2, 0x48, 0x83, 0xc6, 4, 0x48, 0xff, 0xc9, 0x0f, 0x85);
  const back = -(code.length + 4);
  return [...code, back & 0xff, (back >> 8) & 0xff, 0xff, 0xff, 0xf4];
}

describe('flags that are kept', function () {
  this.timeout(300_000);

  it('random blocks, in slices', () => {
    const seed = testSeed();
    console.log(`      seed ${seed}`);
    for (let i = 0; i < PROGRAMS; i++) {
      const draw = new Chance(seed + i * 31);
      const code = program(draw);
      const slices = Array.from({ length: SLICES }, () => 1 + draw.below(1500));
      const states = (tier: Tier): unknown[] => {
        const machine = machineWith(tier, code, seed + i);
        return slices.map((length) => [machine.run(length).kind, snapshot(machine)]);
      };
      assert.deepEqual(states('jit'), states('interpreter'), `program ${i} of seed ${seed}`);
    }
  });

  // jmp 1f; 1: the instruction; what follows; jmp 2f; 2: sub ecx,1; jnz 1b; hlt
  for (const [what, instructions, calls] of [
    ['a rotation before an addition', 'c1c003 89c2 83c201', false],
    ['an increment before an addition', 'ffc0 89c2 83c201', false],
    ['a rotation before a condition', 'c1c003 0f92c2 83c201', true],
    ['a rotation before a load', 'c1c003 8b16 83c201', true],
  ] as const)
    it(what, () => {
      const bytes = [...Buffer.from(instructions.replaceAll(' ', ''), 'hex')];
      const machine = machineWith('jit', [0xeb, 0, ...bytes, 0xeb, 0, 0x83, 0xe9, 1, 0x75, 0x100 - bytes.length - 7, 0xf4], 1);
      assert.equal(machine.run(100_000).kind, 'halted');
      const makes = machine.engine.regionReports().some(({ wasm }) => /import engine\.(replaceFlags|test_b)/.test(wasm));
      assert.equal(makes, calls);
    });
});
