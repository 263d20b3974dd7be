// A second client on a guest that another has launched: the same stops and vCPUs, breakpoints of its own; its end leaves the guest.
import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { createHost } from '../../src/dap/hosts';
import { LaunchedGuests } from '../../src/dap/launched-guests';
import { AdapterServer } from '../../src/dap/server';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const FOLDER = join(ROOT, 'samples', 'kvm-c');
const client = (guests: LaunchedGuests) =>
  new TestClient(async (config, launch) => createHost(config, launch, undefined), undefined, guests);

async function launched(guests: LaunchedGuests, more: object = {}): Promise<TestClient> {
  const first = client(guests);
  await first.start(
    { name: 'Run it', image: join(FOLDER, 'kvm-c.elf'), vcpus: 2, memory: '16M', pace: 'fast', console: 'terminal', ...more },
    async () => {
      await first.request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_timer' }] });
    },
  );
  await first.stopped();
  return first;
}

async function attached(guests: LaunchedGuests, args: object = {}, functions: string[] = []): Promise<TestClient> {
  const second = client(guests);
  await second.initialize();
  await second.request('attach', args);
  await second.event('initialized');
  await second.request('setFunctionBreakpoints', { breakpoints: functions.map((name) => ({ name })) });
  await second.request('configurationDone', {});
  return second;
}

describe('attach', () => {
  it('shows the guest as it stands, and each client what the other does', async () => {
    const guests = new LaunchedGuests();
    const first = await launched(guests);
    const second = await attached(guests, {}, ['demo_ipi']);
    const here = await second.stopped();
    assert.deepEqual([here.reason, here.threadId, here.hitBreakpointIds], ['function breakpoint', 1, []]);
    assert.deepEqual(await second.request('threads'), await first.request('threads'));
    assert.deepEqual(
      (await second.frames()).map(({ name }) => name),
      (await first.frames()).map(({ name }) => name),
    );
    // The second lets it run: the first is told, and both see the second's breakpoint.
    await second.request('continue', { threadId: 1 });
    assert.equal((await first.event('continued')).allThreadsContinued, true);
    const [a, b] = [await first.stopped(), await second.stopped()];
    assert.deepEqual([a.reason, b.reason], ['function breakpoint', 'function breakpoint']);
    assert.equal(a.hitBreakpointIds?.length, 0, "none of the first's");
    assert.equal(b.hitBreakpointIds?.length, 1);
    assert.equal((await first.frames())[0]!.name, 'demo_ipi');
    await first.request('next', { threadId: 1 });
    await second.event('continued');
    assert.equal((await first.stopped()).reason, 'step');
    assert.equal((await second.stopped()).reason, 'step');
    // Its end takes its breakpoints away and leaves the guest.
    await second.end();
    await first.request('stepBack', { threadId: 1 });
    await first.stopped();
    await first.request('setFunctionBreakpoints', { breakpoints: [{ name: 'show_steal' }] });
    await first.request('continue', { threadId: 1 });
    await first.stopped();
    assert.equal((await first.frames())[0]!.name, 'show_steal');
    await first.end();
  });

  it('ends with the guest, and follows its restart; only who launched it restarts it', async () => {
    const guests = new LaunchedGuests();
    const first = await launched(guests);
    const second = await attached(guests, { guest: 'Run it' }, ['demo_ipi']);
    await second.stopped();
    await assert.rejects(second.request('restart', {}), /Only the session that launched/);
    await first.request('restart', {});
    await second.event('continued');
    await first.stopped();
    await second.stopped();
    await second.request('continue', { threadId: 1 });
    await first.stopped();
    assert.equal((await second.stopped()).hitBreakpointIds?.length, 1, 'its breakpoint is in the new guest');
    assert.equal((await second.frames())[0]!.name, 'demo_ipi');
    await first.end();
    await second.event('terminated');
    await second.end();
  });

  it('says what there is, where there is none or several', async () => {
    const guests = new LaunchedGuests();
    await assert.rejects(attached(guests), /No guest runs here that could be attached to/);
    const first = await launched(guests);
    await assert.rejects(attached(guests, { guest: 'other' }), /No guest of the name "other" runs here: there is "Run it"/);
    await assert.rejects(attached(guests, { guest: 5 }), /"guest" must be the name/);
    const other = await launched(guests, { name: 'Other' });
    await assert.rejects(attached(guests), /Several guests run here: set "guest" to one of "Run it", "Other"/);
    await first.end();
    const second = await attached(guests);
    await second.stopped();
    await second.end();
    await other.end();
  });

  it('works over two connections of one adapter', async () => {
    const server = new AdapterServer({ createHost: async (config, launch) => createHost(config, launch, undefined), log: () => {} });
    const port = await server.listenTcp(0);
    const talk = () => {
      const socket = createConnection(port, '127.0.0.1');
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      let seq = 0;
      return {
        end: () => socket.destroy(),
        send(command: string, args: object) {
          const body = JSON.stringify({ seq: ++seq, type: 'request', command, arguments: args } satisfies DebugProtocol.Request);
          socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
        },
        async sees(what: RegExp) {
          for (let i = 0; i < 1000 && !what.test(text); i++) await new Promise((wake) => setTimeout(wake, 20));
          assert.match(text, what);
        },
      };
    };
    const [first, second] = [talk(), talk()];
    first.send('initialize', { adapterID: 'hyperscope' });
    first.send('launch', { image: join(FOLDER, 'kvm-c.elf'), memory: '16M', stopOnEntry: true });
    await first.sees(/"initialized"/);
    first.send('configurationDone', {});
    await first.sees(/"stopped"/);
    second.send('initialize', { adapterID: 'hyperscope' });
    second.send('attach', {});
    await second.sees(/"initialized"/);
    second.send('configurationDone', {});
    await second.sees(/"reason":"entry"/);
    second.send('disconnect', {});
    await second.sees(/"command":"disconnect"/);
    first.send('threads', {});
    await first.sees(/vCPU 0/);
    first.end();
    second.end();
    await server.close();
  });
});
