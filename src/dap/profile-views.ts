// The profile of one host: reads samples while the guest runs, and answers about them.
import { nameOfSpace } from '../debug/linux/spaces';
import { type Collector, PROFILE_DEFAULTS } from '../debug/profile/collector';
import type { Profile, ProfileFilter } from '../debug/profile/profile';
import type { ProfileOptions } from '../machine/control/profile-types';
import type { ProfileAnswer, ProfileSelection } from '../protocol/profile';
import { toHex } from '../protocol/wire';
import { dapErrors } from './errors';
import { parseDurationNs } from './launch/values';

const READ_EVERY_MS = 50;
const MOST_SPACES = 50;

/** "1ms" or "1000000" instructions; undefined where the text is neither. */
export function parseEvery(text: string): Pick<ProfileOptions, 'every' | 'unit'> | undefined {
  const ns = parseDurationNs(text);
  if (ns !== undefined) return { every: ns, unit: 'ns' };
  const instructions = /^[\d_]+$/.test(text.trim()) ? Number(text.replaceAll('_', '')) : 0;
  return Number.isSafeInteger(instructions) && instructions > 0 ? { every: instructions, unit: 'instructions' } : undefined;
}

export class ProfileViews {
  private every = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly collector: Collector,
    /** Names of a VM's processes by the root of their page tables. */
    private readonly namesOfSpaces: (vm: number) => Promise<ReadonlyMap<bigint, string>>,
    /** Names of the VMs, where there are several. */
    private readonly vms: readonly string[] = [],
  ) {}

  async start(every = '1ms'): Promise<void> {
    const parsed = parseEvery(every);
    if (!parsed) throw dapErrors.badArgument('profile', `"${every}" is no distance of samples: write "1ms", or a number of instructions`);
    await this.collector.start({ ...PROFILE_DEFAULTS, ...parsed });
    this.every = every;
    this.timer ??= setInterval(() => void this.collector.drain().catch(() => undefined), READ_EVERY_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    this.dispose();
    await this.collector.stop();
  }

  dispose(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** With everything that was sampled until now. */
  async profile(): Promise<Profile | undefined> {
    if (this.collector.on) await this.collector.drain();
    return this.collector.profile;
  }

  async status(): Promise<ProfileAnswer> {
    const profile = await this.profile();
    const vcpus = new Map<string, { vm: number; vcpu: number; points: number }>();
    const spaces = new Map<string, { vm: number; cr3: bigint; points: number }>();
    let points = 0;
    let fromNs = Number.POSITIVE_INFINITY;
    let toNs = 0;
    for (const { vm, vcpu, atNs, weight, space } of profile?.points() ?? []) {
      const key = `${vm}:${vcpu}`;
      const row = vcpus.get(key) ?? { vm, vcpu, points: 0 };
      row.points += weight;
      vcpus.set(key, row);
      const spaceKey = `${vm}:${space}`;
      const ofSpace = spaces.get(spaceKey) ?? { vm, cr3: space, points: 0 };
      ofSpace.points += weight;
      spaces.set(spaceKey, ofSpace);
      points += weight;
      fromNs = Math.min(fromNs, atNs);
      toNs = Math.max(toNs, atNs + 1);
    }
    const busiest = [...spaces.values()].sort((a, b) => b.points - a.points).slice(0, MOST_SPACES);
    const names = new Map<number, ReadonlyMap<bigint, string>>();
    if (busiest.length > 1) for (const { vm } of busiest) if (!names.has(vm)) names.set(vm, await this.namesOfSpaces(vm));
    return {
      on: this.collector.on,
      every: this.every,
      points,
      forgotten: profile?.forgotten ?? 0,
      fromNs: points > 0 ? fromNs : 0,
      toNs,
      vms: [...this.vms],
      vcpus: [...vcpus.values()].sort((a, b) => a.vm - b.vm || a.vcpu - b.vcpu),
      spaces: busiest.map(({ vm, cr3, points: count }) => {
        const known = names.get(vm);
        return { vm, cr3: toHex(cr3), name: (known && nameOfSpace(known, cr3)) ?? '', points: count };
      }),
    };
  }
}

export function filterOf({ vm, vcpu, space, fromNs, toNs }: ProfileSelection): ProfileFilter {
  if (space !== undefined && !/^0x[0-9a-f]+$/i.test(space)) throw dapErrors.badArgument('profile', `"${space}" is no value of CR3`);
  return { vm, vcpu, fromNs, toNs, space: space === undefined ? undefined : BigInt(space) };
}
