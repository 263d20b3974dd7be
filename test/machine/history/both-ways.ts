// Back to where a stop point was met last, passing over stretches of the run and going through all of them: the same place, and less work.
import assert from 'node:assert/strict';
import type { ControlCore } from '../../../src/machine/control/control-core';
import type { Program, StopPointSpec } from '../../../src/machine/control/types';
import { Recording } from '../../../src/machine/history/recording';
import type { Chance } from '../../proof/random';

export interface Wanted {
  readonly where: StopPointSpec['where'];
  readonly condition?: Program;
}

const TRIES = 3;
/** Of so many stretches some can be passed over. Each way back leaves fewer snapshots, further apart: of those perhaps none. */
const MANY = 12;

export function settle(core: ControlCore): void {
  while (core.running) core.advance(200_000, Number.POSITIVE_INFINITY);
}

/** Snapshots put back while `work` is done; `sure`: nothing is passed over. */
function restores(work: () => void, sure: boolean): number {
  const { restore, isQuiet } = Recording.prototype;
  let count = 0;
  Recording.prototype.restore = function (index) {
    count++;
    return restore.call(this, index);
  };
  if (sure) Recording.prototype.isQuiet = () => false;
  try {
    work();
  } finally {
    Object.assign(Recording.prototype, { restore, isQuiet });
  }
  return count;
}

/** The first of `wanted` is met nowhere; of the others, a few by chance. The first on a fresh recording shows that stretches are passed over. */
export function bothWays(core: ControlCore, wanted: readonly Wanted[], chance: Chance): void {
  const { now } = core.historyInfo();
  const back = (point: StopPointSpec, sure: boolean): { place: string; count: number } => {
    core.setStopPoints([]);
    if (core.historyInfo().past) {
      core.travel({ kind: 'moment', moment: now });
      settle(core);
    }
    core.setStopPoints([point]);
    const count = restores(() => {
      core.travel({ kind: 'last-hit', touched: false });
      settle(core);
    }, sure);
    return { place: JSON.stringify([core.host.stop?.reason.kind, core.historyInfo().now]), count };
  };
  let [quick, sure] = [0, 0];
  for (let i = 0; i < TRIES; i++) {
    const point: StopPointSpec = { id: 3, vm: 0, ...wanted[i === 0 ? 0 : chance.below(wanted.length)]! };
    const skipping = back(point, false);
    const going = back(point, true);
    const text = JSON.stringify(point, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
    assert.equal(skipping.place, going.place, text);
    if (i === 0 && going.count >= MANY)
      assert.ok(skipping.count < going.count, `${text}: all of ${going.count} stretches were gone through`);
    quick += skipping.count;
    sure += going.count;
  }
  core.setStopPoints([]);
  core.travel({ kind: 'moment', moment: now });
  settle(core);
  assert.ok(quick <= sure, `${quick} stretches were gone through of ${sure}`);
}
