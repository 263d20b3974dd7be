// npm run bench:breakpoints: what breakpoints cost hot code of the benchmark guest (`wide`: a loop of 11 instructions in one page; `core`: functions in several):
// none set, 1000 in cold code, 1000 in cold code at the page offsets of the hot code, 10 beside the loop on its own page, and one with a false condition in it,
// alone and with the 1000. CPU time of this process, best of the runs, all in turn; each case has its limit. It runs bundled, as people run the engine: tsx reads
// every import through a getter.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { hostConfig } from '../../src/cli/run/host-config';
import { parseRun } from '../../src/cli/run/parse-run';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import type { HostConfig, StopPointSpec } from '../../src/machine/control/types';
import { buildGuest } from './engines';

const RUNS = 5;
const LOOP_OFFSET = 0x30;
const INSTRUCTIONS_A_TURN = 11;
const PLAIN = { interpreter: 40_000_000, auto: 300_000_000 } as const;
type Tier = keyof typeof PLAIN;
const FEW = 2_000_000;
/** What of its speed without breakpoints code keeps; how often a condition is evaluated in a second. */
const KEEPS_PERCENT = 95;
const CONDITIONS_A_SECOND = 200_000;

const out = resolve(__dirname, '../../out/bench');
mkdirSync(out, { recursive: true });
const image = buildGuest(out, 'bench.elf');
const symbols = new Map(
  execFileSync('nm', [image], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split(' '))
    .map(([address = '0', , name = '']) => [name, BigInt(`0x${address || '0'}`)] as const),
);
const at = (addresses: readonly bigint[], more: Partial<StopPointSpec> = {}): StopPointSpec[] =>
  addresses.map((address, id) => ({ id, where: { kind: 'linear', address }, vm: 0, ...more }));

const wide = symbols.get('w_wide')!;
const core = symbols.get('w_core')!;
const COLD = 0x400_0000n;
const cold = at(Array.from({ length: 1000 }, (_, i) => COLD + BigInt(i * 37)));
const sameOffsets = (from: bigint) =>
  at(Array.from({ length: 1000 }, (_, i) => COLD + BigInt((i % 3) * 4096) + ((from + BigInt(i)) & 4095n)));
const beside = at([0, 2, 4, 0xe, 0x10, 0x12, 0x1c, 0x5c, 0x5f, 0x63].map((offset) => wide + BigInt(offset)));
const isFalse: StopPointSpec = { ...at([wide + BigInt(LOOP_OFFSET)], { condition: [{ op: 'const', value: 0n }] })[0]!, id: 5000 };

interface Case {
  readonly name: string;
  readonly points: StopPointSpec[];
  readonly isConditional?: boolean;
}
const PLAIN_CASE: Case = { name: 'none', points: [] };
const coldCases = (from: bigint): Case[] => [
  PLAIN_CASE,
  { name: '1000 in cold code', points: cold },
  { name: '1000 there, the same page offsets', points: sameOffsets(from) },
];
const LOADS: readonly { name: string; from: bigint; cases: readonly Case[] }[] = [
  {
    name: 'wide',
    from: wide,
    cases: [
      ...coldCases(wide),
      { name: '10 beside the loop', points: beside },
      { name: 'a false condition in the loop', points: [isFalse], isConditional: true },
      { name: 'the same, and 1000 in cold code', points: [...cold, isFalse], isConditional: true },
    ],
  },
  { name: 'core', from: core, cases: coldCases(core) },
];

async function inLoop(tier: Tier, from: bigint): Promise<InProcessControl> {
  const config: HostConfig = hostConfig(parseRun([image, '--hypervisor', 'none', '--memory', '128M', '--tier', tier]));
  const control = new InProcessControl(config);
  await control.setPace('fast');
  // Where its first item is called.
  await control.setStopPoints(at([core]));
  await control.runTo(0, 0, PLAIN[tier]);
  await control.setStopPoints([]);
  await control.setRegister(0, 0, 'rdi', 0xffff_ffffn);
  await control.setRegister(0, 0, 'rip', from);
  await control.runTo(0, 0, PLAIN[tier] * 2);
  return control;
}

/** Instructions in a second. */
async function speedOf(tier: Tier, control: InProcessControl, { points, isConditional }: Case): Promise<number> {
  const instructions = isConditional ? FEW : PLAIN[tier];
  const retired = () => control.core.host.vcpu(0, 0).retired();
  await control.setStopPoints(points);
  // Decoding again and compiling again is done with.
  await control.runTo(0, 0, retired() + Math.floor(instructions / 3));
  const before = process.cpuUsage();
  const from = retired();
  await control.runTo(0, 0, from + instructions);
  const { user, system } = process.cpuUsage(before);
  return (retired() - from) / ((user + system) / 1e6);
}

function report(tier: string, load: string, { name, isConditional }: Case, speed: number, plain: number): void {
  const percent = (speed / plain) * 100;
  const perSecond = speed / INSTRUCTIONS_A_TURN;
  const figure = isConditional ? `${Math.round(perSecond)} conditions/s` : `${percent.toFixed(0)} %`;
  const limit = isConditional ? `${CONDITIONS_A_SECOND}/s` : `${KEEPS_PERCENT} %`;
  const holds = isConditional ? perSecond >= CONDITIONS_A_SECOND : percent >= KEEPS_PERCENT;
  const verdict = name === PLAIN_CASE.name ? '' : `at least ${limit}: ${holds ? 'ok' : 'MISSED'}`;
  if (!holds) process.exitCode = 1;
  console.log(`${tier.padEnd(12)} ${load} ${name.padEnd(34)} ${(speed / 1e6).toFixed(1).padStart(7)} M/s  ${figure.padEnd(20)} ${verdict}`);
}

async function main(): Promise<void> {
  for (const tier of ['interpreter', 'auto'] as const)
    for (const { name: load, from, cases } of LOADS) {
      const control = await inLoop(tier, from);
      const best = new Map<Case, number>();
      for (let run = 0; run < RUNS; run++)
        for (const each of cases) best.set(each, Math.max(best.get(each) ?? 0, await speedOf(tier, control, each)));
      for (const [each, speed] of best) report(tier, load, each, speed, best.get(PLAIN_CASE)!);
      control.dispose();
    }
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
