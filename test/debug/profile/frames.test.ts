// Frames of samples: what is remembered by a key is what unwinding gives anew.
import assert from 'node:assert/strict';
import { FrameFinder } from '../../../src/debug/profile/frames';
import { sampled } from './sampled';

describe('the frames of samples', () => {
  it('are the same with and without what is remembered of others', async () => {
    const { samples, context } = sampled(2048);
    const one = new FrameFinder(context);
    for (const each of samples) assert.deepEqual(await one.framesOf(each), await new FrameFinder(context).framesOf(each));
    assert.ok(samples.length > 1000, `${samples.length} samples`);
  });

  it('end where the stack was not kept: what lies there later is of another moment', async () => {
    const [long, short] = [sampled(2048), sampled(64)];
    const [whole, part] = [new FrameFinder(long.context), new FrameFinder(short.context)];
    let ended = 0;
    for (const [i, each] of short.samples.entries()) {
      const { frames, broken } = await part.framesOf(each);
      const all = (await whole.framesOf(long.samples[i]!)).frames;
      assert.deepEqual(frames, all.slice(all.length - frames.length), `sample ${i}`);
      if (broken !== undefined) ended++;
    }
    // Most say so; where an interrupt's frame would be searched for in what is missing, a frame pointer of 0 passes for the end.
    assert.ok(ended > 50, `${ended} of ${short.samples.length}`);
  });
});
