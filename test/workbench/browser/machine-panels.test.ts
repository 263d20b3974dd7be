// The panels Memory, Descriptors and Devices in a browser: what they show of the sample, what is done in them, and three themes.
import assert from 'node:assert/strict';
import type { Frame } from 'playwright-core';
import { vsixPath } from '../../../src/build/paths';
import { keepFailure, picture } from '../driver/evidence';
import { copySample, type Sample } from '../driver/sample';
import { type Server, startServer } from '../driver/server';
import { Workbench } from '../driver/workbench';

const vsix = process.env.HYPERSCOPE_TEST_VSIX || vsixPath;
const place = 'sum += heap[page * 512];';

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

  const memory = async (): Promise<Frame> => {
    await workbench.command('Hyperscope: Show Memory');
    return workbench.webview('#bytes');
  };
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

  it('shows the descriptors', async () => {
    await workbench.command('Hyperscope: Show Descriptors');
    const frame = await workbench.webview('[data-section=IDT]');
    await frame.locator('[data-section=IDT] .line', { hasText: '#PF Page Fault' }).waitFor();
    await picture(workbench, 'descriptors');
    assert.deepEqual(workbench.policyViolations, []);
  });
});
