// A profile: samples in the order of each vCPU, with their stacks. Frames and stacks are kept once each; numbers stand for them.
import type { ProfileOptions } from '../../machine/control/profile-types';
import type { ProfileFrame } from './frames';
import { type ProfilePoint, VcpuPoints } from './points';

export interface ProfileStack {
  /** Indices into the profile's frames, outermost first. */
  readonly frames: readonly number[];
  readonly broken: string | undefined;
}

/** What a view or an export looks at; undefined: all. Times are virtual ns, the end excluded. */
export interface ProfileFilter {
  readonly vm?: number | undefined;
  readonly vcpu?: number | undefined;
  readonly space?: bigint | undefined;
  readonly fromNs?: number | undefined;
  readonly toNs?: number | undefined;
}

/** Points kept of each vCPU; older ones are forgotten, and counted. */
const MOST_POINTS = 500_000;

export class Profile {
  readonly frames: ProfileFrame[] = [];
  readonly stacks: ProfileStack[] = [];
  /** By "vm:vcpu". */
  private readonly byVcpu = new Map<string, VcpuPoints>();
  /** Of the vCPU that the last sample was of. */
  private lastPoints: VcpuPoints | undefined;
  private readonly frameIds = new Map<string, number>();
  private readonly stackIds = new Map<string, number>();
  /** Of arrays of frames that came before. */
  private readonly idsOfFrames = new WeakMap<readonly ProfileFrame[], { broken: string | undefined; id: number }>();
  forgotten = 0;

  constructor(
    readonly options: ProfileOptions,
    private readonly mostPoints = MOST_POINTS,
  ) {}

  add(point: Omit<ProfilePoint, 'stack'>, frames: readonly ProfileFrame[], broken: string | undefined): void {
    const { vm, vcpu, atNs, ordinal, weight, space } = point;
    this.forgotten += this.pointsOf(vm, vcpu).add(atNs, ordinal, weight, space, this.stackOf(frames, broken));
  }

  private pointsOf(vm: number, vcpu: number): VcpuPoints {
    const { lastPoints } = this;
    if (lastPoints?.vm === vm && lastPoints.vcpu === vcpu) return lastPoints;
    const key = `${vm}:${vcpu}`;
    let points = this.byVcpu.get(key);
    if (points === undefined) {
      points = new VcpuPoints(vm, vcpu, this.mostPoints);
      this.byVcpu.set(key, points);
    }
    this.lastPoints = points;
    return points;
  }

  private stackOf(frames: readonly ProfileFrame[], broken: string | undefined): number {
    const known = this.idsOfFrames.get(frames);
    if (known !== undefined && known.broken === broken) return known.id;
    const id = this.stackId(frames, broken);
    this.idsOfFrames.set(frames, { broken, id });
    return id;
  }

  private stackId(frames: readonly ProfileFrame[], broken: string | undefined): number {
    const ids = frames.map((frame) => this.frameId(frame));
    const key = `${ids.join(',')};${broken ?? ''}`;
    let id = this.stackIds.get(key);
    if (id === undefined) {
      id = this.stacks.push({ frames: ids, broken }) - 1;
      this.stackIds.set(key, id);
    }
    return id;
  }

  private frameId(frame: ProfileFrame): number {
    const key = `${frame.kind}|${frame.name}|${frame.file ?? ''}|${frame.line ?? ''}`;
    let id = this.frameIds.get(key);
    if (id === undefined) {
      id = this.frames.push(frame) - 1;
      this.frameIds.set(key, id);
    }
    return id;
  }

  /** vCPUs with samples, in order. */
  get vcpus(): { vm: number; vcpu: number }[] {
    return [...this.byVcpu.values()].map(({ vm, vcpu }) => ({ vm, vcpu })).sort((a, b) => a.vm - b.vm || a.vcpu - b.vcpu);
  }

  /** In the order of time within each vCPU. */
  *points({
    vm,
    vcpu,
    space,
    fromNs = Number.NEGATIVE_INFINITY,
    toNs = Number.POSITIVE_INFINITY,
  }: ProfileFilter = {}): Generator<ProfilePoint> {
    for (const points of this.byVcpu.values())
      if ((vm ?? points.vm) === points.vm && (vcpu ?? points.vcpu) === points.vcpu) yield* points.points(fromNs, toNs, space);
  }

  /** Points, and those among them whose stack could not be followed to its end, by reason. */
  quality(filter: ProfileFilter = {}): { points: number; broken: { reason: string; points: number }[] } {
    let points = 0;
    const broken = new Map<string, number>();
    for (const { stack, weight } of this.points(filter)) {
      points += weight;
      const reason = this.stacks[stack]?.broken;
      if (reason !== undefined) broken.set(kindOfReason(reason), (broken.get(kindOfReason(reason)) ?? 0) + weight);
    }
    const list = [...broken].map(([reason, count]) => ({ reason, points: count }));
    return { points, broken: list.sort((a, b) => b.points - a.points) };
  }
}

/** Without the addresses, which differ from sample to sample. */
const kindOfReason = (reason: string): string => reason.replace(/0x[0-9a-f]+/g, '…');
