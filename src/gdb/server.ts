// The GDB server's front door: loopback TCP, one gdb at a time. A peer that is no gdb (a web page that found the port) is refused at its first byte.
import { createServer, type Server, type Socket } from 'node:net';
import { gdbErrors } from './errors';
import { GdbSession } from './session';
import type { GdbTarget } from './target';
import { type DuplexLike, Link } from './wire/link';

export class GdbServer {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private session: GdbSession | undefined;
  /** A gdb has come or gone. */
  onChange: (connected: boolean) => void = () => {};

  /** `target`: the guest of now; undefined: there is none. */
  constructor(
    private readonly target: () => GdbTarget | undefined,
    private readonly log: (text: string) => void,
  ) {}

  get isConnected(): boolean {
    return this.session !== undefined;
  }

  /** Resolves with the port; 0: any free one. */
  listen(port: number): Promise<number> {
    const server = createServer((socket) => {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => this.sockets.delete(socket));
      this.accept(socket);
    });
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  accept(stream: DuplexLike): void {
    const link = new Link(stream);
    // Only who speaks the protocol is a gdb, and takes the place.
    link.onPacket = (data) => this.begin(link, data);
  }

  /** Hangs up; a guest that gdb looked at goes on as it is. */
  disconnect(): void {
    this.session?.close();
  }

  close(): void {
    this.server?.close();
    this.disconnect();
    for (const socket of this.sockets) socket.destroy();
  }

  private begin(link: Link, data: Uint8Array): void {
    const target = this.target();
    if (this.session !== undefined || target === undefined) {
      const error = target === undefined ? gdbErrors.noGuest() : gdbErrors.busy();
      link.send(`E.${error.message}`);
      link.close();
      return;
    }
    const session = new GdbSession(link, target, this.log);
    const letGo = link.onClose;
    link.onClose = () => {
      letGo();
      this.session = undefined;
      this.onChange(false);
    };
    this.session = session;
    this.onChange(true);
    link.onPacket(data);
  }
}
