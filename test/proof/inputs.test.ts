// What comes from outside is an input with a virtual time, recorded and replayed: typing at a terminal, a piped script, what the user changes in registers and memory.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import { ControlCore } from '../../src/machine/control/control-core';
import { defaultParts } from '../../src/machine/control/default-parts';
import { figuresOfRun, runGuest } from '../support/cli';
import { sample } from '../support/guests';
import { all, type Disturbance, look, pause, runDisturbed, step } from './disturb';
import { assertSame, configOf, coreOf, neighbour, type Observed, prepare, type Recipe, run, runOut, Watch } from './observe';
import { Chance } from './random';

const recipe = (pcpus: number): Recipe => ({
  image: sample('kvm-c', 'kvm-c.elf'),
  vm: { vcpus: 2 },
  host: { pcpus, neighbours: [neighbour({ duty: 0.4, periodNs: 7_000_000 })] },
});
const words = ['time\n', 'steal\n', 'ipi\n', 'nonsense\n', '\n', 'tim', 'e\n', 'steal\nipi\ntime\n'];

/** A person types at a terminal, at the real clock's pace. */
async function type(chance: Chance, pcpus: number): Promise<{ observed: Observed; log: string }> {
  const core = new ControlCore(configOf(recipe(pcpus)), defaultParts());
  prepare(core, recipe(pcpus));
  const watch = new Watch(core);
  const control = new InProcessControl(core.host.config, core);
  await control.setInputOpen(true);
  await control.setPace('realtime');
  const end = new Promise<void>((done) => {
    control.onEvent((event) => {
      if (event.kind === 'exited') done();
    });
  });
  await control.resume();
  for (let i = 0; i < 12; i++) {
    await new Promise((go) => setTimeout(go, chance.below(25)));
    await control.input(0, new TextEncoder().encode(chance.of(words)));
    if (chance.below(3) > 0) continue;
    await control.pause();
    await control.input(0, new TextEncoder().encode('x'));
    await control.resume();
  }
  await control.input(0, new TextEncoder().encode('\nquit\n'));
  await end;
  await control.dispose();
  return { observed: watch.observed(), log: core.inputLog() };
}

const replayOf = (log: string, pcpus: number, drive: (core: ControlCore) => void = runOut): Observed => {
  const core = coreOf(recipe(pcpus));
  core.replay(log, 'the log');
  const watch = new Watch(core);
  drive(core);
  return watch.observed();
};

function assertEditsReplayed(pcpus: number, chance: Chance, meanNs: number): void {
  const edit: Disturbance = (core, chances) => {
    if (chances.below(2) > 0) return;
    core.pause();
    const { vcpu } = chances.of(core.vcpus());
    if (chances.below(2) === 0) core.setRegister(0, vcpu, `xmm${chances.below(16)}`, BigInt(chances.below(2 ** 31)));
    else core.writeMemory(0, { kind: 'physical' }, BigInt((8 << 20) + chances.below(4090)), Uint8Array.of(chances.below(256), 1, 2));
  };
  const edited = { ...recipe(pcpus), script: 'time\nquit\n' };
  const core = coreOf(edited);
  const watch = new Watch(core);
  runDisturbed(core, chance, meanNs, edit);
  const observed = watch.observed();
  const edits = observed.trace.filter((line) => line.includes('"kind":"input"')).length;
  assert.ok(edits > 10, `${edits} edits were made`);
  assert.notEqual(observed.digest, run(edited).digest);
  assertSame(replayOf(core.inputLog(), pcpus), observed, 'the replay');
}

