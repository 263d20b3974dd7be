import assert from 'node:assert/strict';
import { countMocha } from '../../src/build/suite';

describe('a suite of npm test', () => {
  it("is counted by the end of mocha's report", () => {
    assert.deepEqual(countMocha('  ✔ 3 passing things\n\n  12 passing (3s)\n  2 pending\n  1 failing\n'), { passed: 12, failed: 1 });
    assert.deepEqual(countMocha('  7 passing (1m)\n'), { passed: 7, failed: 0 });
    assert.deepEqual(countMocha('no report'), { passed: 0, failed: 0 });
  });
});
