// Entry of the adapter process (dist/adapter.js): [--pipe PATH | --port N], standard input and output without either.
// It ends with its last session, and when the process that started it closes its standard input, also while a guest is busy.
import { join } from 'node:path';
import type { Environment } from './environment';
import { createHost } from './hosts';
import { AdapterServer } from './server';

const worker = join(__dirname, 'engine-worker.js');

function option(name: string): string | undefined {
  const { argv } = process;
  const inline = argv.find((argument) => argument.startsWith(`${name}=`));
  if (inline !== undefined) return inline.slice(name.length + 1);
  const at = argv.indexOf(name);
  return at < 0 ? undefined : argv[at + 1];
}

function main(): void {
  const environment: Environment = {
    createHost: (config, launch) => createHost(config, launch, worker),
    log: (text) => process.stderr.write(`${text}\n`),
  };
  const server = new AdapterServer(environment);
  const end = (code: number): void => {
    // Whatever still runs ends with the process: nothing outlives it.
    void server.close().finally(() => process.exit(code));
    setTimeout(() => process.exit(code), 1000).unref();
  };
  const fail = (error: unknown): void => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  };
  const pipe = option('--pipe');
  const port = option('--port');
  server.onIdle = () => {
    if (port === undefined) end(0);
  };
  process.on('SIGTERM', () => end(0));
  process.on('SIGINT', () => end(0));
  if (pipe === undefined && port === undefined) {
    server.serveStdio(process.stdin, process.stdout);
    return;
  }
  if (pipe !== undefined) {
    process.stdin.on('end', () => end(0));
    process.stdin.on('close', () => end(0));
    process.stdin.resume();
    // Who started us connects when it reads this: the file of a socket is there before anybody listens.
    server.listenPipe(pipe).then(() => process.stdout.write('listening\n'), fail);
    return;
  }
  server.listenTcp(Number(port)).then((actual) => process.stderr.write(`listening on 127.0.0.1:${actual}\n`), fail);
}

main();
