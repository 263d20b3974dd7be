// The Profile panel in a browser: recording a run of the sample, the known hot function, the exits above their callers, keys, lists, and heat in the editor.
import assert from 'node:assert/strict';
import type { Frame } from 'playwright-core';
import { picture } from '../driver/evidence';
import { accessibilityFindings } from '../driver/panel-checks';
import { until } from '../driver/processes';
import { stoppedSample } from '../driver/stopped-sample';
import { inEachTheme } from '../driver/themes';

const start = 'sum += heap[page * 512];';

describe('the profile in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  const world = stoppedSample({ suite: 'profile', place: start, launch: { pace: 'fast' } });

  const panel = (): Promise<Frame> => world.workbench.webview('#record');

  it('says that there is none yet', async () => {
    await world.workbench.command('Hyperscope: Show Profile');
    const frame = await panel();
    await frame.locator('#profile-status', { hasText: 'No profile yet' }).waitFor();
    assert.equal(await frame.locator('.flame').isVisible(), false);
  });

  it('records while the guest runs', async () => {
    const frame = await panel();
    await frame.locator('select[aria-label="Distance of samples"]').selectOption('10us');
    await frame.locator('#record').click();
    await frame.locator('#record[aria-pressed=true]').waitFor();
    await world.workbench.focusFile('main.c');
    await world.workbench.removeBreakpoint(world.sample.line('main.c', start));
    await world.workbench.page.keyboard.press('F5');
    await until('samples', async () => /[1-9]\d* samples/.test((await frame.locator('#profile-status').textContent()) ?? ''));
    await frame.locator('.profile-functions [data-key*="count_under_lock"]').waitFor();
    await world.workbench.page.keyboard.press('F6');
    await frame.locator('.state', { hasText: 'stopped' }).waitFor();
  });

  it('names the known hot function, and the exits of the console', async () => {
    const frame = await panel();
    const first = frame.locator('.profile-functions [data-key]').first();
    // 30 000 PAUSEs of 100 ns each.
    await first.filter({ hasText: 'count_under_lock' }).waitFor();
    await frame.locator('.profile-functions .hypervisor', { hasText: 'port 0x3f8' }).first().waitFor();
    await frame.locator('#profile-quality', { hasText: 'hypervisor' }).waitFor();
    await picture(world.workbench, 'profile');
  });

  inEachTheme(
    () => world.workbench,
    'is readable with its samples',
    async (workbench, kind, isFirst) => {
      await workbench.command('Hyperscope: Show Profile');
      const frame = await panel();
      await frame.locator('.profile-functions [data-key*="count_under_lock"]').waitFor();
      assert.deepEqual(await accessibilityFindings(frame, isFirst ? 'all' : 'colours'), []);
      await picture(workbench, `profile-${kind}`);
    },
  );

  it('goes through the boxes by keys, zooms, and comes back', async () => {
    const frame = await panel();
    await frame.locator('.flame canvas').focus();
    const chosen = frame.locator('#profile-box');
    await world.workbench.page.keyboard.press('ArrowDown');
    await chosen.filter({ hasText: 'high_entry' }).waitFor();
    await world.workbench.page.keyboard.press('ArrowDown');
    await chosen.filter({ hasText: 'kmain' }).waitFor();
    await world.workbench.page.keyboard.press('Enter');
    await frame.getByRole('button', { name: 'Zoom out' }).waitFor();
    await world.workbench.page.keyboard.press('Escape');
    await frame.getByRole('button', { name: 'Zoom out' }).waitFor({ state: 'hidden' });
    await frame.locator('input[aria-label="Find functions"]').fill('lock');
    await chosen.filter({ hasText: '"lock" is in' }).waitFor();
    await frame.locator('input[aria-label="Find functions"]').fill('');
  });

  it('opens the call tree, and the source of a call', async () => {
    const frame = await panel();
    await frame.locator('select[aria-label=List]').selectOption('tree');
    const row = (name: string) => frame.locator('.profile-tree [data-key]').filter({ hasText: name }).first();
    await row('kmain').waitFor();
    if ((await row('kmain').locator('[aria-expanded]').getAttribute('aria-expanded')) === 'false')
      await row('kmain').locator('button.plain').click();
    await row('demo_spinlock').waitFor();
    await row('demo_spinlock').locator('button.link').click();
    await world.workbench.page.locator('.tabs-container .tab.active', { hasText: 'main.c' }).first().waitFor();
  });

  it('shows heat beside the lines', async () => {
    // What a decoration adds is the content of a pseudo-element.
    const shares = () =>
      world.workbench.page.evaluate(() =>
        [...document.querySelectorAll('.monaco-editor .view-line span')]
          .map((node) => getComputedStyle(node, '::after').content)
          .filter((text) => /\d\.\d %/.test(text)),
      );
    const gutter = () =>
      world.workbench.page.evaluate(() =>
        [...document.querySelectorAll('.monaco-editor .glyph-margin-widgets *')]
          .map((node) => /url\("(data:image\/svg[^"]*)"\)/.exec(getComputedStyle(node).backgroundImage)?.[1] ?? '')
          .filter((url) => url !== ''),
      );
    await world.workbench.command('Hyperscope: Toggle Profile in the Editor');
    await until('shares beside lines', async () => (await shares()).length > 0);
    // Bars in the gutter: the hottest line's is the widest. It is in view with a colder one.
    await world.workbench.goToLine(world.sample.line('main.c', 'static volatile int second_done;'));
    const widths = async () =>
      (await gutter()).map((url) =>
        Number(/<rect x="1" y="0" width="(\d+)"/.exec(Buffer.from(url.split(',')[1] ?? '', 'base64').toString())?.[1]),
      );
    await until('bars in the gutter', async () => Math.max(...(await widths())) === 13 && Math.min(...(await widths())) < 13);
    await picture(world.workbench, 'profile-heat');
    await world.workbench.command('Hyperscope: Toggle Profile in the Editor');
    await until('no shares', async () => (await shares()).length === 0);
    assert.deepEqual(await gutter(), []);
  });
});
