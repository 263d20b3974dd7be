// `dap`: sessions on standard input and output and on loopback TCP; a stranger on the port is sent away.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { builtCli, cli, temporaryFolder } from './built-cli';
import { exitWith, image, print } from './guest-code';

type Message = { type: string; event?: string; command?: string; success?: boolean; body?: { [key: string]: unknown }; message?: string };

/** A client: sends requests, and waits for messages that it has not looked at yet. */
class Client {
  private buffer = Buffer.alloc(0);
  private readonly messages: Message[] = [];
  private waiting: (() => void) | undefined;
  private sequence = 1;

  constructor(
    input: Readable,
    private readonly output: Writable,
  ) {
    input.on('data', (chunk: Buffer) => {
      this.buffer = Buffer.concat([this.buffer, chunk]);
      for (;;) {
        const header = /^Content-Length: (\d+)\r\n\r\n/.exec(this.buffer.toString('latin1'));
        const start = header?.[0].length ?? 0;
        const length = Number(header?.[1]);
        if (header === null || this.buffer.length < start + length) return;
        this.messages.push(JSON.parse(this.buffer.subarray(start, start + length).toString('utf8')) as Message);
        this.buffer = this.buffer.subarray(start + length);
        this.waiting?.();
      }
    });
  }

  request(command: string, args: object = {}): void {
    const body = JSON.stringify({ seq: this.sequence++, type: 'request', command, arguments: args });
    this.output.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  async take(wanted: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const at = this.messages.findIndex(wanted);
      if (at >= 0) return this.messages.splice(at, 1)[0]!;
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
      });
    }
  }
  answer = (command: string) => this.take((message) => message.type === 'response' && message.command === command);
  event = (event: string) => this.take((message) => message.type === 'event' && message.event === event);
}

describe('dap', () => {
  const folder = temporaryFolder();
  const children: ChildProcess[] = [];
  const guest = folder.path('guest.elf');
  before(() => writeFileSync(guest, image(print('hi'), exitWith(3))));
  after(() => {
    for (const child of children) child.kill('SIGKILL');
    folder.remove();
  });
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [builtCli(), 'dap', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    children.push(child);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, ended };
  };
  const port = async (child: ChildProcess): Promise<number> => {
    const text = await new Promise<string>((resolve) => child.stderr!.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    return Number(/^debug adapter on 127\.0\.0\.1:(\d+)\n$/.exec(text)?.[1] ?? assert.fail(text));
  };
  const session = async (client: Client): Promise<void> => {
    client.request('initialize', { adapterID: 'hyperscope' });
    assert.equal((await client.answer('initialize')).body?.supportsConfigurationDoneRequest, true);
    client.request('launch', { image: guest, memory: '4M', console: 'debugConsole', pace: 'fast' });
    await client.event('initialized');
    client.request('configurationDone');
    assert.equal((await client.answer('launch')).success, true);
    const output = await client.take(({ event, body }) => event === 'output' && body?.category === 'stdout');
    assert.equal(output.body?.output, 'hi');
    assert.equal((await client.event('exited')).body?.exitCode, 7);
    await client.event('terminated');
    client.request('disconnect');
  };

  it('runs a guest on standard input and output, and ends with its session', async () => {
    const { child, ended } = start();
    await session(new Client(child.stdout!, child.stdin!));
    assert.equal(await ended, 0);
  });

  it('ends when its input does', async () => {
    const { child, ended } = start();
    child.stdin!.end();
    assert.equal(await ended, 0);
  });

  it('serves several clients on loopback TCP, refuses what is no DAP, ends on SIGTERM', async () => {
    const { child, ended } = start('--port', '0');
    const at = await port(child);
    const open = (): Promise<Socket> =>
      new Promise((resolve, reject) => {
        const socket = connect(at, '127.0.0.1', () => resolve(socket));
        socket.once('error', reject);
      });
    const browser = await open();
    const said: string[] = [];
    browser.on('data', (chunk) => said.push(chunk.toString()));
    browser.write('GET /?x=Content-Length:%2010 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await new Promise((resolve) => browser.once('close', resolve));
    assert.match(said.join(''), /Debug Adapter Protocol/);
    const [first, second] = [await open(), await open()];
    await session(new Client(first, first));
    await session(new Client(second, second));
    child.kill('SIGTERM');
    assert.equal(await ended, 0);
  });

  it('a bad port is one line', () => {
    assert.match(cli(['dap', '--port', '70000']).stderr, /^hyperscope: "--port" must be a port number from 0 to 65535/);
    assert.match(cli(['dap', '--prot', '1']).stderr, /did you mean "--port"/);
  });
});
