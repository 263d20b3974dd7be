// .cpuprofile, the format of V8's profiler (Profiler.Profile of the Chrome DevTools Protocol), which VS Code shows by itself. Times are virtual microseconds.
import { frameLabel } from '../label';
import type { ProfilePoint } from '../points';
import type { Profile, ProfileFilter } from '../profile';

interface CpuNode {
  id: number;
  callFrame: { functionName: string; scriptId: string; url: string; lineNumber: number; columnNumber: number };
  hitCount: number;
  children: number[];
  positionTicks?: { line: number; ticks: number }[];
}

/** One time line: of several vCPUs the samples follow each other by their time, as of one processor that did it all. */
export function cpuprofile(profile: Profile, filter: ProfileFilter = {}): string {
  const root: CpuNode = {
    id: 1,
    callFrame: { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 },
    hitCount: 0,
    children: [],
  };
  const nodes: CpuNode[] = [root];
  const below = new Map<string, CpuNode>();
  const leafOf = (stack: number): CpuNode => {
    let node = root;
    for (const id of profile.stacks[stack]!.frames) {
      const key = `${node.id}|${id}`;
      let child = below.get(key);
      if (child === undefined) {
        const frame = profile.frames[id]!;
        const callFrame = {
          functionName: frameLabel(frame),
          scriptId: String(id + 1),
          url: frame.file === undefined ? '' : `file://${frame.file}`,
          lineNumber: (frame.line ?? 0) - 1,
          columnNumber: -1,
        };
        child = { id: nodes.length + 1, callFrame, hitCount: 0, children: [] };
        nodes.push(child);
        node.children.push(child.id);
        below.set(key, child);
      }
      node = child;
    }
    return node;
  };
  const points: ProfilePoint[] = [...profile.points(filter)].sort((a, b) => a.atNs - b.atNs || a.vm - b.vm || a.vcpu - b.vcpu);
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  // A sample lasts up to the next one's delta, the last one to the end. The protocol's deltas are integers: what each leaves over is in the next.
  let [fromUs, endTime] = [0, 0];
  let passed = 0;
  for (const { stack, weight } of points) {
    const leaf = leafOf(stack);
    leaf.hitCount += weight;
    samples.push(leaf.id);
    timeDeltas.push(endTime - fromUs);
    fromUs = endTime;
    passed += weight;
    endTime = Math.round((passed * profile.options.every) / 1000);
  }
  for (const node of nodes) {
    const line = node.callFrame.lineNumber + 1;
    if (node.hitCount > 0 && line > 0) node.positionTicks = [{ line, ticks: node.hitCount }];
  }
  return JSON.stringify({ nodes, startTime: 0, endTime, samples, timeDeltas });
}
