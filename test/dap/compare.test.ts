// A comparison as a client asks for it, of the sample kernel: beside a session that stands, with known counts, sites that lead to lines, files; cancelled; refused.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '../../src/dap/hosts';
import type { CompareAnswer, CompareArguments } from '../../src/protocol/compare';
import { until } from '../workbench/driver/processes';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const FOLDER = join(ROOT, 'samples', 'kvm-c');

describe('the requests of the Compare panel', () => {
  let client: TestClient;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hyperscope-compare-'));
    client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
    await client.start({ image: join(FOLDER, 'kvm-c.elf'), vcpus: 2, memory: '16M', console: 'none', stopOnEntry: true }, async () => {});
    await client.stopped();
  });
  after(async () => {
    await client.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const compare = (args: CompareArguments) => client.request<CompareAnswer>('hyperscope/compare', { ...args });
  const ended = async (): Promise<CompareAnswer> => {
    let answer: CompareAnswer | undefined;
    await until('the end of the comparison', async () => {
      answer = await compare({ action: 'status' });
      return answer.state !== 'running';
    });
    return answer!;
  };
  const message = (args: CompareArguments): Promise<string> =>
    compare(args).then(
      () => 'accepted',
      (error: Error) => error.message,
    );

  it('has none before it is started, and lists the cost tables', async () => {
    const { state, runs, costs } = await compare({ action: 'status' });
    assert.deepEqual([state, runs], ['none', []]);
    assert.ok(costs.some(({ name }) => name === 'bt-2006'));
  });

  it('runs the guest anew on both sides, and explains the difference', async () => {
    const started = await compare({ action: 'start', sides: ['none:hw', 'kvm:hw'], vcpus: [1, 2], input: 'quit\\n', sites: true });
    assert.deepEqual([started.state, started.all], ['running', 4]);
    const { state, text, done, sides, runs } = await ended();
    assert.deepEqual([state, text, done], ['done', '', 4]);
    assert.deepEqual(
      sides.map(({ name }) => name),
      ['none:hw', 'kvm:hw'],
    );
    assert.deepEqual(
      runs.map(({ vcpus, ended: ends }) => [vcpus, ...ends]),
      [
        [1, 'debug-exit', 'debug-exit'],
        [2, 'debug-exit', 'debug-exit'],
      ],
    );
    for (const { explanations, exits, sites, instructions } of runs) {
      for (const { parts, differenceNs } of explanations)
        assert.equal(
          parts.reduce((sum, part) => sum + part.differenceNs, 0),
          differenceNs,
        );
      // Shown an interface, the sample looks at one more leaf.
      assert.deepEqual(
        exits.find(({ reason }) => reason === 'cpuid')?.counts.map((count, _, [first]) => count - first!),
        [0, 1],
      );
      const put = sites.find(({ symbol, instruction }) => symbol.startsWith('put+') && instruction === 'OUT');
      assert.ok(put !== undefined && put.path !== null && put.line !== null && put.counts[0]! > 100);
      assert.deepEqual(
        instructions.find(({ instruction }) => instruction === 'CPUID')?.traps,
        "silently wrong: shows the host's processor",
      );
    }
  });

  it('writes it as text, JSON and CSV', async () => {
    for (const format of ['text', 'json', 'csv']) {
      const path = join(folder, `report.${format}`);
      const { bytes } = await client.request<{ bytes: number }>('hyperscope/compareExport', { format, path });
      const text = readFileSync(path, 'utf8');
      assert.equal(Buffer.byteLength(text), bytes);
      if (format === 'json') assert.equal(JSON.parse(text).runs.length, 2);
      else assert.match(text, format === 'csv' ? /^1,"exits","io","count",\d+,\d+$/m : /== scaling/);
    }
  });

  it('leaves the session where it stands', async () => {
    const { threads } = await client.request<{ threads: { id: number }[] }>('threads');
    assert.equal(threads.length, 2);
    const { stackFrames } = await client.request<{ stackFrames: { line: number }[] }>('stackTrace', { threadId: 1 });
    assert.ok(stackFrames.length > 0);
  });

  it('is cancelled', async () => {
    await compare({ action: 'start', sides: ['none:hw', 'kvm:hw'], vcpus: [16, 16, 16] });
    await compare({ action: 'cancel' });
    const { state, runs } = await ended();
    assert.equal(state, 'cancelled');
    assert.deepEqual(runs, []);
  });

  it('refuses what it cannot compare', async () => {
    assert.match(await message({ action: 'start', sides: ['none:hw'] }), /give two sides or more/);
    assert.match(await message({ action: 'start', sides: ['none:hw', 'kvm:fast'] }), /"kvm:fast" is no side: write none, kvm or xen/);
    assert.match(await message({ action: 'start', vcpus: [0] }), /vCPUs are whole numbers from 1 to/);
    await assert.rejects(client.request('hyperscope/compareExport', { format: 'text', path: 'report.txt' }), /no absolute path/);
  });
});
