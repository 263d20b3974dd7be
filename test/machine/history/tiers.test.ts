// The moments of a run that was recorded and gone back in: the same in every tier to the digest, where a guest spins on a lock and what is hot is compiled.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Moment } from '../../../src/machine/control/types';
import { coreOf } from '../../proof/observe';
import { sample } from '../../support/guests';

const SLICES = 12;
const SLICE_NS = 3_000_000;
/** A snapshot after every so many slices. */
const STRETCH = 4;

interface Passed {
  readonly moment: Moment;
  readonly digest: string;
}

/** The moments on the way forward, and how they are on the way back, oldest first. */
function bothWays(tier: 'interpreter' | 'jit' | 'auto') {
  const core = coreOf({
    image: sample('ticket-lock-c', 'ticket-lock-c.elf'),
    vm: { vcpus: 3 },
    host: { pcpus: 2, tier },
  });
  core.history.record(64 << 20);
  const here = (): Passed => ({ moment: core.historyInfo().now, digest: core.digest() });
  const forward: Passed[] = [];
  for (let slice = 0; slice < SLICES; slice++) {
    core.resume();
    core.advance(SLICE_NS, Number.POSITIVE_INFINITY);
    if (slice % STRETCH === STRETCH - 1) core.history.takeSnapshot();
    core.pause();
    forward.push(here());
  }
  assert.equal(core.ended, false, 'the run is longer than what is recorded');
  const back = forward.toReversed().map(({ moment }) => {
    core.travel({ kind: 'moment', moment });
    while (core.running) core.advance(SLICE_NS, Number.POSITIVE_INFINITY);
    return here();
  });
  const compiled = core.statistics().engine.reduce((sum, { counters }) => sum + (counters.regionsCompiled ?? 0), 0);
  return { forward, back: back.toReversed(), compiled };
}

describe('machine/history: tiers', () => {
  let plain: ReturnType<typeof bothWays>;
  before(() => {
    plain = bothWays('interpreter');
  });
  it('interpreter: as it was', () => assert.deepEqual(plain.back, plain.forward));
  for (const tier of ['jit', 'auto'] as const)
    it(`${tier}: as the interpreter's`, () => {
      const other = bothWays(tier);
      assert.deepEqual(other.forward, plain.forward);
      assert.deepEqual(other.back, plain.forward);
      assert.ok(other.compiled > 0);
    });
});
