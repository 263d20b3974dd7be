// Serves debug adapter sessions, on standard input and output or on loopback TCP.
import { join } from 'node:path';
import type { Environment } from '../../dap/environment';
import { createHost } from '../../dap/hosts';
import { AdapterServer } from '../../dap/server';
import { listenOnLoopback } from './loopback-server';

/** Resolves to the exit status when the service has ended. What does not begin as DAP is refused by its connection. */
export async function serveDap(port: number | undefined): Promise<number> {
  const environment: Environment = {
    createHost: (config, launch) => createHost(config, launch, join(__dirname, 'engine-worker.js')),
    log: (text) => process.stderr.write(`${text}\n`),
  };
  const server = new AdapterServer(environment);
  const ended = new Promise<number>((resolve) => {
    process.once('SIGTERM', () => resolve(0));
    process.once('SIGINT', () => resolve(0));
    if (port === undefined) server.onIdle = () => resolve(0);
  });
  const listening = port === undefined ? undefined : await listenOnLoopback(port, (socket) => void server.accept(socket));
  if (listening === undefined) server.serveStdio(process.stdin, process.stdout);
  else process.stderr.write(`debug adapter on 127.0.0.1:${listening.port}\n`);
  const code = await ended;
  await server.close();
  listening?.close();
  return code;
}
