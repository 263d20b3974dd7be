// One vCPU alone, vCPUs that are held, and vCPUs that are taken out of the machine: by DAP and by our own requests.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { createHost } from '../../src/dap/hosts';
import type { AloneArguments, RegistersAnswer } from '../../src/protocol/requests';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const FOLDER = join(ROOT, 'samples', 'kvm-c');

/** Stopped where the two vCPUs take turns at a lock. */
async function launched(): Promise<TestClient> {
  const client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
  await client.start(
    { image: join(FOLDER, 'kvm-c.elf'), vcpus: 2, memory: '16M', pace: 'fast', console: 'terminal', inThePast: 'fork' },
    async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'second_counts' }] });
    },
  );
  const { threadId } = await client.stopped();
  assert.equal(threadId, 2);
  await client.request('setFunctionBreakpoints', { breakpoints: [] });
  return client;
}

const retired = async (client: TestClient): Promise<number[]> =>
  (await client.session.guest('test').control.vcpus()).map(({ position }) => position.retired);
const threads = async (client: TestClient): Promise<string[]> =>
  (await client.request<DebugProtocol.ThreadsResponse['body']>('threads')).threads.map(({ name }) => name);
const alone = (client: TestClient, args: AloneArguments) => client.request('hyperscope/alone', args);

describe('one vCPU alone', () => {
  it('steps and goes on by "singleThread"; the others do not move, and afterwards all do', async () => {
    const client = await launched();
    for (const [command, args] of [
      ['next', {}],
      ['next', {}],
      ['stepIn', { granularity: 'instruction' }],
      ['next', { granularity: 'instruction' }],
      ['stepIn', {}],
      ['stepOut', {}],
    ] as const) {
      const before = await retired(client);
      await client.request(command, { threadId: 1, singleThread: true, ...args });
      const stop = await client.stopped();
      assert.deepEqual([stop.reason, stop.threadId, stop.allThreadsStopped], ['step', 1, true], command);
      const after = await retired(client);
      assert.equal(after[1], before[1], `${command}: vCPU 1 did not move`);
      assert.ok(after[0]! > before[0]!, `${command}: vCPU 0 moved`);
    }
    assert.deepEqual(await threads(client), ['vCPU 0', 'vCPU 1'], 'nobody stays held');
    const before = await retired(client);
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'show_steal' }] });
    await client.request('continue', { threadId: 1 });
    await client.stopped();
    const after = await retired(client);
    assert.ok(after[1]! > before[1]!, 'vCPU 1 goes on with the others');
    await client.end();
  });

  it('a vCPU that needs what a held one has waits, and a pause works', async () => {
    const client = await launched();
    const answer = await client.request<DebugProtocol.ContinueResponse['body']>('continue', { threadId: 1, singleThread: true });
    assert.equal(answer.allThreadsContinued, false);
    // vCPU 0 counts for itself, and waits then for vCPU 1.
    await new Promise((wake) => setTimeout(wake, 50));
    await client.request('pause', { threadId: 1 });
    const stop = await client.stopped();
    assert.ok(['pause', 'halted forever'].includes(stop.reason), stop.reason);
    assert.equal(await client.evaluate('second_done'), '0');
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'show_steal' }] });
    await client.request('continue', { threadId: 1 });
    assert.equal((await client.stopped()).reason, 'function breakpoint');
    assert.equal(await client.evaluate('second_done'), '1');
    await client.end();
  });

  it('our own request tells that not all go on', async () => {
    const client = await launched();
    const before = await retired(client);
    for (const args of [{ go: 'over' }, { go: 'in', instruction: true }, { go: 'out' }] as const) {
      await alone(client, { vcpu: 1, ...args });
      assert.deepEqual(await client.event('continued'), { threadId: 2, allThreadsContinued: false });
      assert.equal((await client.stopped()).threadId, 2);
    }
    assert.equal((await retired(client))[0], before[0]);
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'show_steal' }] });
    await alone(client, { vcpu: 0, go: 'continue' });
    await client.event('continued');
    await client.request('pause', { threadId: 1 });
    await client.stopped();
    await client.end();
  });

  it('goes back over it to the same state, and forward again', async () => {
    const client = await launched();
    const digest = () => client.session.guest('test').control.digest();
    const before = await digest();
    await client.request('next', { threadId: 2, singleThread: true });
    await client.stopped();
    const after = await digest();
    await client.request('hyperscope/goTo', { place: 'begin' });
    await client.stopped();
    await client.request('hyperscope/goTo', { place: 'end' });
    await client.stopped();
    assert.equal(await digest(), after);
    assert.notEqual(after, before);
    await client.end();
  });
});

