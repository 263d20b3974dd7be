// The seed of a test that draws random inputs: the same one each time, so that a run says of the code alone whether it is right.
// HYPERSCOPE_TEST_SEED names another, or `fresh` draws one; the test prints it. Campaigns draw the many.
export const DEFAULT_SEED = 20_261;
const FRESH = 'fresh';

/** From 0 to 2^31 − 1. */
export function testSeed(): number {
  const named = process.env.HYPERSCOPE_TEST_SEED ?? String(DEFAULT_SEED);
  if (named === FRESH) return Math.floor(Math.random() * 2 ** 31);
  const seed = Number(named);
  if (!/^\d+$/.test(named) || seed >= 2 ** 31) throw new Error(`HYPERSCOPE_TEST_SEED=${named}: a number below 2147483648, or ${FRESH}`);
  return seed;
}
