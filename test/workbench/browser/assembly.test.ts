// What an editor of guest sources is for: register values beside a line of assembly and under the cursor, and breakpoints by the menus of a variable and of a breakpoint, in one address space, at a physical place.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Locator } from 'playwright-core';
import { picture } from '../driver/evidence';
import { until } from '../driver/processes';
import { copySample } from '../driver/sample';
import { world } from '../driver/world';

const inAssembly = 'mov  %rsi, %rdi';
const inLock = '__atomic_fetch_add(&lock->owner';
const later = 'print("timer: 5';
const last = '\tshow_steal();';

const INTEL = `section .text
start:
        mov     rax, [rsi + 0x10]   ; load
`;

/** Words of one line each, all of which have another colour. */
const COLOURED: Readonly<Record<string, readonly string[]>> = {
  'start.S': ['mov', '%rsi', '/* the boot vCPU has start_info, the others 0 */'],
  'intel.asm': ['mov', 'rax', '0x10', '; load'],
  'link.ld': ['SECTIONS', '0x100000'],
};

describe('registers and breakpoints in the editor', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  const made = world({
    suite: 'assembly',
    make: () => {
      const sample = copySample((configuration) => Object.assign(configuration, { trace: true, pace: 'fast', neighbours: [] }));
      writeFileSync(sample.file('intel.asm'), INTEL);
      return sample;
    },
    open: (sample) => ({ file: sample.file('start.S'), line: sample.line('start.S', inAssembly), height: 1200 }),
    begin: async (workbench, sample) => {
      await workbench.setBreakpoint(sample.line('start.S', inAssembly));
      await workbench.page.keyboard.press('F5');
      await workbench.stoppedAt('start.S');
    },
  });

  const page = () => made.workbench.page;
  const log = () => readFileSync(made.log, 'utf8');
  const row = (view: string, text: string | RegExp) => page().locator(`.debug-${view} .monaco-list-row`).filter({ hasText: text }).first();
  /** Of a request that the editor has sent since `act` began. */
  const sends = async (text: RegExp, act: () => Promise<unknown>): Promise<void> => {
    const before = log().length;
    await act();
    await until(`a message like ${text}`, () => text.test(log().slice(before)));
  };
  const topFrame = (file: string, text: string) => {
    const place = `${file} ${made.guest.line(file, text)}`;
    const frame = page().locator('.debug-call-stack .stack-frame').first();
    const part = (name: string) =>
      frame
        .locator(name)
        .innerText({ timeout: 1000 })
        .catch(() => '');
    return until(place, async () => `${await part('.file-name')} ${(await part('.line-number')).split(':')[0]}` === place);
  };
  const paused = (why: RegExp) => row('call-stack', why).waitFor();
  /** The cursor on a line, and the breakpoint that is there taken away or set. */
  const goTo = async (file: string, text: string): Promise<number> => {
    const line = made.guest.line(file, text);
    await made.workbench.focusFile(file);
    await made.workbench.goToLine(line);
    return line;
  };
  const breakAt = async (file: string, text: string) => made.workbench.setBreakpoint(await goTo(file, text));
  const breakNoMore = async (file: string, text: string) => made.workbench.removeBreakpoint(await goTo(file, text));

  const removed = async (entry: Locator): Promise<void> => {
    await made.workbench.chooseFromMenu(entry.locator('.name'), 'Remove Breakpoint', async () => (await entry.count()) === 0);
    await entry.waitFor({ state: 'detached' });
  };

  it('shows the registers of the stopped line beside it', async () => {
    const line = page().locator('.monaco-editor .view-line', { hasText: /%rsi,.%rdi/ });
    await line.filter({ hasText: /rsi.=.0x[0-9a-f]+.*rdi.=.0x[0-9a-f]+/ }).waitFor();
    await picture(made.workbench, 'assembly-inline-values');
  });

  it('shows the register under the cursor', async () => {
    const line = made.guest.line('start.S', inAssembly);
    // Columns are counted as they are seen: the tab is four.
    const seen = readFileSync(made.guest.file('start.S'), 'utf8').split('\n')[line - 1]!.replace('\t', ' '.repeat(4));
    await made.workbench.goToLine(line, seen.indexOf('%rsi') + 2);
    await sends(/"expression":"\$rsi"[^\n]*"context":"hover"|"context":"hover"[^\n]*"expression":"\$rsi"/, () =>
      made.workbench.command('Debug: Show Hover'),
    );
    await page()
      .locator('.debug-hover-widget', { hasText: /0x[0-9a-f]+/ })
      .waitFor();
    await picture(made.workbench, 'assembly-hover');
  });

  it('breaks when a variable changes, by its menu', async () => {
    await breakNoMore('start.S', inAssembly);
    await breakAt('spinlock.c', inLock);
    await page().keyboard.press('F5');
    await topFrame('spinlock.c', inLock);
    await made.workbench.openScope('Arguments');
    const owner = row('variables', /^owner/);
    await until('the members of the lock', async () => {
      if ((await owner.count()) > 0) return true;
      await page()
        .locator('.debug-variables .monaco-list-row[aria-expanded="false"]')
        .filter({ hasText: /^lock/ })
        .locator('.monaco-tl-twistie')
        .click({ timeout: 1000 })
        .catch(() => undefined);
      return false;
    });
    const entry = row('breakpoints', 'lock->owner');
    await sends(/"command":"setDataBreakpoints"[^\n]*"accessType":"write"/, () =>
      made.workbench.chooseFromMenu(owner.locator('.name'), 'Break on Value Change', () => entry.isVisible()),
    );
    await entry.waitFor();
    await breakNoMore('spinlock.c', inLock);
    await page().keyboard.press('F5');
    await paused(/lock->owner: 0 → 1, written at spin_unlock/i);
    await picture(made.workbench, 'value-change');
    await removed(entry);
  });

  it('breaks on a line in this address space', async () => {
    await goTo('main.c', later);
    await sends(/"command":"setBreakpoints"[^\n]*"condition":"\$cr3 == 0x[0-9a-f]+"/, () =>
      made.workbench.command('Hyperscope: Break on This Line in This Address Space'),
    );
    await row('breakpoints', 'main.c').waitFor();
    await page().keyboard.press('F5');
    await topFrame('main.c', later);
    await paused(/paused on breakpoint/i);
    await removed(row('breakpoints', 'main.c'));
  });

  it('breaks at the physical place of a line, by the mode that is chosen for its breakpoint', async () => {
    await breakAt('main.c', last);
    await sends(/"command":"setBreakpoints"[^\n]*"mode":"physical"/, async () => {
      await made.workbench.chooseFromMenu(row('breakpoints', 'main.c').locator('.name'), 'Edit Mode...');
      await page().locator('.quick-input-list .monaco-list-row', { hasText: 'Physical address' }).click();
    });
    await row('breakpoints', /main\.c[\s\S]*Physical address/).waitFor();
    await picture(made.workbench, 'breakpoint-mode');
    await page().keyboard.press('F5');
    await topFrame('main.c', last);
    await removed(row('breakpoints', 'main.c'));
  });

  it('ends long work by the button of its notification', async () => {
    const { workbench } = made;
    await workbench.command('Hyperscope: Show Compare');
    const frame = await workbench.webview('#compare-start');
    await frame.locator('input[placeholder^="vCPUs"]').fill('1,2,3,4,5,6,7,8');
    await frame.locator('input[placeholder^="Type"]').fill('quit\\n');
    await frame.locator('#compare-start', { hasText: 'Compare' }).click();
    const toast = page().locator('.notifications-toasts .notification-list-item', { hasText: 'Comparing' });
    await sends(/"command":"cancel"[^\n]*"progressId"/, () => toast.getByRole('button', { name: 'Cancel' }).click());
    await frame.locator('#compare-start', { hasText: 'Compare' }).waitFor();
    await toast.waitFor({ state: 'detached' });
    await picture(workbench, 'compare-cancelled');
    await frame.locator('.state', { hasText: 'stopped' }).waitFor();
  });

  for (const [file, words] of Object.entries(COLOURED))
    it(`colours ${file}`, async () => {
      await made.workbench.focusFile(file);
      let found: (string | undefined)[] = [];
      await until(`colours of ${words.join(', ')}`, async () => {
        // The editor writes blanks as spaces that do not break.
        const tokens = await page()
          .locator('.monaco-editor .view-line span span')
          .evaluateAll((nodes) =>
            nodes.map((node) => [(node.textContent ?? '').replaceAll('\u00a0', ' ').trim(), getComputedStyle(node).color] as const),
          );
        found = words.map((word) => tokens.find(([text]) => text === word)?.[1]);
        return !found.includes(undefined) && new Set(found).size === words.length;
      }).catch((error: Error) => assert.fail(`${error.message}: ${found}`));
    });

  it('never broke the content security policy', () => assert.deepEqual(made.workbench.policyViolations, []));
});
