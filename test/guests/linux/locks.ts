// Lock-holder preemption in Linux: more vCPUs than physical CPUs and one contended spinlock of the kernel. Native queued spinlocks (nopvspin) hand the lock to a vCPU that has no
// physical CPU while others spin for it; paravirtual ones let who runs take it first, see who is preempted, and halt who waits.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runGuest } from '../../support/cli';
import { scratchFolder } from '../../support/scratch';
import { initramfs } from './initramfs';
import type { LinuxGuest } from './packages';

const COMPILER = 'gcc';
const VCPUS = 4;
const PCPUS = 2;
const TIMEOUT_MS = 900_000;
/** So many times the work of spinning, at least; and so many times the PAUSEs for it. */
const LEAST_GAIN = 5;

interface Locks {
  readonly rounds: number;
  readonly pauses: number;
  readonly sleeps: number;
  readonly hypercalls: number;
  readonly stealNs: number;
}

function locks(guest: LinuxGuest, initrd: string, kind: 'native' | 'paravirtual'): Locks {
  const append = `console=ttyS0 cryptomgr.notests quiet${kind === 'native' ? ' nopvspin' : ''}`;
  const machine = ['--vcpus', `${VCPUS}`, '--pcpus', `${PCPUS}`, '--cpu', 'x86-64-v2'];
  const { stdout, stats } = runGuest(guest.kernel, ['--fast-boot', '--initrd', initrd, '--append', append, ...machine], {
    timeoutMs: TIMEOUT_MS,
  });
  assert.equal(stats.exit.reason, 'power-off', stdout.slice(-2000));
  assert.match(stdout, kind === 'native' ? /PV spinlocks disabled, forced by "nopvspin"/ : /PV spinlocks enabled/);
  const [, threads, rounds] = /GUEST: locks (\d+) threads, (\d+) rounds in \d+ us/.exec(stdout) ?? assert.fail(stdout.slice(-2000));
  assert.equal(Number(threads), VCPUS);
  return {
    rounds: Number(rounds),
    pauses: stats.process.engine.reduce((sum, { counters }) => sum + (counters.pauses ?? 0), 0),
    sleeps: stats.exits.hlt?.count ?? 0,
    hypercalls: stats.exits.vmcall?.count ?? 0,
    stealNs: stats.vcpus.reduce((sum, { runnableNs }) => sum + runnableNs, 0),
  };
}

const text = ({ rounds, pauses, sleeps, hypercalls, stealNs }: Locks): string =>
  `${rounds} rounds, ${(pauses / 1e6).toFixed(1)} M PAUSEs, ${sleeps} HLTs, ${hypercalls} hypercalls, ${(stealNs / 1e9).toFixed(2)} s stolen`;

export function checkLocks(guest: LinuxGuest): string {
  const folder = scratchFolder();
  const [program, initrd] = [join(folder, 'locks'), join(folder, 'initrd')];
  execFileSync(COMPILER, ['-O2', '-static', '-pthread', '-o', program, join(__dirname, 'lock-work.c')]);
  writeFileSync(initrd, initramfs(readFileSync(guest.busybox), readFileSync(program)));
  const [native, paravirtual] = [locks(guest, initrd, 'native'), locks(guest, initrd, 'paravirtual')];
  const both = `spinning ${text(native)}; paravirtual ${text(paravirtual)}`;
  assert.ok(paravirtual.rounds > LEAST_GAIN * native.rounds, both);
  assert.ok(paravirtual.pauses / paravirtual.rounds < native.pauses / native.rounds / LEAST_GAIN, both);
  return both;
}
