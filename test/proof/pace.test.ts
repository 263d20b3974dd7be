// Pacing, threads and tracing decide when something is computed, never what: one trace and one digest.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import { RemoteControl } from '../../src/debug/host-link/remote';
import { ControlCore } from '../../src/machine/control/control-core';
import { defaultParts } from '../../src/machine/control/default-parts';
import type { EngineControl } from '../../src/machine/control/engine-control';
import { runGuest, type Stats } from '../support/cli';
import { sample } from '../support/guests';
import { assertSame, configOf, neighbour, type Observed, prepare, type Recipe, run, Watch } from './observe';
import { Chance } from './random';

const script = 'time\nsteal\nipi\nquit\n';
const recipe = (): Recipe => ({
  image: sample('kvm-c', 'kvm-c.elf'),
  vm: { vcpus: 2 },
  host: { pcpus: 2, neighbours: [neighbour({ duty: 0.4, periodNs: 7_000_000 })] },
  script,
});
const line = ['--vcpus', '2', '--pcpus', '2', '--memory', '16M', '--neighbour', 'duty=0.4,period=7ms'];

const ended = (control: EngineControl): Promise<void> =>
  new Promise((end, fail) => {
    control.onEvent((event) => {
      if (event.kind === 'exited') end();
      if (event.kind === 'lost') fail(new Error(event.text));
    });
  });

/** Pauses, steps and looks from outside by the real clock, while the guest runs in its own time. */
async function meddle(control: EngineControl, chance: Chance, times: number, finished: () => boolean): Promise<number> {
  let pauses = 0;
  for (let i = 0; i < times && !finished(); i++) {
    await new Promise((go) => setTimeout(go, chance.below(4)));
    if (finished()) break;
    const { vcpu, linearRip } = (await control.vcpus())[chance.below(2)]!;
    await control.registers(0, vcpu);
    await control.walk(0, vcpu, linearRip);
    await control.mappedRanges(0, vcpu, 0n, 20);
    await control.readMemory(0, { kind: 'linear', vcpu }, linearRip, 64);
    await control.runStates(0, 1e9, 50);
    await control.trace({ from: 0, limit: 50 });
    await control.setStopPoints(
      chance.below(2) === 0
        ? [{ id: 1, vm: 0, where: { kind: 'linear', address: linearRip }, condition: [{ op: 'const', value: 0n }] }]
        : [],
    );
    await control.setPace(chance.of(['fast', 'realtime']));
    await control.pause();
    pauses++;
    if (!finished()) await control.resume().catch((error: Error) => assert.match(error.message, /has ended/));
  }
  if (!finished()) {
    await control.pause();
    await control.setStopPoints([]);
    await control.resume().catch((error: Error) => assert.match(error.message, /has ended/));
  }
  return pauses;
}

describe('proof: pace, threads and tracing change nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-proof-'));
  const chance = new Chance();
  let expected: Observed;
  let plain: Stats;
  before(() => {
    chance.announce();
    expected = run(recipe());
    plain = runGuest(recipe().image, line, { input: script }).stats;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [name, pace, meddled] of [
    ['realtime pace', 'realtime', false],
    ['realtime pace, with pauses and looks by the real clock', 'realtime', true],
    ['fast pace, with pauses and looks by the real clock', 'fast', true],
  ] as const) {
    it(name, async () => {
      const core = new ControlCore(configOf(recipe()), defaultParts());
      prepare(core, recipe());
      const watch = new Watch(core);
      const control = new InProcessControl(core.host.config, core);
      await control.setPace(pace);
      const end = ended(control);
      await control.resume();
      if (meddled) console.log(`      ${await meddle(control, chance, 40, () => core.ended)} pauses`);
      await end;
      await control.dispose();
      assertSame(watch.observed(), expected, name);
    });
  }

  it("over the engine's worker, paused and looked at while it runs", async () => {
    const control = await RemoteControl.start(configOf(recipe()), resolve(__dirname, '../../dist/engine-worker.js'));
    await control.setStopOn({ tripleFault: false, haltedForever: false });
    await control.input(0, new TextEncoder().encode(script));
    let over = false;
    const end = ended(control).then(() => {
      over = true;
    });
    await control.resume();
    await meddle(control, chance, 40, () => over);
    await end;
    assert.equal(await control.digest(), expected.digest);
    const { engine: _engine, ...figures } = await control.statistics();
    const { engine: _other, ...wanted } = expected.statistics;
    assert.deepEqual(figures, wanted);
    await control.dispose();
  });

  it('the command line is the same run as the parts in process', () => {
    assert.equal(plain.digest, expected.digest);
    assert.equal(plain.virtualNs, expected.statistics.virtualNs);
  });

  it('--trace: one file to the byte at each pace, and the digest of a run without', () => {
    const files = ['fast', 'fast', 'realtime'].map((pace, index) => {
      const file = join(folder, `trace${index}.json`);
      const { stats } = runGuest(recipe().image, [...line, '--pace', pace, '--trace', file], { input: script });
      assert.equal(stats.digest, plain.digest);
      return readFileSync(file, 'utf8');
    });
    assert.ok(files[0]!.length > 100_000, `${files[0]!.length} bytes of trace`);
    assert.ok(files[1] === files[0], 'the second trace');
    assert.ok(files[2] === files[0], 'the trace at realtime pace');
  });
});
