// The base protocol on a stream, and the server that listens for it: cut messages, several at once, and strangers.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { Connection } from '../../src/dap/connection';
import { AdapterServer } from '../../src/dap/server';
import { scratchFolder } from '../support/scratch';

const frame = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const PING = frame('{"seq":1,"type":"request","command":"pïng"}');

function pair() {
  const input = new PassThrough();
  const output = new PassThrough();
  const connection = new Connection(input, output);
  const got: DebugProtocol.ProtocolMessage[] = [];
  connection.onMessage = (message) => got.push(message);
  return { input, output, connection, got };
}
const settled = () => new Promise((done) => setImmediate(done));

describe('connection', () => {
  it('puts messages together from single bytes and takes several from one chunk', async () => {
    const { input, got } = pair();
    for (const byte of Buffer.from(PING)) input.write(Uint8Array.of(byte));
    input.write(PING + PING);
    await settled();
    assert.equal(got.length, 3);
    assert.equal((got[0] as DebugProtocol.Request).command, 'pïng');
  });

  it('numbers what it sends and measures bytes, not characters', () => {
    const { output, connection } = pair();
    connection.send({ seq: 0, type: 'event' });
    connection.send({ seq: 0, type: 'évent' });
    assert.equal(output.read().toString(), `${frame('{"seq":1,"type":"event"}')}${frame('{"seq":2,"type":"évent"}')}`);
  });

  const strangers: readonly [string, string][] = [
    ['a web page', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello'],
    ['one wrong byte', 'X'],
    ['no number', 'Content-Length: many\r\n\r\n'],
    ['a huge message', 'Content-Length: 999999999\r\n\r\n'],
    ['a header without end', `Content-Length: 5\r\n${'X-Pad: a\r\n'.repeat(1000)}`],
    ['what is no JSON', frame('{"seq"')],
    ['JSON that is no message', frame('[1]')],
  ];
  for (const [name, bytes] of strangers) {
    it(`refuses ${name}, says why and hangs up`, async () => {
      const { input, output, connection, got } = pair();
      input.write(bytes);
      await settled();
      assert.ok(connection.isClosed);
      assert.equal(got.length, 0);
      assert.match(output.read().toString(), /Debug Adapter Protocol/);
    });
  }
});

describe('adapter server', () => {
  let server: AdapterServer;
  beforeEach(() => {
    server = new AdapterServer({ createHost: () => Promise.reject(new Error('not in this test')), log: () => {} });
  });
  afterEach(() => server.close());

  const talk = (socket: Socket, bytes: string) =>
    new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
        if (text.includes('"initialize"')) resolve(text);
      });
      socket.on('close', () => resolve(text));
      socket.write(bytes);
    });
  const INITIALIZE = frame('{"seq":1,"type":"request","command":"initialize","arguments":{"adapterID":"x"}}');

  it('serves several sessions on a pipe that only its owner may open, and tells when the last is gone', async function () {
    if (process.platform === 'win32') this.skip();
    const path = join(scratchFolder(), 'adapter.sock');
    await server.listenPipe(path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const idle = new Promise<void>((resolve) => {
      server.onIdle = resolve;
    });
    const sockets = [connect(path), connect(path)];
    for (const answer of await Promise.all(sockets.map((socket) => talk(socket, INITIALIZE))))
      assert.match(answer, /supportsConfigurationDoneRequest/);
    assert.equal(server.count, 2);
    for (const socket of sockets) socket.end();
    await idle;
    assert.equal(server.count, 0);
  });

  it('on loopback TCP, a web page gets a sentence and no session', async () => {
    const port = await server.listenTcp(0);
    const answer = await talk(connect(port, '127.0.0.1'), 'POST / HTTP/1.1\r\n\r\n');
    assert.match(answer, /the first bytes must be "Content-Length:"/);
    assert.equal(server.count, 0);
  });
});
