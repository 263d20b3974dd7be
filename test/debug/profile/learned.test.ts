// What a reader of samples has learned makes no difference to a profile: stacks that came again are numbers from then on, and stand for what was found.
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Collector } from '../../../src/debug/profile/collector';
import { LearnedStacks } from '../../../src/debug/profile/learned-stacks';
import type { Profile } from '../../../src/debug/profile/profile';
import { PROFILE_REGISTERS, type ProfileSample } from '../../../src/machine/control/profile-types';
import { sampled } from './sampled';

const EVERY = { every: 500, unit: 'ns', stackBytes: 2048 } as const;

/** Everything of a profile, as text. */
const textOf = (profile: Profile): string[] =>
  [...profile.points()].map(({ vm, vcpu, atNs, ordinal, weight, space, stack }) => {
    const { frames, broken } = profile.stacks[stack]!;
    const names = frames.map((id) => JSON.stringify(profile.frames[id]));
    return [vm, vcpu, atNs, ordinal, weight, space, names.join(';'), broken].join(' ');
  });

async function profiled(learns: boolean): Promise<{ text: string[]; known: number; same: number }> {
  const { core, context } = sampled(2048, undefined, true);
  const { control } = context;
  const read = control.profileSamples.bind(control);
  let [known, same] = [0, 0];
  control.profileSamples = async (learned) => {
    const { samples, options } = await read(learns ? learned : undefined);
    known += samples.filter((each) => each.known !== undefined).length;
    same += samples.filter((each) => each.sameAs !== undefined).length;
    return { samples: learns ? samples : samples.map((each) => ({ ...each, sameAs: undefined })), options };
  };
  const collector = new Collector(control, () => context);
  await collector.start(EVERY);
  core.resume();
  while (core.running) {
    core.advance(20_000, Number.POSITIVE_INFINITY);
    await collector.drain();
  }
  await collector.stop();
  return { text: textOf(collector.profile!), known, same };
}

describe('stacks that were learned', () => {
  it('stand for what was found', async function () {
    this.timeout(300_000);
    const [learned, plain] = [await profiled(true), await profiled(false)];
    assert.equal(plain.known, 0);
    assert.ok(learned.known > plain.text.length * 0.05, `${learned.known} of ${plain.text.length} samples were known`);
    assert.ok(learned.same > plain.text.length * 0.05, `${learned.same} were as others`);
    assert.deepEqual(learned.text, plain.text);
  });

  it('have a number for each result and address space, and none once they are forgotten', () => {
    const registers = BigUint64Array.from(PROFILE_REGISTERS, (_, i) => BigInt(i));
    const one = { vm: 2, cpl: 0, mode: 'long64', registers, stack: new Uint8Array(32) } as unknown as ProfileSample;
    const learned = new LearnedStacks<{ name: string }>();
    const [a, b] = [{ name: 'a' }, { name: 'b' }];
    const bytes = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]);
    learned.add(one, bytes, a);
    bytes.fill(0);
    const other = { ...one, registers: registers.slice() };
    other.registers[PROFILE_REGISTERS.indexOf('cr3')] = 99n;
    learned.add(other, bytes, a);
    learned.add(one, bytes, b);
    learned.add(one, bytes, a);
    learned.add({ ...one, mode: 'compatibility32' }, bytes, a);
    const { forget, stacks } = learned.take();
    assert.deepEqual(forget, []);
    assert.deepEqual(
      stacks.map(({ number }) => number),
      [0, 1, 2, 0],
    );
    assert.deepEqual([...stacks[0]!.bytes], [1, 2, 3, 4, 5, 6, 7, 8], 'as they were');
    assert.deepEqual(learned.get(1), { result: a, space: 99n });
    learned.add(one, bytes, a);
    learned.add({ ...one, vm: 1 }, bytes, a);
    learned.forget(2);
    const after = learned.take();
    assert.deepEqual([after.forget, after.stacks.map(({ vm }) => vm)], [[2], [1]]);
    assert.deepEqual(learned.take(), { forget: [], stacks: [] });
    assert.deepEqual(learned.get(0)?.result, a, 'samples that wait have it');
  });
});
