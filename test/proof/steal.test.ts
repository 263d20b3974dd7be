// Steal is one account: what the guest reads in its steal area, the run states of --stats, and the Time panel's model over the very same span agree within 1 %.
import assert from 'node:assert/strict';
import type { HostStatistics, NeighbourConfig, VcpuTimes } from '../../src/machine/control/types';
import { stealPercent, timesIn } from '../../src/views/time/model';
import { hasTool } from '../support/compiler';
import { guestTest } from '../support/guests';
import { coreOf, neighbour, type Observed, Watch } from './observe';

interface Case {
  pcpus: number;
  vcpus: number;
  neighbours: NeighbourConfig[];
  /** Part of the time that is stolen from vCPU 0, where it can be said beforehand. */
  share?: number;
}

const ms = (periodMs: number): number => periodMs * 1_000_000;

/** Demand under fair share of equal weights: all of it up to one half. */
const fair = (duty: number): number => Math.min(duty, 0.5);

function alone(duty: number, periodMs: number, absolute: boolean): Case {
  return {
    pcpus: 1,
    vcpus: 1,
    neighbours: [neighbour({ duty, periodNs: ms(periodMs), absolute })],
    share: absolute ? duty : fair(duty),
  };
}

/** Two neighbours of one pCPU: whoever wants less than a third gets it, the rest is divided. */
function twoFair(first: number, second: number): number {
  const [less, more] = [Math.min(first, second), Math.max(first, second)];
  const small = Math.min(less, 1 / 3);
  return small + Math.min(more, (1 - small) / 2);
}

const CASES: readonly Case[] = [
  // Each duty once for demand and once absolute, each period several times.
  ...[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].flatMap((duty, i) => [
    alone(duty, [1, 50, 7, 10, 25, 2, 5, 3, 20][i]!, false),
    alone(duty, [50, 5, 20, 1, 10, 25, 2, 40, 4][i]!, true),
  ]),
  // Two neighbours of one pCPU.
  ...(
    [
      [0.1, 0.2, 5, 10],
      [0.6, 0.2, 2, 50],
      [0.9, 0.9, 1, 20],
    ] as const
  ).map(([first, second, a, b]) => ({
    pcpus: 1,
    vcpus: 1,
    neighbours: [neighbour({ duty: first, periodNs: ms(a) }), neighbour({ duty: second, periodNs: ms(b) })],
    share: twoFair(first, second),
  })),
  {
    pcpus: 1,
    vcpus: 1,
    neighbours: [neighbour({ duty: 0.4, periodNs: ms(5), absolute: true }), neighbour({ duty: 0.3, periodNs: ms(10), absolute: true })],
    share: 0.7,
  },
  // Absolute beside demand: what is left of the pCPU is divided.
  {
    pcpus: 1,
    vcpus: 1,
    neighbours: [neighbour({ duty: 0.5, periodNs: ms(1), absolute: true }), neighbour({ duty: 0.9, periodNs: ms(10) })],
    share: 0.75,
  },
  // Two vCPUs of one pCPU, alone and beside a neighbour.
  { pcpus: 1, vcpus: 2, neighbours: [], share: 0.5 },
  { pcpus: 1, vcpus: 2, neighbours: [neighbour({ duty: 0.2, periodNs: ms(10), absolute: true })], share: 0.6 },
  // Two pCPUs: both contended, one contended, two neighbours on one.
  {
    pcpus: 2,
    vcpus: 2,
    neighbours: [neighbour({ duty: 0.3, periodNs: ms(50) }), neighbour({ duty: 0.7, periodNs: ms(1), pcpu: 1, absolute: true })],
  },
  { pcpus: 2, vcpus: 2, neighbours: [neighbour({ duty: 0.8, periodNs: ms(3), pcpu: 1 })] },
  {
    pcpus: 2,
    vcpus: 1,
    neighbours: [neighbour({ duty: 0.5, periodNs: ms(10), absolute: true }), neighbour({ duty: 0.9, periodNs: ms(7), pcpu: 1 })],
  },
  // Three pCPUs: a free one is always there; then none is, by turns.
  {
    pcpus: 3,
    vcpus: 2,
    neighbours: [neighbour({ duty: 0.6, periodNs: ms(20) }), neighbour({ duty: 0.6, periodNs: ms(5), pcpu: 1, absolute: true })],
  },
  {
    pcpus: 3,
    vcpus: 2,
    neighbours: [neighbour({ duty: 0.9, periodNs: ms(2), pcpu: 1 }), neighbour({ duty: 0.9, periodNs: ms(50), pcpu: 2, absolute: true })],
  },
];

