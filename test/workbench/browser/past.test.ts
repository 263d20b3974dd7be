// What is done in the past of a run, by the buttons, commands and questions of the editor: back over a call, to a breakpoint, into a call and out of it, who wrote this, the one question before the past is changed, a snapshot and F5 from it.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { picture } from '../driver/evidence';
import { until } from '../driver/processes';
import { stoppedSample } from '../driver/stopped-sample';

const call = '\tdemo_demand_paging();';
const place = '\tdemo_timer();';
const question = 'This moment is in the past of the run.';

describe('the past in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  const world = stoppedSample({ suite: 'past', place, launch: { record: 'typed.log', trace: true } });

  const frames = () => world.workbench.page.locator('.debug-call-stack .stack-frame');
  const topFrame = async (): Promise<string> => {
    const [file, line] = await Promise.all(
      ['.file-name', '.line-number'].map((part) =>
        frames()
          .first()
          .locator(part)
          .innerText({ timeout: 1000 })
          .catch(() => ''),
      ),
    );
    return `${file} ${(line ?? '').split(':')[0]}`;
  };
  const at = (file: string, text: string, limitMs?: number) => {
    const expected = `${file} ${world.sample.line(file, text)}`;
    return until(`${expected} (${text.trim()})`, async () => (await topFrame()) === expected, limitMs);
  };
  const inFunction = (name: string) =>
    until(`a stop in ${name}`, async () =>
      (
        await frames()
          .first()
          .innerText({ timeout: 1000 })
          .catch(() => '')
      ).includes(name),
    );
  const consoleLacks = (text: string) =>
    until(`a console without ${text}`, async () => !(await world.workbench.terminalText()).includes(text));
  const dialog = () => world.workbench.page.locator('.monaco-dialog-box').filter({ hasText: question });
  const answer = async (button: string) => {
    await dialog().locator('.monaco-button', { hasText: button }).click();
    await dialog().waitFor({ state: 'detached' });
  };

  const press = (icon: string) => world.workbench.page.locator(`.debug-toolbar .codicon-debug-${icon}`).first().click();
  const after = '\tsmp_init();';

  /** The present is behind the call that the breakpoint is before. */
  const toThePresentAndBack = async (): Promise<void> => {
    // What the editor does behind a refused change may close the palette before the command is chosen.
    for (let left = 3; ; left--) {
      await world.workbench.command('Hyperscope: Go to the Present of the Run');
      try {
        await at('main.c', after, left === 0 ? undefined : 5000);
        break;
      } catch (error) {
        if (left === 0) throw error;
      }
    }
    await press('reverse-continue');
    await at('main.c', place);
  };

  it('steps over a call and back over it, and the console is what it was then', async () => {
    await world.workbench.terminalShows('demand paging: sum 36');
    await press('step-over');
    await at('main.c', after);
    await world.workbench.terminalShows('timer: 5 interrupts');
    await press('step-back');
    await at('main.c', place);
    await consoleLacks('timer:');
    assert.match(await world.workbench.terminalText(), /demand paging: sum 36/);
  });

  it('runs backwards to the breakpoint', async () => {
    await press('step-over');
    await at('main.c', after);
    await world.workbench.terminalShows('timer: 5 interrupts');
    await press('reverse-continue');
    await at('main.c', place);
    await consoleLacks('timer:');
    await picture(world.workbench, 'time-travel');
  });

  it('steps back into a call, and the console is what it was then', async () => {
    await world.workbench.terminalShows('demand paging: sum 36');
    await world.workbench.command('Hyperscope: Reverse Step Into');
    await inFunction('demo_demand_paging');
    const [, line] = (await topFrame()).split(' ');
    assert.ok(Number(line) > world.sample.line('main.c', 'sum += heap') && Number(line) < world.sample.line('main.c', 'demo_timer(void)'));
    await picture(world.workbench, 'reverse-step-into');
  });

  it('steps back out to where it was called', async () => {
    await world.workbench.command('Hyperscope: Reverse Step Out');
    await at('main.c', call);
    await consoleLacks('demand paging:');
  });

  it('goes to who wrote a variable last', async () => {
    const { workbench } = world;
    await workbench.command('Hyperscope: Go to the Present of the Run');
    await at('main.c', after);
    await workbench.terminalShows('timer: 5 interrupts');
    await workbench.command('Hyperscope: Who Wrote This?');
    const input = workbench.page.locator('.quick-input-widget input[type="text"]').first();
    await input.fill('demand_faults');
    await input.press('Enter');
    let line = '';
    await until('the line that counts faults', async () => {
      line = /^paging\.c (\d+)$/.exec(await topFrame())?.[1] ?? '';
      return line !== '';
    });
    const text = readFileSync(world.sample.file('paging.c'), 'utf8').split('\n');
    assert.ok([Number(line) - 1, Number(line) - 2].some((index) => text[index]?.includes('demand_faults')));
    await picture(workbench, 'who-wrote');
  });

  it('asks once before typing changes the past, and forgets nothing when told not to', async () => {
    const { workbench } = world;
    // What comes after the first key may go to the question: Enter keeps what was.
    await workbench.typeInTerminal('x');
    await dialog().waitFor();
    assert.equal(await dialog().count(), 1);
    await picture(workbench, 'fork-question');
    await workbench.page.keyboard.press('Enter');
    await dialog().waitFor({ state: 'detached' });
    await workbench.terminalShows('Nothing was changed');
    await toThePresentAndBack();
  });

  it('asks before a variable is set in the past, and leaves it when told so', async () => {
    const { workbench } = world;
    await workbench.command('Hyperscope: Reverse Step Into');
    await inFunction('demo_demand_paging');
    await workbench.openScope('Locals');
    const sum = workbench.page.locator('.debug-variables .monaco-list-row', { hasText: /^sum/ }).first();
    const input = workbench.page.locator('.debug-variables .monaco-inputbox input').first();
    await sum.waitFor();
    const before = await workbench.variable('sum');
    await sum.dblclick();
    await input.fill('7');
    await input.press('Enter');
    await dialog().waitFor();
    await answer('Keep It');
    await until('the value that it had', async () => (await workbench.variable('sum').catch(() => '')) === before);
    await toThePresentAndBack();
  });

  it('forgets what came after when told so, and the run goes on from there', async () => {
    const { workbench } = world;
    await workbench.command('Hyperscope: Reverse Step Into');
    await inFunction('demo_demand_paging');
    await workbench.typeInTerminal('t');
    await dialog().waitFor();
    await answer('Forget and Go On');
    await workbench.typeInTerminal('ime\n');
    // What was typed has been put in when the present is here.
    await until('the answer to the typing', () =>
      /hyperscope\/input","success":true|"success":true,"command":"hyperscope\/input"/.test(readFileSync(world.log, 'utf8')),
    );
    assert.equal(await dialog().count(), 0);
    await workbench.focusFile('main.c');
    await workbench.page.keyboard.press('F5');
    await at('main.c', place);
    assert.equal((await workbench.terminalText()).match(/demand paging:/g)?.length, 1);
  });

  it('saves a snapshot of this moment', async () => {
    const { workbench, sample } = world;
    await workbench.command('Hyperscope: Save Snapshot…');
    const input = workbench.page.locator('.quick-input-widget input[type="text"]').first();
    await until('the path that is offered', async () => (await input.inputValue()).endsWith('guest.snapshot'));
    await input.fill(sample.file('here.snapshot'));
    await input.press('Enter');
    await workbench.notification('"snapshot": "here.snapshot" in launch.json starts from here.');
    assert.ok(existsSync(sample.file('here.snapshot')));
    await workbench.command('Notifications: Clear All Notifications');
  });

  it('answers what was typed in the past, and the log of the input begins with the fork', async () => {
    const { workbench, sample } = world;
    await workbench.focusFile('main.c');
    await workbench.removeBreakpoint(sample.line('main.c', place));
    await workbench.page.keyboard.press('F5');
    await workbench.terminalShows('us since power-on');
    await workbench.typeInTerminal('quit\n');
    await workbench.terminalShows('the session has ended');
    const [header, ...rest] = readFileSync(sample.file('typed.log'), 'utf8').trim().split('\n');
    assert.equal(JSON.parse(header ?? '').forkedAtNs?.length, 1);
    assert.match(rest[0] ?? '', /"kind":"console"/);
  });

  it('starts from the snapshot by F5', async () => {
    const { workbench, sample } = world;
    sample.changeLaunch((configuration) => {
      configuration.snapshot = 'here.snapshot';
      delete configuration.record;
    });
    await workbench.focusFile('main.c');
    const next = 'smp_init();';
    await workbench.setBreakpoint(sample.line('main.c', next));
    await workbench.page.keyboard.press('F5');
    await at('main.c', next);
    // What was before the snapshot is not printed again.
    const lately = async () => (await workbench.terminalText()).split('session has ended').at(-1) ?? '';
    await until('what is printed after the snapshot', async () => (await lately()).includes('timer: 5 interrupts'));
    assert.equal((await lately()).includes('demand paging:'), false);
    await picture(workbench, 'from-snapshot');
  });

  it('never broke the content security policy', () => assert.deepEqual(world.workbench.policyViolations, []));
});
