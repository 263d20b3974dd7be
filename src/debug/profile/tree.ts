// A profile as a call tree (a flame graph's boxes) and as a list of functions. Lines of one function are one: a tree is about calls.
import type { FrameKind, ProfileFrame } from './frames';
import type { Profile, ProfileFilter } from './profile';

export interface ProfileNode {
  readonly name: string;
  readonly kind: FrameKind;
  readonly file: string | undefined;
  /** Of the function where most samples stood in it. */
  readonly line: number | undefined;
  /** Sample points with this call on top, and with it anywhere in the stack up to here. */
  readonly self: number;
  readonly total: number;
  readonly children: readonly ProfileNode[];
}

export interface ProfileFunction {
  readonly name: string;
  readonly kind: FrameKind;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly self: number;
  /** Each sample counts once, however often the function is in its stack. */
  readonly total: number;
}

interface Growing {
  frame: ProfileFrame;
  lines: Map<number, number>;
  self: number;
  total: number;
  children: Map<string, Growing>;
}

const keyOf = ({ kind, name, file }: ProfileFrame): string => `${kind}|${name}|${file ?? ''}`;
const grow = (frame: ProfileFrame): Growing => ({ frame, lines: new Map(), self: 0, total: 0, children: new Map() });

function count(node: Growing, line: number | undefined, weight: number): void {
  node.total += weight;
  if (line !== undefined) node.lines.set(line, (node.lines.get(line) ?? 0) + weight);
}

const hottest = (lines: ReadonlyMap<number, number>): number | undefined => [...lines].sort(([a, m], [b, n]) => n - m || a - b)[0]?.[0];

/** Children by their weight, the heaviest first. `least`: what has fewer points is left out. */
function finish(node: Growing, least: number): ProfileNode {
  const { frame, lines, self, total, children } = node;
  return {
    name: frame.name,
    kind: frame.kind,
    file: frame.file,
    line: hottest(lines),
    self,
    total,
    children: [...children.values()]
      .filter((child) => child.total >= least)
      .sort((a, b) => b.total - a.total || (a.frame.name < b.frame.name ? -1 : 1))
      .map((child) => finish(child, least)),
  };
}

const ROOT: ProfileFrame = { name: 'all', kind: 'unknown', file: undefined, line: undefined };

/** `leastShare`: boxes narrower than this part of the whole are left out. */
export function callTree(profile: Profile, filter: ProfileFilter = {}, leastShare = 0): ProfileNode {
  const root = grow(ROOT);
  for (const { stack, weight } of profile.points(filter)) {
    let node = root;
    root.total += weight;
    for (const id of profile.stacks[stack]!.frames) {
      const frame = profile.frames[id]!;
      const key = keyOf(frame);
      let child = node.children.get(key);
      if (child === undefined) {
        child = grow(frame);
        node.children.set(key, child);
      }
      count(child, frame.line, weight);
      node = child;
    }
    node.self += weight;
  }
  return finish(root, root.total * leastShare);
}

/** The functions with the most samples on top first. */
export function functionList(profile: Profile, filter: ProfileFilter = {}): ProfileFunction[] {
  const functions = new Map<string, Growing>();
  for (const { stack, weight } of profile.points(filter)) {
    const seen = new Set<string>();
    const { frames } = profile.stacks[stack]!;
    for (const [depth, id] of frames.entries()) {
      const frame = profile.frames[id]!;
      const key = keyOf(frame);
      let row = functions.get(key);
      if (row === undefined) {
        row = grow(frame);
        functions.set(key, row);
      }
      if (depth === frames.length - 1) row.self += weight;
      if (seen.has(key)) continue;
      seen.add(key);
      count(row, frame.line, weight);
    }
  }
  return [...functions.values()]
    .map(({ frame, lines, self, total }) => ({ name: frame.name, kind: frame.kind, file: frame.file, line: hottest(lines), self, total }))
    .sort((a, b) => b.self - a.self || b.total - a.total || (a.name < b.name ? -1 : 1));
}

/** Sample points by line of one source file: those whose innermost known place it is, and all. */
export function lineHeat(profile: Profile, file: string, filter: ProfileFilter = {}): Map<number, { self: number; total: number }> {
  const heat = new Map<number, { self: number; total: number }>();
  for (const { stack, weight } of profile.points(filter)) {
    const frames = profile.stacks[stack]!.frames.map((id) => profile.frames[id]!);
    const inner = frames.findLast((frame) => frame.kind !== 'hypervisor');
    const seen = new Set<number>();
    for (const frame of frames) {
      if (frame.file !== file || frame.line === undefined || seen.has(frame.line)) continue;
      seen.add(frame.line);
      const row = heat.get(frame.line) ?? { self: 0, total: 0 };
      row.total += weight;
      heat.set(frame.line, row);
    }
    if (inner?.file === file && inner.line !== undefined) heat.get(inner.line)!.self += weight;
  }
  return heat;
}
