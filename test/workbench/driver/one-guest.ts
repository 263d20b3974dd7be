// A workspace with one guest of test/guests/screen: its image, its source, and a launch.json that runs it.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../src/build/paths';
import { screenGuest } from '../../support/guests';

export interface OneGuest {
  folder: string;
  /** Its source. */
  file: string;
  dispose(): void;
}

/** `image`: of another folder than test/guests/screen, with its source beside that. */
export function oneGuest(
  name: string,
  settings: Record<string, unknown>,
  { image, source }: { image: string; source: string } = {
    image: screenGuest(`${name}.elf`),
    source: join(root, `test/guests/screen/${name}.c`),
  },
): OneGuest {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-guest-'));
  mkdirSync(join(folder, '.vscode'));
  copyFileSync(image, join(folder, `${name}.elf`));
  const file = join(folder, `${name}.c`);
  copyFileSync(source, file);
  const configuration = { type: 'hyperscope', request: 'launch', name: 'Run', console: 'none', ...settings };
  const configurations = [{ ...configuration, image: `\${workspaceFolder}/${name}.elf` }];
  writeFileSync(join(folder, '.vscode', 'launch.json'), JSON.stringify({ version: '0.2.0', configurations }));
  return { folder, file, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}
