// npm run pictures: takes the README's picture of each panel anew, in the workbench the tests use: media/panels/NAME.png.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { root, vsixPath } from '../../src/build/paths';
import { oneGuest } from './driver/one-guest';
import { panels } from './driver/panels';
import { copySample } from './driver/sample';
import { startServer } from './driver/server';
import { Workbench } from './driver/workbench';

const folder = join(root, 'media', 'panels');
const size = { width: 900, height: 560 };
/** Tabs and bars above and below the panel. */
const aroundPx = 92;
const stopAt = '\tshow_steal();';

/** The panel in front, as large as the README wants it. */
async function shoot(workbench: Workbench, frame: Frame, name: string): Promise<void> {
  const { page } = workbench;
  await page.setViewportSize({ width: page.viewportSize()?.width ?? 1000, height: size.height + aroundPx });
  await workbench.widenTo(frame, size.width);
  // Drawn in the new size, and what is asked for when it is: source lines, bytes.
  await page.waitForTimeout(1500);
  const clip = await (await frame.frameElement()).boundingBox();
  if (!clip) throw new Error(`${name} is not seen`);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, clip });
  console.log(`${path}: ${(statSync(path).size / 1024).toFixed(0)} KiB`);
}

async function ofTheSample(): Promise<void> {
  const sample = copySample((configuration) => {
    Object.assign(configuration, { pcpus: 1, neighbours: [{ duty: 0.5, period: '1ms' }] });
  });
  const server = await startServer({ vsix: vsixPath, env: { HYPERSCOPE_TEST_MARK: sample.folder } });
  const line = sample.line('main.c', stopAt);
  const workbench = await Workbench.open(server, { folder: sample.folder, file: sample.file('main.c'), line });
  const wanted = panels.filter(({ name }) => name !== 'screen');
  try {
    const { page } = workbench;
    await workbench.setBreakpoint(line);
    await page.keyboard.press('F5');
    await workbench.stoppedAt('main.c');
    // So that a panel has something to mark as changed: it has seen one stop, and another comes.
    for (const panel of wanted) {
      await workbench.command(panel.title);
      await workbench.webview(panel.content);
    }
    await workbench.focusFile('main.c');
    await page.keyboard.press('F10');
    await workbench.stoppedAt('main.c');
    await workbench.command('View: Hide Panel');
    await workbench.panelsAlone();
    for (const { name, title, content, show } of wanted) {
      await workbench.command(title);
      let frame = await workbench.webview(content);
      await frame.locator(content).first().waitFor();
      await show?.(frame, workbench);
      // Where the guest went on and stopped, its source has come in front.
      if (frame.isDetached()) {
        await workbench.command(title);
        frame = await workbench.webview(content);
        await frame.locator(content).first().waitFor();
      }
      await shoot(workbench, frame, name);
    }
  } finally {
    await workbench.close();
    await server.stop();
    sample.dispose();
  }
}

/** The sample draws nothing: another guest does. */
async function ofTheScreen(): Promise<void> {
  const { folder: workspace, dispose } = oneGuest('screen', { machine: 'pc' });
  const server = await startServer({ vsix: vsixPath, env: { HYPERSCOPE_TEST_MARK: workspace } });
  const workbench = await Workbench.open(server, { folder: workspace, file: join(workspace, 'screen.c'), line: 1 });
  try {
    await workbench.command('Hyperscope: Show Screen');
    await workbench.webview('#screen');
    await workbench.page.keyboard.press('F5');
    const frame = await workbench.webview('#screen .cells');
    await frame.locator('.cells', { hasText: 'line 30' }).waitFor();
    await workbench.panelsAlone();
    await shoot(workbench, frame, 'screen');
  } finally {
    await workbench.close();
    await server.stop();
    dispose();
  }
}

mkdirSync(folder, { recursive: true });
ofTheSample()
  .then(ofTheScreen)
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
