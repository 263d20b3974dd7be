// The way of a user through the sample, in a browser: what is drawn. The steps follow each other in one window.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { vsixPath } from '../../../src/build/paths';
import { adapterMs, keepFailure, logFile, picture } from '../driver/evidence';
import { panels } from '../driver/panels';
import { adapterProcesses, until } from '../driver/processes';
import { copySample, type Sample } from '../driver/sample';
import { type Server, startServer } from '../driver/server';
import { Workbench } from '../driver/workbench';

const vsix = process.env.HYPERSCOPE_TEST_VSIX || vsixPath;
const place = 'sum += heap[page * 512];';
describe('first F5 in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  let sample: Sample;
  let server: Server;
  let workbench: Workbench;

  const log = logFile('first-f5');
  before(async () => {
    rmSync(log, { force: true });
    sample = copySample((configuration) => {
      configuration.trace = true;
    });
    server = await startServer({ vsix, env: { HYPERSCOPE_LOG_FILE: log, HYPERSCOPE_TEST_MARK: sample.folder } });
    workbench = await Workbench.open(server, { folder: sample.folder, file: sample.file('main.c'), line: sample.line('main.c', place) });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await keepFailure(workbench, this.currentTest.fullTitle());
  });
  after(async () => {
    await workbench?.close();
    await server?.stop();
    sample?.dispose();
  });

  it('stops at a breakpoint in C, with the source line and its locals', async () => {
    await workbench.setBreakpoint(sample.line('main.c', place));
    await workbench.page.keyboard.press('F5');
    await workbench.stoppedAt('main.c');
    await workbench.page.locator('.debug-top-stack-frame-line').first().waitFor();
    await workbench.openScope('Locals');
    assert.match(await workbench.variable('page'), /^\d+$/);
    await picture(workbench, 'stopped-in-c');
  });

  it('steps over a line', async () => {
    await workbench.page.keyboard.press('F10');
    await workbench.page
      .locator('.debug-call-stack .monaco-list-row')
      .filter({ hasText: /paused on step/i })
      .first()
      .waitFor();
  });

  it('stops on a hypercall ticked in the side bar, with its arguments', async () => {
    const pane = await workbench.openPane('Hypercalls');
    const row = await workbench.scrollTo(pane, 'SEND_IPI');
    await row.locator('.monaco-custom-toggle, .custom-view-tree-node-item-checkbox').first().click();
    await workbench.focusFile('main.c');
    await workbench.removeBreakpoint(sample.line('main.c', place));
    await workbench.page.keyboard.press('F5');
    await workbench.page
      .locator('.debug-call-stack .monaco-list-row')
      .filter({ hasText: /SEND_IPI/ })
      .first()
      .waitFor();
    await picture(workbench, 'stopped-on-hypercall');
  });

  for (const { name, title, content } of panels.filter(({ name: each }) => each !== 'screen'))
    it(`draws the panel ${name}`, async () => {
      await workbench.command(title);
      const frame = await workbench.webview(content);
      await frame.locator(content).first().waitFor();
      assert.ok((await frame.locator(content).first().innerText()).trim().length > 0);
      await picture(workbench, `panel-${name}`);
    });

  it('shows the hypercall and where it is called from in the panel', async () => {
    // The stop is before the call: a step makes it.
    await workbench.page.keyboard.press('F10');
    await workbench.page
      .locator('.debug-call-stack .monaco-list-row')
      .filter({ hasText: /paused on step/i })
      .first()
      .waitFor();
    await workbench.command('Hyperscope: Show Hypercalls and Exits');
    const frame = await workbench.webview('.events .row');
    await frame.getByLabel('Filter events').fill('SEND_IPI');
    const row = frame.locator('.row', { hasText: 'SEND_IPI' }).filter({ hasText: 'kvm.c:' }).first();
    await row.waitFor();
    assert.match(await row.innerText(), /vector 0x/);
    await row.dblclick();
    await workbench.page.locator('.tab.active', { hasText: 'kvm.c' }).waitFor();
    // The jump takes the focus: a quick pick opened before that would close again.
    await workbench.page.locator('.monaco-editor.focused').first().waitFor();
  });

  it('translates another address, step by step', async () => {
    await workbench.command('Hyperscope: Show Page Tables');
    const frame = await workbench.webview('#address');
    await frame.locator('#address').fill('0xdead000000000000');
    await frame.locator('#address').press('Enter');
    await frame
      .locator('#result, .trouble', { hasText: /cannot be translated|canonical/ })
      .first()
      .waitFor();
    await frame.locator('#address').fill('rip');
    await frame.locator('#address').press('Enter');
    await frame.locator('#result', { hasText: 'physical' }).waitFor();
  });

  it('runs on to the prompt, and takes what is typed into the console', async () => {
    await workbench.command('Hyperscope: Clear Hypercall Breakpoints');
    // The command has run when the tree shows it; only then may the guest go on.
    const pane = await workbench.openPane('Hypercalls');
    const row = pane.locator('.monaco-list-row', { hasText: 'SEND_IPI' }).first();
    await row.locator('.monaco-custom-toggle[aria-checked="false"]').waitFor();
    await workbench.page.keyboard.press('F5');
    await workbench.command('Hyperscope: Show Guest Console');
    await workbench.terminalShows('> ');
    await workbench.typeInTerminal('time\n');
    await workbench.terminalShows('us since power-on');
    await picture(workbench, 'console');
  });

  it('shows time going on while the guest runs, and closes a panel in the middle of it', async () => {
    await workbench.command('Hyperscope: Show Time');
    const frame = await workbench.webview('#times tbody tr');
    await frame.locator('.state', { hasText: 'running' }).waitFor();
    await workbench.command('Hyperscope: Show Hypercalls and Exits');
    await workbench.webview('.events .row');
    await workbench.command('View: Close Editor');
    await workbench.page.locator('.tab', { hasText: 'Hypercalls and Exits' }).waitFor({ state: 'detached' });
    assert.deepEqual(await workbench.notifications(), []);
  });

  it('restarts, in the same terminal, and stops at the breakpoint again', async () => {
    await workbench.focusFile('main.c');
    await workbench.setBreakpoint(sample.line('main.c', place));
    const stops = (): number => readFileSync(log, 'utf8').split('"event":"stopped"').length;
    const before = stops();
    await workbench.page.keyboard.press('Control+Shift+F5');
    await until('a stop of the new guest', () => stops() > before);
    await workbench.stoppedAt('main.c');
    assert.equal(adapterProcesses(sample.folder).length, 1);
  });

  it('stops, and leaves no process', async () => {
    await workbench.page.keyboard.press('Shift+F5');
    await workbench.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await until('the end of the adapter', () => adapterProcesses(sample.folder).length === 0);
    // What is still drawn of the session is not to be taken for the next one.
    await workbench.page.locator('.debug-call-stack .stack-frame').first().waitFor({ state: 'detached' });
  });

  it('starts again, warm, and stops soon', async () => {
    const begin = Date.now();
    await workbench.page.keyboard.press('F5');
    await workbench.stoppedAt('main.c');
    await until('the adapter', () => adapterProcesses(sample.folder).length === 1);
    console.log(`      F5 to the first stop drawn: ${Date.now() - begin} ms, of which in the adapter: ${adapterMs(log)} ms`);
  });

  it('says in one message that the adapter was lost', async () => {
    for (const pid of adapterProcesses(sample.folder)) process.kill(pid, 'SIGKILL');
    await workbench.notification('stopped unexpectedly (killed by SIGKILL)');
    await workbench.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    assert.equal((await workbench.notifications()).length, 1);
    await picture(workbench, 'adapter-lost');
    await workbench.command('Notifications: Clear All Notifications');
  });

  it('says what an unknown key was meant to be', async () => {
    sample.changeLaunch((configuration) => {
      configuration.memorry = '64M';
    });
    await workbench.page.keyboard.press('F5');
    await workbench.notification('did you mean "memory"?');
    await picture(workbench, 'did-you-mean');
  });

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
