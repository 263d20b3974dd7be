// "Show Compiled Region" in the browser: what is compiled of a busy kernel, by how often it is entered, as a document beside the source.
import { picture } from '../driver/evidence';
import { BUSY_KERNEL, ownKernel } from '../driver/own-kernel';
import { until } from '../driver/processes';
import type { Workbench } from '../driver/workbench';
import { world } from '../driver/world';

describe('compiled regions in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  const made = world({
    suite: 'regions',
    tools: ['gcc', 'make'],
    make: () => ownKernel(BUSY_KERNEL),
    settings: { 'hyperscope.launch.tier': 'auto', 'hyperscope.launch.history': 'off' },
    open: (kernel) => ({ file: kernel.file('kernel.c') }),
  });
  let workbench: Workbench;
  before(() => {
    workbench = made.workbench;
  });

  const status = (text: string) => workbench.page.locator('.statusbar-item', { hasText: text }).first();
  const say = async (text: string, answer: string): Promise<void> => {
    await workbench.command('Debug Console: Focus on Debug Console View');
    await workbench.page.locator('.repl-input-wrapper .monaco-editor.focused').waitFor();
    await workbench.page.keyboard.type(text);
    await workbench.page.keyboard.press('Escape'); // what is suggested
    await workbench.page.keyboard.press('Enter');
    await workbench.page.locator('.repl .monaco-list-row', { hasText: answer }).first().waitFor();
  };
  const pause = async (): Promise<void> => {
    // VS Code does nothing before it has been told of the threads.
    await until('a stop', async () => {
      await workbench.command('Debug: Pause');
      return status('guest stopped')
        .waitFor({ timeout: 5000 })
        .then(
          () => true,
          () => false,
        );
    });
    // The editor takes the focus when it shows the line: a palette that was opened before that would close again.
    await workbench.page.locator('.debug-top-stack-frame-line').first().waitFor();
  };
  const goOn = async (): Promise<void> => {
    await workbench.command('Debug: Continue');
    await workbench.page.locator('.debug-top-stack-frame-line').first().waitFor({ state: 'detached' });
  };
  /** The list, by how often each was entered; without such a row it is closed again. */
  const listed = async (text: RegExp): Promise<boolean> => {
    await workbench.command('Hyperscope: Show Compiled Region');
    const { page } = workbench;
    const rows = page.locator('.quick-input-list .monaco-list-row');
    const answered = await rows
      .first()
      .waitFor({ timeout: 5000 })
      .then(
        () => true,
        () => false,
      );
    if (answered && (await rows.filter({ hasText: text }).count()) > 0) return true;
    await page.keyboard.press('Escape');
    return false;
  };

  it('are told of, and counted when that is asked for', async () => {
    // Before extensions have arrived F5 is not theirs.
    await workbench.command('Hyperscope: Show vCPU Registers');
    await workbench.webview('body');
    await workbench.command('View: Close Editor');
    await workbench.focusFile('kernel.c');
    await workbench.page.keyboard.press('F5');
    await status('guest running').waitFor();
    await pause();
    await say('regions count on', 'counting is on');
  });

  it('are listed with how often they were entered', async () => {
    await until('a region that was entered', async () => {
      await goOn();
      await pause();
      return listed(/entered (once|[1-9]\d* times)/);
    });
    await picture(workbench, 'regions-list');
  });

  it('are shown beside the source: guest code, WebAssembly, counts', async () => {
    const { page } = workbench;
    await page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: /entered (once|[1-9]\d* times)/ })
      .first()
      .click();
    await page.locator('.tab.active', { hasText: /^region 0x/ }).waitFor();
    const beside = page.locator('.editor-group-container', { has: page.locator('.tab.active', { hasText: /^region 0x/ }) });
    await beside
      .locator('.view-line', { hasText: /Region.at.0x/ })
      .first()
      .waitFor();
    await beside
      .locator('.view-line', { hasText: /entered.\d+.times?/ })
      .first()
      .waitFor();
    await beside
      .locator('.view-line', { hasText: /Guest.code:/ })
      .first()
      .waitFor();
    await page.locator('.tab', { hasText: 'kernel.c' }).first().waitFor();
    await picture(workbench, 'region-beside-the-source');
    await beside.locator('.view-line', { hasText: 'WebAssembly:' }).first().waitFor();
  });
});