describe('proof: inputs are recorded and replayed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-proof-'));
  const chance = new Chance();
  before(() => {
    chance.announce();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const pcpus of [1, 2]) {
    it(`typing while the guest runs and sleeps is replayed, also with pauses, steps and looks: ${pcpus} pCPUs`, async () => {
      const { observed, log } = await type(chance, pcpus);
      assert.match(observed.text, /> $|quit/);
      assertSame(replayOf(log, pcpus), observed, 'the replay');
      const disturbed = replayOf(log, pcpus, (core) => runDisturbed(core, chance, 500_000, all(pause, step, look)));
      assertSame(disturbed, observed, 'the disturbed replay');
    });

    it(`registers and memory changed at random instants are replayed: ${pcpus} pCPUs`, () => assertEditsReplayed(pcpus, chance, 50_000));
  }

  it('changes every few microseconds, many where a vCPU waits for another at a border instruction', () =>
    assertEditsReplayed(2, new Chance(2), 2_000));

  it('a replay goes on from a saved state, saved while recording or while replaying', async () => {
    const { observed, log } = await type(chance, 2);
    // Once from the state at power-on, which knows no input, and from states of a replay, which know them all.
    for (const knows of [false, true]) {
      const core = coreOf(recipe(2));
      if (knows) core.replay(log, 'the log');
      core.resume();
      const stopNs = knows ? observed.statistics.virtualNs / 2 : 0;
      while (core.statistics().virtualNs < stopNs) core.advance(100_000, Number.POSITIVE_INFINITY);
      core.pause();
      const bytes = core.save();
      for (const again of knows ? [false, true] : [true]) {
        const restored = coreOf(recipe(2));
        restored.restore(bytes);
        if (again) restored.replay(log, 'the log');
        const watch = new Watch(restored);
        runOut(restored);
        const tail = watch.observed();
        assert.equal(tail.digest, observed.digest, `knows ${knows}, given again ${again}`);
        assert.ok(observed.text.endsWith(tail.text));
      }
    }
  });

  it('edits still to come are saved', () => {
    const edited = coreOf(recipe(1));
    edited.input(0, new TextEncoder().encode('quit\n'));
    edited.resume();
    while (edited.statistics().virtualNs < 3_000_000) edited.advance(100_000, Number.POSITIVE_INFINITY);
    edited.pause();
    edited.writeMemory(0, { kind: 'physical' }, 8n << 20n, Uint8Array.of(1, 2, 3));
    const watch = new Watch(edited);
    runOut(edited);
    const core = coreOf(recipe(1));
    core.replay(edited.inputLog(), 'the log');
    core.resume();
    while (core.statistics().virtualNs < 1_000_000) core.advance(100_000, Number.POSITIVE_INFINITY);
    core.pause();
    const restored = coreOf(recipe(1));
    restored.restore(core.save());
    runOut(restored);
    assert.equal(restored.digest(), watch.observed().digest);
  });

  it('the same piped script twice is one run, however it arrives', () => {
    const args = ['--vcpus', '2', '--pcpus', '2', '--trace', join(folder, 'piped.json')];
    const runs = [1, 2].map(() => {
      const { stdout, stats } = runGuest(recipe(2).image, args, { input: 'time\nsteal\nipi\nquit\n' });
      return { stdout, stats: figuresOfRun(stats), trace: readFileSync(join(folder, 'piped.json'), 'utf8') };
    });
    assert.deepEqual(runs[1]!.stats, runs[0]!.stats);
    assert.equal(runs[1]!.stdout, runs[0]!.stdout);
    assert.ok(runs[1]!.trace === runs[0]!.trace, 'the trace');
  });

  it('--record and --replay: one run, and one log', () => {
    const logs = [join(folder, 'first.log'), join(folder, 'second.log')] as const;
    const first = runGuest(recipe(2).image, ['--vcpus', '2', '--record', logs[0]], { input: 'ipi\nsteal\nquit\n' });
    const second = runGuest(recipe(2).image, ['--vcpus', '2', '--record', logs[1]], { input: 'ipi\nsteal\nquit\n' });
    const replayed = runGuest(recipe(2).image, ['--vcpus', '2', '--replay', logs[0]]);
    assert.equal(readFileSync(logs[1], 'utf8'), readFileSync(logs[0], 'utf8'));
    for (const other of [second, replayed]) {
      assert.equal(other.stdout, first.stdout);
      assert.deepEqual(figuresOfRun(other.stats), figuresOfRun(first.stats));
    }
  });
});
