// "stopHolds" in the editor: with "vm" the VM at a breakpoint stands and the other's console goes on, with "host" both stand; and the schedule is changed by the command meanwhile.
import assert from 'node:assert/strict';
import { picture } from '../driver/evidence';
import { adapterProcesses, until } from '../driver/processes';
import { PATIENCE_MS, sessionRows, twoRunningGuests } from '../driver/two-guests';
import type { Workbench } from '../driver/workbench';

describe('what a stop holds, in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  this.timeout(4 * PATIENCE_MS);
  const world = twoRunningGuests('stop-holds', { guest: 'busy-computes', place: 'rounds++;', launch: { stopHolds: 'vm' } });
  let workbench: Workbench;
  before(() => {
    workbench = world.workbench;
  });

  const { session, says, menu } = sessionRows(() => world.workbench);
  const standsAtBreakpoint = () => says('computes', /paused on breakpoint/i);
  const hostSays = (text: RegExp) => says('Two VMs', text);

  /** What `exits` has counted last on its console. */
  const counted = async (): Promise<number> =>
    Number(
      (await workbench.terminalText())
        .match(/busy-exits: (\d+) rounds/g)
        ?.at(-1)
        ?.match(/\d+/)?.[0] ?? 0,
    );
  const showConsole = async (): Promise<void> => {
    await workbench.page.locator('.terminal-tabs-entry', { hasText: 'Guest: exits' }).click();
    await until('a count on the console', async () => (await counted()) > 0, PATIENCE_MS);
  };
  const goesOn = async (): Promise<void> => {
    const before = await counted();
    await until('more on the console', async () => (await counted()) > before, PATIENCE_MS);
  };

  /** A row of the quick pick that is open, by its label. */
  const choice = (label: string) =>
    workbench.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ has: workbench.page.locator('.label-name', { hasText: new RegExp(`^${label}$`) }) });
  const described = (label: string, text: string) => choice(label).filter({ hasText: text }).waitFor();
  /** Through the whole command; a typed text is for an input box. */
  const change = async (target: string, setting: string, typed: string): Promise<void> => {
    const { page } = workbench;
    await workbench.command('Hyperscope: Change Schedule…');
    await choice(target).click();
    await choice(setting).click();
    const title = page.locator('.quick-input-title', { hasText: `${target}: ${setting}` });
    await title.waitFor();
    if (setting === 'Policy') await choice(typed).click();
    else {
      await page.locator('.quick-input-widget input[type="text"]').first().fill(typed);
      await page.keyboard.press('Enter');
    }
    await title.waitFor({ state: 'hidden' });
  };

  it("holds the VM at its breakpoint, and the other's console goes on", async () => {
    await standsAtBreakpoint();
    await hostSays(/1 of 2 vms paused/i);
    await showConsole();
    await goesOn();
    assert.equal(
      await session('exits')
        .filter({ hasText: /paused/i })
        .count(),
      0,
    );
    await goesOn();
    await picture(workbench, 'stop-holds-vm');
  });

  it('changes weight, cap, affinity, physical CPUs and policy of VM and host while one of them runs', async () => {
    await change('exits', 'Weight', '3072');
    await change('exits', 'Cap of the VM', '25');
    await change('exits', 'Affinity', '0');
    await change('Host', 'Physical CPUs', '2');
    await change('Host', 'Policy', 'round-robin');
    await goesOn();
    await workbench.command('Hyperscope: Change Schedule…');
    await described('exits', 'Weight: 3072, Cap of the VM: 25%, Cap of each vCPU: no cap, Affinity: 0');
    await described('computes', 'Weight: 1024, Cap of the VM: no cap, Cap of each vCPU: no cap, Affinity: all');
    await described('Host', 'Physical CPUs: 2, Policy: round-robin');
    await picture(workbench, 'change-schedule');
    await choice('exits').click();
    await choice('Weight').click();
    const input = workbench.page.locator('.quick-input-widget input[type="text"]').first();
    await input.fill('heavy');
    await workbench.page.locator('.quick-input-message', { hasText: '1 to 65536' }).waitFor();
    await workbench.page.keyboard.press('Escape');
    await workbench.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  });

  it('pauses all and lets all go on by commands of the host', async () => {
    await menu('Two VMs', 'Pause All VMs');
    await hostSays(/all vms paused/i);
    await standsAtBreakpoint();
    const before = await counted();
    await workbench.command('Hyperscope: Continue All VMs');
    await until('more on the console', async () => (await counted()) > before, PATIENCE_MS);
    // Round once more.
    await standsAtBreakpoint();
    await hostSays(/1 of 2 vms paused/i);
  });

  it('holds both where a stop holds the host', async () => {
    await menu('Two VMs', 'Stop');
    await workbench.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await until('the end of the adapter', () => adapterProcesses(world.guest.folder).length === 0, PATIENCE_MS);
    world.guest.launchWith({ stopHolds: 'host' });
    await workbench.focusFile('busy-computes.c');
    await workbench.page.keyboard.press('F5');
    await standsAtBreakpoint();
    await says('exits', /paused on pause/i);
    await hostSays(/all vms paused/i);
    await picture(workbench, 'stop-holds-host');
  });

  it('says nothing that was not asked for, and never broke the content security policy', async () => {
    assert.deepEqual(await workbench.notifications(), []);
    assert.deepEqual(workbench.policyViolations, []);
  });
});
