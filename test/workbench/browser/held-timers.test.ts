// A VM that a stop holds, in the panels: its clocks stand while the other VM runs on, the Devices panel shows each of its timers as held with what is left of it, and they go on from there.
// With "heldClock": "runs" no timer is held.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../src/build/paths';
import { picture } from '../driver/evidence';
import { accessibilityFindings, cutOff } from '../driver/panel-checks';
import { adapterProcesses, until } from '../driver/processes';
import { inEachTheme } from '../driver/themes';
import { PATIENCE_MS, sessionRows, twoRunningGuests } from '../driver/two-guests';
import type { Workbench } from '../driver/workbench';

const source = join(root, 'test/guests/tick-clocks.c');
const PLACE = 'print("tick-clocks:';
const line = readFileSync(source, 'utf8').split(PLACE)[0]!.split('\n').length;
/** Two clocks of a millisecond each. */
const TIMERS = ['vcpu0.lapic', 'pit.channel0'] as const;

describe('timers of a held VM in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  this.timeout(4 * PATIENCE_MS);
  const world = twoRunningGuests('held-timers', {
    guest: 'tick-clocks',
    place: PLACE,
    launch: { stopHolds: 'vm' },
    names: ['tick-clocks', 'busy-exits'],
  });
  let workbench: Workbench;
  before(() => {
    workbench = world.workbench;
  });
  const { says } = sessionRows(() => world.workbench);
  const stands = () => says('tick-clocks', /paused on breakpoint/i);
  const frame = () => workbench.webview('[data-section=io-apic] [data-key]');

  interface Look {
    /** Virtual time, as the panel says it. */
    now: string;
    /** Of the two timers: when, and how far away. */
    timers: { name: string; when: string; away: string }[];
  }
  const look = async (): Promise<Look> => {
    const panel = await frame();
    const timers = [];
    for (const name of TIMERS) {
      const row = panel.locator(`[data-section=events] [data-key="${name}"]`);
      const [when = '', away = ''] = await row.locator('[role=gridcell]').allInnerTexts();
      timers.push({ name, when, away });
    }
    return { now: await panel.locator('#summary').innerText(), timers };
  };
  /** Closed and opened, it asks anew. */
  const lookAgain = async (): Promise<Look> => {
    await workbench.command('View: Close Editor');
    await until('the end of the panel', async () => (await workbench.page.locator('.tab', { hasText: 'Devices' }).count()) === 0);
    await workbench.command('Hyperscope: Show Devices');
    return look();
  };
  const isHeld = ({ when }: { when: string }): boolean => when === 'held';
  const exitsCounted = async (): Promise<number> => Number(/^.*busy-exits: (\d+) rounds/s.exec(await workbench.terminalText())?.[1] ?? 0);
  /** Until the VM that is not held has done some more. */
  const otherRunsOn = async (): Promise<void> => {
    await workbench.page.locator('.terminal-tabs-entry', { hasText: 'Guest: exits' }).click();
    await until('a count on the console', async () => (await exitsCounted()) > 0, PATIENCE_MS);
    const before = await exitsCounted();
    await until('more on the console', async () => (await exitsCounted()) > before, PATIENCE_MS);
  };
  let held: Look;

  it('are shown as held, with what is left of each', async () => {
    await stands();
    await workbench.command('Hyperscope: Show Devices');
    held = await look();
    for (const timer of held.timers) {
      assert.ok(isHeld(timer), JSON.stringify(held));
      assert.match(timer.away, /^in [\d.]+ µs$/);
    }
    // The device itself says the same.
    const fires = (await frame()).locator('[data-section=lapic] [data-key="timer fires"]');
    assert.equal(await fires.locator('[role=gridcell]').nth(1).innerText(), `held (${held.timers[0]?.away})`);
  });

  it('have as much left when the other VM has run on', async () => {
    await otherRunsOn();
    const later = await lookAgain();
    assert.notEqual(later.now, held.now);
    assert.deepEqual(later.timers, held.timers);
  });

  inEachTheme(
    () => workbench,
    'are readable',
    async (_workbench, kind) => {
      const panel = await frame();
      assert.deepEqual(await accessibilityFindings(panel), []);
      assert.deepEqual(await cutOff(panel), []);
      await picture(workbench, `${kind}-held-timers`);
    },
  );

  it('go on when the VM does', async () => {
    await workbench.focusFile('tick-clocks.c');
    await workbench.removeBreakpoint(line);
    await workbench.page.keyboard.press('F5');
    await until('timers that go on', async () => {
      const { timers } = await look();
      return timers.every(({ when, away }) => /^[\d.]+ m?s$/.test(when) && away.startsWith('in '));
    });
    const fires = (await frame()).locator('[data-section=lapic] [data-key="timer fires"]');
    assert.match(await fires.locator('[role=gridcell]').nth(1).innerText(), /^[\d.]+ s \((in [\d.]+ [µn]s|now)\)$/);
    await picture(workbench, 'timers-go-on');
  });

  it('are not held where the clocks run on', async () => {
    const { menu } = sessionRows(() => world.workbench);
    await menu('Two VMs', 'Stop');
    await workbench.page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await until('the end of the adapter', () => adapterProcesses(world.guest.folder).length === 0, PATIENCE_MS);
    world.guest.launchWith({ stopHolds: 'vm', heldClock: 'runs' });
    await workbench.focusFile('tick-clocks.c');
    await workbench.setBreakpoint(line);
    await workbench.page.keyboard.press('F5');
    await stands();
    await workbench.command('Hyperscope: Show Devices');
    const first = await look();
    await otherRunsOn();
    const later = await lookAgain();
    for (const { timers } of [first, later]) assert.ok(!timers.some(isHeld), JSON.stringify(timers));
    for (const [i, { when }] of later.timers.entries()) assert.notEqual(when, first.timers[i]?.when, 'it has expired and was set again');
  });

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
