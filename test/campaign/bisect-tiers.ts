// npm run bisect:tiers -- IMAGE [options of `hyperscope run`] [--tier auto|jit] [--step N] [--most N]: the instruction at which a compiled run first differs from
// the interpreted one (bisect.ts; N is a million). Runs with several vCPUs may stop a few instructions apart and are compared by their counts too.
import { hostConfig } from '../../src/cli/run/host-config';
import { parseRun } from '../../src/cli/run/parse-run';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import { bisect, type Compared } from './bisect';

const DEFAULT_STEP = 1_000_000;
const DEFAULT_MOST = 10_000_000_000;

interface State {
  readonly text: string;
  readonly rip: bigint;
  readonly ended: boolean;
}

function take(argv: string[], name: string): string | undefined {
  const at = argv.indexOf(name);
  return at < 0 ? undefined : argv.splice(at, 2)[1];
}

async function stateAfter(argv: readonly string[], tier: string, instructions: number, singleSteps = false): Promise<State> {
  const control = new InProcessControl({ ...hostConfig(parseRun([...argv, '--tier', tier])), singleSteps });
  try {
    let ended = false;
    control.onEvent(({ kind }) => {
      if (kind === 'exited') ended = true;
    });
    await control.setPace('fast');
    control.core.setInputOpen(false);
    if (instructions > 0) await control.runTo(0, 0, instructions);
    const { core } = control;
    return { text: `${core.digest()} ${core.statistics().instructions}`, rip: core.host.vcpu(0, 0).state.u64('rip'), ended };
  } finally {
    await control.dispose();
  }
}

async function main(argv: string[]): Promise<number> {
  const tier = take(argv, '--tier') ?? 'jit';
  const step = Number(take(argv, '--step') ?? DEFAULT_STEP);
  const most = Number(take(argv, '--most') ?? DEFAULT_MOST);
  if (argv.length === 0) throw new Error('npm run bisect:tiers -- IMAGE [options of run] [--tier auto|jit] [--step N] [--most N]');
  const compareAfter = async (instructions: number, singleSteps: boolean): Promise<Compared> => {
    const plain = await stateAfter(argv, 'interpreter', instructions);
    const compiled = await stateAfter(argv, tier, instructions, singleSteps);
    return { differs: plain.text !== compiled.text, ended: plain.ended };
  };
  const ripAfter = async (instructions: number): Promise<bigint> => (await stateAfter(argv, 'interpreter', instructions)).rip;
  const onInterval = (at: number, found: Compared): void => void process.stderr.write(`${at}: ${found.differs ? 'different' : 'same'}\n`);

  const found = await bisect({ compareAfter, ripAfter }, { step, most, onInterval });
  if (found === undefined) {
    console.log(`no difference between interpreter and ${tier}`);
    return 0;
  }
  const { after, instruction, before } = found;
  console.log(`the state first differs after ${after} instructions`);
  if (instruction) console.log(`by instruction ${instruction.number}, at 0x${instruction.rip.toString(16)}`);
  if (before) console.log(`(or by the one before it, at 0x${before.rip.toString(16)}, if the run's last one was interpreted)`);
  return 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(String(error));
    process.exit(2);
  },
);
