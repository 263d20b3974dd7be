// Every panel in a browser, from one list: three themes, two widths, the keyboard alone, and what is remembered.
import assert from 'node:assert/strict';
import type { Frame } from 'playwright-core';
import { vsixPath } from '../../../src/build/paths';
import { keepFailure, picture } from '../driver/evidence';
import { accessibilityFindings, cutOff, notReachedByTab } from '../driver/panel-checks';
import { type PanelRow, panels } from '../driver/panels';
import { until } from '../driver/processes';
import { copySample, type Sample } from '../driver/sample';
import { type Server, startServer } from '../driver/server';
import { inEachTheme } from '../driver/themes';
import { Workbench } from '../driver/workbench';

const vsix = process.env.HYPERSCOPE_TEST_VSIX || vsixPath;
const place = 'sum += heap[page * 512];';

describe('the panels in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  let sample: Sample;
  let server: Server;
  let workbench: Workbench;

  const open = async ({ title, content }: PanelRow): Promise<Frame> => {
    await workbench.command(title);
    const frame = await workbench.webview(content);
    await frame.locator(content).first().waitFor();
    return frame;
  };

  const remembers = async ({ title, mark, name, remembers: { read, expected } }: PanelRow): Promise<void> => {
    await workbench.command(title);
    const frame = await workbench.webview(mark);
    await until(`what ${name} remembers`, async () => (await read(frame)) === expected);
  };

  before(async () => {
    sample = copySample((configuration) => {
      configuration.machine = 'pc';
      configuration.pcpus = 1;
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

  inEachTheme(
    () => workbench,
    'is readable',
    async (_workbench, kind, isFirst) => {
      const findings: string[] = [];
      for (const panel of panels) {
        const frame = await open(panel);
        findings.push(...(await accessibilityFindings(frame, isFirst ? 'all' : 'colours')).map((text) => `${panel.name}: ${text}`));
        await picture(workbench, `${kind}-${panel.name}`);
      }
      assert.deepEqual(findings, []);
    },
  );

  it('reaches every control of every panel by Tab', async () => {
    const missed: string[] = [];
    for (const panel of panels)
      missed.push(...(await notReachedByTab(workbench.page, await open(panel), panel.keepsTab)).map((text) => `${panel.name}: ${text}`));
    assert.deepEqual(missed, []);
  });

  for (const width of [400, 1200])
    it(`cuts nothing off at ${width} px`, async () => {
      const found: string[] = [];
      await workbench.panelsAlone();
      for (const panel of panels) {
        const frame = await open(panel);
        await workbench.widenTo(frame, width);
        found.push(...(await cutOff(frame)).map((text) => `${panel.name}: ${text}`));
        await picture(workbench, `${width}-${panel.name}`);
      }
      assert.deepEqual(found, []);
    });

  it('remembers what it showed when it was hidden', async () => {
    for (const panel of panels) await panel.remembers.set(await open(panel));
    for (const panel of panels) await remembers(panel);
  });

  it('remembers it when the window is loaded anew', async () => {
    await workbench.reload();
    // The panel in front comes with the extension, whose commands are then in the palette.
    await workbench.webview('#panel header');
    for (const panel of panels) await remembers(panel);
  });

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
