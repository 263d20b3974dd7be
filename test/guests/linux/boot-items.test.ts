// Every item of booting Linux has its proof: the tests that the list names exist, and so do the boots of the matrix.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BOOT_ITEMS } from './boot-items.rows';
import { BOOTS } from './matrix-boots';

const root = resolve(__dirname, '../../..');
const hasTest = (file: string, title: string): boolean =>
  ["it('", 'it("', 'it(`', 'it('].some((opening) => readFileSync(join(root, file), 'utf8').includes(`${opening}${title}`));

describe('the items of booting Linux', () => {
  for (const { item, tests, boots } of BOOT_ITEMS)
    it(item, () => {
      assert.ok(tests.length > 0 || boots !== undefined, 'nothing proves it');
      for (const [file, title] of tests) assert.ok(hasTest(file, title), `${file} has no test "${title}…"`);
      if (boots !== undefined) assert.ok(BOOTS.some(boots), 'no boot of the matrix');
    });
});
