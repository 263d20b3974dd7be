// More exits in one trip than the log holds (EXIT_LOG_RECORDS): they are given to the host on the way, in their order, and all of them are charged.
import assert from 'node:assert/strict';
import type { Tier } from '../../src/engine/cpu-engine';
import { EXIT_LOG_RECORDS } from '../../src/engine/record';
import { snapshot } from './snapshot';
import { CPUID_NS, Timed } from './timed-machine';

const TIERS: readonly Tier[] = ['interpreter', 'jit', 'auto'];
/** CPUID at two places, which none repeats: XOR EAX, EAX; XOR ECX, ECX; CPUID; XOR ECX, ECX; CPUID; JMP back. */
const CPUID_LOOP = '31c031c90fa231c90fa2e900000000';
/** XOR EAX, EAX; XOR ECX, ECX; CPUID; OUT 80H, AL; UD2, which the handler returns behind; JMP back. */
const MIXED_LOOP = '31c031c90fa2e6800f0b90e900000000';

const both = (code: string, tier: Tier): [Timed, Timed] => [new Timed(code, true, tier), new Timed(code, false)];

describe('engine: the log of exits', () => {
  for (const tier of TIERS)
    it(`is handed over on the way where it is full, and nothing is lost (${tier})`, () => {
      for (const code of [CPUID_LOOP, MIXED_LOOP]) {
        const [quick, plain] = both(code, tier);
        for (const machine of [quick, plain]) assert.equal(machine.run(3 * CPUID_NS, false), 'budget');
        const budgetNs = 20 * EXIT_LOG_RECORDS * CPUID_NS;
        const before = quick.exits.length;
        quick.logs = 0;
        quick.settles = 0;
        assert.equal(quick.run(budgetNs, false), plain.run(budgetNs, false));
        assert.deepEqual(quick.exits, plain.exits);
        assert.deepEqual(snapshot(quick.machine), snapshot(plain.machine));
        const exits = quick.exits.length - before;
        assert.ok(exits > 19 * EXIT_LOG_RECORDS, `${exits} exits`);
        // Where each exit is apart in eagerly compiled code, trips are short.
        if (code === CPUID_LOOP)
          assert.ok(quick.logs > quick.settles * 2, `handed over ${quick.logs} times, settled ${quick.settles} times`);
      }
    });

  it('is empty where an exit behind it cannot be paid for: those before are charged all the same', () => {
    // What ends in the midst of the exit that finds the log full.
    for (let exits = EXIT_LOG_RECORDS - 1; exits <= EXIT_LOG_RECORDS + 3; exits += 0.25) {
      const [quick, plain] = both(CPUID_LOOP, 'interpreter');
      for (const machine of [quick, plain]) machine.run(3 * CPUID_NS, false);
      const budgetNs = Math.floor(exits * (CPUID_NS + 4));
      for (let n = 0; n < 3; n++) {
        assert.equal(quick.run(budgetNs, false), plain.run(budgetNs, false));
        assert.deepEqual(quick.exits, plain.exits, `${budgetNs} ns`);
        assert.deepEqual(snapshot(quick.machine), snapshot(plain.machine), `${budgetNs} ns`);
      }
    }
  });
});
