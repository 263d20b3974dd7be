// A run ends after so many trips to TypeScript as its caller can wait for, each of which takes as long as hundreds of instructions. Where it ends changes nothing.
import assert from 'node:assert/strict';
import type { Tier } from '../../src/engine/cpu-engine';
import { BareMachine } from './bare-machine';
import { snapshot } from './snapshot';

const CODE = 0x1_0000;
const TIERS: readonly Tier[] = ['jit', 'interpreter', 'auto'];
const MOST_TRIPS = 40;

function looping(tier: Tier, code: string): BareMachine {
  const machine = new BareMachine({ tier });
  machine.longMode();
  machine.write(CODE, Uint8Array.from(Buffer.from(code, 'hex')));
  machine.state.setU64('rip', BigInt(CODE));
  machine.state.setGpr(3, machine.state.u64('cr3'));
  return machine;
}

/** Endless. */
const DEAR = { 'MOV CR3, RBX': '0f22dbebfb', CLTS: '0f06ebfc' } as const;
const NOP = '90ebfd';

describe('trips of a run', () => {
  for (const tier of TIERS)
    for (const [name, code] of Object.entries(DEAR))
      it(`${tier}: a loop of ${name} ends after as many as are wanted, one of NOP goes on`, () => {
        const { engine } = looping(tier, code);
        assert.equal(engine.runThrough(0, 1e6, 1e6, MOST_TRIPS).kind, 'budget');
        assert.ok(engine.trips() >= MOST_TRIPS && engine.trips() <= MOST_TRIPS + 1, `${engine.trips()} trips`);
        const turns = engine.consumedNs() / 2;
        assert.ok(turns >= MOST_TRIPS / 4 && turns <= MOST_TRIPS, `${turns} turns`);

        const cheap = looping(tier, NOP).engine;
        assert.equal(cheap.runThrough(0, 1e6, 1e6, MOST_TRIPS).kind, 'budget');
        assert.equal(cheap.consumedNs(), 1e6);
      });

  for (const tier of TIERS)
    for (const [name, code] of Object.entries({ ...DEAR, NOP }))
      it(`${tier}: a loop of ${name} ends soon after its caller has waited long enough, and not before it has run`, () => {
        const { engine } = looping(tier, code);
        engine.isOver = () => true;
        for (let i = 0; i < 3; i++) {
          assert.equal(engine.runThrough(0, 1e9).kind, 'budget');
          assert.ok(engine.trips() <= 20, `${engine.trips()} trips`);
          assert.ok(engine.consumedNs() > 0 && engine.consumedNs() <= 1_010_000, `${engine.consumedNs()} ns`);
        }
      });

  it('many short pieces are one long run', () => {
    for (const tier of TIERS) {
      const [long, short] = [looping(tier, DEAR.CLTS), looping(tier, DEAR.CLTS)];
      long.engine.runThrough(0, 30_001);
      for (let leftNs = 30_001; leftNs > 0; leftNs -= short.engine.consumedNs()) short.engine.runThrough(0, leftNs, leftNs, 7);
      assert.deepEqual(snapshot(short), snapshot(long), tier);
    }
  });
});
