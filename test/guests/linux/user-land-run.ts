// One boot in which Debian's bash, coreutils and Python answer all questions, compared answer by answer.
import assert from 'node:assert/strict';
import { runGuest } from '../../support/cli';
import type { LinuxGuest } from './packages';
import { userLand } from './user-land';
import { QUESTIONS } from './user-land.rows';

const TIMEOUT_MS = 900_000;
const COMMAND_LINE = 'console=ttyS0 quiet cryptomgr.notests';
const asked = (name: string): string => `@@@ ${name} @@@`;
const END = 'the end';

/** Each question is put in a process of its own. */
const SCRIPT = [...QUESTIONS, { name: END, script: ':' }]
  .map(({ name, script }) => `echo '${asked(name)}'\nbash <<'QUESTION'\n${script}\nQUESTION\n`)
  .join('');

/** Texts that are only in the answer are in no command line: this is what came between two names. */
function answers(shown: string): Map<string, string> {
  const all = new Map<string, string>();
  const names = [...QUESTIONS.map(({ name }) => name), END];
  for (const [index, name] of names.slice(0, -1).entries()) {
    const [from, to] = [shown.indexOf(`${asked(name)}\n`), shown.indexOf(`${asked(names[index + 1]!)}\n`)];
    if (from >= 0) all.set(name, shown.slice(from + asked(name).length + 1, to < 0 ? undefined : to));
  }
  return all;
}

export function checkUserLand(guest: LinuxGuest, cpu: string, vcpus: number): string {
  const land = userLand(guest, SCRIPT);
  if (typeof land === 'string') throw new Error(land);
  const image = ['--fast-boot', '--initrd', land.initrd, '--append', COMMAND_LINE];
  const vm = ['--cpu', cpu, '--vcpus', `${vcpus}`, '--pcpus', `${vcpus}`];
  const { stdout, stderr, stats } = runGuest(guest.kernel, [...image, ...vm], { timeoutMs: TIMEOUT_MS });
  assert.equal(stats.exit.reason, 'power-off', `${stderr}\n${stdout.slice(-3000)}`);
  const given = answers(stdout);
  const wrong = QUESTIONS.filter(({ name, answer }) => given.get(name) !== `${answer}\n`);
  const details = wrong.map(({ name, answer }) => `${name}: ${JSON.stringify(given.get(name))} instead of ${JSON.stringify(answer)}`);
  assert.equal(details.join('\n'), '', stdout.slice(-1000));
  return `${QUESTIONS.length} answers, ${(stats.instructions / 1e6).toFixed(0)} M instructions, CPU ${stats.process.cpuSeconds.toFixed(1)} s`;
}
