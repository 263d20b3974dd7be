// The keys of launch.json that have a setting "hyperscope.launch.KEY" for all launches. A new one is one name here and its schema in package.json (a test compares them).
import type { LaunchArguments } from '../protocol/launch';

export const LAUNCH_SETTINGS = [
  'console',
  'debugDirectories',
  'history',
  'inThePast',
  'moduleFolders',
  'pace',
  'sourceMap',
  'tier',
  'traceEvents',
] as const satisfies readonly (keyof LaunchArguments)[];

/** `settingOf` answers what a person has set, by "launch.KEY". Attaching starts nothing: it stays as it is. */
export function withSettings<C extends { readonly request?: unknown }>(configuration: C, settingOf: (name: string) => unknown): C {
  if (configuration.request !== 'launch') return configuration;
  const set = LAUNCH_SETTINGS.map((key) => [key, settingOf(`launch.${key}`)] as const).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(set), ...configuration };
}
