// A stop point is met once for each time that its instruction runs: none is lost and none is met twice, wherever the run is paused, saved or looked at meanwhile.
import assert from 'node:assert/strict';
import type { ControlCore } from '../../src/machine/control/control-core';
import type { StopPointSpec } from '../../src/machine/control/types';
import { hasTool } from '../support/compiler';
import { guestTest, sample } from '../support/guests';
import { all, type Disturbance, look, pause, runDisturbed } from './disturb';
import { assertSame, coreOf, neighbour, type Observed, type Recipe, ripsOf, run, runOut, Watch } from './observe';
import { Chance } from './random';

const logOf = (id: number, where: StopPointSpec['where']): StopPointSpec => ({
  id,
  vm: 0,
  where,
  log: [
    { text: 'rip ', program: [{ op: 'register', name: 'rip' }] },
    { text: ' rsp ', program: [{ op: 'register', name: 'rsp' }] },
    { text: ' rax ', program: [{ op: 'register', name: 'rax' }] },
  ],
});

function logged(
  recipe: Recipe,
  points: readonly StopPointSpec[],
  drive: (core: ControlCore) => void,
): { log: string[]; observed: Observed } {
  const core = coreOf(recipe);
  const watch = new Watch(core);
  const log: string[] = [];
  core.onEvent((event) => {
    if (event.kind === 'log') log.push(`${event.id} vCPU ${event.vcpu} ${event.text}`);
  });
  core.setStopPoints(points);
  drive(core);
  return { log, observed: watch.observed() };
}

/** A run that stops at each point, and is counted by who looks. */
function stopped(recipe: Recipe, points: readonly StopPointSpec[]): string[] {
  const core = coreOf(recipe);
  const met: string[] = [];
  core.setStopPoints(points.map(({ log: _log, ...point }) => point));
  core.onEvent((event) => {
    if (event.kind !== 'stopped') return;
    const { reason, at } = event.stop;
    assert.ok(reason.kind === 'breakpoint' || reason.kind === 'hypercall', reason.kind);
    const { values } = core.registers(0, at.vcpu);
    const hex = (name: string): string => `0x${values[name]!.toString(16)}`;
    for (const id of reason.ids) met.push(`${id} vCPU ${at.vcpu} rip ${hex('rip')} rsp ${hex('rsp')} rax ${hex('rax')}`);
  });
  runOut(core);
  return met;
}

describe('proof: stop points are met exactly', () => {
  const chance = new Chance();
  before(() => {
    chance.announce();
  });
  const recipes: [string, () => Recipe][] = [
    [
      'kvm-c',
      () => ({
        image: sample('kvm-c', 'kvm-c.elf'),
        vm: { vcpus: 2 },
        host: { pcpus: 2, neighbours: [neighbour({ duty: 0.4, periodNs: 700_000 })] },
        script: 'ipi\nquit\n',
      }),
    ],
  ];
  if (hasTool('gcc') && hasTool('make'))
    recipes.push([
      'mixed work',
      () => ({ image: guestTest('mixed-work'), vm: { vcpus: 2 }, host: { neighbours: [neighbour({ periodNs: 400_000 })] } }),
    ]);
  else console.log('      mixed work is not run: needs gcc and make');

  for (const [name, recipe] of recipes)
    it(`${name}: the same log with pauses, looks and saves, and stop by stop`, () => {
      const expected = run(recipe());
      const rips = ripsOf(expected);
      // Thirty places of the kernel's, some by physical address; the high half is mapped from 0 on at KERNEL_BASE.
      const places = Array.from({ length: 30 }, () => chance.of(rips)).filter((rip) => rip > 0xffff_ffff_8000_0000n);
      const points = [...new Set(places)].map((address, id) =>
        logOf(id, id % 3 === 0 ? { kind: 'physical', address: Number(address - 0xffff_ffff_8000_0000n) } : { kind: 'linear', address }),
      );
      points.push(logOf(99, { kind: 'hypercall' }));
      const plain = logged(recipe(), points, runOut);
      assertSame(plain.observed, expected, 'with log points');
      assert.ok(plain.log.length > 20, `${plain.log.length} lines`);
      const save: Disturbance = (core) => {
        core.pause();
        if (chance.below(4) === 0) core.save();
        core.setStopPoints(points);
      };
      const disturbed = logged(recipe(), points, (core) => runDisturbed(core, chance, 100_000, all(pause, look, save)));
      assertSame(disturbed.observed, expected, 'disturbed');
      assert.deepEqual(disturbed.log, plain.log);
      assert.deepEqual(stopped(recipe(), points), plain.log);
    });
});
