// npm run bench:breakpoints: what breakpoints cost a hot loop (`wide` of the benchmark guest, 11 instructions a turn): none set, 1000 in cold code, 10 beside the loop on its
// own page, and one with a false condition in it. CPU time of this process, best of the runs, all in turn.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { hostConfig } from '../../src/cli/run/host-config';
import { parseRun } from '../../src/cli/run/parse-run';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import type { HostConfig, StopPointSpec } from '../../src/machine/control/types';
import { buildGuest } from './engines';

const RUNS = 2;
const LOOP_OFFSET = 0x30;
const INSTRUCTIONS_A_TURN = 11;
const PLAIN = 60_000_000;
const FEW = 2_000_000;

const out = resolve(__dirname, '../../out/bench');
mkdirSync(out, { recursive: true });
const image = buildGuest(out, 'bench.elf');
const symbols = new Map(
  execFileSync('nm', [image], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split(' '))
    .map(([address = '0', , name = '']) => [name, BigInt(`0x${address || '0'}`)] as const),
);
const loopFunction = symbols.get('w_wide')!;
const loop = loopFunction + BigInt(LOOP_OFFSET);
const at = (addresses: readonly bigint[], more: Partial<StopPointSpec> = {}): StopPointSpec[] =>
  addresses.map((address, id) => ({ id, where: { kind: 'linear', address }, vm: 0, ...more }));

const cold = Array.from({ length: 1000 }, (_, i) => 0x20_0000n + BigInt(i * 37));
const beside = [0, 2, 4, 0xe, 0x10, 0x12, 0x1c, 0x5c, 0x5f, 0x63].map((offset) => loopFunction + BigInt(offset));
const CASES: readonly { name: string; instructions: number; points: StopPointSpec[] }[] = [
  { name: 'none', instructions: PLAIN, points: [] },
  { name: '1000 in cold code', instructions: FEW, points: at(cold) },
  { name: '10 beside the loop', instructions: PLAIN, points: at(beside) },
  { name: 'a false condition in the loop', instructions: FEW, points: at([loop], { condition: [{ op: 'const', value: 0n }] }) },
];

async function inLoop(tier: string): Promise<InProcessControl> {
  const config: HostConfig = hostConfig(parseRun([image, '--hypervisor', 'none', '--memory', '128M', '--tier', tier]));
  const control = new InProcessControl(config);
  await control.setPace('fast');
  await control.runTo(0, 0, 3000);
  await control.setRegister(0, 0, 'rdi', 0xffff_ffffn);
  await control.setRegister(0, 0, 'rip', loopFunction);
  await control.runTo(0, 0, PLAIN);
  return control;
}

async function main(): Promise<void> {
  for (const tier of ['interpreter', 'auto']) {
    const control = await inLoop(tier);
    const best = new Map<string, number>();
    for (let run = 0; run < RUNS; run++)
      for (const { name, instructions, points } of CASES) {
        await control.setStopPoints(points);
        const start = control.core.host.vcpu(0, 0).retired();
        // Decoding again and compiling again is done with.
        await control.runTo(0, 0, start + Math.floor(instructions / 3));
        const before = process.cpuUsage();
        const from = control.core.host.vcpu(0, 0).retired();
        await control.runTo(0, 0, from + instructions);
        const { user, system } = process.cpuUsage(before);
        const speed = (control.core.host.vcpu(0, 0).retired() - from) / ((user + system) / 1e6);
        best.set(name, Math.max(best.get(name) ?? 0, speed));
      }
    const plain = best.get('none')!;
    for (const [name, speed] of best) {
      const each = name.includes('condition') ? `, ${Math.round(speed / INSTRUCTIONS_A_TURN)} conditions/s` : '';
      console.log(
        `${tier.padEnd(12)} ${name.padEnd(30)} ${(speed / 1e6).toFixed(1).padStart(7)} M/s  ${((speed / plain) * 100).toFixed(0)} %${each}`,
      );
    }
    control.dispose();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
