// The seed of a test that draws random inputs: another one each time, unless HYPERSCOPE_TEST_SEED says which. The test prints it.

/** From 0 to 2^31 − 1. */
export const freshSeed = (): number => Number(process.env.HYPERSCOPE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
