// npm run pictures: takes the README's picture of each panel anew, in the workbench the tests use: media/panels/NAME.png.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, vsixPath } from '../../src/build/paths';
import { panels } from './driver/panels';
import { copySample } from './driver/sample';
import { startServer } from './driver/server';
import { Workbench } from './driver/workbench';

const folder = join(root, 'media', 'panels');
const size = { width: 900, height: 560 };
const stopAt = '\tshow_steal();';

async function take(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const sample = copySample((configuration) => {
    Object.assign(configuration, { machine: 'pc', pcpus: 1, neighbours: [{ duty: 0.5, period: '1ms' }] });
  });
  const server = await startServer({ vsix: vsixPath, env: { HYPERSCOPE_TEST_MARK: sample.folder } });
  const line = sample.line('main.c', stopAt);
  const workbench = await Workbench.open(server, { folder: sample.folder, file: sample.file('main.c'), line });
  try {
    const { page } = workbench;
    await workbench.setBreakpoint(line);
    await page.keyboard.press('F5');
    await workbench.stoppedAt('main.c');
    // So that a panel has something to mark as changed: it has seen one stop, and another comes.
    for (const panel of panels) {
      await workbench.command(panel.title);
      await workbench.webview(panel.content);
    }
    await workbench.focusFile('main.c');
    await page.keyboard.press('F10');
    await workbench.stoppedAt('main.c');
    await workbench.command('View: Hide Panel');
    await workbench.panelsAlone();
    for (const { name, title, content, show } of panels) {
      await workbench.command(title);
      const frame = await workbench.webview(content);
      await frame.locator(content).first().waitFor();
      await show?.(frame);
      await workbench.widenTo(frame, size.width);
      // Drawn in the new width, and what is asked for when it is: source lines, bytes.
      await page.waitForTimeout(1500);
      const element = await (await frame.parentFrame()?.frameElement())?.boundingBox();
      const box = (await (await frame.frameElement()).boundingBox()) ?? element;
      if (!box) throw new Error(`${name} is not seen`);
      const path = join(folder, `${name}.png`);
      await page.screenshot({ path, clip: { ...box, height: Math.min(box.height, size.height) } });
      console.log(`${path}: ${(statSync(path).size / 1024).toFixed(0)} KiB`);
    }
  } finally {
    await workbench.close();
    await server.stop();
    sample.dispose();
  }
}

take().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
