// "stopHolds": "vm": a stop holds its VM alone. The others run on, and each is continued, stepped and paused by itself.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { createHost } from '../../src/dap/hosts';
import { LaunchedGuests } from '../../src/dap/launched-guests';
import type { LaunchConfiguration } from '../../src/protocol/launch';
import { busyImage } from '../machine/vms/busy-guest';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const IMAGE = join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf');
const client = (guests: LaunchedGuests): TestClient =>
  new TestClient(async (config, launch) => createHost(config, launch, undefined), 120_000, guests);
const events = (of: TestClient, name: string): DebugProtocol.Event[] =>
  of.messages.filter((message) => message.type === 'event' && (message as DebugProtocol.Event).event === name) as DebugProtocol.Event[];
const output = (of: TestClient): string =>
  events(of, 'output')
    .map(({ body }) => body.output)
    .join('');
const printed = (of: TestClient, text: RegExp): Promise<unknown> =>
  text.test(output(of)) ? Promise.resolve() : of.event('output', () => text.test(output(of)));
const states = async (of: TestClient) =>
  (await of.request('hyperscope/statistics', {})).json.vcpus as { vm: number; offlineNs: number; runningNs: number }[];

describe('a stop that holds one VM', function () {
  this.timeout(400_000);
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-held-'));
  after(() => rmSync(folder, { recursive: true }));

  async function begin(of: TestClient, functions: string[]): Promise<void> {
    await of.event('initialized');
    await of.request('setFunctionBreakpoints', { breakpoints: functions.map((name) => ({ name })) });
    await of.request('configurationDone', {});
  }

  async function launched(more: Partial<LaunchConfiguration>, functions: readonly string[][], image = IMAGE) {
    const guests = new LaunchedGuests();
    const host = client(guests);
    await host.initialize({ supportsStartDebuggingRequest: true });
    const each = { image, vcpus: image === IMAGE ? 2 : 1 };
    const launch = { name: 'Two', memory: '16M', pace: 'fast', console: 'debugConsole', pcpus: 2, stopHolds: 'vm', ...more };
    await host.request('launch', {
      ...launch,
      guests: [
        { ...each, name: 'one' },
        { ...each, name: 'two' },
      ],
    });
    await begin(host, []);
    const vms = [client(guests), client(guests)] as [TestClient, TestClient];
    for (const [vm, of] of vms.entries()) {
      await of.initialize();
      await of.request('attach', { guest: ['one', 'two'][vm] });
      await begin(of, functions[vm]!);
    }
    const end = async (): Promise<void> => {
      await host.end();
      for (const of of vms) {
        await of.event('terminated');
        await of.end();
      }
    };
    return { host, one: vms[0], two: vms[1], end };
  }

  it("the other's console goes on; the held one is offline, and is looked at, stepped and continued meanwhile", async () => {
    const { one, two, end } = await launched({}, [['demo_timer'], []]);
    const stopped = await one.stopped();
    assert.deepEqual([stopped.reason, stopped.allThreadsStopped], ['function breakpoint', true]);
    await printed(two, /spinlock: counted to 600/);
    assert.doesNotMatch(output(one), /timer: 5 interrupts/);
    assert.deepEqual(events(two, 'stopped'), []);
    assert.equal((await one.frames())[0]!.name, 'demo_timer');
    const before = await states(one);
    assert.ok(before[0]!.offlineNs > 1_000_000);
    assert.match((await one.request('hyperscope/statistics', {})).text, /one vCPU 0 .* blocked [\d.]+ ms, offline [\d.]+ ms/);
    await one.request('next', { threadId: 1 });
    assert.equal((await one.stopped()).reason, 'step');
    assert.equal((await one.frames())[0]!.name, 'demo_timer');
    assert.deepEqual(events(two, 'stopped'), []);
    await one.request('setFunctionBreakpoints', { breakpoints: [] });
    await one.request('continue', { threadId: 1 });
    await printed(one, /spinlock: counted to 600/);
    // Its clocks stood still meanwhile.
    const took = Number(/5 interrupts of 1 ms took (\d+) us/.exec(output(one))?.[1]);
    assert.ok(took < 6000, `${took} us`);
    assert.deepEqual(events(two, 'continued'), []);
    await end();
  });

  it('each pauses and continues by itself, and the host does both for all', async () => {
    const { path, bytes } = busyImage(250, 1);
    const busy = join(folder, path);
    writeFileSync(busy, bytes);
    const { host, one, two, end } = await launched({}, [[], []], busy);
    await two.request('pause', { threadId: 1 });
    assert.equal((await two.stopped()).reason, 'pause');
    assert.deepEqual(events(one, 'stopped'), []);
    await two.request('continue', { threadId: 1 });
    await host.request('pause', { threadId: 1 });
    assert.deepEqual([(await one.stopped()).reason, (await two.stopped()).reason], ['pause', 'pause']);
    await host.request('continue', { threadId: 1 });
    await Promise.all([one.event('continued'), two.event('continued')]);
    await one.request('pause', { threadId: 1 });
    assert.equal((await one.stopped()).reason, 'pause');
    await end();
  });

  it('clocks that run on show the gap, and going back takes all along', async () => {
    const { one, two, end } = await launched({ heldClock: 'runs', history: '64M' }, [['demo_ipi'], ['demo_timer']]);
    await two.stopped();
    assert.equal((await one.stopped()).reason, 'function breakpoint');
    // In the past all stand, and go on together to where they were.
    await one.request('stepBack', { threadId: 1 });
    const [back, along] = await Promise.all([one.stopped(), two.stopped()]);
    assert.deepEqual([back.reason, along.reason], ['step', 'pause']);
    await one.request('setFunctionBreakpoints', { breakpoints: [] });
    await two.request('setFunctionBreakpoints', { breakpoints: [] });
    await one.request('continue', { threadId: 1 });
    await two.event('continued');
    await printed(one, /spinlock: counted/);
    await printed(two, /spinlock: counted/);
    await end();
  });
});
