// Our decoder against iced-x86: a sample of the walk over opcode maps × ModRM × prefixes × modes; whole: npx tsx test/campaign/opcode-map.ts.
import assert from 'node:assert/strict';
import { Random } from '../../differential/random';
import { testSeed } from '../../support/seed';
import { sampledWalk } from './streams';
import { MODES, Walker } from './walker';

const EXTRA = 60_000;

describe('decoder against iced-x86', () => {
  for (const mode of MODES)
    it(`${mode.bits}-bit mode: length, validity, mnemonic and operands`, function () {
      this.timeout(300_000);
      const seed = testSeed();
      const walker = new Walker(mode);
      for (const stream of sampledWalk(new Random(seed), EXTRA)) walker.compare(stream);
      assert.ok(walker.compared > EXTRA);
      assert.deepEqual([...walker.wrong.values()], [], `HYPERSCOPE_TEST_SEED=${seed}`);
    });
});
