// Several VMs of one launch: a session for each, a stop holds all, breakpoints and consoles of their own.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { createHost } from '../../src/dap/hosts';
import { LaunchedGuests } from '../../src/dap/launched-guests';
import type { ProfileAnswer, ProfileTreeAnswer } from '../../src/protocol/profile';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const IMAGE = join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf');
const client = (guests: LaunchedGuests): TestClient =>
  new TestClient(async (config, launch) => createHost(config, launch, undefined), 120_000, guests);
const LAUNCH = {
  name: 'Two',
  memory: '16M',
  pace: 'fast',
  console: 'debugConsole',
  pcpus: 2,
  // The first is slow: it has come less far when the second stops.
  guests: [
    { image: IMAGE, name: 'one', vcpus: 2, cap: 10 },
    { image: IMAGE, vcpus: 2 },
  ],
};
const output = (of: TestClient): string =>
  of.messages
    .flatMap((message) =>
      message.type === 'event' && (message as DebugProtocol.Event).event === 'output' ? [message as DebugProtocol.OutputEvent] : [],
    )
    .map(({ body }) => body.output)
    .join('');
const threads = async (of: TestClient): Promise<number[]> => (await of.request('threads')).threads.map(({ id }: { id: number }) => id);

async function begin(of: TestClient, functions: string[]): Promise<void> {
  await of.event('initialized');
  await of.request('setFunctionBreakpoints', { breakpoints: functions.map((name) => ({ name })) });
  await of.request('configurationDone', {});
}

describe('several VMs of one launch', function () {
  this.timeout(400_000);

  it('each has its session, which the client is asked to start; a stop of one holds all, and all go on together', async () => {
    const guests = new LaunchedGuests();
    const [first, second] = [client(guests), client(guests)];
    await first.initialize({ supportsStartDebuggingRequest: true });
    await first.request('launch', LAUNCH);
    const asked = first.messages.filter(
      (message) => message.type === 'request' && (message as DebugProtocol.Request).command === 'startDebugging',
    );
    assert.deepEqual(
      asked.map((message) => (message as DebugProtocol.Request).arguments),
      [{ request: 'attach', configuration: { type: 'hyperscope', request: 'attach', name: 'vm1', guest: 'vm1' } }],
    );
    // Nothing runs before the second session is ready as well.
    await begin(first, []);
    await second.initialize();
    await second.request('attach', { guest: 'vm1' });
    await begin(second, ['demo_timer']);
    const [a, b] = await Promise.all([first.stopped(), second.stopped()]);
    assert.equal(b.reason, 'function breakpoint');
    assert.equal(a.reason, 'pause');
    assert.deepEqual(
      [await threads(first), await threads(second)],
      [
        [1, 2],
        [1, 2],
      ],
    );
    assert.equal((await second.frames())[0]!.name, 'demo_timer');
    assert.notEqual((await first.frames())[0]!.name, 'demo_timer');
    // A step in one: the other goes along, and stands again with it.
    await second.request('next', { threadId: 1 });
    await first.event('continued');
    const [c, d] = await Promise.all([first.stopped(), second.stopped()]);
    assert.deepEqual([c.reason, d.reason], ['pause', 'step']);
    // The first one's own breakpoint.
    await first.request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_ipi' }] });
    await second.request('setFunctionBreakpoints', { breakpoints: [] });
    // One profile is of all VMs, whoever has started it; each stack by the symbols of its own.
    await second.request('hyperscope/profile', { action: 'start', every: '10us' });
    await first.request('continue', { threadId: 1 });
    const [e, f] = await Promise.all([first.stopped(), second.stopped()]);
    assert.deepEqual([e.reason, f.reason], ['function breakpoint', 'pause']);
    const { vcpus } = await first.request<ProfileAnswer>('hyperscope/profile', { action: 'stop' });
    assert.deepEqual([...new Set(vcpus.map(({ vm }) => vm))], [0, 1]);
    for (const vm of [0, 1]) {
      const { root, broken } = await second.request<ProfileTreeAnswer>('hyperscope/profileTree', { selection: { vm }, leastShare: 0 });
      assert.deepEqual([root.children[0]?.name, broken], ['high_entry', []], `vm${vm}`);
    }
    await second.request('continue', { threadId: 1 });
    await second.request('pause', { threadId: 1 });
    const [g, h] = await Promise.all([first.stopped(), second.stopped()]);
    assert.deepEqual([g.reason, h.reason], ['pause', 'pause']);
    assert.match(output(first), /vCPUs? online/);
    assert.match(output(second), /2 vCPUs online/);
    await first.end();
    await second.event('terminated');
    await second.end();
  });

  it('a client that starts no sessions sees the first VM, and the others by their consoles', async () => {
    const guests = new LaunchedGuests();
    const first = client(guests);
    await first.initialize();
    await first.request('launch', LAUNCH);
    await begin(first, ['demo_timer']);
    assert.equal((await first.stopped()).reason, 'function breakpoint');
    assert.match(output(first), /vm1 runs without a session: attach one with "guest": "vm1"/);
    assert.match(output(first), /vm1\| .*KVM/);
    await first.end();
  });
});
