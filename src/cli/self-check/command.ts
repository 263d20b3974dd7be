// `--self-check`: what runs us, what it can do, and how fast a small guest runs here.
import { performance } from 'node:perf_hooks';
import { ControlCore } from '../../machine/control/control-core';
import { defaultParts } from '../../machine/control/default-parts';
import type { HostConfig } from '../../machine/control/types';
import type { Command } from '../command';
import { cliErrors } from '../errors';
import { pvhImage } from './pvh-image';
import { runtimeLines } from './runtime';
import { speedGuest } from './speed-guest';

const MEASURE_TURNS = 2_500_000;
const WARM_UP_TURNS = 100_000;
const FAILED = 1;

const speedConfig = (turns: number): HostConfig => ({
  pcpus: 1,
  neighbours: [],
  seed: 1,
  traceCapacity: 64,
  sharedMemory: false,
  vms: [
    {
      name: 'self-check',
      image: { path: 'self-check.elf', bytes: pvhImage(speedGuest(turns)) },
      boot: 'pvh',
      modules: [],
      append: '',
      memory: 16 << 20,
      maxMemory: 16 << 20,
      vcpus: 1,
      maxVcpus: 1,
      hypervisor: 'none',
      model: 'hw',
      cpu: 'max',
      weight: 1024,
      onReset: 'stop',
      rtcBaseUnixSeconds: 0,
    },
  ],
});

function runSpeedGuest(turns: number): { instructions: number; ms: number; ended: string } {
  const core = new ControlCore(speedConfig(turns), defaultParts());
  core.setStopOn({ tripleFault: false, haltedForever: false });
  core.resume();
  const startMs = performance.now();
  while (core.advance(1_000_000, Number.MAX_SAFE_INTEGER) === 'again');
  return { instructions: core.statistics().instructions, ms: performance.now() - startMs, ended: core.host.exit?.reason ?? 'nothing' };
}

export const selfCheckCommand: Command = {
  name: '--self-check',
  usage: 'hyperscope --self-check',
  doc: 'Print the runtime, V8, kinds of memory and a speed figure.',
  async run(argv) {
    if (argv[0] !== undefined) throw cliErrors.extraArgument(argv[0]);
    const lines = runtimeLines();
    for (const { name, text, ok } of lines) process.stdout.write(`${`${name}:`.padEnd(16)}${text}${ok ? '' : '  <- needed'}\n`);
    if (lines.some(({ ok }) => !ok)) return FAILED;
    runSpeedGuest(WARM_UP_TURNS);
    const { instructions, ms, ended } = runSpeedGuest(MEASURE_TURNS);
    const speed = (instructions / ms / 1000).toFixed(1);
    process.stdout.write(`${'speed:'.padEnd(16)}${speed} million guest instructions a second (a loop of 8, two of them memory accesses)\n`);
    if (ended === 'debug-exit') return 0;
    process.stderr.write(`hyperscope: the guest of the self-check ended with "${ended}"\n`);
    return FAILED;
  },
};
