// Long work: told while it lasts, and ended where it is when nobody wants it any more; stacks that are unwound only as far as somebody looks.
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { createHost } from '../../src/dap/hosts';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import type { HistoryAnswer } from '../../src/protocol/requests';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const FOLDER = join(ROOT, 'samples', 'kvm-c');
const SLOW_MS = 250;

/** A machine on which going to another moment, and saving, take their time. */
async function launched(): Promise<TestClient> {
  const client = new TestClient(async (config, launch) => {
    const control = await createHost(config, launch, undefined);
    assert.ok(control instanceof InProcessControl);
    const { core } = control;
    const advance = core.advance.bind(core);
    core.advance = (...args) => {
      const until = performance.now() + (core.history.isTravelling ? SLOW_MS : 0);
      while (performance.now() < until);
      return advance(...args);
    };
    const save = control.save.bind(control);
    control.save = async () => {
      await new Promise((wake) => setTimeout(wake, 700));
      return save();
    };
    return control;
  });
  await client.initialize({ supportsProgressReporting: true });
  await client.request('launch', { image: join(FOLDER, 'kvm-c.elf'), vcpus: 2, memory: '16M', pace: 'fast', console: 'terminal' });
  await client.event('initialized');
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'show_steal' }] });
  await client.request('configurationDone', {});
  await client.stopped();
  await client.request('setFunctionBreakpoints', { breakpoints: [] });
  // Looked at everywhere, met nowhere, and nothing is noted of what it looks at: no stretch is passed over.
  await client.request('setExceptionBreakpoints', {
    filters: [],
    filterOptions: [{ filterId: 'exit', condition: 'result == 0x12345678' }],
  });
  return client;
}
const now = async (client: TestClient) => (await client.request<HistoryAnswer>('hyperscope/history', {})).now;

describe('progress and cancel', () => {
  it('going back is told of while it lasts, and cancelled it stops where it is', async () => {
    const client = await launched();
    const end = await now(client);
    await client.request('reverseContinue', { threadId: 1 });
    const start = await client.event<DebugProtocol.ProgressStartEvent['body']>('progressStart');
    assert.deepEqual([start.title, start.cancellable], ['Going to another moment of the run', true]);
    assert.match(start.message ?? '', /^at \d+\.\d{6} s$/);
    await client.event('progressUpdate', ({ progressId }) => progressId === start.progressId);
    await client.request('cancel', { progressId: start.progressId });
    await client.event('progressEnd', ({ progressId }) => progressId === start.progressId);
    assert.equal((await client.stopped()).reason, 'pause');
    const here = await now(client);
    assert.ok(here.virtualNs > 0 && here.virtualNs < end.virtualNs, 'neither at the beginning nor back at the present');
    assert.ok((await client.frames()).length > 0, 'it can be looked at');
    await client.end();
  });

  it('so it is by the number of the request', async () => {
    const client = await launched();
    await client.request('reverseContinue', { threadId: 1 });
    const seq = client.messages.filter(({ type }) => type === 'request').length;
    await client.event('progressStart');
    await client.request('cancel', { requestId: seq });
    assert.equal((await client.stopped()).reason, 'pause');
    await client.end();
  });

  it('saving a snapshot is told of, and cannot be cancelled', async () => {
    const client = await launched();
    const folder = mkdtempSync(join(tmpdir(), 'hyperscope-progress-'));
    try {
      const saved = client.request('hyperscope/saveSnapshot', { path: join(folder, 'a.snapshot') });
      const { progressId, cancellable } = await client.event('progressStart');
      assert.equal(cancellable, false);
      await client.request('cancel', { progressId });
      assert.ok((await saved).bytes > 0);
      await client.event('progressEnd');
    } finally {
      rmSync(folder, { recursive: true });
    }
    await client.end();
  });

  it('a search for symbols, a list of sources and a stack that are cancelled say so', async () => {
    const client = await launched();
    for (const [command, args] of [
      ['completions', { text: 'k', column: 2 }],
      ['loadedSources', {}],
      ['stackTrace', { threadId: 1 }],
      ['disassemble', { memoryReference: '0xffffffff80102000', instructionCount: 200 }],
    ] as const) {
      const answer = client.send(command, args);
      const seq = client.messages.filter(({ type }) => type === 'request').length;
      void client.send('cancel', { requestId: seq });
      const { success, message } = await answer;
      assert.deepEqual([success, message], [false, 'cancelled'], command);
    }
    await client.end();
  });

  it('symbols that are loaded can be cancelled between two files: nothing is left, and the next launch is as ever', async () => {
    let hosts = 0;
    const client = new TestClient(async (config, launch) => {
      hosts++;
      return createHost(config, launch, undefined);
    });
    await client.initialize({ supportsProgressReporting: true });
    const image = join(FOLDER, 'kvm-c.elf');
    const large = join(mkdtempSync(join(tmpdir(), 'hyperscope-')), 'large.elf');
    copyFileSync(image, large);
    truncateSync(large, 65 << 20);
    const launch = { image, memory: '16M', pace: 'fast', console: 'none' };
    const answer = client.send('launch', { ...launch, symbolFiles: Array.from({ length: 400 }, () => ({ file: large })) });
    const { progressId, title, cancellable } = await client.event('progressStart');
    assert.deepEqual([title, cancellable], ['Loading the image and its symbols', true]);
    await client.request('cancel', { progressId });
    const { success, message } = await answer;
    assert.deepEqual([success, message, hosts], [false, 'cancelled', 1]);
    rmSync(dirname(large), { recursive: true });
    await client.request('launch', launch);
    await client.event('initialized');
    await client.end();
  });

  it('a client that shows none is told of none', async () => {
    const client = await launched();
    client.session.client = { ...client.session.client, supportsProgressReporting: false };
    // On a slow machine its launch may have shown some.
    const before = client.messages.length;
    await client.request('reverseContinue', { threadId: 1 });
    await client.stopped();
    const since = client.messages.slice(before);
    assert.equal(since.filter((each) => (each as DebugProtocol.Event).event === 'progressStart').length, 0);
    await client.end();
  });
});

describe('delayed stack traces', () => {
  it('unwinds no further than is asked for', async () => {
    const client = await launched();
    const { debugger: debug } = client.session.guest('test');
    const { stack } = await debug.view(0);
    const unwound = (): number => (stack as unknown as { known: unknown[] }).known.length;
    assert.ok(unwound() <= 1);
    const page = async (startFrame: number, levels: number) =>
      client.request<DebugProtocol.StackTraceResponse['body']>('stackTrace', { threadId: 1, startFrame, levels });
    const first = await page(0, 1);
    assert.equal(unwound(), 1);
    assert.ok((first.totalFrames ?? 0) > 1, 'there may be more');
    const second = await page(1, 1);
    assert.equal(unwound(), 2);
    const all = await page(0, 0);
    assert.deepEqual(
      all.stackFrames.slice(0, 2).map(({ name }) => name),
      [...first.stackFrames, ...second.stackFrames].map(({ name }) => name),
    );
    assert.equal(all.totalFrames, all.stackFrames.length);
    await client.end();
  });
});
