// A vCPU's points in columns: in their order, replaced where the run was gone back, and the oldest forgotten where there are too many.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Profile } from '../../../src/debug/profile/profile';

const FRAMES = [{ name: 'spin', kind: 'kernel', file: undefined, line: undefined }] as const;
const OPTIONS = { every: 1, unit: 'ns', stackBytes: 0 } as const;

function profileOf(ordinals: readonly number[], most?: number): Profile {
  const profile = new Profile(OPTIONS, most);
  for (const ordinal of ordinals)
    profile.add({ vm: 1, vcpu: 2, atNs: ordinal * 10, ordinal, weight: ordinal + 5, space: BigInt(ordinal % 3) << 60n }, FRAMES, undefined);
  return profile;
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const ordinalsOf = (profile: Profile): number[] => [...profile.points()].map(({ ordinal }) => ordinal);

describe('points of a profile', () => {
  it('are what was added, however many', () => {
    const points = [...profileOf(upTo(1000)).points()];
    assert.equal(points.length, 1000);
    for (const [ordinal, point] of points.entries())
      assert.deepEqual(point, {
        vm: 1,
        vcpu: 2,
        atNs: ordinal * 10,
        ordinal,
        weight: ordinal + 5,
        stack: 0,
        space: BigInt(ordinal % 3) << 60n,
      });
  });

  it('are of a range of time, its end excluded, and of one address space', () => {
    const profile = profileOf(upTo(20));
    assert.deepEqual(
      [...profile.points({ fromNs: 30, toNs: 90, space: 1n << 60n })].map(({ ordinal }) => ordinal),
      [4, 7],
    );
    assert.deepEqual([...profile.points({ vm: 0 })], []);
    assert.deepEqual([...profile.points({ vcpu: 1 })], []);
  });

  it('are replaced by those of a run that was gone back', () => {
    assert.deepEqual(ordinalsOf(profileOf([1, 2, 3, 4, 2, 5])), [1, 2, 5]);
    assert.deepEqual(ordinalsOf(profileOf([1, 2, 0])), [0]);
  });

  it('are forgotten, the oldest first, and counted', () => {
    const profile = profileOf(upTo(81), 80);
    assert.equal(profile.forgotten, 10);
    assert.deepEqual(ordinalsOf(profile), upTo(81).slice(10));
    const more = profileOf(upTo(2000), 400);
    assert.equal(more.forgotten + ordinalsOf(more).length, 2000);
    assert.equal(ordinalsOf(more).at(-1), 1999);
  });
});
