// speedscope's file format (https://www.speedscope.app/file-format-schema.json): one sampled profile per vCPU.
import { frameLabel } from '../label';
import type { Profile, ProfileFilter } from '../profile';

export function speedscope(profile: Profile, name: string, filter: ProfileFilter = {}): string {
  const { every, unit } = profile.options;
  const profiles = profile.vcpus.flatMap(({ vm, vcpu }) => {
    const points = [...profile.points({ ...filter, vm: filter.vm ?? vm, vcpu: filter.vcpu ?? vcpu })].filter(
      (point) => point.vm === vm && point.vcpu === vcpu,
    );
    if (points.length === 0) return [];
    const weights = points.map(({ weight }) => weight * every);
    return [
      {
        type: 'sampled',
        name: `vm${vm} vCPU ${vcpu}`,
        unit: unit === 'ns' ? 'nanoseconds' : 'none',
        startValue: 0,
        endValue: weights.reduce((sum, weight) => sum + weight, 0),
        samples: points.map(({ stack }) => profile.stacks[stack]!.frames),
        weights,
      },
    ];
  });
  const frames = profile.frames.map((frame) => ({
    name: frameLabel(frame),
    ...(frame.file !== undefined && { file: frame.file }),
    ...(frame.line !== undefined && { line: frame.line }),
  }));
  return JSON.stringify({
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    name,
    exporter: 'hyperscope',
    activeProfileIndex: 0,
    shared: { frames },
    profiles,
  });
}
