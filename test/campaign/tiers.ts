// npm run campaign:tiers -- IMAGE [options of `hyperscope run`] [--step N] [--most N] [--against jit,auto]: one guest under all tiers at once, each on a host of its own; every N
// instructions (a million) of the first vCPU the digests and all trace events so far are compared. What differs is then found by bisect-tiers.ts.
import { createHash, type Hash } from 'node:crypto';
import { hostConfig } from '../../src/cli/run/host-config';
import { parseRun } from '../../src/cli/run/parse-run';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import type { Tier } from '../../src/engine/cpu-engine';

const DEFAULT_STEP = 1_000_000;

function take(argv: string[], name: string): string | undefined {
  const at = argv.indexOf(name);
  return at < 0 ? undefined : argv.splice(at, 2)[1];
}

/** A host under one tier, with a hash over all that it has traced. */
class Contestant {
  readonly control: InProcessControl;
  private readonly trace: Hash = createHash('sha256');
  events = 0;
  ended = false;

  constructor(
    readonly tier: Tier,
    argv: readonly string[],
  ) {
    this.control = new InProcessControl(hostConfig(parseRun([...argv, '--tier', tier])));
    this.control.core.host.recorder.addSink((_, event) => {
      this.events++;
      this.trace.update(JSON.stringify(event(), (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)));
    });
    this.control.onEvent(({ kind }) => {
      if (kind === 'exited') this.ended = true;
    });
  }

  async runTo(instructions: number): Promise<string> {
    await this.control.runTo(0, 0, instructions);
    const { core } = this.control;
    return `digest ${core.digest()}, ${core.statistics().instructions} instructions, ${this.events} events ${this.trace.copy().digest('hex')}`;
  }
}

async function main(argv: string[]): Promise<number> {
  const step = Number(take(argv, '--step') ?? DEFAULT_STEP);
  const most = Number(take(argv, '--most') ?? Number.POSITIVE_INFINITY);
  const against = (take(argv, '--against') ?? 'jit,auto').split(',') as Tier[];
  const all = (['interpreter', ...against] as const).map((tier) => new Contestant(tier, argv));
  for (const { control } of all) {
    await control.setPace('fast');
    control.core.setInputOpen(false);
  }
  let at = 0;
  for (; at < most && !all[0]!.ended; ) {
    at += step;
    const results: string[] = [];
    for (const each of all) results.push(await each.runTo(at));
    const different = all.filter((_, i) => results[i] !== results[0]);
    if (different.length > 0) {
      console.log(`different at ${at}:\n${all.map(({ tier }, i) => `  ${tier}: ${results[i]}`).join('\n')}`);
      return 1;
    }
    if ((at / step) % 10 === 0) process.stderr.write(`${at}: same, ${all[0]!.events} events\n`);
  }
  console.log(`no difference up to ${at} instructions, ${all[0]!.events} events: ${all.map(({ tier }) => tier).join(', ')}`);
  for (const { control } of all) control.dispose();
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
