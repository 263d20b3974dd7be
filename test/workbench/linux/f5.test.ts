// F5 on Debian's cloud kernel in a browser: start_kernel, its stack and locals, the kernel's page tables, KVM's calls, the shell in the terminal, the tree Linux in three themes.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, vsixPath } from '../../../src/build/paths';
import { linuxDebug, linuxGuest } from '../../guests/linux/packages';
import { keepFailure, picture } from '../driver/evidence';
import { type Server, startServer } from '../driver/server';
import { Workbench } from '../driver/workbench';

const vsix = process.env.HYPERSCOPE_TEST_VSIX || vsixPath;
const THEMES = [
  ['Dark 2026', 'vs-dark'],
  ['Light 2026', 'vs'],
  ['Dark High Contrast', 'hc-black'],
] as const;

/** 280 MB: used where the Linux tests have fetched it, never fetched here. */
const vmlinux = (): string | undefined => {
  const debug = existsSync(join(cacheFolder, 'linux', 'linux-image-cloud-amd64-dbg')) ? linuxDebug() : '';
  return typeof debug === 'string' ? undefined : debug.vmlinux;
};

describe('Linux in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  this.timeout(240000);
  let server: Server | undefined;
  let workbench: Workbench;
  let folder: string | undefined;
  const symbols = vmlinux();

  before(async function () {
    const guest = linuxGuest();
    if (typeof guest === 'string') {
      console.log(`      not run: ${guest}`);
      return this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'hyperscope-linux-'));
    mkdirSync(join(folder, '.vscode'));
    const configuration = {
      ...{ type: 'hyperscope', request: 'launch', name: 'Linux', image: guest.kernel, initrd: guest.initrd, vcpus: 4 },
      ...{ append: 'console=ttyS0 cryptomgr.notests guest.shell', fastBoot: true, history: 'off' },
      ...(symbols !== undefined && { symbolFiles: [{ file: symbols }] }),
    };
    writeFileSync(join(folder, '.vscode', 'launch.json'), JSON.stringify({ version: '0.2.0', configurations: [configuration] }));
    writeFileSync(join(folder, 'notes.txt'), 'A Linux guest.\n');
    server = await startServer({ vsix, env: { HYPERSCOPE_TEST_MARK: folder } });
    workbench = await Workbench.open(server, { folder, file: join(folder, 'notes.txt') });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await keepFailure(workbench, this.currentTest.fullTitle());
  });
  after(async () => {
    await workbench?.close();
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const callStack = () => workbench.page.locator('.debug-call-stack');
  /** Of four vCPUs with their frames the view draws only what it has room for. */
  const inCallStack = async (text: string | RegExp): Promise<void> => {
    await workbench.scrollTo(callStack(), text);
  };
  const disassemblyIsShown = (): Promise<void> =>
    workbench.page.locator('.monaco-editor .view-line', { hasText: 'start_kernel' }).first().waitFor();
  const isStopped = () => workbench.page.locator('.statusbar-item', { hasText: 'guest stopped' }).waitFor({ timeout: 60000 });
  const isRunning = () => workbench.page.locator('.statusbar-item', { hasText: 'guest running' }).waitFor({ timeout: 60000 });

  it('stops at start_kernel', async () => {
    await workbench.command('Hyperscope: Break on Functions');
    await workbench.page.locator('.quick-input-widget input[type="text"]').first().fill('start_kernel');
    await workbench.page.keyboard.press('Enter');
    await workbench.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    await workbench.command('View: Show Run and Debug');
    await workbench.page.locator('.debug-breakpoints .monaco-list-row', { hasText: 'start_kernel' }).first().waitFor();
    await workbench.page.keyboard.press('F5');
    await workbench.stoppedAt('start_kernel');
    await inCallStack('secondary_startup_64');
    await disassemblyIsShown();
    if (symbols === undefined) return;
    await workbench.openScope('Locals');
    await workbench.page.locator('.debug-variables .monaco-list-row .name', { hasText: 'command_line' }).first().waitFor();
  });

  it("shows the page tables of the kernel's text", async () => {
    await workbench.command('Hyperscope: Show Page Tables');
    const frame = await workbench.webview('#address');
    await frame.locator('#address').fill('rip');
    await frame.locator('#address').press('Enter');
    await frame.locator('#result', { hasText: 'physical' }).waitFor();
    await picture(workbench, 'linux-start-kernel');
  });

  it('answers in the terminal, by a shell', async () => {
    await workbench.command('Debug: Continue');
    await workbench.command('Hyperscope: Show Guest Console');
    await workbench.page.locator('.terminal-wrapper.active .xterm-rows').filter({ hasText: 'guest#' }).first().waitFor({ timeout: 100000 });
    await workbench.typeInTerminal('echo $((6*7)) is it\n');
    await workbench.terminalShows('42 is it');
    await picture(workbench, 'linux-shell');
  });

  it("shows KVM's calls in the panel", async () => {
    await workbench.command('Hyperscope: Show Hypercalls and Exits');
    const frame = await workbench.webview('.events .row');
    await frame.getByLabel('Filter events').fill('SEND_IPI|KICK_CPU|SCHED_YIELD');
    await frame
      .locator('.events .row', { hasText: /SEND_IPI|KICK_CPU|SCHED_YIELD/ })
      .first()
      .waitFor();
  });

  it('has the tasks in the tree Linux, in three themes', async () => {
    await workbench.command('Debug: Pause');
    await isStopped();
    const pane = await workbench.openPane('Linux');
    await pane.locator('.monaco-list-row', { hasText: 'Tasks' }).first().click();
    await workbench.scrollTo(pane, 'kthreadd');
    for (const [theme, kind] of THEMES) {
      await workbench.colorTheme(theme);
      await workbench.page.locator(`.monaco-workbench.${kind}`).waitFor();
      await picture(workbench, `${kind}-linux`);
    }
  });

  it('stops when a task runs that was chosen there', async () => {
    const pane = await workbench.openPane('Linux');
    // The shell: process 1 waits for it to end.
    const row = pane.locator('.monaco-list-row', { hasText: /^busybox ?\d+ S/ }).first();
    await workbench.scrollTo(pane, /^busybox ?\d+ S/);
    await workbench.chooseFromMenu(row, 'Break When This Task Runs');
    await workbench.command('Debug: Continue');
    await isRunning();
    // It waits for a key.
    await workbench.typeInTerminal('\n');
    await isStopped();
    await inCallStack(/paused on function breakpoint/i);
    await inCallStack('finish_task_switch');
    await inCallStack('__schedule');
    await picture(workbench, 'linux-task-runs');
  });

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
