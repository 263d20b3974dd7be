// The guest that leaves more than a million events behind, and the way to its list of them.
import type { Frame } from 'playwright-core';
import { type OneGuest, oneGuest } from './one-guest';
import type { Workbench } from './workbench';

export const manyEventsWorkspace = (): OneGuest => oneGuest('many-events', { pace: 'fast' });

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
