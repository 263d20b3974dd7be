// How often a recorded run's snapshots are taken, by work and by what they cost.
import assert from 'node:assert/strict';
import { SnapshotPace } from '../../../src/debug/host-link/snapshot-pace';

const RUN_MS = 60_000;
const TURN_MS = 8;

interface Guest {
  instructionsPerMs: number;
  /** Kept after so many ms of a stretch. */
  bytesAfter?: (ms: number) => number;
  snapshotMs?: number;
}

/** Mean CPU time from one snapshot to the next; undefined: there were none. */
function spacing({ instructionsPerMs, bytesAfter = () => 0, snapshotMs = 0 }: Guest): number | undefined {
  let [cpuMs, runMs, sinceMs, taken] = [0, 0, 0, 0];
  const pace = new SnapshotPace(() => cpuMs);
  while (runMs < RUN_MS) {
    pace.turn(
      runMs * instructionsPerMs,
      () => bytesAfter(runMs - sinceMs),
      () => {
        taken++;
        sinceMs = runMs;
        cpuMs += snapshotMs;
      },
    );
    cpuMs += TURN_MS;
    runMs += TURN_MS;
  }
  return taken === 0 ? undefined : RUN_MS / taken;
}

const about = (ms: number | undefined, wanted: number): void =>
  assert.ok(ms !== undefined && ms >= wanted && ms < wanted * 1.1, `${ms} ms, wanted ${wanted}`);

describe('debug/host-link: when snapshots are due', () => {
  it('four times in a second of a quick guest, and by its instructions in a slow one', () => {
    about(spacing({ instructionsPerMs: 4e6 }), 250);
    about(spacing({ instructionsPerMs: 100_000 }), 1500);
    assert.equal(spacing({ instructionsPerMs: 1000 }), undefined);
  });

  it('the more rarely the more they cost, but every two seconds all the same', () => {
    about(spacing({ instructionsPerMs: 4e6, snapshotMs: 5 }), 250);
    about(spacing({ instructionsPerMs: 4e6, snapshotMs: 40 }), 1000);
    about(spacing({ instructionsPerMs: 4e6, snapshotMs: 500 }), 2000);
  });

  it('the more rarely the more pages change', () => {
    const of = (pages: number) => spacing({ instructionsPerMs: 1e6, bytesAfter: (ms) => Math.min(ms / 10, 1) * pages * 4096 });
    about(of(100), 250);
    about(of(4000), 1000);
    about(of(30_000), 2000);
  });

  it('from the present on where the run has gone back', () => {
    let cpuMs = 0;
    let taken = 0;
    const pace = new SnapshotPace(() => cpuMs);
    const turn = (instructions: number): void => {
      cpuMs += 300;
      pace.turn(
        instructions,
        () => 0,
        () => taken++,
      );
    };
    for (const instructions of [0, 1e9, 2e9, 5e8]) turn(instructions);
    assert.equal(taken, 2);
    turn(6e8);
    assert.equal(taken, 2);
    turn(8e8);
    assert.equal(taken, 3);
  });
});
