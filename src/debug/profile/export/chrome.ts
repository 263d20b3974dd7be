// Trace Event Format (Chrome's tracing, Perfetto): a flame chart. What neighbouring samples of a vCPU have in common is one slice.
import { frameLabel } from '../label';
import type { ProfilePoint } from '../points';
import type { Profile, ProfileFilter } from '../profile';

interface Open {
  readonly frame: number;
  readonly fromNs: number;
}

/** Samples further apart than so many distances have idle time between them. */
const GAP = 2;

export function chromeProfile(profile: Profile, filter: ProfileFilter = {}): string {
  const { every, unit } = profile.options;
  const events: object[] = [];
  for (const { vm, vcpu } of profile.vcpus) {
    const points = [...profile.points(filter)].filter((point) => point.vm === vm && point.vcpu === vcpu);
    if (points.length === 0) continue;
    events.push({ ph: 'M', name: 'process_name', pid: vm, args: { name: `vm${vm}` } });
    events.push({ ph: 'M', name: 'thread_name', pid: vm, tid: vcpu, args: { name: `vCPU ${vcpu}` } });
    slices(profile, points, unit === 'ns' ? every : 0, (name, fromNs, toNs) =>
      events.push({ ph: 'X', name, cat: 'profile', pid: vm, tid: vcpu, ts: fromNs / 1000, dur: (toNs - fromNs) / 1000 }),
    );
  }
  return `${JSON.stringify({ displayTimeUnit: 'ns', traceEvents: events })}\n`;
}

/** `everyNs` 0: by instructions; then a sample reaches to the next one. */
function slices(
  profile: Profile,
  points: readonly ProfilePoint[],
  everyNs: number,
  slice: (name: string, fromNs: number, toNs: number) => void,
): void {
  let open: Open[] = [];
  let endNs = 0;
  const closeTo = (depth: number, atNs: number): void => {
    for (const { frame, fromNs } of open.slice(depth).reverse()) if (atNs > fromNs) slice(frameLabel(profile.frames[frame]!), fromNs, atNs);
    open = open.slice(0, depth);
  };
  for (const [i, { atNs, weight, stack }] of points.entries()) {
    const length = everyNs > 0 ? weight * everyNs : (points[i + 1]?.atNs ?? atNs + 1) - atNs;
    if (everyNs > 0 && atNs - endNs > GAP * everyNs) closeTo(0, endNs);
    const { frames } = profile.stacks[stack]!;
    let same = 0;
    while (same < open.length && same < frames.length && open[same]!.frame === frames[same]) same++;
    closeTo(same, atNs);
    for (const frame of frames.slice(same)) open.push({ frame, fromNs: atNs });
    endNs = atNs + length;
  }
  closeTo(0, endNs);
}
