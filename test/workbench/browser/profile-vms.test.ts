// One profile over two VMs in the panel: all of them in one view, then one VM, one address space, and a stretch of time that the Time panel gives and takes.
import assert from 'node:assert/strict';
import type { Frame } from 'playwright-core';
import { picture } from '../driver/evidence';
import { accessibilityFindings, cutOff } from '../driver/panel-checks';
import { until } from '../driver/processes';
import { inEachTheme } from '../driver/themes';
import { PATIENCE_MS, sessionRows, twoRunningGuests } from '../driver/two-guests';
import type { Workbench } from '../driver/workbench';

describe('a profile of two VMs in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  this.timeout(4 * PATIENCE_MS);
  const world = twoRunningGuests('profile-vms', { guest: 'busy-exits', place: 'print("busy-exits: %lu rounds' });
  let workbench: Workbench;
  before(() => {
    workbench = world.workbench;
  });
  const { says } = sessionRows(() => world.workbench);
  const panel = (): Promise<Frame> => workbench.webview('#record');
  const cpus = (frame: Frame) => frame.locator('select[aria-label="vCPU of the samples"]');
  const spaces = (frame: Frame) => frame.locator('select[aria-label="Address space of the samples"]');
  const rows = async (): Promise<string[]> => (await panel()).locator('.profile-functions [data-key]').allInnerTexts();
  const has = async (name: string): Promise<boolean> => (await rows()).some((row) => row.includes(name));
  /** Samples of what is looked at: the outermost box has all of them. */
  const samples = async (): Promise<number> => {
    const text = await (await panel()).locator('#profile-box').innerText();
    return Number(/, ([\d,]+) in all/.exec(text)?.[1]?.replaceAll(',', '') ?? Number.NaN);
  };
  const optionsOf = (list: ReturnType<typeof cpus>): Promise<string[]> => list.locator('option').allInnerTexts();
  const chosen = async (list: ReturnType<typeof cpus>, text: RegExp): Promise<void> => {
    const label = (await optionsOf(list)).find((each) => text.test(each)) ?? assert.fail(`${text} of ${await optionsOf(list)}`);
    await list.selectOption({ label });
  };
  let all = 0;

  it('has the functions of both, and the exits of one', async () => {
    await says('Two VMs', /all vms paused/i);
    await workbench.command('Hyperscope: Show Profile');
    const frame = await panel();
    await frame.locator('select[aria-label="Distance of samples"]').selectOption('100us');
    await frame.locator('#record').click();
    await frame.locator('#record[aria-pressed=true]').waitFor();
    await workbench.focusFile('busy-exits.c');
    await workbench.page.keyboard.press('F5');
    await until('samples', async () => /[1-9]\d* samples/.test((await frame.locator('#profile-status').textContent()) ?? ''), PATIENCE_MS);
    await says('Two VMs', /all vms paused/i);
    await until('functions of both', async () => (await has('compute')) && (await has('ask_hypervisor')) && (await has('cpuid')));
    all = await samples();
    assert.ok(all > 1000, `${all}`);
  });

  inEachTheme(
    () => workbench,
    'is readable',
    async (_workbench, kind) => {
      const frame = await panel();
      await frame.locator('.profile-functions [data-key]').first().waitFor();
      assert.deepEqual(await accessibilityFindings(frame), []);
      assert.deepEqual(await cutOff(frame), []);
      await picture(workbench, `${kind}-profile-vms`);
    },
  );

  it('looks at one VM: each has half of the samples, and its own functions alone', async () => {
    const frame = await panel();
    assert.deepEqual(
      (await optionsOf(cpus(frame))).map((text) => text.replace(/ \([\d,]+\)$/, '')),
      ['All vCPUs', 'computes', 'computes · vCPU 0', 'exits', 'exits · vCPU 0'],
    );
    let sum = 0;
    for (const [name, own, foreign] of [
      ['computes', 'compute', 'ask_hypervisor'],
      ['exits', 'ask_hypervisor', 'compute'],
    ] as const) {
      await chosen(cpus(frame), new RegExp(`^${name} \\(`));
      await until(`the functions of ${name}`, async () => (await has(own)) && !(await has(foreign)));
      const its = await samples();
      assert.ok(Math.abs(its / all - 0.5) < 0.02, `${its} of ${all}`);
      sum += its;
    }
    assert.equal(sum, all);
  });

  it('looks at one address space, which is one VM’s', async () => {
    const frame = await panel();
    await chosen(cpus(frame), /^All vCPUs/);
    await until('all samples', async () => (await samples()) === all);
    const list = await optionsOf(spaces(frame));
    assert.equal(list.length, 3, `${list}`);
    await chosen(spaces(frame), /^exits · /);
    await until('its functions', async () => (await has('ask_hypervisor')) && !(await has('compute')));
    await chosen(spaces(frame), /^All address spaces/);
  });

  it('takes a stretch of time from the Time panel, and gives it back', async () => {
    const frame = await panel();
    await chosen(cpus(frame), /^All vCPUs/);
    await until('all samples', async () => (await samples()) === all);
    await workbench.command('Hyperscope: Show Time');
    const time = await workbench.webview('#bands');
    let selected = '';
    await until('a stretch of the whole run', async () => {
      // Before the panel knows how long the run is, all of it is a microsecond.
      await time.getByRole('button', { name: 'All', exact: true }).click();
      const box = (await time.locator('#bands').boundingBox()) ?? assert.fail('no bands');
      // Samples are of the second half of the run.
      await workbench.page.mouse.move(box.x + box.width * 0.7, box.y + 20);
      await workbench.page.mouse.down();
      await workbench.page.mouse.move(box.x + box.width * 0.8, box.y + 20, { steps: 4 });
      await workbench.page.mouse.up();
      await time.locator('#selection', { hasText: 'selected, from' }).waitFor();
      selected = await time.locator('#selection').innerText();
      return !/^[\d.]+ ns/.test(selected);
    });
    await time.getByRole('button', { name: 'Profile', exact: true }).click();
    const range = (await panel()).getByTitle('Looks at the whole run again');
    await range.waitFor();
    await until('fewer samples', async () => (await samples()) < all / 2);
    const part = await samples();
    assert.ok(part > 100, `${part} of ${all}: ${selected}`);
    await picture(workbench, 'profile-vms-stretch');
    // Back: the Time panel, which was hidden meanwhile and is a new page, selects the same.
    await (await panel()).getByRole('button', { name: 'Time', exact: true }).click();
    const said = async () => (await workbench.webview('#bands')).locator('#selection').innerText();
    await until('the same stretch in the Time panel', async () => (await said().catch(() => '')) === selected).catch(async () =>
      assert.equal(await said(), selected),
    );
    await workbench.command('Hyperscope: Show Profile');
    await (await panel()).getByTitle('Looks at the whole run again').click();
    await until('all samples', async () => (await samples()) === all);
  });

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
