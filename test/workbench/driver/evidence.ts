// What is kept of a browser suite: screenshots always; on failure also the browser's trace, its messages and the log of the extension with every DAP message.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outFolder, screenshots } from '../../../src/build/paths';
import type { Workbench } from './workbench';

export const logFile = (suite: string): string => {
  const folder = join(outFolder, 'logs');
  mkdirSync(folder, { recursive: true });
  return join(folder, `${suite}.log`);
};

export async function picture(workbench: Workbench, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true });
  await workbench.screenshot(join(screenshots, `${name}.png`));
}

export async function keepFailure(workbench: Workbench, title: string): Promise<void> {
  const folder = join(outFolder, 'failures', title.replace(/[^\w]+/g, '-').slice(0, 80));
  mkdirSync(folder, { recursive: true });
  await workbench.screenshot(join(folder, 'page.png'));
  await workbench.saveTrace(join(folder, 'trace.zip')).catch(() => {});
  writeFileSync(join(folder, 'console.txt'), workbench.messages.join('\n'));
  console.log(`      kept in ${folder}`);
}

/** Of the last session in the log: milliseconds from `initialize` to the first stop, which is the adapter's part. */
export function adapterMs(log: string): number {
  const lines = readFileSync(log, 'utf8').split('\n');
  const begin = lines.findLastIndex((line) => line.includes('→ {"command":"initialize"'));
  const stop = lines.slice(begin).find((line) => line.includes('"event":"stopped"'));
  const time = (line: string | undefined) => Date.parse(line?.split(' ')[0] ?? '');
  return time(stop) - time(lines[begin]);
}
