// Runs commands side by side as one would alone: each has the machine for a few milliseconds while the others stand (SIGSTOP), in turns to their ends. What slows the
// machine for a while (another machine's work, its clock) meets all alike, so that the ratio of their CPU times holds where runs one after the other differ by half.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Long beside what a change of turns costs (caches), short beside a change of the machine's mood. */
const TURN_MS = 20;

interface Runner {
  readonly child: ChildProcess;
  errors: string;
  ended: boolean;
}

/** To a command and what it has started (a shell that takes the time of another): while it runs they are a group. */
function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // It has just ended.
  }
}

function start([program, ...args]: readonly string[]): Runner {
  const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const runner: Runner = { child, errors: '', ended: false };
  child.stderr!.on('data', (text: Buffer) => {
    runner.errors += text.toString();
  });
  child.on('exit', () => {
    runner.ended = true;
  });
  signal(child, 'SIGSTOP');
  return runner;
}

/** To the end of all of them. What each wrote to its error output, in their order; what was not there for a command throws. */
export async function inTurns(commands: readonly (readonly string[])[]): Promise<string[]> {
  const runners = commands.map(start);
  try {
    await Promise.all(runners.map(({ child }) => child.pid ?? once(child, 'spawn')));
    while (runners.some(({ ended }) => !ended))
      for (const runner of runners) {
        if (runner.ended) continue;
        signal(runner.child, 'SIGCONT');
        await new Promise((done) => setTimeout(done, TURN_MS));
        if (!runner.ended) signal(runner.child, 'SIGSTOP');
      }
    return runners.map(({ errors }) => errors);
  } finally {
    for (const { child, ended } of runners) if (!ended) signal(child, 'SIGKILL');
  }
}
