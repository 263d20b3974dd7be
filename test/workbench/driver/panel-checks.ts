// What holds for every panel: no serious finding of axe-core (which counts contrast below 4.5), all controls reached by Tab, nothing cut off (not even what an empty field says), no sideways scrolling.
import { readFileSync } from 'node:fs';
import type { Frame, Page } from 'playwright-core';

interface Axe {
  run(context: Document, options: object): Promise<{ violations: { id: string; impact: string; help: string; nodes: AxeNode[] }[] }>;
}
interface AxeNode {
  html: string;
  failureSummary?: string;
}

const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Findings of impact "serious" and "critical", one line each. `colours`: only of what a theme changes, where all else was looked at before. */
export async function accessibilityFindings(frame: Frame, what: 'all' | 'colours' = 'all'): Promise<string[]> {
  await frame.evaluate(axeSource);
  return frame.evaluate(async (only) => {
    const { axe } = window as unknown as { axe: Axe };
    const rules = only === 'colours' ? { runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } } : {};
    const { violations } = await axe.run(document, { iframes: false, resultTypes: ['violations'], ...rules });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, help, nodes }) =>
        nodes.map(({ html, failureSummary = '' }) => `${id} (${help}): ${html.slice(0, 160)} ${failureSummary.replace(/\s+/g, ' ')}`),
      );
  }, what);
}

/** Texts that are cut off without a way to read them, and boxes that scroll sideways. */
export function cutOff(frame: Frame): Promise<string[]> {
  // No function in here may have a name: what tests are compiled with would refer to a helper that the page lacks.
  return frame.evaluate(() => {
    const found: [string, Element][] = [];
    if (document.documentElement.scrollWidth > innerWidth + 1) found.push(['scrolls sideways', document.documentElement]);
    // What an empty field is for: nothing else says it to who looks.
    const pen = document.createElement('canvas').getContext('2d');
    for (const field of document.body.querySelectorAll('input')) {
      const { font, paddingLeft, paddingRight } = getComputedStyle(field);
      if (!pen || !field.checkVisibility({ visibilityProperty: true })) continue;
      pen.font = font;
      const room = field.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
      if (pen.measureText(field.placeholder).width > room) found.push([`"${field.placeholder}" is cut off`, field]);
    }
    for (const node of document.body.querySelectorAll<HTMLElement>('*')) {
      if (node.tagName === 'INPUT' || !node.checkVisibility({ visibilityProperty: true })) continue;
      const { overflowX, textOverflow } = getComputedStyle(node);
      const wider = node.scrollWidth > node.clientWidth + 1;
      if (overflowX === 'visible') {
        const text = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.textContent?.trim());
        const { left, right } = node.getBoundingClientRect();
        if (text && (right > innerWidth + 1 || left < -1)) found.push(['out of the panel', node]);
        if (node.tagName === 'BUTTON' && wider) found.push(['wider than its button', node]);
      } else if (wider && overflowX !== 'hidden' && overflowX !== 'clip') found.push(['scrolls sideways', node]);
      // What ends with an ellipsis says the whole of it in its title.
      else if (wider && !(textOverflow === 'ellipsis' && node.title)) found.push(['cut off', node]);
    }
    return found.map(
      ([what, node]) =>
        `${what}: <${node.tagName.toLowerCase()} class="${node.className}"> ${node.scrollWidth} px: ${(node.textContent ?? '').slice(0, 60)}`,
    );
  });
}

/** The keys that return the keyboard from a panel that keeps it. */
async function givenBack(page: Page): Promise<void> {
  for (const key of ['Control', 'Alt']) await page.keyboard.down(key);
  for (const key of ['Alt', 'Control']) await page.keyboard.up(key);
}

/** What Tab must come to; of a group of rows or switches that arrow keys go through, the one that has the others' turn. */
const controls = ['button', 'input', 'select', 'summary', 'textarea', 'a[href]', '[tabindex="0"]']
  .map((each) => `${each}:not([tabindex="-1"])`)
  .join(', ');

/** Controls that Tab does not come to, from the first on. */
export async function notReachedByTab(page: Page, frame: Frame, keepsTab?: string): Promise<string[]> {
  const count = await frame.evaluate((selector) => {
    document.addEventListener('focusin', ({ target }) => (target as Element).setAttribute('data-reached', ''));
    return document.querySelectorAll(selector).length;
  }, controls);
  await frame.locator(`:is(${controls}):visible:enabled`).first().focus();
  for (let left = count + 2; left > 0; left--) {
    const kept = keepsTab !== undefined && (await frame.locator(keepsTab).evaluate((node) => node === document.activeElement));
    if (kept) await givenBack(page);
    if (kept || !(await frame.evaluate(() => document.hasFocus()))) break;
    await page.keyboard.press('Tab');
  }
  return frame.evaluate(
    (selector) =>
      [...document.querySelectorAll<HTMLElement>(selector)]
        .filter((node) => node.checkVisibility() && !node.hasAttribute('disabled') && !node.hasAttribute('data-reached'))
        .map((node) => node.outerHTML.slice(0, 120)),
    controls,
  );
}
