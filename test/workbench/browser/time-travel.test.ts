// Going back by the workbench's own buttons: the line, the console, and the breakpoint that was met before.
import assert from 'node:assert/strict';
import { vsixPath } from '../../../src/build/paths';
import { keepFailure, picture } from '../driver/evidence';
import { until } from '../driver/processes';
import { copySample, type Sample } from '../driver/sample';
import { type Server, startServer } from '../driver/server';
import { Workbench } from '../driver/workbench';

const vsix = process.env.HYPERSCOPE_TEST_VSIX || vsixPath;
const place = 'print("demand paging';

describe('time travel in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  let sample: Sample;
  let server: Server;
  let workbench: Workbench;

  before(async () => {
    sample = copySample();
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

  const topLine = async (): Promise<string> =>
    workbench.page
      .locator('.debug-call-stack .stack-frame .line-number')
      .first()
      .innerText()
      .catch(() => '');
  const atLine = (text: string) => {
    const line = String(sample.line('main.c', text));
    return until(`the line of ${text}`, async () => (await topLine()).split(':')[0] === line, 20000);
  };
  const press = (icon: string) => workbench.page.locator(`.debug-toolbar .codicon-debug-${icon}`).first().click();

  it('goes forward over two calls', async () => {
    for (let left = 4; (await topLine()).split(':')[0] !== String(sample.line('main.c', '\tsmp_init();')) && left > 0; left--) {
      const before = await topLine();
      await press('step-over');
      await until('another line', async () => ![before, ''].includes(await topLine()), 20000);
    }
    await atLine('\tsmp_init();');
    await workbench.terminalShows('timer: 5 interrupts');
  });

  it('steps back over the call, and the console is what it was then', async () => {
    await press('step-back');
    await atLine('\tdemo_timer();');
    await until('a console without the later line', async () => !(await workbench.terminalText()).includes('timer:'), 10000);
    assert.match(await workbench.terminalText(), /demand paging: sum 36/);
  });

  it('runs backwards to the breakpoint', async () => {
    await press('reverse-continue');
    await atLine(place);
    await until('a console before the print', async () => !(await workbench.terminalText()).includes('demand paging:'), 10000);
    await picture(workbench, 'time-travel');
  });

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
