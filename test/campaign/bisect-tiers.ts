// npm run bisect:tiers -- IMAGE [options of `hyperscope run`] [--tier auto|jit] [--step N] [--most N]: where a compiled run first differs from the interpreted one.
// Digests are compared after N instructions (a million), twice as many, and so on; the first interval that differs is halved down to one instruction. Each comparison
// is two runs from power-on: nothing of a run before is trusted. Needs the bundle; multi-vCPU runs may stop a few instructions apart and are compared by their counts too.
import { resolve } from 'node:path';
import { runGuest } from '../support/cli';

const DEFAULT_STEP = 1_000_000;
const DEFAULT_MOST = 10_000_000_000;

function take(argv: string[], name: string): string | undefined {
  const at = argv.indexOf(name);
  return at < 0 ? undefined : argv.splice(at, 2)[1];
}

function main(argv: string[]): number {
  const tier = take(argv, '--tier') ?? 'jit';
  const step = Number(take(argv, '--step') ?? DEFAULT_STEP);
  const most = Number(take(argv, '--most') ?? DEFAULT_MOST);
  const [image, ...options] = argv;
  if (image === undefined) throw new Error('npm run bisect:tiers -- IMAGE [options of run] [--tier auto|jit] [--step N] [--most N]');
  const path = resolve(image);
  const stateAt = (how: string, instructions: number): { text: string; ended: boolean } => {
    const { stats } = runGuest(path, [...options, '--tier', how, '--max-instructions', `${instructions}`]);
    return { text: `${stats.digest} ${stats.instructions}`, ended: stats.instructions < instructions };
  };
  const differs = (instructions: number): { differs: boolean; ended: boolean } => {
    const [plain, compiled] = [stateAt('interpreter', instructions), stateAt(tier, instructions)];
    return { differs: plain.text !== compiled.text, ended: plain.ended };
  };

  let same = 0;
  for (let at = step; ; at = Math.min(at * 2, most)) {
    const found = differs(at);
    process.stderr.write(`${at}: ${found.differs ? 'different' : 'same'}\n`);
    if (found.differs) {
      let different = at;
      while (different - same > 1) {
        const middle = Math.floor((same + different) / 2);
        if (differs(middle).differs) different = middle;
        else same = middle;
      }
      console.log(`the state first differs after instruction ${different}`);
      return 1;
    }
    if (found.ended || at >= most) break;
    same = at;
  }
  console.log(`no difference between interpreter and ${tier}`);
  return 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(String(error));
  process.exitCode = 2;
}
