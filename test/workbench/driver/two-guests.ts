// A workspace whose launch.json starts two VMs that share one physical CPU: one computes, the other spends its time in exits.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../src/build/paths';
import { guestTest } from '../../support/guests';

export interface TwoGuests {
  folder: string;
  /** Source of one of them. */
  source(name: 'busy-computes' | 'busy-exits'): string;
  /** Writes launch.json anew: the next F5 is with these settings beside those that are always there. */
  launchWith(settings: Record<string, unknown>): void;
  dispose(): void;
}

export function twoGuests(): TwoGuests {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-two-'));
  mkdirSync(join(folder, '.vscode'));
  const names = ['busy-computes', 'busy-exits'] as const;
  for (const name of names) copyFileSync(guestTest(name), join(folder, `${name}.elf`));
  const guests = [
    { name: 'computes', image: '${workspaceFolder}/busy-computes.elf' },
    { name: 'exits', image: '${workspaceFolder}/busy-exits.elf' },
  ];
  const launchWith = (settings: Record<string, unknown>): void => {
    const configuration = {
      type: 'hyperscope',
      request: 'launch',
      name: 'Two VMs',
      memory: '32M',
      pcpus: 1,
      pace: 'fast',
      ...settings,
      guests,
    };
    writeFileSync(join(folder, '.vscode', 'launch.json'), JSON.stringify({ version: '0.2.0', configurations: [configuration] }, null, 2));
  };
  launchWith({});
  return {
    folder,
    source: (name) => join(root, 'test/guests', `${name}.c`),
    launchWith,
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