interface Window {
  vcpu: number;
  fromNs: number;
  toNs: number;
  stolenNs: number;
}
const windowsOf = (text: string): Window[] =>
  [...text.matchAll(/steal-window: vCPU (\d+) from (\d+) to (\d+) ns, (\d+) ns stolen/g)].map(([, vcpu, fromNs, toNs, stolenNs]) => ({
    vcpu: Number(vcpu),
    fromNs: Number(fromNs),
    toNs: Number(toNs),
    stolenNs: Number(stolenNs),
  }));

const nameOf = ({ pcpus, vcpus, neighbours }: Case): string =>
  [
    `${vcpus} vCPU${vcpus > 1 ? 's' : ''} on ${pcpus} pCPU${pcpus > 1 ? 's' : ''}`,
    ...neighbours.map(
      ({ duty, periodNs, absolute, pcpu }) => `${duty * 100} % of pCPU ${pcpu} in ${periodNs / 1e6} ms${absolute ? ', absolute' : ''}`,
    ),
  ].join('; ');

/** The run, and its statistics again and again: --stats tells of a whole run, in which neighbours work before the guest counts. */
function runSampled({ pcpus, vcpus, neighbours }: Case): { observed: Observed; samples: HostStatistics[] } {
  const core = coreOf({ image: guestTest('steal-window'), vm: { vcpus }, host: { pcpus, neighbours } });
  const watch = new Watch(core);
  const samples: HostStatistics[] = [];
  core.resume();
  while (core.running) {
    core.advance(25_000, Number.POSITIVE_INFINITY);
    samples.push(core.statistics());
  }
  return { observed: watch.observed(), samples };
}

/** What the run states of a vCPU grew by over a span, to a slice at each end. */
function grownBy(samples: readonly HostStatistics[], vcpu: number, fromNs: number, toNs: number): VcpuTimes {
  const before = samples.findLast(({ virtualNs }) => virtualNs <= fromNs)?.vcpus[vcpu];
  const after = (samples.find(({ virtualNs }) => virtualNs >= toNs) ?? samples.at(-1)!).vcpus[vcpu]!;
  const grown = { ...after };
  for (const state of ['runningNs', 'runnableNs', 'blockedNs', 'offlineNs'] as const) grown[state] -= before?.[state] ?? 0;
  return grown;
}

function check({ vcpus, share }: Case, { text, bands, statistics }: Observed, samples: readonly HostStatistics[]): void {
  const windows = windowsOf(text);
  assert.equal(windows.length, vcpus, text);
  for (const { vcpu, fromNs, toNs, stolenNs } of windows) {
    const guest = (100 * stolenNs) / (toNs - fromNs);
    const panel = stealPercent(timesIn(bands, vcpu, { fromNs, toNs }));
    assert.ok(Math.abs(guest - panel) < 0.1, `vCPU ${vcpu}: guest ${guest} %, panel over its span ${panel} %`);
    const states = stealPercent(grownBy(samples, vcpu, fromNs, toNs));
    assert.ok(Math.abs(guest - states) < 1, `vCPU ${vcpu}: guest ${guest} %, run states ${states} %`);
    const times = statistics.vcpus[vcpu]!;
    assert.deepEqual(timesIn(bands, vcpu, { fromNs: 0, toNs: statistics.virtualNs }), {
      runningNs: times.runningNs,
      runnableNs: times.runnableNs,
      blockedNs: times.blockedNs,
      offlineNs: times.offlineNs,
    });
    if (share !== undefined) assert.ok(Math.abs(guest - 100 * share) < 1, `vCPU ${vcpu}: ${guest} % stolen, expected ${100 * share} %`);
  }
}

describe('proof: steal in the guest, in run states and in the panel', () => {
  if (!hasTool('gcc') || !hasTool('make')) {
    it.skip('not run: needs gcc and make');
    return;
  }
  for (const each of CASES)
    it(nameOf(each), () => {
      const { observed, samples } = runSampled(each);
      check(each, observed, samples);
    });
});
