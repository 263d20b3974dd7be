// The shell's dialogue by the command line in a terminal, where idle time is waited for, and that run again from its log of inputs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runGuest, type Stats } from '../../support/cli';
import { scratchFolder } from '../../support/scratch';
import type { LinuxGuest } from './packages';
import { runOnTerminal } from './pty';
import { talkToShell } from './shell-dialogue';

export const SHELL_COMMAND_LINE = 'console=ttyS0 quiet cryptomgr.notests mitigations=off guest.shell';

const shellOptions = ({ kernel, initrd }: LinuxGuest): string[] => {
  return [kernel, '--fast-boot', '--initrd', initrd, '--append', SHELL_COMMAND_LINE, '--cpu', 'x86-64-v2'];
};

/** Its digest and the log of what was typed. */
export async function shellOnTerminal(guest: LinuxGuest): Promise<{ digest: string; log: string }> {
  const folder = scratchFolder();
  const [log, stats] = ['log', 'stats'].map((name) => join(folder, name)) as [string, string];
  const startMs = performance.now();
  const run = runOnTerminal([...shellOptions(guest), '--record', log, '--stats', stats]);
  try {
    await talkToShell(run.dialogue);
    assert.equal(await run.ended, 0);
  } finally {
    run.kill();
  }
  const { digest, virtualNs } = JSON.parse(readFileSync(stats, 'utf8')) as Stats;
  // A person's idle time is waited for.
  assert.ok(virtualNs / 1e6 <= performance.now() - startMs, `${virtualNs / 1e9} s have passed in the guest`);
  return { digest, log };
}

export async function checkShellReplay(guest: LinuxGuest): Promise<string> {
  const { digest, log } = await shellOnTerminal(guest);
  const [kernel, ...options] = shellOptions(guest);
  assert.equal(runGuest(kernel!, [...options, '--replay', log]).stats.digest, digest);
  return digest;
}
