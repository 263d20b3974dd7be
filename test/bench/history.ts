// npm run bench:history [-- --runs N --divide N --recording-only]: what recording costs, beside the same runs without it; and how long going back to the oldest stretch of a
// busy guest takes, beside what that stretch took forward. Medians of runs in turns.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { HistoryAnswer } from '../../src/protocol/requests';
import { scratchFolder } from '../support/scratch';
import { buildGuest } from './engines';
import { inTurns } from './in-turns';

const root = resolve(__dirname, '../..');
const argument = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise);
};
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const BOUND = '256M';
const TIERS = ['interpreter', 'auto'] as const;
/** How much the benchmark guest has to do, so that it takes some seconds without recording, and more than FORWARD_MS. */
const SCALES = { interpreter: '1', auto: '4' };
const BUSY_SCALES = { interpreter: '4', auto: '32' };
const LIMIT_PERCENT = 10;
const percent = (ratio: number): string => `${(100 * (ratio - 1)).toFixed(1)} %`;
/** Forward before going back. */
const FORWARD_MS = 6000;

interface Measured {
  /** Of all threads. */
  readonly process: { readonly cpuSeconds: number };
  readonly digest: string;
}

const command = (args: readonly string[], stats: string): string[] => [
  process.execPath,
  join(root, 'dist/cli.js'),
  'run',
  ...args,
  '--stats',
  stats,
];

/** One run without and one with it, a few milliseconds each in turn: what makes the machine slow for a while meets both. */
async function cost(name: string, args: readonly string[], runs: number): Promise<void> {
  const off: Measured[] = [];
  const on: Measured[] = [];
  for (let i = 0; i < runs; i++) {
    const files = ['off', 'on'].map((which) => join(scratchFolder(), `history-${which}-${i}.json`));
    const both = [command(args, files[0]!), command([...args, '--history', BOUND], files[1]!)];
    const errors = await inTurns(both);
    for (const [at, into] of [off, on].entries()) {
      if (!existsSync(files[at]!)) throw new Error(errors[at]);
      into.push(JSON.parse(readFileSync(files[at]!, 'utf8')) as Measured);
    }
  }
  if (new Set([...off, ...on].map(({ digest }) => digest)).size !== 1) throw new Error(`${name}: recording changes the run`);
  const [less, more] = [off, on].map((all) => all.map(({ process: { cpuSeconds } }) => cpuSeconds)) as [number[], number[]];
  const pairs = more.map((seconds, i) => seconds / less[i]!);
  console.log(
    `${name.padEnd(22)} ${median(less).toFixed(2)} s without, ${median(more).toFixed(2)} s recording: ${percent(median(pairs))} more (median of pairs: ${pairs.map(percent).join(', ')}; limit ${LIMIT_PERCENT} %)`,
  );
}

/** A client of the adapter's own process. */
class Client {
  private sequence = 1;
  private text = Buffer.alloc(0);
  private readonly answers = new Map<number, (body: unknown) => void>();
  private readonly waiting: { event: string; done: (at: number) => void }[] = [];
  private readonly adapter: ChildProcess;

  constructor() {
    this.adapter = spawn(process.execPath, [join(root, 'dist/adapter.js')], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.adapter.stdout?.on('data', (chunk: Buffer) => this.read(chunk));
  }

  request<T>(command: string, args: object = {}): Promise<T> {
    const seq = this.sequence++;
    const body = JSON.stringify({ seq, type: 'request', command, arguments: args });
    this.adapter.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return new Promise((done) => this.answers.set(seq, done as (body: unknown) => void));
  }

  /** The time when it came. */
  event(event: string): Promise<number> {
    return new Promise((done) => this.waiting.push({ event, done }));
  }

  end(): void {
    this.adapter.kill('SIGKILL');
  }

  private read(chunk: Buffer): void {
    this.text = Buffer.concat([this.text, chunk]);
    for (;;) {
      const head = this.text.indexOf('\r\n\r\n');
      const length = Number(/\d+/.exec(this.text.subarray(0, Math.max(0, head)).toString())?.[0]);
      if (head < 0 || this.text.length < head + 4 + length) return;
      const message = JSON.parse(this.text.subarray(head + 4, head + 4 + length).toString()) as DebugProtocol.Response &
        DebugProtocol.Event;
      this.text = this.text.subarray(head + 4 + length);
      if (message.type === 'response') this.answers.get(message.request_seq)?.(message.body);
      const at = this.waiting.findIndex(({ event }) => event === message.event);
      if (at >= 0) this.waiting.splice(at, 1)[0]?.done(performance.now());
    }
  }
}

/** What is met only in the oldest stretch: how a client asks for it. */
const PLACES: Readonly<Record<string, (client: Client) => Promise<void>>> = {
  'a breakpoint': async (client) => {
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'kmain' }] });
  },
  'a watchpoint': async (client) => {
    const { dataId } = await client.request<{ dataId: string }>('dataBreakpointInfo', { name: '&idt[64]', asAddress: true, bytes: 8 });
    await client.request('setDataBreakpoints', { breakpoints: [{ dataId, accessType: 'write' }] });
  },
  'a watchpoint for reads': async (client) => {
    const { dataId } = await client.request<{ dataId: string }>('dataBreakpointInfo', { name: '&pml4', asAddress: true, bytes: 8 });
    await client.request('setDataBreakpoints', { breakpoints: [{ dataId, accessType: 'readWrite' }] });
  },
  'a VM exit': async (client) => {
    await client.request('setExceptionBreakpoints', { filters: [], filterOptions: [{ filterId: 'exit', condition: 'port == 0x3f9' }] });
  },
};

