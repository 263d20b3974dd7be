// The panels Memory, Descriptors and Devices in a browser: what they show of the sample, what is done in them by mouse and keys, narrow and wide.
import assert from 'node:assert/strict';
import type { Frame } from 'playwright-core';
import { vsixPath } from '../../../src/build/paths';
import { keepFailure, picture } from '../driver/evidence';
import { cutOff, notReachedByTab } from '../driver/panel-checks';
import { type PanelRow, panels } from '../driver/panels';
import { until } from '../driver/processes';
import { copySample, type Sample } from '../driver/sample';
import { type Server, startServer } from '../driver/server';
import { Workbench } from '../driver/workbench';

const vsix = process.env.HYPERSCOPE_TEST_VSIX || vsixPath;
const place = 'sum += heap[page * 512];';
const mine = panels.filter(({ name }) => ['memory', 'descriptors', 'devices'].includes(name));

describe('the panels of the machine in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  let sample: Sample;
  let server: Server;
  let workbench: Workbench;

  before(async () => {
    sample = copySample((configuration) => {
      configuration.machine = 'pc';
    });
    server = await startServer({ vsix, env: { HYPERSCOPE_TEST_MARK: sample.folder } });
    workbench = await Workbench.open(server, { folder: sample.folder, file: sample.file('main.c'), line: sample.line('main.c', place) });
    await workbench.setBreakpoint(sample.line('main.c', place));
    await workbench.page.keyboard.press('F5');
    await workbench.stoppedAt('main.c');
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await keepFailure(workbench, this.currentTest.fullTitle());
  });
  after(async () => {
    await workbench?.close();
    await server?.stop();
    sample?.dispose();
  });

  const open = async ({ title, content }: Pick<PanelRow, 'title' | 'content'>): Promise<Frame> => {
    await workbench.command(title);
    const frame = await workbench.webview(content);
    await frame.locator(content).first().waitFor();
    return frame;
  };
  const memory = (): Promise<Frame> => open({ title: 'Hyperscope: Show Memory', content: '.hex .cell[data-at]' });
  const goTo = async (frame: Frame, text: string): Promise<void> => {
    await frame.locator('#memory-address').fill(text);
    await frame.locator('#memory-address').press('Enter');
  };

  it('shows memory at an expression, and changes it', async () => {
    const frame = await memory();
    await goTo(frame, '&shared_counter');
    await frame.locator('#symbol', { hasText: 'shared_counter' }).waitFor();
    await frame.locator('.hex .cell.current', { hasText: '00' }).waitFor();
    await frame.locator('#bytes').focus();
    await workbench.page.keyboard.type('2a');
    await workbench.page.keyboard.press('Enter');
    await frame.locator('.hex .cell.changed', { hasText: '2a' }).waitFor();
    await picture(workbench, 'memory-changed');
  });

  it('says what cannot be typed or is not mapped', async () => {
    const frame = await memory();
    await frame.locator('#bytes').focus();
    await workbench.page.keyboard.type('fff');
    await workbench.page.keyboard.press('Enter');
    await frame.locator('.trouble', { hasText: '"fff" is no value of 1 byte' }).waitFor();
    await goTo(frame, '0x500000000000');
    await frame.locator('.hex .cell.current.unreadable', { hasText: '??' }).waitFor();
    await frame.locator('#bytes').focus();
    await workbench.page.keyboard.type('1');
    await workbench.page.keyboard.press('Enter');
    await frame.locator('.trouble', { hasText: 'Cannot write at 0x500000000000' }).waitFor();
  });

  it('scrolls on without an end, with few rows in the page', async () => {
    const frame = await memory();
    const first = () => frame.locator('.hex .cell[data-at]').first().getAttribute('data-at');
    const bytes = frame.locator('#bytes');
    // Beyond both edges of what is scrolled.
    for (const to of ['end', 'end', 'end', 'start', 'start', 'start'] as const) {
      const before = await first();
      await bytes.evaluate((node, where) => {
        node.scrollTop = where === 'start' ? 0 : node.scrollHeight;
      }, to);
      await until('other rows', async () => (await first()) !== before);
    }
    assert.ok(BigInt((await first())!) > 0n);
    assert.ok((await frame.locator('.hex .hex-row').count()) < 200);
    await bytes.focus();
    await workbench.page.keyboard.press('Control+End');
    await frame.locator('.hex .current[data-at="0xffffffffffffffff"]').waitFor();
    await workbench.page.keyboard.press('Control+Home');
    await frame.locator('.hex .current[data-at="0x0"]').waitFor();
  });

  it('shows other spaces, and words', async () => {
    const frame = await memory();
    await goTo(frame, '&shared_counter');
    await frame.locator('#symbol', { hasText: 'shared_counter' }).waitFor();
    await frame.locator('select[aria-label="Word size"]').selectOption('8');
    await frame.locator('.hex .cell.current', { hasText: '000000000000002a' }).waitFor();
    await frame.locator('select[aria-label="Address space"]').selectOption('in CR3');
    await frame.locator('input[aria-label=CR3]').fill('cr3');
    await frame.locator('input[aria-label=CR3]').press('Enter');
    await frame.locator('.hex .cell.current', { hasText: '000000000000002a' }).waitFor();
    await frame.locator('select[aria-label="Address space"]').selectOption('physical');
    await goTo(frame, '0x100000');
    await frame.locator('.hex .cell.current[data-at="0x100000"]:not(.unknown):not(.unreadable)').waitFor();
    await frame.locator('select[aria-label="Address space"]').selectOption('virtual');
    await frame.locator('select[aria-label="Word size"]').selectOption('1');
  });

  it('copies what is selected', async () => {
    const frame = await memory();
    await goTo(frame, '&shared_counter');
    await frame.locator('#symbol', { hasText: 'shared_counter' }).waitFor();
    // By its character, then on by keys.
    await frame.locator('.hex .text .marked').click();
    await frame.locator('#bytes').focus();
    for (let left = 3; left > 0; left--) await workbench.page.keyboard.press('Shift+ArrowRight');
    await frame.locator('#about', { hasText: '4 bytes' }).waitFor();
    const { page } = workbench;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await frame.getByRole('button', { name: 'Copy' }).click();
    await until('the clipboard', async () => (await page.evaluate(() => navigator.clipboard.readText())) === '2a 00 00 00');
    await frame.locator('#bytes').focus();
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Control+c');
    await until('the clipboard', async () => (await page.evaluate(() => navigator.clipboard.readText())) === '2a 00 00 00 00');
  });

  it('follows a register from stop to stop', async () => {
    const frame = await memory();
    await goTo(frame, 'rip');
    const at = () => frame.locator('.hex .cell.current').getAttribute('data-at');
    await frame.locator('#symbol', { hasText: 'demo_demand_paging' }).waitFor();
    const before = await at();
    await workbench.page.keyboard.press('F10');
    await frame.locator(`.hex .cell.current:not([data-at="${before}"])`).waitFor();
  });

  it('goes from memory to its translation', async () => {
    const frame = await memory();
    await goTo(frame, '&shared_counter');
    await frame.locator('#symbol', { hasText: 'shared_counter' }).waitFor();
    await frame.getByRole('button', { name: 'Page tables' }).click();
    const tables = await workbench.webview('#result');
    await tables.locator('#result', { hasText: 'shared_counter' }).waitFor();
  });

  it('opens memory from the debug console', async () => {
    await workbench.command('Debug Console: Focus on Debug Console View');
    await workbench.page.keyboard.type('memory &lock');
    await workbench.page.keyboard.press('Enter');
    const frame = await workbench.webview('.hex .cell[data-at]');
    await until('the expression in the panel', async () => (await frame.locator('#memory-address').inputValue()) === '&lock');
    await frame.locator('#symbol', { hasText: /^lock$/ }).waitFor();
  });

  it('opens memory from a register, and follows that', async () => {
    const frame = await open({ title: 'Hyperscope: Show vCPU Registers', content: '[data-register=rsp] .value' });
    await frame.locator('[data-register=rsp] .value').press('m');
    const shown = await workbench.webview('.hex .cell[data-at]');
    await until('the register in the panel', async () => (await shown.locator('#memory-address').inputValue()) === '$rsp');
  });

  it('opens memory from the menu of a variable', async () => {
    await workbench.openScope('Locals');
    const row = workbench.page.locator('.debug-variables .monaco-list-row', { hasText: /^heap/ }).first();
    await workbench.chooseFromMenu(row, 'Show Memory');
    const frame = await workbench.webview('.hex .cell[data-at]');
    await until('its address in the panel', async () => (await frame.locator('#memory-address').inputValue()).startsWith('0x'));
    await frame.locator('.hex .cell.current:not(.unreadable):not(.unknown)').waitFor();
    assert.equal(await frame.getByRole('button', { name: 'Follow' }).getAttribute('aria-pressed'), 'false');
  });

  it('breaks on a write, marks what was written, and takes the breakpoint back', async () => {
    await workbench.focusFile('main.c');
    await workbench.removeBreakpoint(sample.line('main.c', place));
    const frame = await memory();
    await goTo(frame, '&shared_counter');
    await frame.locator('#symbol', { hasText: 'shared_counter' }).waitFor();
    await frame.getByRole('button', { name: 'Break on write' }).click();
    await frame.locator('#breaks li', { hasText: 'shared_counter, 1 byte, write' }).waitFor();
    const remove = await frame.getByRole('button', { name: /^Remove the breakpoint/ }).elementHandle();
    await workbench.page.keyboard.press('F5');
    await workbench.page
      .locator('.debug-call-stack .monaco-list-row')
      .filter({ hasText: /shared_counter: 42/i })
      .first()
      .waitFor();
    await frame.locator('.hex .cell.current.changed[title^="was 2a"]').waitFor();
    await picture(workbench, 'memory-break');
    assert.ok(await remove!.evaluate((node) => node.isConnected), 'a press of its button is not lost to a stop');
    await remove!.click();
    await frame.locator('#breaks li').waitFor({ state: 'detached' });
  });

  it('goes back to who wrote it', async () => {
    const frame = await memory();
    await goTo(frame, '&shared_counter');
    await frame.locator('.hex .cell.current', { hasText: '2b' }).waitFor();
    await workbench.page.keyboard.press('F5');
    // Two vCPUs count 300 times each: 42 + 600 is 0x282.
    await frame.locator('.hex .cell.current', { hasText: '82' }).waitFor();
    await workbench.page.keyboard.press('F6');
    // The source of where it stands may cover the panel.
    await workbench.stoppedAt(/demo_spinlock|monitor|kmain/);
    // It may also come in front after the panel was opened again.
    for (let left = 3; ; left--) {
      const again = await memory();
      try {
        await again.locator('.hex .cell.current', { hasText: '82' }).waitFor();
        await again.getByRole('button', { name: 'Who wrote this' }).click();
        break;
      } catch (error) {
        if (!again.isDetached() || left === 0) throw error;
      }
    }
    await workbench.page.locator('.debug-call-stack .monaco-list-row', { hasText: 'count_under_lock' }).first().waitFor();
    await picture(workbench, 'memory-who-wrote');
  });

  it('shows the handlers, moves between them by keys, and breaks on a vector', async () => {
    const frame = await open(mine.find(({ name }) => name === 'descriptors')!);
    const fault = frame.locator('[data-section=IDT] [data-key="IDT 14"]');
    await fault.waitFor();
    assert.match(await fault.innerText(), /#PF Page Fault[\s\S]*64-bit Interrupt Gate[\s\S]*stubs\+0x/);
    await frame.locator('[data-section=IDT] [data-key="IDT 13"]').focus();
    await workbench.page.keyboard.press('ArrowDown');
    await workbench.page.keyboard.press('Tab');
    await workbench.page.keyboard.press('Tab');
    await workbench.page.keyboard.press('Enter');
    await fault.locator('button[aria-pressed=true]').waitFor();
    await frame.locator('#breaks li', { hasText: 'vector 0xe' }).waitFor();
    await picture(workbench, 'descriptors');
    await fault.locator('button[aria-pressed=true]').click();
    await frame.locator('#breaks li').waitFor({ state: 'detached' });
  });

  it('opens the source of a handler', async () => {
    const frame = await open(mine.find(({ name }) => name === 'descriptors')!);
    await frame.locator('[data-key="IDT 14"] .link').click();
    await workbench.page.locator('.tab', { hasText: 'entry.S' }).waitFor();
  });

  it('shows what is on the pins and what comes next', async () => {
    const frame = await open(mine.find(({ name }) => name === 'devices')!);
    const pin = frame.locator('[data-section=io-apic] .many [data-key="4"]');
    assert.match(await pin.innerText(), /uart0[\s\S]*0x41/);
    await frame.locator('[data-section=events] summary', { hasText: 'Next:' }).waitFor();
    await frame.locator('[data-section=lapic]', { hasText: 'software enabled' }).waitFor();
    await picture(workbench, 'devices');
  });

  it('is reached by Tab', async () => {
    for (const panel of mine) assert.deepEqual(await notReachedByTab(workbench.page, await open(panel)), [], panel.name);
  });

  for (const width of [400, 1200])
    it(`cuts nothing off at a width of ${width}`, async () => {
      if (width === 400) await workbench.panelsAlone();
      const found: string[] = [];
      for (const panel of mine) {
        const frame = await open(panel);
        await workbench.widenTo(frame, width);
        await frame.locator(panel.content).first().waitFor();
        found.push(...(await cutOff(frame)).map((text) => `${panel.name}: ${text}`));
        await picture(workbench, `${width}-${panel.name}`);
      }
      assert.deepEqual(found, []);
    });

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
