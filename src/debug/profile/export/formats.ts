// The files that a profile can be written as. A new one is one line here.
import type { Profile, ProfileFilter } from '../profile';
import { chromeProfile } from './chrome';
import { collapsedStacks } from './collapsed';
import { cpuprofile } from './cpuprofile';
import { speedscope } from './speedscope';

export interface ProfileFormat {
  readonly name: string;
  /** How a file of it ends; the first that fits a path is taken. */
  readonly ending: string;
  readonly doc: string;
  write(profile: Profile, name: string, filter?: ProfileFilter): string;
}

export const PROFILE_FORMATS: readonly ProfileFormat[] = [
  { name: 'speedscope', ending: '.speedscope.json', doc: 'speedscope', write: speedscope },
  {
    name: 'cpuprofile',
    ending: '.cpuprofile',
    doc: 'VS Code, Chrome DevTools',
    write: (profile, _name, filter) => cpuprofile(profile, filter),
  },
  { name: 'chrome', ending: '.json', doc: 'Chrome trace, Perfetto', write: (profile, _name, filter) => chromeProfile(profile, filter) },
  {
    name: 'collapsed',
    ending: '.txt',
    doc: 'collapsed stacks, for flamegraph.pl',
    write: (profile, _name, filter) => collapsedStacks(profile, filter),
  },
];

/** Undefined: no format writes such a file. */
export const formatOf = (path: string): ProfileFormat | undefined => PROFILE_FORMATS.find(({ ending }) => path.endsWith(ending));
