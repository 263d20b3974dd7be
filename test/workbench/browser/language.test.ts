// In a language of its own the editor and a panel show nothing in English but names: what is written in the code has gone through l10n.
import assert from 'node:assert/strict';
import { vsixPath } from '../../../src/build/paths';
import { keepFailure, picture } from '../driver/evidence';
import { PSEUDO, pseudo, translate } from '../driver/pseudo-language';
import { copySample, type Sample } from '../driver/sample';
import { type Server, startServer } from '../driver/server';
import { Workbench } from '../driver/workbench';

const place = 'sum += heap[page * 512];';

describe('another language in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  let sample: Sample;
  let server: Server;
  let workbench: Workbench;

  before(async () => {
    sample = copySample();
    const vsix = process.env.HYPERSCOPE_TEST_VSIX || vsixPath;
    server = await startServer({ vsix, installed: translate, locale: PSEUDO, env: { HYPERSCOPE_TEST_MARK: sample.folder } });
    workbench = await Workbench.open(server, { folder: sample.folder, file: sample.file('main.c'), line: sample.line('main.c', place) });
  });
  afterEach(async function () {
    if (workbench && this.currentTest?.state === 'failed') await keepFailure(workbench, this.currentTest.fullTitle());
  });
  after(async () => {
    await workbench?.close();
    await server?.stop();
    sample?.dispose();
  });

  it('has the views of the manifest', async () => {
    await workbench.setBreakpoint(sample.line('main.c', place));
    await workbench.page.keyboard.press('F5');
    await workbench.stoppedAt('main.c');
    await workbench.page.locator('.pane-header', { hasText: pseudo('Hypercalls') }).waitFor();
    await workbench.page.locator('.statusbar-item', { hasText: pseudo('guest stopped') }).waitFor();
  });

  it('reaches the texts of a panel, from its title to its fields', async () => {
    await workbench.command(`${pseudo('Show vCPU Registers')}`);
    const frame = await workbench.webview('[data-register="rip"]');
    await workbench.page.locator('.tab.active', { hasText: pseudo('vCPU Registers') }).waitFor();
    await frame.getByRole('button', { name: pseudo('Pin') }).waitFor();
    await frame.getByLabel(pseudo('Filter registers')).waitFor();
    await frame.getByText(pseudo('stopped'), { exact: true }).waitFor();
    await picture(workbench, 'pseudo-language');
    // Names of groups come from the tables of the processor, in no language.
    const texts = await frame.locator('button, option').allInnerTexts();
    assert.deepEqual(
      texts.filter((text) => /[a-z]{3}/.test(text) && !text.includes('⟦') && text !== ''),
      [],
    );
  });

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
