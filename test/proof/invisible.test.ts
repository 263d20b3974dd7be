// The debugger is invisible to the guest: one trace and one digest however a run is paused, stepped, stopped and looked at.

import { hasTool } from '../support/compiler';
import { guestTest, sample } from '../support/guests';
import { all, type Disturbance, look, pause, runDisturbed, step, stopPoints } from './disturb';
import { assertSame, coreOf, neighbour, type Observed, type Recipe, ripsOf, run, Watch } from './observe';
import { Chance } from './random';

const recipes: [string, () => Recipe][] = [
  [
    'kvm-c on two pCPUs',
    () => ({
      image: sample('kvm-c', 'kvm-c.elf'),
      vm: { vcpus: 2 },
      host: { pcpus: 2, neighbours: [neighbour({ duty: 0.4, periodNs: 7_000_000 })] },
      script: 'time\nsteal\nipi\nquit\n',
    }),
  ],
];
if (hasTool('gcc') && hasTool('make')) {
  const mixed = (host: Recipe['host']) => () => ({ image: guestTest('mixed-work'), vm: { vcpus: 2 }, host: host ?? {} });
  recipes.push(
    ['mixed work on one pCPU', mixed({ neighbours: [neighbour({ duty: 0.3, absolute: true, periodNs: 300_000 })] })],
    ['mixed work on two pCPUs', mixed({ pcpus: 2, neighbours: [neighbour({ duty: 0.6, periodNs: 1_000_000, pcpu: 1 })] })],
  );
} else console.log('      mixed work is not run: needs gcc and make');

describe('proof: the debugger is invisible', () => {
  const chance = new Chance();
  before(() => {
    chance.announce();
  });

  for (const [name, recipe] of recipes) {
    describe(name, () => {
      let expected: Observed;
      before(() => {
        expected = run(recipe());
      });
      /** Slices of such a length that there are about so many. */
      const meanFor = (count: number): number => Math.ceil((expected.statistics.virtualNs * (recipe().host?.pcpus ?? 1)) / count);
      const disturbed = (what: string, count: number, disturbance: () => Disturbance) =>
        it(what, () => {
          const core = coreOf(recipe());
          const watch = new Watch(core);
          runDisturbed(core, chance, meanFor(count), disturbance());
          assertSame(watch.observed(), expected, what);
        });

      it('the same run twice', () => assertSame(run(recipe()), expected, 'the second run'));
      disturbed('100 random pauses', 100, () => pause);
      disturbed('100 random steps of single vCPUs', 60, () => step);
      disturbed('stop points set and cleared while it runs', 300, () => stopPoints(ripsOf(expected)));
      disturbed("the panels' reads between slices", 100, () => look);
      disturbed('all of it together', 300, () => all(pause, step, stopPoints(ripsOf(expected)), look));

      for (const host of [{ sharedMemory: true }, { traceCapacity: 16 }]) {
        it(`${JSON.stringify(host)}`, () => {
          const changed = recipe();
          assertSame(run({ ...changed, host: { ...changed.host, ...host } }), expected, JSON.stringify(host));
        });
      }
    });
  }
});
