// Two VMs of one launch.json on one physical CPU: a session for each under the host's, a stop of one holds both, and each has half of the time, as the Time panel says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { vsixPath } from '../../../src/build/paths';
import { keepFailure, picture } from '../driver/evidence';
import { adapterProcesses, until } from '../driver/processes';
import { type Server, startServer } from '../driver/server';
import { type TwoGuests, twoGuests } from '../driver/two-guests';
import { Workbench } from '../driver/workbench';

const vsix = process.env.HYPERSCOPE_TEST_VSIX || vsixPath;
const place = 'print("busy-exits: %lu rounds';
/** What is waited for comes in the end, on a busy machine late. */
const PATIENCE_MS = 100_000;

describe('two VMs in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  this.timeout(4 * PATIENCE_MS);
  let two: TwoGuests;
  let server: Server;
  let workbench: Workbench;

  before(async () => {
    two = twoGuests();
    server = await startServer({ vsix, env: { HYPERSCOPE_TEST_MARK: two.folder } });
    const file = two.source('busy-exits');
    const line = readFileSync(file, 'utf8').split(place)[0]!.split('\n').length;
    // High enough for the stacks of both.
    workbench = await Workbench.open(server, { folder: two.folder, file, line, height: 1300 });
    workbench.page.setDefaultTimeout(PATIENCE_MS);
    await workbench.setBreakpoint(line);
    await workbench.page.keyboard.press('F5');
  });
  afterEach(async function () {
    if (workbench && this.currentTest?.state === 'failed') await keepFailure(workbench, this.currentTest.fullTitle());
  });
  after(async () => {
    await workbench?.close();
    await server?.stop();
    two?.dispose();
  });

  const row = (text: string | RegExp) => workbench.page.locator('.debug-call-stack .monaco-list-row').filter({ hasText: text }).first();
  const session = (name: string) => row(new RegExp(`^\\s*${name}`));
  const frame = (file: string) => workbench.page.locator('.debug-call-stack .stack-frame').filter({ hasText: file }).first();
  /** Shows a VM's stack, and has its topmost frame in focus. */
  const choose = async (name: 'computes' | 'exits'): Promise<void> => {
    await until(`the stack of ${name}`, async () => {
      if (await frame(`busy-${name}.c`).isVisible()) return true;
      if ((await session(name).getAttribute('aria-expanded')) === 'false') await session(name).locator('.monaco-tl-twistie').click();
      return frame(`busy-${name}.c`)
        .waitFor({ timeout: 1500 })
        .then(
          () => true,
          () => false,
        );
    });
    await frame(`busy-${name}.c`).locator('.label').click();
  };
  const bothStand = async (why: RegExp): Promise<void> => {
    await session('exits').filter({ hasText: why }).waitFor();
    await session('computes')
      .filter({ hasText: /paused on pause/i })
      .waitFor();
    // The host's row is told last, and what it is told closes menus.
    await row(/^\s*Two VMs/)
      .filter({ hasText: /all vms paused/i })
      .waitFor();
  };
  const time = async (name: string, column: string): Promise<string> => {
    const panel = await workbench.webview('#times tbody tr');
    await panel.locator('header .session', { hasText: name }).waitFor();
    return panel.locator(`#times td[data-column="${column}"]`).innerText();
  };
  /** On the menu of the session's row; its row has buttons under the pointer, so by its name. */
  const menu = async (name: string, entry: string): Promise<void> => workbench.chooseFromMenu(session(name).locator('.name'), entry);

  it('gives each VM a session under the host, and a stop of one holds the other', async () => {
    await bothStand(/paused on breakpoint/i);
    // The host has no thread of its own; its row says what is so all the same.
    await row('Two VMs')
      .filter({ hasText: /all vms paused/i })
      .waitFor();
    await choose('exits');
    await frame('busy-exits.c').filter({ hasText: 'enough' }).waitFor();
    await workbench.page.locator('.terminal-tabs-entry', { hasText: 'Guest: computes' }).waitFor();
    await workbench.page.locator('.terminal-tabs-entry', { hasText: 'Guest: exits' }).waitFor();
    assert.equal(await workbench.page.locator('.terminal-tabs-entry', { hasText: 'Guest: Two VMs' }).count(), 0);
  });

  it('shows in the panel Time that each has half of the physical CPU, with unequal exit rates', async () => {
    await workbench.command('Hyperscope: Show Time');
    for (const name of ['exits', 'computes'] as const) {
      await choose(name);
      for (const column of ['steal in all', 'steal here']) {
        let text = '';
        await until(`half of the time for ${name}`, async () => {
          text = await time(name, column).catch(() => '');
          return Math.abs(Number.parseFloat(text) - 50) <= 1;
        }).catch((error: Error) => assert.fail(`${error.message}; ${column}: ${text}`));
      }
    }
  });

  for (const [theme, kind] of [
    ['Dark 2026', 'vs-dark'],
    ['Dark High Contrast', 'hc-black'],
    ['Light 2026', 'vs'],
  ] as const)
    it(`is readable in the theme ${theme}`, async () => {
      await workbench.colorTheme(theme);
      await workbench.page.locator(`.monaco-workbench.${kind}`).waitFor();
      await picture(workbench, `${kind}-two-vms`);
    });

  it('steps one, and the other goes along and stands again', async () => {
    await choose('exits');
    await workbench.page.keyboard.press('F10');
    await bothStand(/paused on step/i);
  });

  it('restarts one VM while the other goes on', async () => {
    await menu('exits', 'Restart This VM');
    await bothStand(/paused on breakpoint/i);
    await workbench.page.locator('.terminal-tabs-entry', { hasText: 'Guest: exits' }).click();
    await until(
      'its console from the beginning',
      async () => ((await workbench.terminalText()).match(/busy-exits: begun/g) ?? []).length === 2,
    );
    await workbench.page.locator('.terminal-tabs-entry', { hasText: 'Guest: computes' }).click();
    await until(
      'the console of the other',
      async () => ((await workbench.terminalText()).match(/busy-computes: begun/g) ?? []).length === 1,
    );
  });

  it('switches one VM off after a question, and the other has the whole CPU', async () => {
    await menu('computes', 'Switch Off This VM…');
    const dialog = workbench.page.locator('.monaco-dialog-box', { hasText: 'Switch off computes?' });
    await dialog.locator('.monaco-button', { hasText: 'Switch Off' }).click();
    await session('computes').waitFor({ state: 'detached' });
    // All went on with it, to the next time round.
    await session('exits')
      .filter({ hasText: /paused on breakpoint/i })
      .waitFor();
    await choose('exits');
    await until('no steal', async () => Number.parseFloat(await time('exits', 'steal here').catch(() => '100')) < 1);
    await picture(workbench, 'one-vm-left');
  });

  it('ends with the host', async () => {
    await menu('Two VMs', 'Stop');
    await workbench.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await until('the end of the adapter', () => adapterProcesses(two.folder).length === 0);
    assert.deepEqual(await workbench.notifications(), []);
  });

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
