// What code has run since a snapshot: piece by piece of a page while there is little of it, and anything once it has become much on the way, whatever tier runs it.
import assert from 'node:assert/strict';
import type { Tier } from '../../src/engine/cpu-engine';
import { mayHaveRunAtOffset } from '../../src/engine/fetch-log';
import { BareMachine } from './bare-machine';

const CHAIN = 0x1_0000;
const LOOP = 0x2_0400;
const ELSEWHERE = 0x2_0800;
const NOT_RUN = 0x2_0c00;
const TURNS = 50_000;
/** For `auto` to compile it. */
const HOT = 1_000_000;
/** inc ecx; cmp ecx,edx; jb -6; hlt */
const COUNT = 'ffc1 39d1 72fa f4';

function prepared(tier: Tier, links: number, end = 'f4') {
  const machine = new BareMachine({ tier, regionProfile: true });
  const { engine } = machine;
  const state = machine.longMode();
  // As many blocks of one instruction, which jumps to the next one.
  machine.write(CHAIN, 'eb00'.repeat(links) + end);
  for (const place of [LOOP, ELSEWHERE, NOT_RUN]) machine.write(place, COUNT);
  const run = (place: number, turns = 1): void => {
    state.setU64('rip', BigInt(place));
    state.setU32('activity', 0);
    state.setGpr(1, 0n);
    state.setGpr(2, BigInt(turns));
    for (let i = 0; i < 1000 && state.u32('activity') === 0; i++) machine.run(1_000_000);
    assert.notEqual(state.u32('activity'), 0, 'it has halted');
  };
  const begin = (): void => engine.beginWriteLog(() => {});
  const mayHaveRun = (place: number): boolean => mayHaveRunAtOffset(engine.fetchLog(), place);
  const entered = (): number =>
    engine.liveRegions().reduce((sum, { counts = [] }) => sum + (counts.find(({ what }) => what === 'entered')?.count ?? 0), 0);
  return { run, begin, mayHaveRun, entered };
}

for (const tier of ['interpreter', 'jit'] as const)
  describe(`engine: code that has run in a stretch (${tier})`, () => {
    for (const links of [20, 1500])
      it(`of ${links} blocks`, () => {
        const { run, begin, mayHaveRun } = prepared(tier, links);
        run(LOOP, TURNS);
        begin();
        run(CHAIN);
        run(ELSEWHERE);
        run(LOOP, TURNS);
        for (const place of [CHAIN, ELSEWHERE, LOOP]) assert.ok(mayHaveRun(place), place.toString(16));
        assert.equal(mayHaveRun(NOT_RUN), links > 1000);
      });
  });

describe('engine: code that becomes much', () => {
  it('leaves no region asleep', () => {
    const LINKS = 1500;
    const toLoop = Buffer.from(Int32Array.of(LOOP - (CHAIN + 2 * LINKS + 5)).buffer).toString('hex');
    const { run, begin, entered } = prepared('auto', LINKS, `e9${toLoop}`);
    run(LOOP, HOT);
    assert.ok(entered() > 0);
    begin();
    const before = entered();
    run(CHAIN, HOT);
    assert.ok(entered() > before);
  });
});
