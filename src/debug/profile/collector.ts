// Reads samples while a guest runs and follows their stacks. The guest waits where we are too slow: no sample is lost.
import type { MachineControl } from '../../machine/control/control';
import { PROFILE_REGISTERS, type ProfileOptions } from '../../machine/control/profile-types';
import type { StopContext } from '../frames/vcpu-stop';
import { addressOnly, FrameFinder, type Known, withHost } from './frames';
import { LearnedStacks } from './learned-stacks';
import { Profile } from './profile';
import { SameInBatch } from './same-in-batch';

const SPACE = PROFILE_REGISTERS.indexOf('cr3');
export const PROFILE_DEFAULTS: ProfileOptions = { every: 1_000_000, unit: 'ns', stackBytes: 2048 };

export class Collector {
  private readonly finders = new Map<number, FrameFinder>();
  private readonly learned = new LearnedStacks<Known>();
  private current: Profile | undefined;
  private isOn = false;
  private working: Promise<number> = Promise.resolve(0);

  constructor(
    private readonly control: MachineControl,
    /** How the stacks of a VM are read: its symbols and memory. Undefined: nobody looks at it, and its samples have only their addresses. */
    private readonly contextOf: (vm: number) => StopContext | undefined,
  ) {}

  get profile(): Profile | undefined {
    return this.current;
  }
  get on(): boolean {
    return this.isOn;
  }

  /** A new profile from now on. */
  async start(options: ProfileOptions): Promise<void> {
    await this.drain();
    await this.control.profile(options);
    // The host has forgotten what it was told.
    this.finders.clear();
    this.current = new Profile(options);
    this.isOn = true;
  }

  /** What was sampled stays to be looked at. */
  async stop(): Promise<void> {
    if (!this.isOn) return;
    this.isOn = false;
    await this.control.profile(null);
    await this.drain();
  }

  /** Reads everything that was sampled so far, and says how many samples that were. */
  drain(): Promise<number> {
    const work = this.working.then(() => this.read());
    this.working = work.catch(() => 0);
    return work;
  }

  private finderOf(vm: number): FrameFinder | undefined {
    const context = this.contextOf(vm);
    let finder = this.finders.get(vm);
    if (context !== undefined && finder?.context !== context) {
      finder = new FrameFinder(context, this.learned);
      this.learned.forget(vm);
      this.finders.set(vm, finder);
    }
    return context && finder;
  }

  private async read(): Promise<number> {
    const { profile } = this;
    if (profile === undefined) return 0;
    const { samples } = await this.control.profileSamples(this.learned.take());
    if (samples.length === 0) return 0;
    for (const finder of this.finders.values()) finder.forget();
    let finder: FrameFinder | undefined;
    let finderOf: number | undefined;
    const same = new SameInBatch(samples);
    for (const [i, sample] of samples.entries()) {
      const { vm, vcpu, atNs, ordinal, weight, known, registers } = sample;
      if (vm !== finderOf) finder = this.finderOf(vm);
      finderOf = vm;
      const meaning = known === undefined ? undefined : this.learned.get(known);
      const result = meaning?.result ?? same.resultOf(i, finder);
      const found = result ? withHost(result, sample.host) : (finder?.framesOf(sample) ?? addressOnly(sample));
      // Most are plain or known: no turn of the event loop for each of them.
      const { frames, broken } = found instanceof Promise ? await found : found;
      profile.add({ vm, vcpu, atNs, ordinal, weight, space: meaning?.space ?? registers[SPACE] ?? 0n }, frames, broken);
    }
    return samples.length;
  }
}
