// How code-server is started: on loopback, without password, telemetry, updates or an extension gallery, with a profile of its own.
import { join } from 'node:path';
import { cleanEnvironment } from './processes';
import type { InstalledWorkbench } from './workbench-install';

export interface ServerArguments {
  /** Program and profile: also for `--install-extension`. */
  common: string[];
  serve: string[];
}

export function serverArguments({ entry }: InstalledWorkbench, home: string, port: number): ServerArguments {
  return {
    common: [entry, '--user-data-dir', join(home, 'user'), '--extensions-dir', join(home, 'extensions')],
    serve: [
      ...['--bind-addr', `127.0.0.1:${port}`, '--auth', 'none'],
      ...[
        '--disable-telemetry',
        '--disable-update-check',
        '--disable-workspace-trust',
        '--disable-getting-started-override',
        '--disable-proxy',
      ],
    ],
  };
}

export const serverEnvironment = (home: string): NodeJS.ProcessEnv => ({
  ...cleanEnvironment(),
  XDG_CONFIG_HOME: join(home, 'config'),
  XDG_DATA_HOME: join(home, 'data'),
  EXTENSIONS_GALLERY: '{"serviceUrl":""}',
});
