// npm run bench:workbench [RUNS]: how long a person waits in the real workbench, medians, with the adapter's own share beside it: a step from the key to the yellow
// line moved, a pause, a variable expanded, a panel with a million rows opened, and how smoothly those scroll. The machine's load is part of every figure: it is printed.
import { readFileSync, rmSync } from 'node:fs';
import { loadavg } from 'node:os';
import type { Locator } from 'playwright-core';
import { vsixPath } from '../../src/build/paths';
import { logFile } from '../workbench/driver/evidence';
import { smoothness, wheel } from '../workbench/driver/frames';
import { manyEventsWorkspace, openEvents, runToEnd } from '../workbench/driver/many-events';
import { until } from '../workbench/driver/processes';
import { copySample } from '../workbench/driver/sample';
import { startServer } from '../workbench/driver/server';
import { Workbench } from '../workbench/driver/workbench';

const RUNS = Number(process.argv[2] ?? 7);
const place = 'sum += heap[page * 512];';
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const tell = (what: string, seenMs: readonly number[], adapterMs: readonly number[] = []): void => {
  const adapter = adapterMs.length ? `${median(adapterMs).toFixed(0)} ms in the adapter` : '';
  console.log(`${what.padEnd(44)} ${median(seenMs).toFixed(0).padStart(5)} ms   ${adapter}`);
};

/** Milliseconds from each message to the adapter that matches to the next one from it that does; both are stamped in the extension host. */
function sharesOf(log: string, sent: string, received: string): number[] {
  const shares: number[] = [];
  let begin: number | undefined;
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    if (line.includes(sent)) begin = Date.parse(line.split(' ')[0] ?? '');
    else if (begin !== undefined && line.includes(received)) {
      shares.push(Date.parse(line.split(' ')[0] ?? '') - begin);
      begin = undefined;
    }
  }
  return shares;
}

/** From a key or a press of the mouse until what `state` reads in the page is new and not empty, frame by frame. */
async function untilNew(workbench: Workbench, key: string | Locator, state: string): Promise<number> {
  const { page } = workbench;
  await page.evaluate(
    ([read, event]) => {
      const look = new Function(`return (${read})`) as () => string;
      const old = look();
      Object.assign(window, {
        waited: new Promise<number>((done, fail) => {
          setTimeout(() => fail(new Error('nothing new within 20 s')), 20000);
          addEventListener(
            event,
            ({ timeStamp }) => {
              const timer = setInterval(() => {
                const now = look();
                if (now === '' || now === old) return;
                clearInterval(timer);
                // What is in the page now is on the screen with the next frame.
                requestAnimationFrame(() => done(performance.now() - timeStamp));
              }, 1);
            },
            { once: true, capture: true },
          );
        }),
      });
    },
    [state, typeof key === 'string' ? 'keydown' : 'mousedown'] as const,
  );
  await (typeof key === 'string' ? page.keyboard.press(key) : key.click());
  return page.evaluate(() => (window as unknown as { waited: Promise<number> }).waited);
}

const yellowLine = `(document.querySelector('.debug-top-stack-frame-line')?.parentElement?.style.top ?? '')`;
const pausedText = `([...document.querySelectorAll('.debug-call-stack .monaco-list-row')].some((row) => /paused/i.test(row.textContent ?? '')) ? 'paused' : '')`;

