// Serves debug adapter sessions, on standard input and output or on loopback TCP.
import { join } from 'node:path';
import type { Environment } from '../../dap/environment';
import { createHost } from '../../dap/hosts';
import { AdapterServer } from '../../dap/server';
import { listenOnLoopback } from './loopback-server';

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
  if (port === undefined) server.serveStdio(process.stdin, process.stdout);
  else {
    const listening = await listenOnLoopback(port, (socket) => void server.accept(socket));
    process.stderr.write(`debug adapter on 127.0.0.1:${listening.port}\n`);
  }
  const code = await ended;
  await server.close();
  return code;
}
