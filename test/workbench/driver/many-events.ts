// A workspace with a guest that leaves more than a million events behind, and the way to its list of them.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { root } from '../../../src/build/paths';
import { screenGuest } from '../../support/guests';
import type { Workbench } from './workbench';

export interface ManyEvents {
  folder: string;
  file: string;
  dispose(): void;
}

export function manyEventsWorkspace(): ManyEvents {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-events-'));
  mkdirSync(join(folder, '.vscode'));
  copyFileSync(screenGuest('many-events.elf'), join(folder, 'many-events.elf'));
  const file = join(folder, 'many-events.c');
  copyFileSync(join(root, 'test/guests/screen/many-events.c'), file);
  const configuration = { type: 'hyperscope', request: 'launch', name: 'Run', console: 'none', pace: 'fast' };
  const configurations = [{ ...configuration, image: '${workspaceFolder}/many-events.elf' }];
  writeFileSync(join(folder, '.vscode', 'launch.json'), JSON.stringify({ version: '0.2.0', configurations }));
  return { folder, file, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs the guest to its end, where it waits for ever and the session stops. */
export async function runToEnd({ page }: Workbench): Promise<void> {
  await page.keyboard.press('F5');
  await page.locator('.tab', { hasText: 'start.S' }).waitFor({ timeout: 60000 });
}

export async function openEvents(workbench: Workbench): Promise<Frame> {
  await workbench.command('Hyperscope: Show Hypercalls and Exits');
  const frame = await workbench.webview('.events');
  await frame.locator('.events .row').first().waitFor();
  return frame;
}
