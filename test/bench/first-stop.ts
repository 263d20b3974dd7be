// npx tsx test/bench/first-stop.ts: from the adapter's start, and from `launch`, to the first stop (a breakpoint in kmain of samples/kvm-c); medians.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';

const root = resolve(__dirname, '../..');
const RUNS = Number(process.argv[2] ?? 7);

const once = (): Promise<{ fromSpawn: number; fromLaunch: number }> =>
  new Promise((done, fail) => {
    const start = performance.now();
    const adapter = spawn(process.execPath, [join(root, 'dist/adapter.js')], { stdio: ['pipe', 'pipe', 'inherit'] });
    let launched = 0;
    let sequence = 1;
    const request = (command: string, args: object = {}): void => {
      const body = JSON.stringify({ seq: sequence++, type: 'request', command, arguments: args });
      adapter.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    };
    const react = (
      message: DebugProtocol.ProtocolMessage & { command?: string; event?: string; success?: boolean; message?: string },
    ): void => {
      if (message.type === 'response' && message.success === false) fail(new Error(`${message.command}: ${message.message}`));
      if (message.type === 'response' && message.command === 'initialize') {
        launched = performance.now();
        request('launch', { image: join(root, 'samples/kvm-c/kvm-c.elf'), memory: '64M', vcpus: 2 });
      }
      if (message.event === 'initialized') {
        request('setBreakpoints', { source: { path: join(root, 'samples/kvm-c/main.c') }, breakpoints: [{ line: 98 }] });
        request('configurationDone');
      }
      if (message.event === 'stopped') {
        const now = performance.now();
        adapter.kill('SIGKILL');
        done({ fromSpawn: now - start, fromLaunch: now - launched });
      }
    };
    let text = Buffer.alloc(0);
    adapter.on('error', fail);
    adapter.stdout.on('data', (chunk: Buffer) => {
      text = Buffer.concat([text, chunk]);
      for (;;) {
        const head = text.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = Number(/\d+/.exec(text.subarray(0, head).toString())?.[0]);
        if (text.length < head + 4 + length) return;
        react(JSON.parse(text.subarray(head + 4, head + 4 + length).toString()));
        text = text.subarray(head + 4 + length);
      }
    });
    request('initialize', { adapterID: 'hyperscope', clientID: 'bench', linesStartAt1: true, columnsStartAt1: true, pathFormat: 'path' });
  });

const median = (values: number[]): string => values.sort((a, b) => a - b)[values.length >> 1]!.toFixed(0);

const main = async () => {
  const runs = [];
  for (let i = 0; i < RUNS; i++) runs.push(await once());
  console.log(
    `first stop, median of ${RUNS}: ${median(runs.map((run) => run.fromSpawn))} ms from the adapter's start, ${median(runs.map((run) => run.fromLaunch))} ms from launch`,
  );
};
main().catch((error: unknown) => {
  console.error(String(error));
  process.exitCode = 1;
});
