// Relative paths of a launch configuration are relative to its workspace folder.
import { isAbsolute, resolve } from 'node:path';
import { BUILTIN_INITRD } from '../dap/launch/tiny-initramfs';

interface Configuration {
  [key: string]: unknown;
}

const singlePaths = ['image', 'initrd', 'record', 'replay', 'snapshot', 'traceFile'] as const;
const written = ['record', 'traceFile'] as const;

export function resolvePaths<C extends Configuration>(configuration: C, folder: string | undefined): C {
  if (folder === undefined) return configuration;
  const absolute = (path: string) => (isAbsolute(path) ? path : resolve(folder, path));
  const result: Configuration = { ...configuration };
  for (const key of singlePaths)
    if (typeof result[key] === 'string' && !(key === 'initrd' && result[key] === BUILTIN_INITRD)) result[key] = absolute(result[key]);
  if (Array.isArray(result.modules))
    result.modules = result.modules.map((module: string) => {
      const end = module.indexOf('=');
      return end < 0 ? absolute(module) : absolute(module.slice(0, end)) + module.slice(end);
    });
  if (Array.isArray(result.moduleFolders)) result.moduleFolders = result.moduleFolders.map((path: string) => absolute(path));
  if (Array.isArray(result.userFolders)) result.userFolders = result.userFolders.map((path: string) => absolute(path));
  if (Array.isArray(result.symbolFiles))
    result.symbolFiles = result.symbolFiles.map((entry: { file: string }) => ({ ...entry, file: absolute(entry.file) }));
  if (Array.isArray(result.debugDirectories)) result.debugDirectories = result.debugDirectories.map((each: string) => absolute(each));
  if (Array.isArray(result.fwCfg))
    result.fwCfg = result.fwCfg.map((entry: { file?: string }) =>
      entry.file === undefined ? entry : { ...entry, file: absolute(entry.file) },
    );
  if (typeof result.sourceMap === 'object' && result.sourceMap !== null)
    result.sourceMap = Object.fromEntries(Object.entries(result.sourceMap).map(([from, to]) => [from, absolute(String(to))]));
  if (Array.isArray(result.guests)) result.guests = result.guests.map((guest: Configuration) => resolvePaths(guest, folder));
  return result as C;
}

/** The settings given that make the adapter write a file. */
export const writtenFiles = (configuration: Configuration): string[] => written.filter((key) => configuration[key] !== undefined);
