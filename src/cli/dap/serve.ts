// Serves debug adapter sessions: one on standard input and output, or any number on loopback TCP. What does not begin as DAP is refused by the connection.
import { Connection, type DuplexLike, type WritableLike } from '../../dap/connection';
import { Session } from '../../dap/session';
import { processEnvironment } from './environment';
import { listenOnLoopback } from './loopback-server';

/** Resolves to the exit status when the service has ended. */
export async function serveDap(port: number | undefined): Promise<number> {
  const environment = processEnvironment(__dirname, (text) => process.stderr.write(`hyperscope: ${text}\n`));
  const begin = (input: DuplexLike, output: WritableLike): Session => new Session(new Connection(input, output), environment);
  if (port === undefined) {
    const session = begin(process.stdin, process.stdout);
    await new Promise<void>((ended) => {
      session.onEnd = ended;
    });
    return 0;
  }
  const sessions = new Set<Session>();
  const server = await listenOnLoopback(port, (socket) => {
    const session = begin(socket, socket);
    sessions.add(session);
    session.onEnd = () => sessions.delete(session);
  });
  process.stdout.write(`debug adapter on 127.0.0.1:${server.port}\n`);
  await new Promise<void>((stop) => {
    process.once('SIGINT', () => stop()).once('SIGTERM', () => stop());
  });
  await Promise.all([...sessions].map((session) => session.end()));
  server.close();
  return 0;
}
