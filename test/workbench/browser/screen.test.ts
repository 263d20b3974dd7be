// The Screen panel in a browser: text of a running guest in its colours, the keyboard, the framebuffer, and three themes.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, vsixPath } from '../../../src/build/paths';
import { screenGuest } from '../../support/guests';
import { keepFailure, picture } from '../driver/evidence';
import { type Server, startServer } from '../driver/server';
import { inEachTheme } from '../driver/themes';
import { Workbench } from '../driver/workbench';

const vsix = process.env.HYPERSCOPE_TEST_VSIX || vsixPath;
const show = 'Hyperscope: Show Screen';

const launch = (folder: string, image: string): void => {
  const configuration = { type: 'hyperscope', request: 'launch', name: 'Run', machine: 'pc', console: 'none' };
  const configurations = [{ ...configuration, image: `\${workspaceFolder}/${image}` }];
  writeFileSync(join(folder, '.vscode', 'launch.json'), JSON.stringify({ version: '0.2.0', configurations }, null, 2));
};

function workspace(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-screen-'));
  mkdirSync(join(folder, '.vscode'));
  for (const image of ['screen.elf', 'framebuffer.elf']) copyFileSync(screenGuest(image), join(folder, image));
  copyFileSync(join(root, 'test/guests/screen/screen.c'), join(folder, 'screen.c'));
  launch(folder, 'screen.elf');
  return folder;
}

describe('the Screen panel in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  let folder: string;
  let server: Server;
  let workbench: Workbench;

  before(async () => {
    folder = workspace();
    server = await startServer({ vsix, env: { HYPERSCOPE_TEST_MARK: folder } });
    workbench = await Workbench.open(server, { folder, file: join(folder, 'screen.c'), line: 1 });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await keepFailure(workbench, this.currentTest.fullTitle());
  });
  after(async () => {
    await workbench?.close();
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('shows the text of a running guest, in its colours, with the cursor', async () => {
    // The panel is there before the guest: its command is, so the extension has arrived.
    await workbench.command(show);
    await workbench.webview('#screen');
    await workbench.page.keyboard.press('F5');
    await workbench.page.locator('.debug-toolbar').waitFor();
    const frame = await workbench.webview('#screen .cells');
    // It writes on behind it, and scrolls.
    await frame.locator('.cells > div').nth(21).filter({ hasText: 'line 30' }).waitFor();
    assert.equal(await frame.locator('.cells > div').count(), 25);
    assert.equal(await frame.locator('.cells .cursor').count(), 1);
    assert.equal(await frame.locator('.cells').evaluate((node) => getComputedStyle(node).backgroundColor), 'rgb(0, 0, 0)');
  });

  it('sends what is typed in it to the keyboard of the guest', async () => {
    const frame = await workbench.webview('#screen .cells');
    await frame.locator('#screen').click();
    await frame.locator('p', { hasText: 'Ctrl+Alt gives them back' }).waitFor();
    await workbench.page.keyboard.type('hello', { delay: 30 });
    await workbench.page.keyboard.press('Enter');
    await frame.locator('.cells', { hasText: 'you said hello' }).waitFor();
    await workbench.page.keyboard.down('Control');
    await workbench.page.keyboard.down('Alt');
    await workbench.page.keyboard.up('Alt');
    await workbench.page.keyboard.up('Control');
    await frame.locator('p', { hasText: 'Click the screen' }).waitFor();
  });

  inEachTheme(
    () => workbench,
    'is readable',
    async (_workbench, kind) => {
      await workbench.command(show);
      const frame = await workbench.webview('#screen .cells');
      await frame.locator('.cells', { hasText: 'you said hello' }).waitFor();
      await picture(workbench, `${kind}-screen`);
    },
  );

  it('draws a framebuffer', async () => {
    await workbench.page.keyboard.press('Shift+F5');
    await workbench.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    launch(folder, 'framebuffer.elf');
    await workbench.page.keyboard.press('F5');
    // It draws and halts for ever, where the session stops and shows its source.
    await workbench.page.locator('.tab', { hasText: 'start.S' }).waitFor();
    await workbench.command(show);
    const frame = await workbench.webview('#screen canvas');
    const pixel = (x: number, y: number) =>
      frame
        .locator('canvas')
        .evaluate((canvas: HTMLCanvasElement, at) => [...canvas.getContext('2d')!.getImageData(at.x, at.y, 1, 1).data], { x, y });
    await frame.locator('canvas[width="640"]').waitFor();
    for (let left = 50; (await pixel(1, 399))[0] !== 255 && left > 0; left--) await workbench.page.waitForTimeout(100);
    assert.deepEqual(await pixel(1, 399), [255, 255, 255, 255]);
    assert.deepEqual(await pixel(320, 200), [127, 127, 64, 255]);
    await picture(workbench, 'screen-framebuffer');
  });
});
