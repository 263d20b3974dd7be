// What the engine counts for people: instructions by tier, on the sample kernel, whose locks spin.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Tier } from '../../src/engine/cpu-engine';
import { coreOf } from '../proof/observe';
import { sample } from '../support/guests';

function counters(tier: Tier): Record<string, number> {
  const core = coreOf({ image: sample('kvm-c', 'kvm-c.elf'), vm: { vcpus: 2 }, host: { tier, tierStatistics: true }, script: 'quit\n' });
  core.resume();
  while (core.running) core.advance(1_000_000, Number.POSITIVE_INFINITY);
  return core.statistics().engine[0]!.counters;
}

describe('counts of the tiers', () => {
  it('sum up: what a PAUSE takes is no instructions of compiled code', () => {
    const [plain, compiled] = [counters('interpreter'), counters('jit')];
    assert.equal(compiled.instructions, plain.instructions);
    assert.ok(plain.pauses! > 100, `${plain.pauses} PAUSEs`);
    assert.equal(compiled.pauses, plain.pauses);
    assert.ok(compiled.compiledInstructions! > 0 && compiled.compiledInstructions! <= compiled.instructions!, JSON.stringify(compiled));
  });
});
