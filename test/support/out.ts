// Where tests put what they build: beside other output, and apart from what tests in another process build at the same time.
import { resolve } from 'node:path';

const root = resolve(__dirname, '../..');

/** `name` below out/, or below out/place-N when suites run side by side (src/build/side-by-side.ts). */
export function testOut(name: string): string {
  const place = process.env.HYPERSCOPE_TEST_PLACE;
  return resolve(root, 'out', ...(place ? [`place-${place}`] : []), name);
}
