// How smoothly a panel draws: the time between its animation frames while something is done to it, and how many nodes it needs.
import type { Frame, Page } from 'playwright-core';

export interface Smoothness {
  frames: number;
  /** Part of the frames that came within 33 ms of the one before. */
  within33Ms: number;
  medianMs: number;
  worstMs: number;
  /** Most elements that matched the selector at one time. */
  mostNodes: number;
}

interface Watch {
  times: number[];
  nodes: number;
  over: boolean;
  next(time: number): void;
}

export async function smoothness(frame: Frame, selector: string, work: () => Promise<void>): Promise<Smoothness> {
  await frame.evaluate((rows) => {
    const watch: Partial<Watch> = { times: [], nodes: 0, over: false };
    Object.assign(window, { hyperscopeWatch: watch });
    // Assigned to a property it has no name of its own: see panel-checks.ts.
    watch.next = (time) => {
      watch.times?.push(time);
      watch.nodes = Math.max(watch.nodes ?? 0, document.querySelectorAll(rows).length);
      if (!watch.over && watch.next) requestAnimationFrame(watch.next);
    };
    requestAnimationFrame(watch.next);
  }, selector);
  await work();
  const { times, nodes } = await frame.evaluate(() => {
    const { hyperscopeWatch: watch } = window as unknown as { hyperscopeWatch: Watch };
    watch.over = true;
    return { times: watch.times, nodes: watch.nodes };
  });
  const between = times.slice(1).map((time, i) => time - (times[i] ?? time));
  const sorted = [...between].sort((a, b) => a - b);
  return {
    frames: between.length,
    within33Ms: between.filter((ms) => ms <= 33.4).length / Math.max(1, between.length),
    medianMs: sorted[sorted.length >> 1] ?? 0,
    worstMs: sorted.at(-1) ?? 0,
    mostNodes: nodes,
  };
}

/** So many steps of the wheel over an element, one in each frame of the page. */
export async function wheel(page: Page, frame: Frame, selector: string, steps: number, deltaPx: number): Promise<void> {
  await frame.locator(selector).hover();
  for (let step = 0; step < steps; step++) {
    await page.mouse.wheel(0, deltaPx);
    await frame.evaluate(() => new Promise((next) => requestAnimationFrame(next)));
  }
}
