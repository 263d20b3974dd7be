// Snapshot files: the same state in a new host, and one clear message for everything else.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../../../src/base/user-error';
import { createHost } from '../../../src/dap/hosts';
import { packSnapshot, unpackSnapshot, writeSnapshotFile } from '../../../src/debug/host-link/snapshot-file';
import { SNAPSHOT_LAYOUT } from '../../../src/machine/state/snapshot';
import { TestClient } from '../../dap/support/client';
import { configOf, coreOf, type Recipe, runOut } from '../../proof/observe';
import { Chance } from '../../proof/random';
import { sample } from '../../support/guests';

const recipe: Recipe = { image: sample('kvm-c', 'kvm-c.elf'), vm: { vcpus: 2 }, host: { pcpus: 2 }, script: 'time\nquit\n' };

describe('snapshot files', () => {
  const chance = new Chance();
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-snapshot-'));
  before(() => chance.announce());
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('restore to the same digest, and to the same run', () => {
    const core = coreOf(recipe);
    core.resume();
    for (let i = 0; i < 20; i++) core.advance(100_000, Number.POSITIVE_INFINITY);
    core.pause();
    const raw = core.save();
    const packed = packSnapshot(raw);
    assert.ok(packed.length < raw.length / 2, `${packed.length} of ${raw.length} bytes`);
    const other = coreOf({ ...recipe, script: '' });
    other.history.record(16 << 20);
    other.restore(unpackSnapshot(packed));
    assert.equal(other.digest(), core.digest());
    assert.equal(other.historyInfo().snapshots, 1, 'what was recorded before is another run');
    for (const each of [core, other]) runOut(each);
    assert.equal(other.digest(), core.digest());
  });

  it('are refused where they do not belong, by name', () => {
    const bytes = unpackSnapshot(packSnapshot(coreOf(recipe).save()));
    const refused = (text: RegExp, change: Partial<Recipe>): void =>
      assert.throws(
        () => coreOf({ ...recipe, script: '', ...change }).restore(bytes),
        (error: Error) => {
          assert.ok(error instanceof UserError);
          assert.match(error.message, text);
          return true;
        },
      );
    refused(/"vcpus" was 2, and here it is 1/, { vm: { vcpus: 1 } });
    refused(/"append" was , and here it is quiet/, { vm: { vcpus: 2, append: 'quiet' } });
    refused(/"model" was hw, and here it is pv/, { vm: { vcpus: 2, model: 'pv' } });
    const { image } = configOf(recipe).vms[0]!;
    const changed = image.bytes.slice();
    changed[changed.length - 1]! ^= 1;
    refused(/its image is kvm-c\.elf \(SHA-256 [0-9a-f]{12}…\), and here it is kvm-c\.elf \(SHA-256 [0-9a-f]{12}…\)/, {
      vm: { vcpus: 2, image: { ...image, bytes: changed } },
    });
    refused(/its module 1 is missing, and here it is x \(/, {
      vm: { vcpus: 2, modules: [{ path: '/tmp/x', args: '', bytes: new Uint8Array(3) }] },
    });
  });

  it('are refused by a program of another version, which says so', () => {
    const bytes = unpackSnapshot(packSnapshot(coreOf(recipe).save()));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint32(4, SNAPSHOT_LAYOUT.version + 1, true);
    const { version } = SNAPSHOT_LAYOUT;
    assert.throws(() => coreOf({ ...recipe, script: '' }).restore(bytes), {
      id: 'snapshot-version',
      message: `this snapshot is of version ${version + 1}, and this program reads version ${version}: make it again`,
    });
  });

  it('say nothing of where they were made, and restore where the same files are elsewhere under other names', () => {
    const core = coreOf(recipe);
    core.resume();
    for (let i = 0; i < 10; i++) core.advance(100_000, Number.POSITIVE_INFINITY);
    core.pause();
    const raw = core.save();
    const text = Buffer.from(raw).toString('latin1');
    assert.ok(text.includes(basename(recipe.image)), 'what is looked for can be found');
    for (const place of [dirname(recipe.image), process.cwd()]) assert.equal(text.includes(place), false, place);
    const { image } = configOf(recipe).vms[0]!;
    const other = coreOf({ ...recipe, script: '', vm: { ...recipe.vm, image: { ...image, path: '/elsewhere/kernel' } } });
    other.restore(unpackSnapshot(packSnapshot(raw)));
    assert.equal(other.digest(), core.digest());
    for (const each of [core, other]) runOut(each);
    assert.equal(other.digest(), core.digest());
  });

  it('are refused when they are damaged, whatever is in them', () => {
    const core = coreOf(recipe);
    const raw = core.save();
    const packed = packSnapshot(raw);
    const expect = (bytes: Uint8Array): void =>
      assert.throws(
        () => coreOf({ ...recipe, script: '' }).restore(unpackSnapshot(bytes)),
        (error: Error) => {
          assert.ok(error instanceof UserError, error.stack);
          return true;
        },
      );
    expect(new Uint8Array(0));
    expect(raw);
    expect(packed.subarray(0, packed.length / 2));
    for (let i = 0; i < 5; i++) {
      const bad = packed.slice();
      bad[chance.below(bad.length)]! ^= 1 + chance.below(255);
      expect(bad);
      const worse = raw.slice();
      worse[8 + chance.below(worse.length - 8)]! ^= 1 + chance.below(255);
      expect(packSnapshot(worse));
    }
  });

  it('are what F5 starts from', async () => {
    const client = async (launch: object, functions: string[]) => {
      const made = new TestClient(async (config, given) => createHost(config, given, undefined));
      await made.start({ image: recipe.image, vcpus: 2, memory: '16M', pace: 'fast', ...launch }, async () => {
        await made.request('setFunctionBreakpoints', { breakpoints: functions.map((name) => ({ name })) });
      });
      await made.stopped();
      return made;
    };
    const path = join(folder, 'timer.snapshot');
    const first = await client({}, ['demo_timer']);
    const digest = await first.session.guest('test').control.digest();
    await assert.rejects(first.request('hyperscope/saveSnapshot', { path: 'here' }), /absolute/);
    await assert.rejects(first.request('hyperscope/saveSnapshot', { path: join(folder, 'no', 'where') }), /Cannot write/);
    const { bytes } = await first.request<{ bytes: number }>('hyperscope/saveSnapshot', { path });
    assert.equal(statSync(path).size, bytes);
    await first.end();
    const second = await client({ snapshot: path, stopOnEntry: true }, []);
    assert.equal(await second.session.guest('test').control.digest(), digest);
    assert.equal((await second.frames())[0]?.name, 'demo_timer');
    await second.request('next', { threadId: 1 });
    await second.stopped();
    await second.request('stepBack', { threadId: 1 });
    await second.stopped();
    assert.equal((await second.frames())[0]?.name, 'demo_timer');
    await second.end();
    const third = new TestClient(async (config, given) => createHost(config, given, undefined));
    await third.initialize();
    await assert.rejects(
      third.request('launch', { image: recipe.image, vcpus: 1, memory: '16M', snapshot: path }),
      /timer\.snapshot: .*"vcpus" was 2/,
    );
    writeFileSync(path, 'nonsense');
    await assert.rejects(third.request('launch', { image: recipe.image, snapshot: path }), /no snapshot of a host/);
    await assert.rejects(
      third.request('launch', { image: recipe.image, snapshot: join(folder, 'none') }),
      /"snapshot": cannot read .*: there is no such file/,
    );
    await third.end();
    assert.deepEqual(readdirSync(folder), ['timer.snapshot']);
    assert.equal(writeSnapshotFile(path, new Uint8Array(5)), statSync(path).size);
  });
});
