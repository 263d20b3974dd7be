// A wrong emission is found: an instruction that regions leave out, planted in a branch that a hot loop takes once, is the one that bisecting ends at.
import assert from 'node:assert/strict';
import type { Tier } from '../../../src/engine/cpu-engine';
import { RegionContext } from '../../../src/engine/jit/region-context';
import type { RegionSite } from '../../../src/engine/jit/region-site';
import { bisect, type Difference } from '../../campaign/bisect';
import { BareMachine } from '../bare-machine';
import { snapshot } from '../snapshot';

const CODE = 0x10000;
/** mov ecx,20000; 1: add eax,ecx; cmp ecx,7777; jne 2f; rol eax,5; 2: dec ecx; jnz 1b; hlt */
const PROGRAM = 'b9204e0000 01c8 81f9611e0000 7503 c1c005 ffc9 75ef f4';
const ROL_OFFSET = 15;
/** MOV, whole turns of five instructions, ADD, CMP, JNE and the ROL. */
const ROL_IS = 1 + (20_000 - 7777) * 5 + 4;

function after(tier: Tier, instructions: number, singleSteps = false): { machine: BareMachine; text: string; ended: boolean } {
  const machine = new BareMachine({ tier, singleSteps });
  machine.longMode();
  machine.write(CODE, PROGRAM);
  machine.state.setU64('rip', BigInt(CODE));
  const { kind } = machine.run(instructions);
  return { machine, text: JSON.stringify(snapshot(machine)), ended: kind === 'halted' };
}

const difference = (tier: Tier): Promise<Difference | undefined> =>
  bisect(
    {
      compareAfter: (instructions, singleSteps) => {
        const [plain, compiled] = [after('interpreter', instructions), after(tier, instructions, singleSteps)];
        return { differs: plain.text !== compiled.text, ended: plain.ended };
      },
      ripAfter: (instructions) => after('interpreter', instructions).machine.state.u64('rip'),
    },
    { step: 10_000, most: 1_000_000 },
  );

/** Regions leave out what the row of this name does. */
async function withoutRow(name: string, run: () => Promise<void>): Promise<void> {
  const { emitForm } = RegionContext.prototype;
  RegionContext.prototype.emitForm = function (this: RegionContext): void {
    const site = Reflect.get(this, 'site') as RegionSite;
    const { form } = site;
    if (form.name === name) site.form = { ...form, emit: () => {} };
    emitForm.call(this);
    site.form = form;
  };
  try {
    await run();
  } finally {
    RegionContext.prototype.emitForm = emitForm;
  }
}

describe('bisecting tiers', function () {
  this.timeout(240_000);

  it('finds nothing where nothing is wrong', async () => assert.equal(await difference('jit'), undefined));

  it('ends at the one instruction that is emitted wrongly', () =>
    withoutRow('ROL', async () => {
      const found = await difference('jit');
      assert.ok(found?.instruction && found.before);
      // Which of the two it is depends on where the run's end cuts.
      const isLast = found.instruction.number === ROL_IS;
      assert.deepEqual(isLast ? found.instruction : found.before, { number: ROL_IS, rip: BigInt(CODE + ROL_OFFSET) });
    }));
});
