// Clocks made of ticks beside a neighbour that takes the physical CPU: the Time panel draws how far each is behind, and its table says the same in numbers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../src/build/paths';
import { guestTest } from '../../support/guests';
import { picture } from '../driver/evidence';
import { oneGuest } from '../driver/one-guest';
import { accessibilityFindings, cutOff } from '../driver/panel-checks';
import { until } from '../driver/processes';
import { inEachTheme } from '../driver/themes';
import type { Workbench } from '../driver/workbench';
import { world } from '../driver/world';

const source = join(root, 'test/guests/tick-clocks.c');
const place = 'print("tick-clocks:';

describe('the drift of tick clocks in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  const launch = { memory: '32M', pcpus: 1, neighbours: [{ duty: 0.5, period: '20ms' }], pace: 'fast' };
  const line = readFileSync(source, 'utf8').split(place)[0]!.split('\n').length;
  const made = world({
    suite: 'drift',
    make: () => oneGuest('tick-clocks', launch, { image: guestTest('tick-clocks'), source }),
    open: () => ({ file: source, line, height: 1100 }),
    begin: async (opened) => {
      await opened.setBreakpoint(line);
      await opened.page.keyboard.press('F5');
      // One vCPU has no row of its own.
      const frames = opened.page.locator('.debug-call-stack .stack-frame').filter({ hasText: 'tick-clocks.c' });
      await frames.first().waitFor({ timeout: 90_000 });
      await opened.command('Hyperscope: Show Time');
      const frame = await opened.webview('#bands');
      await frame.getByRole('button', { name: 'All', exact: true }).click();
    },
  });
  let workbench: Workbench;
  before(() => {
    workbench = made.workbench;
  });

  /** Of the table: name, ticks, lost, behind in ms. */
  const clocks = async (): Promise<{ name: string; ticks: number; lost: number; behind: string }[]> => {
    const frame = await workbench.webview('#clocks tbody tr');
    const rows = await frame.locator('#clocks tbody tr').all();
    const cells = await Promise.all(rows.map((row) => row.locator('th, td').allInnerTexts()));
    return cells.map(([name = '', ticks, lost, behind = '']) => ({ name, ticks: Number(ticks), lost: Number(lost), behind }));
  };

  it('says in numbers how far each clock is behind; the paravirtual one never is', async () => {
    let found: Awaited<ReturnType<typeof clocks>> = [];
    await until('three clocks', async () => {
      found = await clocks().catch(() => []);
      return found.length === 3;
    });
    const [lapic, pit, paravirtual] = found;
    assert.deepEqual([lapic?.name, pit?.name, paravirtual?.name], ['lapic of vCPU 0', 'pit', 'paravirtual']);
    // A tick is a millisecond. Those of the PIT are given later, as KVM does.
    assert.ok(lapic && lapic.lost > 20, JSON.stringify(found));
    assert.equal(lapic.behind, `${lapic.lost}.000 ms`);
    assert.ok(pit && pit.lost <= 20 && pit.ticks >= 290, JSON.stringify(found));
    assert.match(paravirtual?.behind ?? '', /^0(\.0+)? ns$/);
  });

  it('draws them: up is behind', async () => {
    const [lapic] = await clocks();
    const frame = await workbench.webview('#drift');
    const behind = (lapic?.behind ?? '').replaceAll('.', '\\.');
    await frame
      .locator('.drift figcaption', { hasText: new RegExp(`behind virtual time: ${behind} at the top \\(lapic of vCPU 0, pit\\)`) })
      .waitFor();
    // What is lost stays lost: the drawing is near the bottom at first and at the top at the end.
    await until('a drawing', async () => {
      const canvas = (await workbench.webview('#drift')).locator('#drift');
      const drawn = await canvas.evaluate((node) => {
        const { width, height } = node as HTMLCanvasElement;
        const { data } = (node as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
        // The highest point in a column a little behind the beginning, and in one at the right.
        const highest = [width >> 2, width - 3].map((x) =>
          Array.from({ length: height }, (_, y) => data[(y * width + x) * 4 + 3] ?? 0).findIndex((a) => a > 64),
        );
        const box = node.getBoundingClientRect();
        const isInside = box.left >= 8 && box.right <= document.documentElement.clientWidth - 8;
        return { left: highest[0] ?? -1, right: highest[1] ?? -1, height, isInside };
      });
      return drawn.left > drawn.height * 0.6 && drawn.right >= 0 && drawn.right < drawn.height * 0.2 && drawn.isInside;
    });
  });

  inEachTheme(
    () => workbench,
    'is readable',
    async (_workbench, kind) => {
      const frame = await workbench.webview('#drift');
      await frame.locator('#clocks tbody tr').first().waitFor();
      assert.deepEqual(await accessibilityFindings(frame), []);
      assert.deepEqual(await cutOff(frame), []);
      // Drawn anew in the colours of the theme.
      await until('the colour of the theme', async () =>
        frame.locator('#drift').evaluate((node) => {
          const { width, height } = node as HTMLCanvasElement;
          const context = (node as HTMLCanvasElement).getContext('2d')!;
          const wanted = getComputedStyle(document.documentElement).getPropertyValue('--vscode-hyperscope-running').trim();
          context.save();
          context.fillStyle = wanted;
          const text = String(context.fillStyle);
          context.restore();
          const { data } = context.getImageData(0, 0, width, height);
          const rgb = [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
          for (let at = 0; at < data.length; at += 4)
            if (data[at + 3] === 255 && rgb.every((part, i) => Math.abs(part - (data[at + i] ?? 0)) <= 2)) return true;
          return false;
        }),
      );
      await picture(workbench, `${kind}-drift`);
    },
  );

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
