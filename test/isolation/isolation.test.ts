// A guest breaks only itself: garbage at every border to the host never throws, never takes long, and never reaches the VM beside it.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Chance } from '../proof/random';
import { Isolation } from './episode';
import { INTERFACES } from './interfaces.rows';

const EPISODES = 6;
const OPERATIONS = 400;
/** Steps of one exit: a fraction of a microsecond each. */
export const MAX_STEPS = 4000;

describe('isolation: a guest breaks only itself', function () {
  this.timeout(120_000);
  const chance = new Chance();
  before(() => chance.announce());
  const isolation = new Isolation();

  for (const row of INTERFACES) {
    it(`garbage at ${row.name}`, () => {
      const ends = new Map<string, number>();
      let [steps, what, ms] = [0, '', 0];
      for (let i = 0; i < EPISODES; i++) {
        const episode = { row, seed: chance.below(2 ** 31), operations: OPERATIONS };
        try {
          const { end = 'went on', longest } = isolation.play(episode);
          ends.set(end, (ends.get(end) ?? 0) + 1);
          ms = Math.max(ms, longest.ms);
          if (longest.steps > steps) [steps, what] = [longest.steps, longest.what];
          assert.ok(longest.steps <= MAX_STEPS, `one exit took ${longest.steps} steps: ${longest.what}`);
        } catch (error) {
          throw new Error(`${row.name}, seed ${episode.seed}, ${OPERATIONS} operations: ${(error as Error).message}`, { cause: error });
        }
      }
      console.log(
        `      ${[...ends].map(([end, count]) => `${count} ${end}`).join(', ')}; at most ${steps} steps (${what}), ${ms.toFixed(2)} ms`,
      );
    });
  }
});
