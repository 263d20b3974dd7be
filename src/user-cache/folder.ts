// The user's folder for what may be deleted at any time: XDG base directory specification, and what Windows and macOS have instead.
import { homedir } from 'node:os';
import { join } from 'node:path';

export function userCacheFolder(environment: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  const home = homedir();
  const cache =
    environment.XDG_CACHE_HOME ||
    (platform === 'win32'
      ? environment.LOCALAPPDATA || join(home, 'AppData', 'Local')
      : platform === 'darwin'
        ? join(home, 'Library', 'Caches')
        : join(home, '.cache'));
  return join(cache, 'hyperscope');
}