async function debugging(): Promise<void> {
  const log = logFile('bench');
  rmSync(log, { force: true });
  const sample = copySample((configuration) => {
    configuration.trace = true;
  });
  const server = await startServer({ vsix: vsixPath, env: { HYPERSCOPE_LOG_FILE: log, HYPERSCOPE_TEST_MARK: sample.folder } });
  const line = sample.line('main.c', place);
  const workbench = await Workbench.open(server, { folder: sample.folder, file: sample.file('main.c'), line });
  try {
    const { page } = workbench;
    await workbench.setBreakpoint(line);
    await page.keyboard.press('F5');
    await workbench.stoppedAt('main.c');
    await workbench.openScope('Locals');
    await workbench.focusFile('main.c');
    const steps: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      steps.push(await untilNew(workbench, 'F10', yellowLine));
      // What the workbench still does for this stop is no part of the next step.
      await page.waitForTimeout(400);
    }
    tell('step: key to the yellow line moved', steps, sharesOf(log, '→ {"command":"next"', '"event":"stopped"'));

    const stacks = sharesOf(log, '→ {"command":"stackTrace"', '"command":"stackTrace","success"');
    console.log(`      of which the adapter's stack trace ${median(stacks).toFixed(0)} ms`);

    const expanded: number[] = [];
    const heap = page.locator('.debug-variables .monaco-list-row').filter({ hasText: 'heap' }).first();
    const isOpen = async (open: boolean): Promise<boolean> => (await heap.getAttribute('aria-expanded')) === String(open);
    for (let run = 0; run < Math.min(RUNS, 7); run++) {
      await page.keyboard.press('F10');
      await page.waitForTimeout(600);
      if (await isOpen(true)) await heap.locator('.monaco-tl-twistie').click();
      await until('a variable that is closed', () => isOpen(false));
      const rows = await page.locator('.debug-variables .monaco-list-row').count();
      const begin = Date.now();
      await heap.locator('.monaco-tl-twistie').click();
      // A click that meets the tree being drawn anew is lost: that run counts for nothing.
      const there = until('its children', async () => (await page.locator('.debug-variables .monaco-list-row').count()) > rows, 5000);
      const came = await there.then(
        () => true,
        () => false,
      );
      if (came) expanded.push(Date.now() - begin);
      await workbench.focusFile('main.c');
    }
    tell(
      'expand a variable: click to its children',
      expanded,
      sharesOf(log, '→ {"command":"variables"', '"command":"variables","success"'),
    );

    await workbench.removeBreakpoint(line);
    await page.keyboard.press('F5');
    await workbench.command('Hyperscope: Show Guest Console');
    await workbench.terminalShows('> ');
    // In the terminal the key may be the guest's.
    await workbench.focusFile('main.c');
    const pauses: number[] = [];
    for (let run = 0; run < Math.min(RUNS, 7); run++) {
      await page.waitForTimeout(600);
      pauses.push(await untilNew(workbench, page.locator('.debug-toolbar .codicon-debug-pause').first(), pausedText));
      await page.waitForTimeout(600);
      await page.keyboard.press('F5');
    }
    tell('pause: button to "paused" in the call stack', pauses, sharesOf(log, '→ {"command":"pause"', '"event":"stopped"'));
  } finally {
    await workbench.close();
    await server.stop();
    sample.dispose();
  }
}

async function millionRows(): Promise<void> {
  const workspace = manyEventsWorkspace();
  const server = await startServer({ vsix: vsixPath, env: { HYPERSCOPE_TEST_MARK: workspace.folder } });
  const workbench = await Workbench.open(server, { folder: workspace.folder, file: workspace.file, line: 1 });
  try {
    const { page } = workbench;
    await workbench.command('Hyperscope: Show Hypercalls and Exits');
    await workbench.webview('.events');
    await runToEnd(workbench);
    let frame = await openEvents(workbench);
    const opened: number[] = [];
    for (let run = 0; run < Math.min(RUNS, 5); run++) {
      await workbench.command('Hyperscope: Show Hypercalls and Exits');
      await workbench.command('View: Close Editor');
      await page.waitForTimeout(500);
      await page.keyboard.press('F1');
      const input = page.locator('.quick-input-widget input[type="text"]').first();
      await input.fill('>Hyperscope: Show Hypercalls and Exits');
      await page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: 'Show Hypercalls' }).waitFor();
      const begin = Date.now();
      await page.keyboard.press('Enter');
      frame = await workbench.webview('.events .row [data-column="arguments"]');
      opened.push(Date.now() - begin);
    }
    tell('open a panel with a million rows', opened);
    const follow = frame.getByRole('button', { name: 'Follow' });
    if ((await follow.getAttribute('aria-pressed')) === 'true') await follow.click();
    const { frames, within33Ms, medianMs, worstMs, mostNodes } = await smoothness(frame, '.events .row', () =>
      wheel(page, frame, '.events', 200, -500),
    );
    console.log(
      `scroll a million rows, 200 wheel steps: ${(100 * within33Ms).toFixed(1)} % of ${frames} frames within 33 ms, median ${medianMs.toFixed(1)} ms, worst ${worstMs.toFixed(0)} ms, at most ${mostNodes} row nodes`,
    );
  } finally {
    await workbench.close();
    await server.stop();
    workspace.dispose();
  }
}

const main = async (): Promise<void> => {
  const load = loadavg()[0] ?? 0;
  console.log(`medians of up to ${RUNS} runs`);
  await debugging();
  await millionRows();
  console.log(`load of the machine ${load.toFixed(1)} before, ${(loadavg()[0] ?? 0).toFixed(1)} after`);
};
main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
