// One vCPU by itself, and a second session on the guest, as a person does it in the editor: by the menu of the call stack.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { picture } from '../driver/evidence';
import { adapterProcesses, until } from '../driver/processes';
import { stoppedSample } from '../driver/stopped-sample';

const place = 'send_ipi(1);';
const second = 'start_on_second_vcpu(second_counts);';

describe('single vCPUs in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  const world = stoppedSample({ suite: 'vcpus', place, launch: { pace: 'fast', neighbours: [] }, height: 1200 });

  const row = (text: string | RegExp) =>
    world.workbench.page.locator('.debug-call-stack .monaco-list-row').filter({ hasText: text }).first();
  /** By its name: under the pointer the row has buttons. */
  const menu = (vcpu: string, entry: string) => world.workbench.chooseFromMenu(row(vcpu).locator('.name'), entry);
  const rip = async (): Promise<string> =>
    (await world.workbench.webview('[data-register=rip] .value')).locator('[data-register=rip] .value').first().innerText();

  it('holds a vCPU, whose name then says so', async () => {
    await menu('vCPU 1', 'Hold vCPU');
    await row('vCPU 1 (held)').waitFor();
    await picture(world.workbench, 'vcpu-held');
  });

  it('lets the others go on, which wait for it', async () => {
    const { workbench, sample } = world;
    await workbench.focusFile('main.c');
    await workbench.removeBreakpoint(sample.line('main.c', place));
    await workbench.setBreakpoint(sample.line('main.c', second));
    await workbench.page.keyboard.press('F5');
    await workbench.page.locator('.statusbar-item', { hasText: 'guest running' }).waitFor();
    await workbench.page.keyboard.press('F6');
    // It waits for the interrupt to be taken: in the loop, or in the pause that the loop calls.
    await workbench.stoppedAt('demo_ipi');
    await row('vCPU 1 (held)').waitFor();
    assert.doesNotMatch(await workbench.terminalText(), /IPIs: vCPU 1 took/);
  });

  it('releases it, and what waited for it goes on', async () => {
    const { workbench } = world;
    await menu('vCPU 1 (held)', 'Release vCPU');
    await row('vCPU 1 (held)').waitFor({ state: 'detached' });
    await workbench.focusFile('main.c');
    await workbench.page.keyboard.press('F5');
    await workbench.terminalShows('IPIs: vCPU 1 took 3');
    await workbench.stoppedAt('demo_spinlock');
  });

  it('steps one vCPU, and the other does not move though it was sent work', async () => {
    const { workbench, sample } = world;
    await workbench.command('Hyperscope: Show vCPU Registers');
    const panel = await workbench.webview('[data-register=rip] .value');
    const booted = await rip();
    await panel.locator('select[aria-label=vCPU]').selectOption('1');
    await until('the registers of vCPU 1', async () => (await rip()) !== booted);
    const before = await rip();
    await menu('vCPU 0', 'Step Over, This vCPU Only');
    await row('vCPU 0')
      .filter({ hasText: /paused on step/i })
      .waitFor();
    const line = String(sample.line('main.c', second) + 1);
    await workbench.page
      .locator('.debug-call-stack .stack-frame .line-number', { hasText: new RegExp(`^${line}`) })
      .first()
      .waitFor();
    assert.equal(await rip(), before);
    await picture(workbench, 'vcpu-stepped-alone');
  });

  it('takes a vCPU offline after a question', async () => {
    const { workbench } = world;
    await workbench.focusFile('main.c');
    await workbench.page.keyboard.press('F5');
    await workbench.terminalShows('spinlock: counted to 600');
    await workbench.page.keyboard.press('F6');
    await row('vCPU 1')
      .filter({ hasText: /paused/i })
      .waitFor();
    await menu('vCPU 1', 'Take vCPU Offline…');
    const dialog = workbench.page.locator('.monaco-dialog-box', { hasText: 'Take vCPU 1 out of the machine?' });
    await dialog.locator('.monaco-button', { hasText: 'Take Offline' }).click();
    await row('vCPU 1').waitFor({ state: 'detached' });
  });

  it('attaches a second session, whose end leaves the guest', async () => {
    const { workbench, sample } = world;
    const file = sample.file('.vscode/launch.json');
    const launch = JSON.parse(readFileSync(file, 'utf8'));
    launch.configurations.push({ type: 'hyperscope', request: 'attach', name: 'Look at it, too' });
    writeFileSync(file, JSON.stringify(launch));
    const input = workbench.page.locator('.quick-input-widget input[type="text"]').first();
    const choice = workbench.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: 'Look at it, too' });
    // The list is of the moment in which it is opened, and the file has only just been written.
    for (let left = 8; ; left--) {
      await workbench.command('Debug: Select and Start Debugging');
      try {
        await input.fill('debug Look at it', { timeout: 4000 });
        await choice.waitFor({ timeout: 3000 });
        await input.press('Enter', { timeout: 1000 });
        break;
      } catch (error) {
        if (left === 0) throw error;
        await workbench.page.keyboard.press('Escape');
      }
    }
    await row('Look at it, too')
      .filter({ hasText: /paused/i })
      .waitFor();
    await picture(workbench, 'attached');
    await menu('Look at it, too', 'Disconnect');
    await row('Look at it, too').waitFor({ state: 'detached' });
    await workbench.focusFile('main.c');
    await workbench.page.keyboard.press('F5');
    await workbench.page.locator('.statusbar-item', { hasText: 'guest running' }).waitFor();
    await workbench.page.keyboard.press('Shift+F5');
    await workbench.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await until('the end of the adapter', () => adapterProcesses(sample.folder).length === 0);
  });

  it('never broke the content security policy', () => assert.deepEqual(world.workbench.policyViolations, []));
});
