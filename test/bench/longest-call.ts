// npm run bench:longest-call: for how long nobody gets a word in. A pause, a breakpoint or a question waits for the call of the core that is under way: the longest
// calls of the benchmark guest (loops, then nothing but page faults, interrupts, exits, changes of CR3 …), alone and as two VMs, in both tiers. CPU time of the
// engine's thread, so that other processes count for nothing, and what V8 compiles in it does. It runs bundled, as people run the engine.
import { mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { hostConfig } from '../../src/cli/run/host-config';
import { parseRun } from '../../src/cli/run/parse-run';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import { buildGuest } from './engines';

const LIMIT_MS = 50;
const LONGEST = 4;
const schedstat = `/proc/self/task/${process.pid}/schedstat`;
const threadMs = (): number => Number(readFileSync(schedstat, 'utf8').split(' ')[0]) / 1e6;

const out = resolve(__dirname, '../../out/bench');
mkdirSync(out, { recursive: true });
const guest = `${buildGuest(out, 'bench.elf', { DIVIDE: '2' })} --hypervisor none --memory 128M`;
const GUESTS: Readonly<Record<string, readonly string[]>> = {
  'one VM': guest.split(' '),
  'two VMs on two pCPUs': ['--guest', guest, '--guest', guest, '--pcpus', '2'],
  'two VMs on one pCPU': ['--guest', guest, '--guest', guest],
};

/** The longest first. */
async function callsOf(args: readonly string[], tier: string): Promise<number[]> {
  const control = new InProcessControl(hostConfig(parseRun([...args, '--tier', tier])));
  const { core } = control;
  const advance = core.advance.bind(core);
  const calls: number[] = [];
  core.advance = (budgetNs, horizonNs) => {
    const from = threadMs();
    const result = advance(budgetNs, horizonNs);
    calls.push(threadMs() - from);
    return result;
  };
  await control.setPace('fast');
  const ended = new Promise((done) => control.onEvent((event) => event.kind === 'exited' && done(undefined)));
  await control.resume();
  await ended;
  control.dispose();
  return calls.sort((a, b) => b - a);
}

async function main(): Promise<void> {
  for (const [name, args] of Object.entries(GUESTS))
    for (const tier of ['interpreter', 'auto']) {
      const calls = await callsOf(args, tier);
      const longest = calls.slice(0, LONGEST).map((ms) => ms.toFixed(1));
      const holds = calls[0]! < LIMIT_MS;
      if (!holds) process.exitCode = 1;
      console.log(
        `${name.padEnd(22)} ${tier.padEnd(12)} longest of ${calls.length} calls: ${longest.join(', ')} ms  under ${LIMIT_MS} ms: ${holds ? 'ok' : 'MISSED'}`,
      );
    }
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
