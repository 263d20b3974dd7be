// How often samples stood in the lines of one source file: the heat in the editor's gutter.
import { lineHeat } from '../../debug/profile/tree';
import { filterOf } from '../profile-views';
import { custom } from './custom';

export const profileLines = custom('hyperscope/profileLines', async (session, { path, selection }) => {
  const profile = await session.guest('hyperscope/profileLines').profiles.profile();
  if (!profile) return { points: 0, lines: [] };
  const filter = filterOf(selection);
  const lines = [...lineHeat(profile, path, filter)].sort(([a], [b]) => a - b);
  return { points: profile.quality(filter).points, lines: lines.map(([line, heat]) => ({ line, ...heat })) };
});
