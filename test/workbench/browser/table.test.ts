// What the table of the Debug Adapter Protocol in README.md says of VS Code, done there: by menus, views and commands; what the editor then sent stands in the log.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Locator } from 'playwright-core';
import { picture } from '../driver/evidence';
import { until } from '../driver/processes';
import { stoppedSample } from '../driver/stopped-sample';

const place = 'sum += heap[page * 512];';

describe('the ways of the editor in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  const world = stoppedSample({ suite: 'table', place, launch: { trace: true, pace: 'fast', neighbours: [] }, width: 1800, height: 1400 });

  const page = () => world.workbench.page;
  const row = (view: string, text: string | RegExp): Locator =>
    page().locator(`.debug-${view} .monaco-list-row`).filter({ hasText: text }).first();
  const count = (text: string): number => readFileSync(world.log, 'utf8').split(text).length - 1;
  /** Until the editor has sent a request with this text since it was called. */
  const sends = async (text: string, act: () => Promise<unknown>): Promise<void> => {
    const before = count(text);
    await act();
    await until(`a message with ${text}`, () => count(text) > before);
  };
  const topFrame = (text: string | RegExp): Promise<void> =>
    page().locator('.debug-call-stack .stack-frame').first().filter({ hasText: text }).waitFor();
  /** A button in the title of a view, which is there while the mouse is. */
  const inPane = async (pane: string, button: string): Promise<void> => {
    const { workbench } = world;
    const header = workbench.pane(pane).locator('.pane-header').first();
    if ((await header.getAttribute('aria-expanded')) === 'false') await header.click();
    await header.hover();
    await header.getByRole('button', { name: button }).click();
  };
  /** The input that a command asks with. */
  const answer = async (text: string): Promise<void> => {
    const input = page().locator('.quick-input-widget input[type="text"]').first();
    await input.fill(text);
    await input.press('Enter');
  };
  /** Puts the cursor on a line of main.c. */
  const lineOf = async (text: string): Promise<number> => {
    const line = world.sample.line('main.c', text);
    await world.workbench.focusFile('main.c');
    await world.workbench.goToLine(line);
    return line;
  };

  it('sets a variable', async () => {
    await world.workbench.openScope('Locals');
    await sends('"command":"setVariable"', async () => {
      await row('variables', /^sum/).dblclick();
      const input = page().locator('.debug-variables .monaco-inputbox input').first();
      await input.fill('0x20 + 1');
      await input.press('Enter');
    });
    await until('the value that was set', async () => (await world.workbench.variable('sum').catch(() => '')) === '33');
  });

  it('shows numbers in hexadecimal, and in decimal again', async () => {
    for (const [entry, shown] of [
      ['Show Numbers in Hexadecimal', '0x21'],
      ['Show Numbers in Decimal', '33'],
    ] as const) {
      const isShown = async () => (await world.workbench.variable('sum').catch(() => '')) === shown;
      await world.workbench.chooseFromMenu(row('variables', /^sum/), entry, isShown);
      await until(entry, isShown);
    }
  });

  it('sets an expression that is watched', async () => {
    const input = page().locator('.debug-watch .monaco-inputbox input').first();
    await inPane('Watch', 'Add Expression');
    await input.fill('demand_faults');
    await input.press('Enter');
    await row('watch', /^demand_faults/)
      .filter({ hasText: '8' })
      .waitFor();
    await sends('"command":"setExpression"', async () => {
      await world.workbench.chooseFromMenu(row('watch', /^demand_faults/).locator('.name'), 'Set Value');
      await input.fill('41');
      await input.press('Enter');
    });
    await row('watch', /^demand_faults/)
      .filter({ hasText: '41' })
      .waitFor();
  });

  it('shows a value under the mouse', async () => {
    await sends('"context":"hover"', async () => {
      await lineOf(place);
      await world.workbench.command('Debug: Show Hover');
    });
  });

  it('breaks at an address and a length in memory', async () => {
    const input = page().locator('.debug-watch .monaco-inputbox input').first();
    await inPane('Watch', 'Add Expression');
    await input.fill('&demand_faults');
    await input.press('Enter');
    const watched = row('watch', /^&demand_faults/).filter({ hasText: '<demand_faults>' });
    await watched.waitFor();
    const [address = ''] = /0x[0-9a-f]+/.exec(await watched.innerText()) ?? [];
    await inPane('Breakpoints', 'Add Data Breakpoint at Address');
    await answer(`${address} + 8`);
    await sends('"command":"setDataBreakpoints"', async () => {
      const access = page()
        .locator('.quick-input-list .monaco-list-row', { hasText: /Access|Write|Value Change/i })
        .first();
      await access.waitFor();
      await picture(world.workbench, 'data-breakpoint');
      await access.click();
    });
    await row('breakpoints', /demand_faults|0xffffffff80/).waitFor();
  });

  it('breaks on faults with a condition', async () => {
    const { workbench } = world;
    await sends("name == 'PF'", async () => {
      await row('breakpoints', /^Fault/)
        .locator('input[type="checkbox"], .monaco-custom-toggle')
        .first()
        .click();
      await workbench.chooseFromMenu(row('breakpoints', /^Fault/), 'Edit Condition');
      const input = page().locator('.debug-breakpoints .monaco-inputbox input').first();
      await input.fill("name == 'PF' && address == 1");
      await input.press('Enter');
    });
    await picture(workbench, 'fault-condition');
  });

  it('suggests functions for a breakpoint by pattern, by keyboard', async () => {
    const { workbench } = world;
    await workbench.command('Hyperscope: Break on Functions…');
    const input = page().locator('.quick-input-widget input[type="text"]').first();
    await input.fill('demo_t');
    const suggestion = page().locator('.quick-input-list .monaco-list-row', { hasText: 'demo_timer' });
    await suggestion.waitFor();
    await input.press('ArrowDown');
    await page().locator('.quick-input-list .monaco-list-row.focused', { hasText: 'demo_timer' }).waitFor();
    await picture(workbench, 'function-suggestions');
    await sends('"command":"setFunctionBreakpoints"', () => input.press('Enter'));
    await row('breakpoints', 'demo_timer').waitFor();
  });

  it('suggests what a value may be that is watched in memory', async () => {
    const { workbench } = world;
    await workbench.command('Hyperscope: Break on Memory…');
    const input = page().locator('.quick-input-widget input[type="text"]').first();
    await input.fill('shared_c');
    await page().locator('.quick-input-list .monaco-list-row', { hasText: 'shared_counter' }).click();
    await page().locator('.quick-input-list .monaco-list-row', { hasText: 'Value changes' }).click();
    await workbench.notification('shared_counter, 8 bytes, change');
    await workbench.command('Notifications: Clear All Notifications');
  });

  it('breaks on a physical address', async () => {
    await world.workbench.command('Hyperscope: Break on a Physical Address…');
    await sends('phys:0x100020', () => answer('0x100020'));
    await row('breakpoints', 'phys:0x100020').waitFor();
  });

  it('steps into the function of the line that is chosen', async () => {
    const { workbench, sample } = world;
    const line = await lineOf('print("demand paging');
    await workbench.setBreakpoint(line);
    await lineOf(place);
    await workbench.removeBreakpoint(sample.line('main.c', place));
    await page().keyboard.press('F5');
    await topFrame(/demo_demand_paging[\s\S]*main\.c/);
    await until('the line of the call', async () =>
      (await page().locator('.debug-call-stack .stack-frame .line-number').first().innerText()).startsWith(`${line}`),
    );
    await lineOf('print("demand paging');
    await sends('"targetId"', async () => {
      await workbench.command('Debug: Step Into Target');
      await page().locator('.quick-input-list .monaco-list-row', { hasText: 'print' }).click();
    });
    await topFrame('print');
    await picture(workbench, 'step-into-target');
  });

  it('restarts a frame', async () => {
    const { workbench } = world;
    await sends('"command":"restartFrame"', () =>
      workbench.chooseFromMenu(row('call-stack', 'demo_demand_paging').locator('.label, .name').first(), 'Restart Frame'),
    );
    await topFrame('demo_demand_paging');
  });

  it('goes on at the line of the cursor', async () => {
    const { workbench } = world;
    await workbench.command('Hyperscope: Go to the Present of the Run');
    await topFrame('print');
    await page().keyboard.press('Shift+F11');
    await topFrame('demo_demand_paging');
    const line = await lineOf('print("demand paging');
    await sends('"command":"goto"', () => workbench.command('Debug: Jump to Cursor'));
    await until('that line', async () =>
      (await page().locator('.debug-call-stack .stack-frame .line-number').first().innerText()).startsWith(`${line}`),
    );
  });

  it('completes commands and hypercalls in the debug console, and shows colours', async () => {
    const { workbench } = world;
    await workbench.command('Debug Console: Focus on Debug Console View');
    await page().keyboard.type('break hypercall:kvm:SEND');
    const suggestion = page()
      .locator('.repl .suggest-widget .monaco-list-row, .suggest-widget.visible .monaco-list-row')
      .filter({ hasText: 'hypercall:kvm:SEND_IPI' })
      .first();
    await suggestion.waitFor();
    await picture(workbench, 'console-completion');
    await page().keyboard.press('Tab');
    await page().keyboard.press('Enter');
    await page().locator('.repl', { hasText: 'hypercall kvm:SEND_IPI' }).first().waitFor();
    await page().keyboard.insertText('log show_steal \x1b[31mcoloured\x1b[0m');
    await page().keyboard.press('Enter');
    await page().locator('.repl .code-foreground-colored', { hasText: 'coloured' }).first().waitFor();
    await picture(workbench, 'console-colours');
  });

  it('lists modules and loaded sources', async () => {
    const { workbench } = world;
    const modules = await workbench.openPane('Modules');
    await modules.locator('.monaco-list-row', { hasText: 'kvm-c.elf' }).first().waitFor();
    const sources = await workbench.openPane('Loaded Scripts');
    // Folders are closed; of the sample's files the first is in view.
    const first = sources.locator('.monaco-list-row', { hasText: 'apic.c' }).first();
    const closed = sources.locator('.monaco-list-row[aria-expanded="false"]').filter({ hasNotText: 'usr' });
    await until('the sources of the sample', async () => {
      if ((await first.count()) > 0) return true;
      await closed
        .first()
        .locator('.monaco-tl-twistie')
        .click({ timeout: 1000 })
        .catch(() => undefined);
      return false;
    });
    await picture(workbench, 'modules');
  });

  it('steps by instruction in the disassembly, and breaks there', async () => {
    const { workbench } = world;
    await workbench.focusFile('main.c');
    await workbench.command('Open Disassembly View');
    const list = page().locator('.disassembly-view');
    // The place of the heap, which no 32 bits hold.
    await list.locator('.monaco-list-row', { hasText: 'mov rdi, 0xffff900000000000' }).first().waitFor();
    await list.click();
    await sends('"granularity":"instruction"', () => page().keyboard.press('F10'));
    await picture(workbench, 'disassembly');
    await sends('"command":"setInstructionBreakpoints"', () =>
      list.locator('.monaco-list-row .breakpoint-cell, .monaco-list-row .codicon').nth(3).click(),
    );
  });

  it('never broke the content security policy', () => assert.deepEqual(world.workbench.policyViolations, []));
});
