// Files of a profile keep the published rules of their formats, and say the same as the profile: of each function as much time as its samples weigh.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { chromeProfile } from '../../../src/debug/profile/export/chrome';
import { collapsedStacks } from '../../../src/debug/profile/export/collapsed';
import { cpuprofile } from '../../../src/debug/profile/export/cpuprofile';
import { speedscope } from '../../../src/debug/profile/export/speedscope';
import type { FrameKind, ProfileFrame } from '../../../src/debug/profile/frames';
import { Profile } from '../../../src/debug/profile/profile';
import { checkChrome, checkCollapsed, checkCpuprofile, checkSpeedscope } from './export-rules';

const EVERY_NS = 1500;
const frame = (name: string, kind: FrameKind = 'kernel', file?: string, line?: number): ProfileFrame => ({ name, kind, file, line });
const MAIN = frame('main', 'kernel', '/src/main.c', 7);
const WORK = frame('operator;<(Row const&, Row const&)', 'kernel', '/src/work.cc', 30);
const IDLE = frame('0x7f00', 'unknown');
const USER = frame('0x400123', 'user');
const EXIT = [frame('io', 'hypervisor'), frame('port 0x3f8', 'hypervisor')];

/** Three vCPUs of two VMs. A long exit weighs several points, and one vCPU sleeps in between. */
function filled(): Profile {
  const profile = new Profile({ every: EVERY_NS, unit: 'ns', stackBytes: 2048 });
  const add = (vm: number, vcpu: number, ordinal: number, weight: number, frames: ProfileFrame[], broken?: string, sleptNs = 0): void =>
    profile.add({ vm, vcpu, atNs: ordinal * EVERY_NS + sleptNs, ordinal, weight, space: vm === 0 ? 0x1000n : 0x5000n }, frames, broken);
  add(0, 0, 1, 1, [MAIN, WORK]);
  add(0, 0, 2, 5, [MAIN, WORK, ...EXIT]);
  add(0, 0, 7, 1, [MAIN]);
  add(0, 0, 8, 1, [IDLE], 'no symbol');
  add(0, 1, 1, 1, [MAIN, MAIN, WORK]);
  add(0, 1, 2, 1, [MAIN, MAIN, WORK], undefined, 1_000_000);
  add(1, 0, 1, 3, [USER]);
  return profile;
}

const OWN: readonly (readonly [string, number])[] = [
  ['operator;<(Row const&, Row const&)', 3],
  ['port 0x3f8_[h]', 5],
  ['main', 1],
  ['0x7f00_[?]', 1],
  ['0x400123_[u]', 3],
];

describe('files of a profile', () => {
  it('for speedscope: one profile of each vCPU, with the weights of its samples', () => {
    const { frames, profiles } = checkSpeedscope(speedscope(filled(), 'a guest'));
    assert.deepEqual(
      profiles.map(({ name }) => name),
      ['vm0 vCPU 0', 'vm0 vCPU 1', 'vm1 vCPU 0'],
    );
    const own = new Map<string, number>();
    for (const { samples, weights } of profiles)
      for (const [i, stack] of samples.entries()) {
        const { name } = frames[stack.at(-1)!]!;
        own.set(name, (own.get(name) ?? 0) + weights[i]! / EVERY_NS);
      }
    assert.deepEqual(own, new Map(OWN));
  });

  it('.cpuprofile: whole microseconds, and each function has the time of its own samples, not of those beside them', () => {
    const own = checkCpuprofile(cpuprofile(filled()));
    assert.deepEqual([...own.keys()].sort(), OWN.map(([name]) => name).sort());
    for (const [name, points] of OWN)
      assert.ok(Math.abs(own.get(name)! - (points * EVERY_NS) / 1000) <= points, `${name}: ${own.get(name)} µs`);
    const total = [...own.values()].reduce((sum, each) => sum + each, 0);
    assert.equal(total, Math.round((13 * EVERY_NS) / 1000));
  });

  it('for Chrome and Perfetto: slices that nest, and none where a vCPU slept', () => {
    const { slices, names } = checkChrome(chromeProfile(filled()));
    assert.deepEqual([...names.values()], ['vm0', 'vCPU 0', 'vCPU 1', 'vm1', 'vCPU 0']);
    assert.deepEqual([...names.keys()], ['0', '0:0', '0:1', '1', '1:0']);
    const length = (name: string): number =>
      slices.filter((slice) => slice.name === name).reduce((sum, { fromNs, toNs }) => sum + toNs - fromNs, 0);
    assert.equal(length('port 0x3f8_[h]'), 5 * EVERY_NS);
    assert.equal(length('operator;<(Row const&, Row const&)'), 8 * EVERY_NS);
    assert.equal(length('main'), 11 * EVERY_NS, 'of the one that calls itself both slices');
  });

  it('for flamegraph.pl: a line for each stack, with no ";" but between frames', () => {
    const sums = checkCollapsed(collapsedStacks(filled()));
    assert.deepEqual(
      [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      [
        ['0x400123_[u]', 3],
        ['0x7f00_[?]', 1],
        ['main', 1],
        ['main;main;operator:<(Row const&, Row const&)', 2],
        ['main;operator:<(Row const&, Row const&)', 1],
        ['main;operator:<(Row const&, Row const&);io_[h];port 0x3f8_[h]', 5],
      ],
    );
  });

  it('of a part: one vCPU, one address space, and a stretch of time', () => {
    assert.deepEqual([...checkCollapsed(collapsedStacks(filled(), { space: 0x5000n }))], [['0x400123_[u]', 3]]);
    const filter = { vm: 0, vcpu: 0, fromNs: 0, toNs: 7 * EVERY_NS };
    assert.deepEqual(
      checkSpeedscope(speedscope(filled(), 'a guest', filter)).profiles.map(({ weights }) => weights),
      [[EVERY_NS, 5 * EVERY_NS]],
    );
    assert.equal(checkCpuprofile(cpuprofile(filled(), filter)).size, 2);
    assert.equal(checkCollapsed(collapsedStacks(filled(), filter)).size, 2);
    assert.ok(checkChrome(chromeProfile(filled(), filter)).slices.every(({ toNs }) => toNs <= 7 * EVERY_NS));
  });
});
