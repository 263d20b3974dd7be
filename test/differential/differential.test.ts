// The rows against a native CPU: committed results always, fresh random vectors where the native side can run here.
import assert from 'node:assert/strict';
import { parseVector } from '../../src/engine/vectors/vector';
import { oracleGuest } from '../support/oracle-guest';
import { testSeed } from '../support/seed';
import { describeDifference } from './compare';
import { UNSEEN } from './faults';
import { FIXED_FILES, readFixed } from './fixed';
import { FreshVectors } from './fresh';
import { NativeOracle } from './native';
import { Random } from './random';
import { Suite } from './suite';

const FRESH = 200_000;
const BATCH = 4_000;
const SHOWN = 20;
/** Batches after the last. */
const MORE = 20;

function assertNone({ report }: Suite): void {
  const text = report.differences.slice(0, SHOWN).map(describeDifference).join('\n');
  assert.equal(report.differences.length, 0, `${report.differences.length} differences\n${text}`);
}

describe('rows against a native CPU', function () {
  this.timeout(600_000);
  const guest = oracleGuest();

  for (const file of FIXED_FILES) {
    const { cpu, vectors, results } = readFixed(file.name);
    it(`${file.what}: ${vectors.length} results of ${cpu}`, () => {
      assert.ok(vectors.length > 0);
      assert.equal(results.length, vectors.length);
      const suite = new Suite(guest);
      suite.compareAll(vectors, suite.runAll(vectors), results);
      assertNone(suite);
    });
  }

  it('no flag of one vector is there in the next', async function () {
    const oracle = NativeOracle.open();
    if (typeof oracle === 'string') return this.skip();
    try {
      // POPF sets ID and NT, which a return from a signal leaves as they are; PUSHF shows them.
      const lines = ['id=a mode=32 code=9d rsp=200009c0 mem@200009c0=d742240000000000', 'id=b mode=32 code=9c rsp=200009c8 rflags=257'];
      const [, second] = await oracle.run(lines.map((line) => parseVector(line)));
      assert.match(second ?? '', /mem@200009c0=[0-9a-f]{8}57020000/);
    } finally {
      oracle.close();
    }
  });

  it(`${FRESH} fresh vectors, which show every result and fault`, async function () {
    const oracle = NativeOracle.open();
    if (typeof oracle === 'string') {
      console.log(`      skipped, fresh vectors: ${oracle}`);
      this.skip();
      return;
    }
    const seed = testSeed();
    console.log(`      fresh vectors: HYPERSCOPE_TEST_SEED=${seed}`);
    const fresh = new FreshVectors(guest, oracle, new Random(seed));
    try {
      for (let done = 0; done < FRESH; done += BATCH) {
        await fresh.batch(BATCH);
        assertNone(fresh.suite);
      }
      // Aimed vectors are a share of each batch: a few more where chance has left a gap.
      const gaps = (): string[] => fresh.coverage.gaps().map(({ text }) => text);
      for (let more = 0; more < MORE && gaps().length > UNSEEN.length; more++) {
        await fresh.batch(BATCH);
        assertNone(fresh.suite);
      }
      assert.deepEqual(gaps(), UNSEEN, 'results and faults that no vector showed');
    } finally {
      oracle.close();
    }
  });
});
