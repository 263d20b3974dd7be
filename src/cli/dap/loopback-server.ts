// A TCP server on the loopback interface: one client after the other or several at once, each a session of its own.
import { createServer, type Socket } from 'node:net';
import { cliErrors, reasonOf } from '../errors';

export interface LoopbackServer {
  readonly port: number;
  close(): void;
}

export function listenOnLoopback(port: number, onClient: (socket: Socket) => void): Promise<LoopbackServer> {
  return new Promise((resolve, reject) => {
    const clients = new Set<Socket>();
    const server = createServer((socket) => {
      clients.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => clients.delete(socket));
      onClient(socket);
    });
    server.once('error', (error) => reject(cliErrors.cannotListen(port, reasonOf(error))));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        close() {
          server.close();
          for (const client of clients) client.destroy();
        },
      });
    });
  });
}
