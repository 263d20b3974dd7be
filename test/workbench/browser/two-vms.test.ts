// Two VMs of one launch.json on one physical CPU: a session for each under the host's, a stop of one holds both, and each has half of the time, as the Time panel says.
import assert from 'node:assert/strict';
import { picture } from '../driver/evidence';
import { adapterProcesses, until } from '../driver/processes';
import { PATIENCE_MS, sessionRows, twoRunningGuests } from '../driver/two-guests';
import type { Workbench } from '../driver/workbench';

describe('two VMs in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  this.timeout(4 * PATIENCE_MS);
  const world = twoRunningGuests('two-vms', { guest: 'busy-exits', place: 'print("busy-exits: %lu rounds' });
  let workbench: Workbench;
  before(() => {
    workbench = world.workbench;
  });

  const { session, says, menu } = sessionRows(() => world.workbench);
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
    await says('exits', why);
    await says('computes', /paused on pause/i);
    // The host's row is told last. It has no thread of its own, and says what is so all the same.
    await says('Two VMs', /all vms paused/i);
  };
  const time = async (name: string, column: string): Promise<string> => {
    const panel = await workbench.webview('#times tbody tr');
    await panel.locator('header .session', { hasText: name }).waitFor();
    return panel.locator(`#times td[data-column="${column}"]`).innerText();
  };

  it('gives each VM a session under the host, and a stop of one holds the other', async () => {
    await bothStand(/paused on breakpoint/i);
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
    await says('exits', /paused on breakpoint/i);
    await choose('exits');
    await until('no steal', async () => Number.parseFloat(await time('exits', 'steal here').catch(() => '100')) < 1);
    await picture(workbench, 'one-vm-left');
  });

  it('ends with the host', async () => {
    await menu('Two VMs', 'Stop');
    await workbench.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await until('the end of the adapter', () => adapterProcesses(world.guest.folder).length === 0);
    assert.deepEqual(await workbench.notifications(), []);
  });

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
