// The rows against a native CPU, compiled: each committed vector's code is a region before it runs.
import assert from 'node:assert/strict';
import { describeDifference } from '../../differential/compare';
import { FIXED_FILES, readFixed } from '../../differential/fixed';
import { Suite } from '../../differential/suite';
import { oracleGuest } from '../../support/oracle-guest';

const SHOWN = 20;

describe('compiled rows against a native CPU', function () {
  this.timeout(600_000);
  const guest = oracleGuest('jit');

  for (const file of FIXED_FILES) {
    const { vectors, results } = readFixed(file.name);
    it(file.what, () => {
      const suite = new Suite(guest);
      suite.compareAll(vectors, suite.runAll(vectors), results);
      const { differences } = suite.report;
      assert.equal(differences.length, 0, differences.slice(0, SHOWN).map(describeDifference).join('\n'));
    });
  }
});
