// A profile into a file that a person has chosen.
import { writeFile } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import { PROFILE_FORMATS } from '../../debug/profile/export/formats';
import { dapErrors } from '../errors';
import { reasonOf } from '../launch/host-config';
import { filterOf } from '../profile-views';
import { custom } from './custom';

export const profileExport = custom('hyperscope/profileExport', async (session, { selection, format, path }) => {
  const guest = session.guest('hyperscope/profileExport');
  const bad = (text: string) => dapErrors.badArgument('hyperscope/profileExport', text);
  const writer = PROFILE_FORMATS.find(({ name }) => name === format);
  if (!writer) throw bad(`there is no format "${format}"`);
  if (!isAbsolute(path)) throw bad(`"${path}" is no absolute path`);
  const profile = await guest.profiles.profile();
  if (!profile) throw bad('there is no profile: start one first');
  const filter = filterOf(selection);
  try {
    await writeFile(path, writer.write(profile, basename(guest.launch.image), filter));
  } catch (error) {
    throw bad(`cannot write ${path}: ${reasonOf(error)}`);
  }
  return { points: profile.quality(filter).points };
});
