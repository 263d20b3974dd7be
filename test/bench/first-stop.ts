// npm run bench:first-stop [RUNS]: from the adapter's start, and from `launch`, to the first stop (a breakpoint in kmain of samples/kvm-c), and from a pause in the hot
// loops of the benchmark guest to the stop; medians, both tiers in turn. A session before them lets V8's code cache be made, as that of a user has been.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { buildGuest } from './engines';

const root = resolve(__dirname, '../..');
const RUNS = Number(process.argv[2] ?? 7);

/** The launcher keeps what was compiled after 5 s. */
const CACHE_MADE_MS = 7000;
/** Let run before it is paused. */
const RUN_MS = 1500;
const TIERS = ['interpreter', 'auto'] as const;
type Tier = (typeof TIERS)[number];

interface Times {
  fromSpawn: number;
  fromLaunch: number;
  fromPause: number;
}

/** `pauses`: an image that runs until it is paused; else the sample, up to its breakpoint. `stayMs`: after the stop. */
const once = (tier: Tier, pauses?: string, stayMs = 0): Promise<Times> =>
  new Promise((done, fail) => {
    const start = performance.now();
    const adapter = spawn(process.execPath, [join(root, 'dist/adapter.js')], { stdio: ['pipe', 'pipe', 'inherit'] });
    let launched = 0;
    let paused = 0;
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
        if (pauses) request('launch', { image: pauses, memory: '128M', hypervisor: 'none', pace: 'fast', tier });
        else request('launch', { image: join(root, 'samples/kvm-c/kvm-c.elf'), memory: '64M', vcpus: 2, tier });
      }
      if (message.event === 'initialized') {
        if (!pauses) request('setBreakpoints', { source: { path: join(root, 'samples/kvm-c/main.c') }, breakpoints: [{ line: 98 }] });
        request('configurationDone');
        if (pauses)
          setTimeout(() => {
            paused = performance.now();
            request('pause', { threadId: 1 });
          }, RUN_MS);
      }
      if (message.event === 'terminated') fail(new Error('the guest ended before it stopped'));
      if (message.event === 'stopped') {
        const now = performance.now();
        setTimeout(() => {
          adapter.kill('SIGKILL');
          done({ fromSpawn: now - start, fromLaunch: now - launched, fromPause: now - paused });
        }, stayMs);
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
  const out = join(root, 'out/bench');
  mkdirSync(out, { recursive: true });
  const image = buildGuest(out, 'bench.elf', { SCALE: '16' });
  const stops = new Map<Tier, Times[]>(TIERS.map((tier) => [tier, []]));
  const pauses = new Map<Tier, Times[]>(TIERS.map((tier) => [tier, []]));
  await once('auto', undefined, CACHE_MADE_MS);
  for (let i = 0; i < RUNS; i++)
    for (const tier of TIERS) {
      stops.get(tier)!.push(await once(tier));
      pauses.get(tier)!.push(await once(tier, image));
    }
  for (const tier of TIERS) {
    const of = (times: Map<Tier, Times[]>, key: keyof Times): string => median(times.get(tier)!.map((each) => each[key]));
    const first = `first stop ${of(stops, 'fromSpawn')} ms from the adapter's start, ${of(stops, 'fromLaunch')} ms from launch`;
    console.log(`${tier.padEnd(12)} ${first}; ${of(pauses, 'fromPause')} ms from pause to stopped (median of ${RUNS})`);
  }
};
main().catch((error: unknown) => {
  console.error(String(error));
  process.exitCode = 1;
});
