// gdb beside a debug session ("gdbPort"): both look at one guest, and each sees what the other does.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createHost } from '../../src/dap/hosts';
import { ScriptedGdb } from '../gdb/support/client';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const IMAGE = join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf');

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });

/** A scripted gdb over a real connection. */
async function gdbAt(port: number): Promise<ScriptedGdb> {
  const socket = await open(port);
  return new ScriptedGdb({
    accept(pipe) {
      pipe.on('data', (chunk) => socket.write(chunk));
      pipe.on('close', () => socket.destroy());
      socket.on('data', (chunk: Buffer) => pipe.write(new Uint8Array(chunk)));
      socket.on('close', () => pipe.end());
    },
  });
}

describe('gdb beside a debug session', () => {
  it('steps and stops are seen on both sides; gdb lets go, comes again after a restart, and a stranger is refused', async () => {
    const client = new TestClient(async (config, launch) => createHost(config, launch, undefined));
    await client.start({ image: IMAGE, pace: 'fast', console: 'terminal', gdbPort: 0 }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'kmain' }] });
    });
    const told = client.messages.find((message) => JSON.stringify(message).includes('gdb server on'));
    const port = Number(/127\.0\.0\.1:(\d+); connect/.exec(JSON.stringify(told))?.[1] ?? assert.fail('no port was told'));
    await client.stopped();

    const gdb = await gdbAt(port);
    assert.match(await gdb.ask('?'), /^T05.*thread:1;$/);
    assert.equal(await gdb.ask('qAttached'), '1');
    assert.match(await gdb.ask('vRun;'), /^E\.this guest belongs to a debug session/);
    const before = (await client.frames())[0]?.instructionPointerReference;
    const stopped = client.stopped();
    assert.match(await gdb.ask('vCont;s:1'), /^T05/);
    assert.equal((await stopped).reason, 'step');
    assert.notEqual((await client.frames())[0]?.instructionPointerReference, before);
    assert.ok(client.messages.some((message) => 'event' in message && message.event === 'continued'));
    // The session goes on, gdb waits for the next stop.
    gdb.send('vCont;c');
    await client.event('continued');
    const [{ reason }] = await Promise.all([client.stopped(), client.request('pause', { threadId: 1 })]);
    assert.equal(reason, 'pause');
    assert.match(await gdb.reply(), /^T02/);

    const restarted = client.stopped();
    await client.request('restart', {});
    await restarted;
    await assert.rejects(gdb.ask('?'), /closed/);
    const again = await gdbAt(port);
    assert.match(await again.ask('?'), /^T05/);
    assert.equal(await again.ask('D'), 'OK');
    again.close();

    const browser = await open(port);
    let said = '';
    browser.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    browser.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await new Promise((resolve) => browser.once('close', resolve));
    assert.match(said, /GDB remote serial protocol/);
    await client.request('disconnect');
  });

  it('a port in use is told, and the session goes on without', async () => {
    const first = new TestClient(async (config, launch) => createHost(config, launch, undefined));
    await first.start({ image: IMAGE, stopOnEntry: true, gdbPort: 0 });
    await first.stopped();
    const port = Number(/127\.0\.0\.1:(\d+); connect/.exec(JSON.stringify(first.messages))?.[1]);
    const second = new TestClient(async (config, launch) => createHost(config, launch, undefined));
    await second.start({ image: IMAGE, stopOnEntry: true, gdbPort: port });
    await second.stopped();
    assert.match(JSON.stringify(second.messages), new RegExp(`No gdb server: cannot listen on port ${port}`));
    await first.request('disconnect');
    await second.request('disconnect');
  });
});
