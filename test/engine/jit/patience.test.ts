// A region more must have been paid for by those before: of much code that is warm for a while little is compiled, and what is hot is compiled all the same.
import assert from 'node:assert/strict';
import { BareMachine } from '../bare-machine';

const CODE = 0x10000;
const WARM = 40;
const WARM_TURNS = 300_000;
const HOT_TURNS = 10_000_000;

const u32 = (value: number): string => Buffer.from(Uint32Array.of(value).buffer).toString('hex');
/** mov ecx,turns; 1: dec ecx; jnz 1b */
const loop = (turns: number): string => `b9${u32(turns)} ffc9 75fc`;

describe('how many regions are made', function () {
  this.timeout(120_000);

  it('of forty loops that are warm for a while a few, and of one that is hot then its own', () => {
    const machine = new BareMachine({ tier: 'auto' });
    machine.longMode();
    machine.write(CODE, `${Array.from({ length: WARM }, () => loop(WARM_TURNS)).join('')} ${loop(HOT_TURNS)} f4`);
    machine.state.setU64('rip', BigInt(CODE));
    assert.equal(machine.run(WARM * (2 * WARM_TURNS + 1)).kind, 'budget');
    const warm = machine.engine.statistics().regionsCompiled;
    assert.ok(warm >= 4 && warm <= WARM / 2, `${warm} regions of ${WARM} loops`);
    assert.equal(machine.run(4 * HOT_TURNS).kind, 'halted');
    assert.equal(machine.engine.statistics().regionsCompiled, warm + 1);
    assert.equal(machine.engine.retired(0), WARM * (2 * WARM_TURNS + 1) + 2 * HOT_TURNS + 2);
  });
});
