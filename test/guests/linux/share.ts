// Two busy Linux guests on one physical CPU: what each had of it, by its /proc/stat over any ten seconds after both have booted, and by the host's account.
import assert from 'node:assert/strict';
import { runGuests } from '../../support/cli';
import type { LinuxGuest } from './packages';

export interface Share {
  readonly name: string;
  readonly weights: readonly number[];
  /** Percent of the physical CPU; undefined: no cap. */
  readonly caps?: readonly (number | undefined)[];
  /** What each must have. */
  readonly shares: readonly number[];
  /** What each does: computing, or printing beside, which exits for every byte. */
  readonly work: readonly ('guest.share' | 'guest.share.prints')[];
}

export const SHARES: readonly Share[] = [
  { name: 'equal weights, unequal exits', weights: [256, 256], shares: [0.5, 0.5], work: ['guest.share', 'guest.share.prints'] },
  { name: 'weights 1:3', weights: [256, 768], shares: [0.25, 0.75], work: ['guest.share', 'guest.share'] },
  { name: 'weights 3:1, unequal exits', weights: [768, 256], shares: [0.75, 0.25], work: ['guest.share.prints', 'guest.share'] },
  { name: 'a cap of 20 %', weights: [256, 256], caps: [20, undefined], shares: [0.2, 0.8], work: ['guest.share', 'guest.share'] },
];
const MOST_DIFFERENCE = 0.01;
const TIMEOUT_MS = 1_800_000;
/** Hundredths of a second of the guests' clocks. */
const [FROM, WINDOW, STEP] = [300, 1000, 50];
const WINDOWS = 5;
/** Where one tells this, both have told what is looked at: one that has a fifth of the time tells a step late. */
const TOLD = FROM + WINDOW + (WINDOWS + 2) * STEP;
const NS = { second: 1e9, tick: 1e7 };

/** What was not stolen of the guest's own time, in ten seconds from `from` on. */
function shareOfGuest(console: string, vm: number, from: number): number {
  const at = (when: number): { upNs: number; stealNs: number } => {
    const [, up, fields] = new RegExp(`^vm${vm}\\| GUEST: share at ${when}: (\\S+) cpu +(.*)$`, 'm').exec(console) ?? [];
    assert.ok(up !== undefined && fields !== undefined, `vm${vm} tells nothing at ${when}\n${console.slice(-2000)}`);
    return { upNs: Number(up) * NS.second, stealNs: Number(fields.split(' ')[7]) * NS.tick };
  };
  const [start, end] = [at(from), at(from + WINDOW)];
  return 1 - (end.stealNs - start.stealNs) / (end.upNs - start.upNs);
}

export function checkShare(guest: LinuxGuest, { weights, caps = [], shares, work }: Share): string {
  const guests = weights.map((weight, vm) => ({
    ...{ image: guest.kernel, initrd: guest.initrd, fastBoot: true, weight, ...(caps[vm] !== undefined && { cap: caps[vm] }) },
    append: `console=ttyS0 cryptomgr.notests ${work[vm]}`,
  }));
  const options = ['--pcpus', '1', '--cpu', 'x86-64-v2', '--until', `GUEST: share at ${TOLD}:`];
  const { stdout, stats } = runGuests(guests, options, { timeoutMs: TIMEOUT_MS });
  assert.equal(stats.exit.reason, 'until', `it did not get that far: ${stats.virtualNs / NS.second} s`);
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  const texts = shares.map((wanted, vm) => {
    const windows = Array.from({ length: WINDOWS }, (_, i) => shareOfGuest(stdout, vm, FROM + i * STEP));
    const host = (stats.vcpus.find((each) => each.vm === vm)?.runningNs ?? 0) / stats.virtualNs;
    const text = `vm${vm}: guest ${windows.map(percent).join(', ')}; host ${percent(host)}, ${stats.usage[vm]?.exits} exits`;
    for (const share of [...windows, host]) assert.ok(Math.abs(share - wanted) <= MOST_DIFFERENCE, text);
    return text;
  });
  return texts.join('; ');
}
