// Instructions that the interpreter runs itself only in their usual form (emit/quick-emitter.ts): another form is a helper's, which ends its block, in regions too.
import assert from 'node:assert/strict';
import type { Tier } from '../../../src/engine/cpu-engine';
import { BareMachine } from '../bare-machine';
import { snapshot } from '../snapshot';

const CODE = 0x10000;
const ROUNDS = 3000n;

/** jmp 1f (what follows is compiled when the host has said what is quick); 1: the instruction; dec edx; jnz 1b; hlt */
const loopOf = (instruction: string): string => {
  const back = 256 - (instruction.length / 2 + 4);
  return `eb00 ${instruction} ffca 75${back.toString(16)} f4`;
};

function run(tier: Tier, bits: 32 | 64, instruction: string): Record<string, string> {
  const machine = new BareMachine({ tier });
  const state = bits === 64 ? machine.longMode() : machine.protectedMode();
  const time = { timeStamp: false, tscPerNs: 2, latestNs: 0, localNs: () => 0, hasRead: () => {} };
  machine.host.quick = { controlRead: true, invlpg: true, interruptFlag: true, ...time };
  machine.write(CODE, loopOf(instruction));
  state.setGpr(2, ROUNDS);
  state.setGpr(7, 0x20000n);
  state.setU64('rip', BigInt(CODE));
  for (let left = 100; left > 0; left--) if (machine.run(997).kind === 'halted') return snapshot(machine);
  throw new Error('the loop does not end');
}

describe('instructions that are quick in their usual form alone', function () {
  this.timeout(120_000);

  for (const [bits, what, instruction] of [
    [64, 'INVLPG with an FS base', '640f013f'],
    [64, 'INVLPG of a 32-bit address', '670f013f'],
    [64, 'INVLPG as it is usual', '0f013f'],
    [64, 'MOV from CR0', '0f20c1'],
    [32, 'MOV from CR0', '0f20c1'],
    [32, 'INVLPG', '0f013f'],
  ] as const)
    it(`${what}, ${bits} bits`, () => {
      const expected = run('interpreter', bits, instruction);
      for (const tier of ['jit', 'auto'] as const) assert.deepEqual(run(tier, bits, instruction), expected, tier);
    });
});
