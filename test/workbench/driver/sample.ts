// A copy of the kvm-c sample as workspace, and places in it by what stands there.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../src/build/paths';

export interface Sample {
  folder: string;
  file(name: string): string;
  /** Number of the first line with this text. */
  line(name: string, text: string): number;
  /** Every configuration of its launch.json. */
  changeLaunch(change: (configuration: Record<string, unknown>) => void): void;
  dispose(): void;
}

export function copySample(changeLaunch: (configuration: Record<string, unknown>) => void = () => {}): Sample {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-sample-'));
  cpSync(join(root, 'samples', 'kvm-c'), folder, { recursive: true });
  const launchFile = join(folder, '.vscode', 'launch.json');
  const change: Sample['changeLaunch'] = (how) => {
    const launch = JSON.parse(readFileSync(launchFile, 'utf8'));
    for (const configuration of launch.configurations) how(configuration);
    writeFileSync(launchFile, JSON.stringify(launch, null, 2));
  };
  change(changeLaunch);
  const file = (name: string) => join(folder, name);
  return {
    folder,
    file,
    line: (name, text) => {
      const index = readFileSync(file(name), 'utf8')
        .split('\n')
        .findIndex((line) => line.includes(text));
      if (index < 0) throw new Error(`${name} has no line with ${text}`);
      return index + 1;
    },
    changeLaunch: change,
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
