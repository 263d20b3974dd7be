// A profile as a client asks for it, of the sample kernel: the tree, the list of functions, lines, files, and what is refused.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../src/dap/hosts';
import type { ProfileAnswer, ProfileBox, ProfileLinesAnswer, ProfileTreeAnswer } from '../../src/protocol/profile';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const FOLDER = join(ROOT, 'samples', 'kvm-c');
const MAIN = join(FOLDER, 'main.c');

describe('the requests of the Profile panel', () => {
  let client: TestClient;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hyperscope-profile-'));
    client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
    await client.start(
      { image: join(FOLDER, 'kvm-c.elf'), vcpus: 2, memory: '16M', pace: 'fast', console: 'terminal', stopOnEntry: true },
      async () => {
        await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'monitor' }] });
      },
    );
    await client.stopped();
  });
  after(async () => {
    await client.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const profile = (action: string, every?: string) =>
    client.request<ProfileAnswer>('hyperscope/profile', { action, ...(every !== undefined && { every }) });
  const tree = (selection: object = {}, leastShare = 0) =>
    client.request<ProfileTreeAnswer>('hyperscope/profileTree', { selection, leastShare });
  const find = (box: ProfileBox, ...path: string[]): ProfileBox | undefined => {
    const [name, ...rest] = path;
    if (name === undefined) return box;
    const child = box.children.find((each) => each.name === name);
    return child && find(child, ...rest);
  };

  it('has none before it is started', async () => {
    assert.deepEqual(await profile('status'), {
      on: false,
      every: '',
      points: 0,
      forgotten: 0,
      fromNs: 0,
      toNs: 0,
      vms: [],
      vcpus: [],
      spaces: [],
    });
    assert.equal((await tree()).root.total, 0);
  });

  it('samples a stretch of the run', async () => {
    assert.equal((await profile('start', '10us')).on, true);
    await client.request('continue', { threadId: 1 });
    await client.stopped();
    const { points, vcpus, toNs } = await profile('stop');
    assert.ok(points > 300, `${points} samples`);
    assert.deepEqual(
      vcpus.map(({ vm, vcpu }) => [vm, vcpu]),
      [
        [0, 0],
        [0, 1],
      ],
    );
    assert.ok(toNs > 0);
  });

  it('finds the function that is known to be hot, and the exits on top of their callers', async () => {
    const { root, functions, broken, kinds } = await tree();
    const { points } = await profile('status');
    assert.equal(root.total, points);
    const lock = find(root, 'high_entry', 'kmain', 'demo_spinlock', 'count_under_lock');
    assert.ok(lock !== undefined && lock.self > 0 && lock.path?.endsWith('.c') && lock.line !== null);
    const hypervisor = functions.filter(({ kind }) => kind === 'hypervisor').map(({ name }) => name);
    assert.ok(hypervisor.includes('io') && hypervisor.includes('port 0x3f8'), hypervisor.join());
    assert.ok(kinds.some(({ kind, points: some }) => kind === 'hypervisor' && some > 10));
    assert.deepEqual(broken, []);
    const top = functions[0];
    assert.ok(top && functions.every(({ self }) => self <= top.self));
  });

  it('looks at a vCPU, a stretch of time, and leaves small boxes out', async () => {
    const { points, vcpus, fromNs, toNs } = await profile('status');
    const second = await tree({ vcpu: 1 });
    assert.equal(second.root.total, vcpus[1]?.points);
    const middle = Math.floor((fromNs + toNs) / 2);
    const halves = [await tree({ toNs: middle }), await tree({ fromNs: middle })].map(({ root }) => root.total);
    assert.equal(halves[0]! + halves[1]!, points);
    const count = (box: ProfileBox): number => 1 + box.children.reduce((sum, child) => sum + count(child), 0);
    assert.ok(count((await tree({}, 0.05)).root) < count((await tree()).root));
  });

  it('says which lines are hot', async () => {
    const { points, lines } = await client.request<ProfileLinesAnswer>('hyperscope/profileLines', { path: MAIN, selection: {} });
    assert.ok(points > 0 && lines.length > 5);
    for (const { line, self, total } of lines) assert.ok(line > 0 && self <= total && total <= points);
  });

  it('writes the files that other tools read', async () => {
    const write = async (format: string, name: string): Promise<string> => {
      const path = join(folder, name);
      const { points } = await client.request<{ points: number }>('hyperscope/profileExport', { selection: {}, format, path });
      assert.ok(points > 0);
      return readFileSync(path, 'utf8');
    };
    const { points } = await profile('status');
    const collapsed = await write('collapsed', 'a.txt');
    const sums = collapsed
      .trim()
      .split('\n')
      .map((line) => Number(/ (\d+)$/.exec(line)?.[1]));
    assert.equal(
      sums.reduce((sum, each) => sum + each, 0),
      points,
    );
    assert.match(collapsed, /^high_entry;kmain;.*io_\[h\];port 0x3f8_\[h\] \d+$/m);
    const speedscope = JSON.parse(await write('speedscope', 'a.speedscope.json'));
    assert.equal(speedscope.profiles.length, 2);
    for (const { samples, weights, endValue } of speedscope.profiles) {
      assert.equal(samples.length, weights.length);
      assert.equal(
        weights.reduce((sum: number, each: number) => sum + each, 0),
        endValue,
      );
      assert.ok(samples.flat().every((frame: number) => frame < speedscope.shared.frames.length));
    }
    const cpu = JSON.parse(await write('cpuprofile', 'a.cpuprofile'));
    assert.equal(cpu.samples.length, cpu.timeDeltas.length);
    assert.equal(
      cpu.nodes.reduce((sum: number, { hitCount }: { hitCount: number }) => sum + hitCount, 0),
      points,
    );
    const chrome = JSON.parse(await write('chrome', 'a.json'));
    const slices = chrome.traceEvents.filter(({ ph }: { ph: string }) => ph === 'X');
    assert.ok(slices.length > 50 && slices.every(({ dur, ts }: { dur: number; ts: number }) => dur > 0 && ts >= 0));
  });

  it('refuses what cannot be, in words', async () => {
    await assert.rejects(profile('start', 'often'), /"often" is no distance of samples/);
    await assert.rejects(profile('begin'), /"action" must be "start" or "stop" or "status"/);
    await assert.rejects(tree({ space: 'mine' }), /"mine" is no value of CR3/);
    await assert.rejects(
      client.request('hyperscope/profileExport', { selection: {}, format: 'pdf', path: join(folder, 'a.pdf') }),
      /"format" must be/,
    );
    await assert.rejects(
      client.request('hyperscope/profileExport', { selection: {}, format: 'chrome', path: 'a.json' }),
      /no absolute path/,
    );
  });

  it('takes the same samples again after going back', async () => {
    await profile('start', '10us');
    await client.request('hyperscope/goTo', { place: 'begin' });
    await client.stopped();
    await profile('start', '10us');
    await client.request('continue', { threadId: 1 });
    await client.stopped();
    const first = await tree();
    await client.request('hyperscope/goTo', { place: 'begin' });
    await client.stopped();
    await client.request('continue', { threadId: 1 });
    await client.stopped();
    assert.deepEqual(await tree(), first);
  });
});
