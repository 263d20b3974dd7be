// Code that changes for ever: regions are made again and again, and what they leave behind does not grow (a short form of npm run campaign:churn).
import assert from 'node:assert/strict';
import { churn, churningMachine } from './churning';

const ROUNDS = 400;

describe('self-modifying code under the region compiler', function () {
  this.timeout(300_000);

  it('is compiled each time, and the regions and the memory that are kept stay bounded', () => {
    const machine = churningMachine('jit');
    const residentMib: number[] = [];
    const live: number[] = [];
    let made = 0;
    for (let part = 0; part < 4; part++) {
      assert.ok(churn(machine, ROUNDS), 'the sum of all calls');
      const { regionsCompiled, regionsLive } = machine.engine.statistics();
      assert.ok(regionsCompiled - made >= ROUNDS, `${regionsCompiled - made} regions for ${ROUNDS} changes`);
      made = regionsCompiled;
      live.push(regionsLive);
      residentMib.push(process.memoryUsage().rss / 2 ** 20);
    }
    assert.ok(
      live.every((count) => count <= 16),
      `live regions: ${live}`,
    );
    // Of the last two parts, 800 modules: the collector may be late, but not by all of them.
    assert.ok(residentMib[3]! - residentMib[1]! < 100, `resident MiB after each part: ${residentMib.map(Math.round)}`);
  });
});
