// The adapter as a process: it serves its pipe, and is gone when its clients or its parent are, also while the guest is busy.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Connection } from '../../src/dap/connection';
import { scratchFolder } from '../support/scratch';
import { ROOT } from './support/golden';

const MAIN = join(ROOT, 'src', 'dap', 'main.ts');
const KVM_C = join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf');

describe('adapter process', function () {
  this.timeout(300_000);
  let child: ChildProcess | undefined;
  afterEach(() => {
    child?.kill('SIGKILL');
    child = undefined;
  });

  async function started(): Promise<{ pipe: string; process: ChildProcess; exited: Promise<number | null> }> {
    if (process.platform === 'win32') throw new Error('pipes of this test are sockets');
    const pipe = join(scratchFolder(), 'adapter.sock');
    const adapter = spawn(process.execPath, ['--import', 'tsx', MAIN, '--pipe', pipe], { cwd: ROOT, stdio: ['pipe', 'ignore', 'inherit'] });
    child = adapter;
    const exited = new Promise<number | null>((resolve) => adapter.once('exit', resolve));
    while (!existsSync(pipe)) {
      if (adapter.exitCode !== null) throw new Error('the adapter did not start');
      await new Promise((wait) => setTimeout(wait, 20));
    }
    return { pipe, process: adapter, exited };
  }

  /** Launches a guest that runs for ever. */
  async function busy(pipe: string): Promise<Socket> {
    const socket = connect(pipe);
    const connection = new Connection(socket, socket);
    const event = (name: string) =>
      new Promise<void>((resolve) => {
        const before = connection.onMessage;
        connection.onMessage = (message) => {
          before(message);
          if ((message as DebugProtocol.Event).event === name) resolve();
        };
      });
    const send = (command: string, args: unknown) =>
      connection.send({ seq: 0, type: 'request', command, arguments: args } as DebugProtocol.Request);
    const initialized = event('initialized');
    send('initialize', { adapterID: 'hyperscope' });
    send('launch', { image: KVM_C, vcpus: 2, console: 'debugConsole', pace: 'fast' });
    await initialized;
    const output = event('output');
    send('configurationDone', {});
    await output;
    return socket;
  }

  it('ends when its last client hangs up, the guest running', async () => {
    const { pipe, exited } = await started();
    const socket = await busy(pipe);
    socket.destroy();
    assert.equal(await exited, 0);
  });

  it('ends when its parent closes its standard input, a client connected and the guest running', async () => {
    const { pipe, process: adapter, exited } = await started();
    await busy(pipe);
    adapter.stdin?.end();
    assert.equal(await exited, 0);
  });
});
