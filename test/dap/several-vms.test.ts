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

  /** The session of the host, and those that the client is asked to start. */
  async function underHost(configure: readonly string[][]): Promise<{ host: TestClient; vms: TestClient[] }> {
    const guests = new LaunchedGuests();
    const host = client(guests);
    await host.initialize({ supportsStartDebuggingRequest: true });
    await host.request('launch', LAUNCH);
    const asked = host.messages.filter(
      (message) => message.type === 'request' && (message as DebugProtocol.Request).command === 'startDebugging',
    );
    assert.deepEqual(
      asked.map((message) => (message as DebugProtocol.Request).arguments),
      ['one', 'vm1'].map((name) => ({ request: 'attach', configuration: { type: 'hyperscope', request: 'attach', name, guest: name } })),
    );
    await begin(host, ['demo_timer']);
    const vms = [client(guests), client(guests)];
    // Nothing runs before all sessions are ready.
    for (const [vm, of] of vms.entries()) {
      await of.initialize();
      await of.request('attach', { guest: ['one', 'vm1'][vm] });
      await begin(of, configure[vm]!);
    }
    return { host, vms };
  }

  it('each has its session, which the client is asked to start; a stop of one holds all, and all go on together', async () => {
    const { host, vms } = await underHost([[], ['demo_timer']]);
    const [first, second] = vms as [TestClient, TestClient];
    const [a, b] = await Promise.all([first.stopped(), second.stopped()]);
    assert.equal(b.reason, 'function breakpoint');
    assert.equal(a.reason, 'pause');
    // The host's own row says so: it has no thread that could.
    // On a busy machine one stands for a while before the other.
    const { threadId, ...told } = await host.event('stopped', ({ description }) => description === 'All VMs paused');
    assert.deepEqual(told, { reason: 'pause', description: 'All VMs paused', allThreadsStopped: true, preserveFocusHint: true });
    assert.ok(threadId > 0, 'an editor forgets a stop by its thread');
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
    const { vms: names, vcpus, spaces } = await first.request<ProfileAnswer>('hyperscope/profile', { action: 'stop' });
    assert.deepEqual(names, ['one', 'vm1']);
    // The same kernel in both has its tables at the same place: one address space of each VM all the same.
    const sum = (of: { vm: number; points: number }[], vm: number): number =>
      of.reduce((points, each) => points + (each.vm === vm ? each.points : 0), 0);
    for (const vm of [0, 1]) assert.equal(sum(spaces, vm), sum(vcpus, vm));
    const shared = spaces.find(({ vm, cr3 }) => vm === 1 && spaces.some((other) => other.vm === 0 && other.cr3 === cr3));
    assert.ok(shared, JSON.stringify(spaces));
    const ofOne = await first.request<ProfileTreeAnswer>('hyperscope/profileTree', {
      ...{ selection: { vm: 1, space: shared.cr3 }, leastShare: 0 },
    });
    assert.equal(ofOne.root.total, shared.points);
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
    // The host has no thread and no breakpoints of its own, and says what is one VM's.
    assert.deepEqual(await threads(host), []);
    await assert.rejects(host.request('stackTrace', { threadId: 1 }), /is for one VM: choose one of this host's VMs/);
    await host.end();
    for (const of of vms) {
      await of.event('terminated');
      await of.end();
    }
  });

  it('one is restarted, or switched off, and the other goes on; the host ends with the last one', async () => {
    const { host, vms } = await underHost([['demo_timer'], ['demo_timer']]);
    const [first, second] = vms as [TestClient, TestClient];
    // Of the two that come there one is first; the slow one waits.
    await Promise.all([first.stopped(), second.stopped()]);
    await second.request('continue', { threadId: 1 });
    await Promise.all([first.stopped(), second.stopped()]);
    await first.request('setFunctionBreakpoints', { breakpoints: [] });
    await second.request('restart', {});
    await first.event('continued');
    const again = await Promise.all([first.stopped(), second.stopped()]);
    assert.deepEqual(
      again.map(({ reason }) => reason),
      ['pause', 'function breakpoint'],
    );
    assert.equal((output(second).match(/running on KVM/g) ?? []).length, 2);
    assert.equal((output(first).match(/running on KVM/g) ?? []).length, 1);
    await second.request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_ipi' }] });
    // The first VM, whose end is not the others'.
    await first.request('terminate', {});
    await first.event('terminated');
    await first.end();
    assert.equal((await second.event('stopped', ({ reason }) => reason === 'function breakpoint')).reason, 'function breakpoint');
    await second.end();
    await host.event('terminated');
    await host.end();
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
