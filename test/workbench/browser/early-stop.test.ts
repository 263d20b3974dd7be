// A stop that comes before VS Code provides the documents of debug sessions, some seconds after a window opened: the disassembly is shown all the same.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, vsixPath } from '../../../src/build/paths';
import { screenGuest } from '../../support/guests';
import { keepFailure } from '../driver/evidence';
import { type Server, startServer } from '../driver/server';
import { Workbench } from '../driver/workbench';

const vsix = process.env.HYPERSCOPE_TEST_VSIX || vsixPath;

/** VS Code begins its last phase when the window is idle (`runWhenWindowIdle(…, 2500)` in browser/workbench.ts): here 12 s later, so that F5 is always before it. */
const lateLastPhase = () => {
  const idle = window.requestIdleCallback.bind(window);
  window.requestIdleCallback = (callback, options) =>
    options?.timeout === 2500 ? window.setTimeout(() => idle(callback, options), 12000) : idle(callback, options);
};

describe('a stop right after the window has opened', () => {
  let folder: string;
  let server: Server;
  let workbench: Workbench;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hyperscope-early-'));
    mkdirSync(join(folder, '.vscode'));
    copyFileSync(screenGuest('screen.elf'), join(folder, 'kernel.elf'));
    // Its sources are nowhere, so that the stop is shown in a disassembly.
    const sourceMap = { [join(root, 'test/guests/screen')]: '/nowhere' };
    const configuration = {
      type: 'hyperscope',
      request: 'launch',
      name: 'Run',
      image: '${workspaceFolder}/kernel.elf',
      stopOnEntry: true,
      sourceMap,
    };
    writeFileSync(join(folder, '.vscode', 'launch.json'), JSON.stringify({ version: '0.2.0', configurations: [configuration] }));
    writeFileSync(join(folder, 'notes.txt'), 'A guest without sources.\n');
    server = await startServer({ vsix, env: { HYPERSCOPE_TEST_MARK: folder } });
    const beforeLoad = async (page: Workbench['page']) => void (await page.addInitScript(lateLastPhase));
    workbench = await Workbench.open(server, { folder, file: join(folder, 'notes.txt'), beforeLoad });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await keepFailure(workbench, this.currentTest.fullTitle());
  });
  after(async () => {
    await workbench?.close();
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('shows its disassembly', async () => {
    await workbench.command('View: Show Run and Debug');
    await workbench.page.locator('.start-debug-action-item', { hasText: 'Run' }).waitFor();
    await workbench.page.keyboard.press('F5');
    await workbench.page.locator('.tab', { hasText: '.disassembly' }).first().waitFor({ timeout: 60000 });
    await workbench.page.locator('.monaco-editor .view-line', { hasText: 'mov' }).first().waitFor({ timeout: 60000 });
  });
});
