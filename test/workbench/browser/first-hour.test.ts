// The first hour with a C kernel of one's own, in a browser: F5 without launch.json and with no source in front, and what is said on the way.
import { picture } from '../driver/evidence';
import { ownKernel } from '../driver/own-kernel';
import type { Workbench } from '../driver/workbench';
import { world } from '../driver/world';

describe('the first hour with a C kernel in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  const made = world({
    suite: 'first-hour',
    tools: ['gcc', 'make'],
    make: () => ownKernel(),
    open: (kernel) => ({ file: kernel.file('Makefile') }),
    begin: async (workbench) => {
      // Before extensions have arrived F5 is not theirs.
      await workbench.command('Hyperscope: Show vCPU Registers');
      await workbench.webview('body');
      await workbench.command('View: Close Editor');
    },
  });
  let workbench: Workbench;
  before(() => {
    workbench = made.workbench;
  });

  const status = (text: string) => workbench.page.locator('.statusbar-item', { hasText: text }).first();
  const paused = async (reason: RegExp, frame: string): Promise<void> => {
    const view = workbench.page.locator('.pane', { has: workbench.page.locator('.debug-call-stack') });
    await view.filter({ hasText: reason }).waitFor();
    await view.locator('.stack-frame', { hasText: frame }).first().waitFor();
  };
  const stop = async (): Promise<void> => {
    await workbench.page.keyboard.press('Shift+F5');
    await workbench.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await workbench.page.locator('.debug-call-stack .stack-frame').first().waitFor({ state: 'detached' });
  };

  it('builds and runs by F5 with the Makefile in front', async () => {
    await workbench.focusFile('Makefile');
    await workbench.page.keyboard.press('F5');
    await status('guest stopped: all halted').waitFor();
    await workbench.terminalShows('done');
    await picture(workbench, 'first-hour-halted');
    await stop();
  });

  it('and with nothing in front', async () => {
    await workbench.command('View: Close All Editors');
    await workbench.page.locator('.editor-instance').first().waitFor({ state: 'detached' });
    await workbench.page.keyboard.press('F5');
    await status('guest stopped').waitFor();
    await stop();
  });

  it('stops at a breakpoint in C and steps', async () => {
    await workbench.focusFile('kernel.c');
    await workbench.setBreakpoint(14);
    await workbench.page.keyboard.press('F5');
    // One vCPU alone has no row of its own: the reason is in the title of the call stack.
    await paused(/paused on breakpoint/i, 'add');
    await workbench.openScope('Locals');
    await workbench.page
      .locator('.debug-variables .monaco-list-row', { hasText: /^sum ?= ?0$/ })
      .first()
      .waitFor();
    await workbench.page.keyboard.press('F10');
    await paused(/paused on step/i, 'kmain');
    await picture(workbench, 'first-hour-stepped');
    await stop();
  });

  it('says in a box what a kernel without a note or header lacks', async () => {
    made.guest.mistake('no header');
    await workbench.focusFile('kernel.c');
    await workbench.page.keyboard.press('F5');
    const box = workbench.page.locator('.monaco-dialog-box', { hasText: 'neither a PVH note nor a Multiboot header' });
    await box.waitFor();
    await picture(workbench, 'first-hour-no-note');
    await box.getByRole('button', { name: 'Cancel' }).click();
    await box.waitFor({ state: 'hidden' });
  });

  it('says what does not compile, and starts nothing', async () => {
    made.guest.mistake('does not compile');
    await workbench.page.keyboard.press('F5');
    await workbench.notification('"make" failed in');
    await workbench.page.locator('.part.panel', { hasText: 'undeclared' }).waitFor();
    await picture(workbench, 'first-hour-make-failed');
    await workbench.command('Notifications: Clear All Notifications');
  });
});
