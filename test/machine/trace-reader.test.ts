// A reader that keeps events loses none, however slowly it reads: the run waits. It is the same run.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { hostConfig } from '../../src/cli/run/host-config';
import { parseRun } from '../../src/cli/run/parse-run';
import { InProcessControl } from '../../src/debug/host-link/in-process';

const IMAGE = join(__dirname, '../../samples/kvm-c/kvm-c.elf');
const CAPACITY = 2048;

describe('machine: trace reader', () => {
  const run = async (keep: boolean): Promise<{ lost: number; seen: number; waited: boolean; digest: string }> => {
    const options = ['--memory', '64M', '--neighbour', 'duty=0.5,period=10us'];
    const control = new InProcessControl({ ...hostConfig(parseRun([IMAGE, ...options])), traceCapacity: CAPACITY });
    const { core } = control;
    let [next, lost, seen] = [0, 0, 0];
    let waited = false;
    const read = (limit: number): void => {
      const page = core.trace({ from: next, limit, ...(keep && { keep }) });
      lost += Math.max(0, page.first - next);
      seen += page.records.length;
      next = (page.records.at(-1)?.seq ?? next - 1) + 1;
    };
    read(0);
    core.resume();
    for (let turn = 0; turn < 20_000 && core.running; turn++) {
      const before = core.host.recorder.nextSequence;
      core.advance(10_000, 1e9);
      waited ||= core.running && core.host.recorder.nextSequence === before && before - next > 100;
      if (turn % 100 === 99) read(10);
    }
    for (let i = 0; i < 100; i++) read(300);
    const digest = core.digest();
    await control.dispose();
    return { lost, seen, waited, digest };
  };

  it('the run waits, and nothing is lost', async () => {
    const kept = await run(true);
    assert.ok(kept.waited, 'the ring was full');
    assert.equal(kept.lost, 0);
    const dropped = await run(false);
    assert.ok(dropped.lost > 0, 'without it events are lost here');
    assert.equal(kept.digest, dropped.digest);
  });
});
