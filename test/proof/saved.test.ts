// A run saved at a random instruction and restored in a new process is the uninterrupted run, in everything that follows.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostConfig } from '../../src/machine/control/types';
import { figuresOfRun, runGuest } from '../support/cli';
import { hasTool } from '../support/compiler';
import { guestTest, sample } from '../support/guests';
import { all, look, pause, runDisturbed, step } from './disturb';
import { assertSame, coreOf, neighbour, type Recipe, run, runOut, Watch } from './observe';
import { Chance } from './random';

const script = 'time\nsteal\nipi\nquit\n';
const kvmC = () => sample('kvm-c', 'kvm-c.elf');

/** Instructions that one vCPU retires in a whole run. */
function retiredIn(recipe: Recipe, vcpu: number): number {
  const core = coreOf(recipe);
  runOut(core);
  return core.vcpus()[vcpu]!.position.retired;
}

describe('proof: saved and restored', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-proof-'));
  const chance = new Chance();
  before(() => {
    chance.announce();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const guests: [string, () => string, string][] = [['kvm-c', kvmC, script]];
  if (hasTool('gcc') && hasTool('make')) guests.push(['mixed work', () => guestTest('mixed-work'), '']);
  else console.log('      mixed work is not run: needs gcc and make');

  for (const [name, image, input] of guests) {
    const machines: [string[], Partial<HostConfig>][] = [
      [['--pcpus', '1'], { pcpus: 1 }],
      [['--pcpus', '2', '--neighbour', 'duty=0.4,period=1ms'], { pcpus: 2, neighbours: [neighbour({ duty: 0.4, periodNs: 1_000_000 })] }],
    ];
    for (const [machine, host] of machines)
      it(`${name} ${machine.join(' ')}: at two random instructions, restored in new processes`, () => {
        const args = ['--vcpus', '2', '--memory', '16M', ...machine];
        const whole = runGuest(image(), args, { input });
        const vcpu = chance.below(2);
        const most = retiredIn({ image: image(), vm: { vcpus: 2 }, host, ...(input === '' ? {} : { script: input }) }, vcpu);
        const places = [...new Set([1, 2].map(() => 1 + chance.below(most - 1)))];
        const file = (place: number) => join(folder, `${name}-${machine[1]}-${place}`);
        const saving = runGuest(image(), [...args, ...places.flatMap((place) => ['--save-at', `${vcpu}:${place}=${file(place)}`])], {
          input,
        });
        assert.deepEqual(figuresOfRun(saving.stats), figuresOfRun(whole.stats), 'saving changes nothing');
        assert.equal(saving.stdout, whole.stdout);
        for (const place of places) {
          const what = `vCPU ${vcpu}, ${place} instructions`;
          const restored = runGuest(image(), [...args, '--from', file(place)]);
          assert.ok(whole.stdout.endsWith(restored.stdout), `${what}: console\n${restored.stdout}`);
          assert.deepEqual(figuresOfRun(restored.stats), figuresOfRun(whole.stats), what);
          assert.equal(restored.status, whole.status);
        }
      });

    for (const [pcpus, of] of [
      [1, neighbour({ duty: 0.3, absolute: true, periodNs: 300_000 })],
      [2, neighbour({ duty: 0.5, periodNs: 2_000_000, pcpu: 1 })],
      [2, undefined],
    ] as const) {
      it(`${name} on ${pcpus} pCPUs${of === undefined ? '' : ' beside a neighbour'}: event for event after five random instants`, () => {
        const recipe: Recipe = {
          image: image(),
          vm: { vcpus: 2 },
          host: { pcpus, neighbours: of === undefined ? [] : [of] },
          ...(input === '' ? {} : { script: input }),
        };
        const expected = run(recipe);
        const snapshots: { bytes: Uint8Array; digest: string; event: number; text: number }[] = [];
        const core = coreOf(recipe);
        const watch = new Watch(core);
        runDisturbed(core, chance, Math.ceil((expected.statistics.virtualNs * pcpus) / 8), (saved) => {
          if (snapshots.length === 5) return;
          saved.pause();
          snapshots.push({ bytes: saved.save(), digest: saved.digest(), event: saved.host.recorder.nextSequence, text: watch.textLength });
        });
        assertSame(watch.observed(), expected, 'the run that was saved');
        for (const [index, { bytes, digest, event, text }] of snapshots.entries()) {
          const restored = coreOf({ ...recipe, script: '' });
          restored.restore(bytes);
          assert.equal(restored.digest(), digest, `snapshot ${index} as read`);
          assert.deepEqual(restored.save(), bytes, `snapshot ${index} saved again`);
          const after = new Watch(restored);
          if (index % 3 === 0) runDisturbed(restored, chance, 300_000, all(pause, step, look));
          else runOut(restored);
          const tail = { ...expected, trace: expected.trace.slice(event), text: expected.text.slice(text) };
          assertSame(after.observed(), tail, `from snapshot ${index} (event ${event})`);
        }
      });
    }
  }
});
