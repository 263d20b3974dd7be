// Reads samples while a guest runs and follows their stacks. The guest waits where we are too slow: no sample is lost.
import type { MachineControl } from '../../machine/control/control';
import { PROFILE_REGISTERS, type ProfileOptions } from '../../machine/control/profile-types';
import type { StopContext } from '../frames/vcpu-stop';
import { addressOnly, FrameFinder } from './frames';
import { Profile } from './profile';

const SPACE = PROFILE_REGISTERS.indexOf('cr3');
export const PROFILE_DEFAULTS: ProfileOptions = { every: 1_000_000, unit: 'ns', stackBytes: 2048 };

export class Collector {
  private readonly finders = new Map<number, FrameFinder>();
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
      finder = new FrameFinder(context);
      this.finders.set(vm, finder);
    }
    return context && finder;
  }

  private async read(): Promise<number> {
    const { profile } = this;
    if (profile === undefined) return 0;
    const { samples } = await this.control.profileSamples();
    if (samples.length === 0) return 0;
    for (const finder of this.finders.values()) finder.forget();
    let finder: FrameFinder | undefined;
    let finderOf: number | undefined;
    for (const sample of samples) {
      const { vm, vcpu, atNs, ordinal, weight, registers } = sample;
      if (vm !== finderOf) finder = this.finderOf(vm);
      finderOf = vm;
      const found = finder?.framesOf(sample) ?? addressOnly(sample);
      // Most are known: no turn of the event loop for each of them.
      const { frames, broken } = found instanceof Promise ? await found : found;
      profile.add({ vm, vcpu, atNs, ordinal, weight, space: registers[SPACE] ?? 0n }, frames, broken);
    }
    return samples.length;
  }
}
