// The adapter's front door: sessions on standard input and output, on loopback TCP, or on a private named pipe. Several at once.
import { chmodSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { Connection } from './connection';
import type { Environment } from './environment';
import { LaunchedGuests } from './launched-guests';
import { Session } from './session';

export class AdapterServer {
  private readonly sessions = new Set<Session>();
  private readonly guests = new LaunchedGuests();
  private server: Server | undefined;
  /** The last session has ended. */
  onIdle: () => void = () => {};

  constructor(private readonly environment: Environment) {}

  get count(): number {
    return this.sessions.size;
  }

  serveStdio(input: NodeJS.ReadStream, output: NodeJS.WriteStream): void {
    this.add(new Connection(input, output));
  }

  /** Resolves with the port. */
  listenTcp(port: number): Promise<number> {
    const server = this.open();
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
  }

  /** Only its owner may connect. The path appears when connections are taken, not before: others wait for it. */
  listenPipe(path: string): Promise<void> {
    const server = this.open();
    const isFile = process.platform !== 'win32';
    const first = isFile ? `${path}.new` : path;
    if (isFile) for (const each of [first, path]) rmSync(each, { force: true });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      const before = isFile ? process.umask(0o177) : 0;
      server.listen(first, () => {
        if (isFile) {
          chmodSync(first, 0o600);
          renameSync(first, path);
          server.once('close', () => rmSync(path, { force: true }));
        }
        resolve();
      });
      if (isFile) process.umask(before);
    });
  }

  /** Ends every session and its guest. */
  async close(): Promise<void> {
    this.server?.close();
    await Promise.all([...this.sessions].map((session) => session.end()));
  }

  accept(socket: Socket): Session {
    socket.setNoDelay(true);
    return this.add(new Connection(socket, socket));
  }

  private open(): Server {
    const server = createServer((socket) => this.accept(socket));
    this.server = server;
    return server;
  }

  private add(connection: Connection): Session {
    const session = new Session(connection, this.environment, this.guests);
    this.sessions.add(session);
    session.onEnd = () => {
      this.sessions.delete(session);
      if (this.sessions.size === 0) this.onIdle();
    };
    return session;
  }
}
