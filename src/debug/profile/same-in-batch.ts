// What plain numbers have led to, once for all samples of a batch that have the same stack.
import type { ProfileSample } from '../../machine/control/profile-types';
import type { FrameFinder, Known } from './frames';

export class SameInBatch {
  private readonly results: (Known | undefined)[] = [];
  private readonly again = new Set<number>();

  constructor(private readonly samples: readonly ProfileSample[]) {}

  /** Of one after the other. */
  resultOf(i: number, finder: FrameFinder | undefined): Known | undefined {
    const { results, samples, again } = this;
    const sample = samples[i]!;
    const { sameAs } = sample;
    let result = sameAs === undefined ? undefined : results[sameAs];
    if (result === undefined) result = finder?.plainOf(sample);
    else if (!again.has(sameAs!)) {
      again.add(sameAs!);
      // It is told that it came again.
      finder?.plainOf(samples[sameAs!]!);
    }
    results[i] = result;
    return result;
  }
}
