import assert from 'node:assert/strict';
import { DEFAULT_SEED, testSeed } from '../support/seed';

describe('the seed of random tests', () => {
  const before = process.env.HYPERSCOPE_TEST_SEED;
  const seedOf = (named?: string): number => {
    if (named === undefined) delete process.env.HYPERSCOPE_TEST_SEED;
    else process.env.HYPERSCOPE_TEST_SEED = named;
    return testSeed();
  };
  afterEach(() => {
    if (before === undefined) delete process.env.HYPERSCOPE_TEST_SEED;
    else process.env.HYPERSCOPE_TEST_SEED = before;
  });

  it('is the same where nothing is said, and the one that is named', () => assert.deepEqual([seedOf(), seedOf('7')], [DEFAULT_SEED, 7]));

  it('is another each time where a fresh one is wanted', () => {
    const seeds = new Set(Array.from({ length: 20 }, () => seedOf('fresh')));
    assert.ok(seeds.size > 15 && [...seeds].every((seed) => Number.isInteger(seed) && seed >= 0));
  });

  it('names what is no seed', () => {
    for (const named of ['', '-1', 'x', '2147483648']) assert.throws(() => seedOf(named), /HYPERSCOPE_TEST_SEED=/);
  });
});