describe('held vCPUs', () => {
  it('say so, are not stepped, and go on when they are let go', async () => {
    const client = await launched();
    await client.request('hyperscope/hold', { vcpu: 1, held: true });
    assert.deepEqual(await client.event('invalidated'), { areas: ['threads'] });
    assert.deepEqual(await threads(client), ['vCPU 0', 'vCPU 1 (held)']);
    assert.match((await client.request<RegistersAnswer>('hyperscope/registers', { vcpu: 1 })).activity, /, held$/);
    const before = await retired(client);
    await assert.rejects(client.request('next', { threadId: 2 }), /vCPU 1 is held: release it/);
    await client.request('next', { threadId: 1 });
    await client.stopped();
    // Alone it may, and stays held afterwards.
    await client.request('next', { threadId: 2, singleThread: true });
    await client.stopped();
    assert.deepEqual(await threads(client), ['vCPU 0', 'vCPU 1 (held)']);
    const between = await retired(client);
    assert.ok(between[1]! > before[1]!);
    await client.request('continue', { threadId: 1 });
    await client.request('hyperscope/hold', { vcpu: 1, held: false });
    await client.request('pause', { threadId: 1 });
    await client.stopped();
    assert.deepEqual(await threads(client), ['vCPU 0', 'vCPU 1']);
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'show_steal' }] });
    await client.request('continue', { threadId: 1 });
    assert.equal((await client.stopped()).reason, 'function breakpoint');
    await client.end();
  });

  it('where only held ones could run, that is said, again and again', async () => {
    const client = await launched();
    await client.request('hyperscope/hold', { vcpu: 0, held: true });
    await client.request('hyperscope/hold', { vcpu: 1, held: true });
    for (let i = 0; i < 2; i++) {
      await client.request('continue', { threadId: 1 });
      const stop = await client.stopped();
      assert.equal(stop.description, 'Only held vCPUs could run');
    }
    await client.end();
  });
});

describe('terminateThreads', () => {
  it('takes a vCPU out of the machine for good', async () => {
    const client = await launched();
    await assert.rejects(client.request('terminateThreads', { threadIds: [9] }), /no vCPU for thread 9/);
    await assert.rejects(client.request('terminateThreads', { threadIds: [] }), /names no thread/);
    await assert.rejects(client.request('terminateThreads', { threadIds: [1, 2] }), /One vCPU must stay/);
    await client.request('terminateThreads', { threadIds: [2] });
    assert.deepEqual(await client.event('thread'), { reason: 'exited', threadId: 2 });
    assert.deepEqual(await threads(client), ['vCPU 0']);
    // A panel that keeps it says so, and shows how it was left; nothing of it can be changed.
    const left = await client.request<RegistersAnswer>('hyperscope/registers', { vcpu: 1 });
    assert.match(left.activity, /^taken offline: it never runs again/);
    assert.ok(left.groups.every(({ registers }) => registers.every(({ readOnly }) => readOnly)));
    await assert.rejects(client.request('hyperscope/registers', { vcpu: 9 }), /no vCPU for thread 10/);
    const before = await retired(client);
    await client.request('continue', { threadId: 1 });
    await new Promise((wake) => setTimeout(wake, 50));
    await client.request('pause', { threadId: 1 });
    const stop = await client.stopped();
    assert.equal(stop.threadId, 1);
    assert.equal((await retired(client))[1], before[1]);
    assert.equal(await client.evaluate('second_done'), '0');
    await client.end();
  });
});
