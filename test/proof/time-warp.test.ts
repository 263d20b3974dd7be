// Time never runs backwards between vCPUs, however they are placed, whoever disturbs them: the guest's check of TSC and kvmclock in the manner of Linux' check_tsc_warp().
import assert from 'node:assert/strict';
import type { HostConfig } from '../../src/machine/control/types';
import { hasTool } from '../support/compiler';
import { guestTest } from '../support/guests';
import { all, look, pause, runDisturbed, step } from './disturb';
import { assertSame, coreOf, neighbour, type Recipe, run, Watch } from './observe';
import { Chance } from './random';

const ms = 1_000_000;
const PLACEMENTS: [string, Partial<HostConfig>][] = [
  ['one pCPU', { pcpus: 1 }],
  ['one pCPU beside a neighbour of 300 us', { pcpus: 1, neighbours: [neighbour({ duty: 0.4, periodNs: 300_000 })] }],
  ['two pCPUs', { pcpus: 2 }],
  [
    'two pCPUs, both contended',
    { pcpus: 2, neighbours: [neighbour({ duty: 0.7, periodNs: ms }), neighbour({ duty: 0.3, periodNs: 2 * ms, pcpu: 1, absolute: true })] },
  ],
  ['two pCPUs, moved to and fro', { pcpus: 2, neighbours: [neighbour({ duty: 0.5, periodNs: 100_000, absolute: true })] }],
  [
    'three pCPUs, two contended',
    { pcpus: 3, neighbours: [neighbour({ duty: 0.9, periodNs: ms }), neighbour({ duty: 0.6, periodNs: 3 * ms, pcpu: 1 })] },
  ],
  [
    'three pCPUs, all contended',
    { pcpus: 3, neighbours: [0, 1, 2].map((pcpu) => neighbour({ duty: 0.8 - pcpu / 10, periodNs: (pcpu + 1) * 200_000, pcpu })) },
  ],
];

describe('proof: time never runs backwards between vCPUs', () => {
  if (!hasTool('gcc') || !hasTool('make')) {
    it.skip('not run: needs gcc and make');
    return;
  }
  const chance = new Chance();
  before(() => {
    chance.announce();
  });
  for (const hypervisor of ['kvm', 'none'] as const)
    for (const [name, host] of PLACEMENTS)
      it(`${name}, hypervisor ${hypervisor}`, () => {
        const recipe: Recipe = { image: guestTest('time-warp'), vm: { vcpus: 2, hypervisor }, host };
        const expected = run(recipe);
        assert.match(expected.text, /time-warp: 6000 checks, 0 TSC warps, 0 clock warps/);
        assert.equal(expected.exit?.code, 1, 'isa-debug-exit 0');
        const core = coreOf(recipe);
        const watch = new Watch(core);
        runDisturbed(core, chance, 200_000, all(pause, step, look));
        assertSame(watch.observed(), expected, 'the disturbed run');
      });
});
