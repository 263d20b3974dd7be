// The instruction rows against hardware: committed results of one processor always, fresh random vectors where this machine can run them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { campaign, compareAll, makeEngine, report } from './campaign';
import { cpuName, oracleMissing } from './native';
import { parseVector } from './vector';

const FRESH = 100_000;
const fixed = (name: string): string[] =>
  readFileSync(join(__dirname, 'fixed', name), 'utf8')
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('#'));

describe('instruction rows against hardware', () => {
  it('committed vectors and results', () => {
    const vectors = fixed('vectors.txt').map(parseVector);
    const results = fixed('results.txt');
    assert.equal(vectors.length, results.length);
    const findings = compareAll(makeEngine(), vectors, results);
    assert.equal(findings.length, 0, report(findings));
  });

  it(`${FRESH} fresh random vectors`, function () {
    const missing = oracleMissing();
    if (missing !== undefined) {
      console.log(`      not run: ${missing}`);
      this.skip();
    }
    this.timeout(600_000);
    const seed = Number(process.env.HYPERSCOPE_SEED ?? Date.now() % 1_000_000_007);
    console.log(`      seed ${seed} on ${cpuName()} (again: HYPERSCOPE_SEED=${seed})`);
    const findings = campaign(FRESH, seed);
    assert.equal(findings.length, 0, `seed ${seed}:\n${report(findings)}`);
  });
});
