// A profile as a flame graph's boxes and as a list of functions.
import { callTree, functionList, type ProfileNode } from '../../debug/profile/tree';
import type { ProfileBox, ProfileKind } from '../../protocol/profile';
import { filterOf } from '../profile-views';
import { custom } from './custom';

const MOST_FUNCTIONS = 500;

const boxOf = ({ name, kind, file, line, self, total, children }: ProfileNode): ProfileBox => ({
  name,
  kind,
  path: file ?? null,
  line: line ?? null,
  self,
  total,
  children: children.map(boxOf),
});

export const profileTree = custom('hyperscope/profileTree', async (session, { selection, leastShare }) => {
  const profile = await session.guest('hyperscope/profileTree').profiles.profile();
  if (!profile) return { root: boxOf(EMPTY), functions: [], broken: [], kinds: [] };
  const filter = filterOf(selection);
  const root = callTree(profile, filter, Math.min(1, Math.max(0, leastShare)));
  const functions = functionList(profile, filter);
  const kinds = new Map<ProfileKind, number>();
  for (const { kind, self } of functions) kinds.set(kind, (kinds.get(kind) ?? 0) + self);
  return {
    root: boxOf(root),
    functions: functions.slice(0, MOST_FUNCTIONS).map(({ file, line, ...row }) => ({ ...row, path: file ?? null, line: line ?? null })),
    broken: profile.quality(filter).broken,
    kinds: [...kinds].filter(([, points]) => points > 0).map(([kind, points]) => ({ kind, points })),
  };
});

const EMPTY: ProfileNode = { name: 'all', kind: 'unknown', file: undefined, line: undefined, self: 0, total: 0, children: [] };
