// The Hypercalls and Exits panel with a million events of a real guest: few nodes, the right rows, filters, groups, export.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { vsixPath } from '../../../src/build/paths';
import { keepFailure, picture } from '../driver/evidence';
import { smoothness, wheel } from '../driver/frames';
import { manyEventsWorkspace, openEvents, runToEnd } from '../driver/many-events';
import type { OneGuest } from '../driver/one-guest';
import { until } from '../driver/processes';
import { type Server, startServer } from '../driver/server';
import { Workbench } from '../driver/workbench';

const vsix = process.env.HYPERSCOPE_TEST_VSIX || vsixPath;

const round = ['cpuid', 'io', 'io', 'VAPIC_POLL_IRQ'];

describe('a million rows in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  let workspace: OneGuest;
  let server: Server;
  let workbench: Workbench;
  let frame: Frame;

  before(async () => {
    workspace = manyEventsWorkspace();
    server = await startServer({ vsix, env: { HYPERSCOPE_TEST_MARK: workspace.folder } });
    workbench = await Workbench.open(server, { folder: workspace.folder, file: workspace.file, line: 1 });
    await workbench.command('Hyperscope: Show Hypercalls and Exits');
    await workbench.webview('.events');
    await runToEnd(workbench);
    frame = await openEvents(workbench);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await keepFailure(workbench, this.currentTest.fullTitle());
  });
  after(async () => {
    await workbench?.close();
    await server?.stop();
    workspace?.dispose();
  });

  const summary = () => frame.locator('#trace-summary').innerText();
  const count = async () => Number(/^([\d,]+) rows?/.exec(await summary())?.[1]?.replaceAll(',', '') ?? 'NaN');
  /** What the rows in the page say, from top to bottom. */
  const drawn = () =>
    frame.locator('.events .row').evaluateAll((nodes) =>
      nodes
        .map((node) => ({
          index: Number((node as HTMLElement).dataset.index),
          cells: [...node.children].map((cell) => cell.textContent),
        }))
        .sort((a, b) => a.index - b.index),
    );
  const press = async (name: string, on: boolean) => {
    const button = frame.getByRole('button', { name });
    if ((await button.getAttribute('aria-pressed')) !== String(on)) await button.click();
  };

  it('has as many rows as the ring keeps', async () => {
    await until('the end of the search', async () => !(await summary()).includes('searched'));
    assert.ok((await count()) > 1_000_000, await summary());
    await picture(workbench, 'million-rows');
  });

  it('scrolls through them with at most 200 nodes, and shows the right ones', async () => {
    await press('Follow', false);
    await frame.locator('.events').press('Home');
    const { mostNodes, ...figures } = await smoothness(frame, '.events .row', () => wheel(workbench.page, frame, '.events', 200, 500));
    console.log(`      ${JSON.stringify(figures)}`);
    assert.ok(mostNodes <= 200, `${mostNodes} nodes`);
    await until('rows that are read', async () => (await drawn()).every(({ cells }) => cells.length === 7));
    const rows = await drawn();
    assert.ok((rows[0]?.index ?? 0) > 1000, `at row ${rows[0]?.index}`);
    for (const [i, row] of rows.entries()) if (i > 0) assert.equal(row.index, (rows[i - 1]?.index ?? 0) + 1);
    // Each round of the guest is four events, in this order.
    const names = rows.map(({ cells }) => cells[2]);
    const first = names.indexOf('cpuid');
    assert.deepEqual(names.slice(first, first + 8), [...round, ...round]);
  });

  it('goes to the last row and back by keyboard', async () => {
    const last = (await count()) - 1;
    await frame.locator('.events').press('End');
    await frame.locator(`.events .row.selected[data-index="${last}"]`, { hasText: 'hlt' }).waitFor();
    await frame.locator('.events').press('ArrowUp');
    await frame.locator(`.events .row.selected[data-index="${last - 1}"]`).waitFor();
    await frame.locator('.events').press('Home');
    await frame.locator('.events .row.selected[data-index="0"]').waitFor();
  });

  it('filters by column', async () => {
    await press('Columns', true);
    await frame.getByLabel('event', { exact: true }).fill('hlt|cpuid');
    await until('the filtered rows', async () => {
      const rows = await drawn();
      return rows.length > 10 && rows.every(({ cells }) => cells[2] === 'cpuid') && !(await summary()).includes('searched');
    });
    await frame.getByLabel('arguments', { exact: true }).fill('leaf=0x40000000');
    await until('leaf 0x40000000 alone', async () => {
      const rows = await drawn();
      return rows.length > 10 && rows.every(({ cells }) => cells[3]?.includes('0x40000000')) && !(await summary()).includes('searched');
    });
    await frame.getByLabel('latency', { exact: true }).fill('long');
    await frame.locator('.trouble', { hasText: 'a filter of this column looks like' }).waitFor();
    await frame.getByLabel('latency', { exact: true }).fill('');
  });

  it('groups by name, with percentiles', async () => {
    await frame.getByLabel('event', { exact: true }).fill('');
    await frame.getByLabel('arguments', { exact: true }).fill('');
    await press('Group', true);
    const io = frame.locator('#groups tbody tr', { hasText: 'io' }).first();
    await io.waitFor();
    await until('all names', async () => (await frame.locator('#groups tbody tr').count()) >= 3);
    assert.match(await io.innerText(), /2\.000 µs/);
    await picture(workbench, 'million-groups');
  });

  it('breaks on an exit reason, and takes that back', async () => {
    await workbench.command('View: Show Run and Debug');
    const row = frame.locator('#groups tbody tr', { hasText: 'cpuid' });
    await row.getByRole('button', { name: 'Break' }).click();
    const entry = workbench.page.locator('.debug-breakpoints .monaco-list-row', { hasText: 'exit:cpuid' });
    await entry.waitFor();
    await row.getByRole('button', { name: 'Break' }).click();
    await entry.waitFor({ state: 'detached' });
  });

  it('writes the events of the list into the file that the user names', async () => {
    await press('Group', false);
    await press('Columns', true);
    await frame.getByLabel('event', { exact: true }).fill('hlt');
    await until('one row', async () => (await count()) === 1 && !(await summary()).includes('searched'));
    await press('Export…', true);
    await frame.getByRole('button', { name: 'Save as…' }).click();
    const input = workbench.page.locator('.quick-input-widget input[type="text"]').first();
    // The dialog has come to the folder that it suggests.
    await until('the suggested name', async () => (await input.inputValue()).endsWith('trace.csv'));
    const path = join(workspace.folder, 'events.csv');
    await input.fill(path);
    await workbench.page.keyboard.press('Enter');
    await frame.locator('.count', { hasText: '1 event written' }).waitFor();
    assert.match(readFileSync(path, 'utf8'), /^seq,time_ns.*\r\n\d+,\d+,0,vm-exit,hlt,/);
  });

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