interface Back {
  readonly stretchMs: number;
  readonly backMs: number;
  readonly stretches: number;
  readonly bytes: number;
}

async function back(image: string, tier: string, ask: (client: Client) => Promise<void>): Promise<Back> {
  const client = new Client();
  await client.request('initialize', {
    adapterID: 'hyperscope',
    clientID: 'bench',
    linesStartAt1: true,
    columnsStartAt1: true,
    pathFormat: 'path',
  });
  const ready = client.event('initialized');
  await client.request('launch', { image, memory: '128M', hypervisor: 'none', pace: 'fast', history: BOUND, console: 'none', tier });
  await ready;
  const begun = performance.now();
  await client.request('configurationDone');
  await new Promise((done) => setTimeout(done, FORWARD_MS));
  const paused = client.event('stopped');
  await client.request('pause', { threadId: 1 });
  const forwardMs = (await paused) - begun;
  const { end, snapshotsNs, bytes } = await client.request<HistoryAnswer>('hyperscope/history');
  const stretchMs = (forwardMs * ((snapshotsNs[1] ?? end.virtualNs) - (snapshotsNs[0] ?? 0))) / end.virtualNs;
  await ask(client);
  const stopped = client.event('stopped');
  const from = performance.now();
  await client.request('reverseContinue', { threadId: 1 });
  const backMs = (await stopped) - from;
  const { now } = await client.request<HistoryAnswer>('hyperscope/history');
  if (now.virtualNs === 0 || now.virtualNs >= (snapshotsNs[1] ?? 0))
    throw new Error(`stopped at ${now.virtualNs} ns, which is not in the oldest stretch`);
  client.end();
  return { stretchMs, backMs, stretches: snapshotsNs.length, bytes };
}

async function main(): Promise<void> {
  const runs = Number(argument('--runs', '3'));
  const out = join(root, 'out', 'bench');
  mkdirSync(out, { recursive: true });
  const imageOf = (SCALE: string): string => buildGuest(out, 'bench.elf', { DIVIDE: argument('--divide', '1'), SCALE });
  const machine = ['--hypervisor', 'none', '--memory', '128M'];
  console.log(`recording in ${BOUND}, CPU seconds, median of ${runs}; node ${process.version}`);
  for (const tier of TIERS) await cost(`bench, ${tier}`, [imageOf(SCALES[tier]), ...machine, '--tier', tier], runs);
  const kernel = argument('--kernel', '');
  if (kernel !== '') {
    const initrd = argument('--initrd', '');
    const linux = [
      kernel,
      ...(initrd === '' ? [] : ['--initrd', initrd]),
      '--memory',
      '256M',
      '--append',
      'console=ttyS0 quiet cryptomgr.notests',
    ];
    for (const tier of TIERS)
      await cost(`Linux, ${tier}`, [...linux, '--tier', tier, '--max-instructions', argument('--instructions', '500000000')], runs);
  }
  if (process.argv.includes('--recording-only')) return;
  for (const tier of TIERS) {
    const busy = buildGuest(out, 'bench.elf', { SCALE: BUSY_SCALES[tier] });
    for (const [name, ask] of Object.entries(PLACES)) {
      const all: Back[] = [];
      for (let i = 0; i < runs; i++) all.push(await back(busy, tier, ask));
      const stretchMs = median(all.map((each) => each.stretchMs));
      const backMs = median(all.map((each) => each.backMs));
      const recorded = `${((all[0]?.bytes ?? 0) / 2 ** 20).toFixed(1)} MiB, ${all[0]?.stretches} stretches after ${FORWARD_MS / 1000} s`;
      console.log(
        `${tier}: back to the oldest stretch of a busy guest (${recorded}) for ${name}: ${backMs.toFixed(0)} ms; forward it took ${stretchMs.toFixed(0)} ms; limit (1.5 times that and 300 ms): ${(1.5 * stretchMs + 300).toFixed(0)} ms`,
      );
    }
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
