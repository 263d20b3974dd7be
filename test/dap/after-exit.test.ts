// The end of a run is a moment like others: it can be stood at, and gone back from, also when the client has been told that the guest has ended.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createHost } from '../../src/dap/hosts';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const FOLDER = join(ROOT, 'samples', 'kvm-c');

async function launched(more: object): Promise<TestClient> {
  const client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
  await client.start(
    { image: join(FOLDER, 'kvm-c.elf'), vcpus: 2, memory: '16M', pace: 'fast', console: 'terminal', ...more },
    async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'show_steal' }] });
    },
  );
  assert.equal((await client.stopped()).reason, 'function breakpoint');
  await client.request('hyperscope/input', { bytes: Buffer.from('quit\n').toString('base64') });
  return client;
}
const digest = (client: TestClient) => client.session.guest('test').control.digest();
async function go(client: TestClient, command: string, args: object = { threadId: 1 }) {
  await client.request(command, args);
  return client.stopped();
}

describe('the end of a run', () => {
  it('is stood at with stopOnExit; back from there, forward to it again, and then it is over', async () => {
    const client = await launched({ stopOnExit: true });
    const place = await digest(client);
    const end = await go(client, 'continue');
    assert.deepEqual([end.reason, end.description], ['exit', 'The guest has ended']);
    const atEnd = await digest(client);
    assert.equal((await client.frames())[0]!.name !== '', true);
    const stop = await go(client, 'reverseContinue');
    assert.equal(stop.reason, 'function breakpoint');
    assert.equal(await digest(client), place, 'it runs again from there');
    await client.evaluate('goto end', 'repl');
    await client.stopped();
    assert.equal(await digest(client), atEnd);
    assert.equal((await go(client, 'stepBack', { threadId: 1, granularity: 'instruction' })).reason, 'step');
    assert.equal((await go(client, 'continue')).reason, 'exit');
    assert.equal(await digest(client), atEnd);
    await client.request('continue', { threadId: 1 });
    const { exitCode } = await client.event('exited');
    assert.equal(typeof exitCode, 'number');
    await client.event('terminated');
    await client.end();
  });

  it('can be gone back from when it has been told', async () => {
    const client = await launched({});
    const place = await digest(client);
    await client.request('continue', { threadId: 1 });
    await client.event('terminated');
    await assert.rejects(client.request('continue', { threadId: 1 }), /has ended/);
    const stop = await go(client, 'reverseContinue');
    assert.equal(stop.reason, 'function breakpoint');
    assert.equal(await digest(client), place);
    await client.request('setFunctionBreakpoints', { breakpoints: [] });
    await client.request('continue', { threadId: 1 });
    await client.event('exited');
    await go(client, 'stepBack');
    await client.request('hyperscope/goTo', { place: 'begin' });
    assert.match((await client.stopped()).description ?? '', /Beginning/);
    await client.end();
  });

  it('has no past where nothing is recorded', async () => {
    const client = await launched({ history: 'off' });
    await client.request('continue', { threadId: 1 });
    await client.event('terminated');
    await assert.rejects(client.request('stepBack', { threadId: 1 }), /nothing is recorded/);
    await client.end();
  });
});
