// Compiled regions do what the interpreter does: the same program under each tier leaves the same state, memory and counts, however it is cut.
import assert from 'node:assert/strict';
import { BareMachine } from '../bare-machine';
import { loadMixedProgram } from '../mixed-program';
import { snapshot } from '../snapshot';

describe('compiled regions', () => {
  for (const tier of ['auto', 'jit'] as const)
    it(`${tier}: the mixed program ends as in the interpreter`, () => {
      const plain = new BareMachine();
      const compiled = new BareMachine({ tier });
      for (const machine of [plain, compiled]) {
        loadMixedProgram(machine);
        for (let i = 0; i < 1000; i++) if (machine.engine.run(0, 997).kind === 'halted') break;
      }
      assert.deepEqual(snapshot(compiled), snapshot(plain));
      if (tier === 'jit') assert.ok(compiled.engine.statistics().regionsCompiled > 0);
    });
});
