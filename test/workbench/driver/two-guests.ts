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
  const configuration = { type: 'hyperscope', request: 'launch', name: 'Two VMs', memory: '32M', pcpus: 1, pace: 'fast', guests };
  writeFileSync(join(folder, '.vscode', 'launch.json'), JSON.stringify({ version: '0.2.0', configurations: [configuration] }, null, 2));
  return {
    folder,
    source: (name) => join(root, 'test/guests', `${name}.c`),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
