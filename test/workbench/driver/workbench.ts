// A workbench page in a browser, and what tests do in it. Conditions are waited for; nothing sleeps and nothing is tried twice unless the workbench needs it.
import { type Browser, chromium, type Frame, type Locator, type Page } from 'playwright-core';
import { which } from '../../../src/build/processes';
import type { Server } from './server';

export interface OpenOptions {
  folder: string;
  /** Absolute path of a file to open, and the line of the cursor. */
  file?: string;
  line?: number;
  /** Further entries of the workbench's payload. */
  payload?: [string, string][];
  width?: number;
  height?: number;
  beforeLoad?: (page: Page) => Promise<void>;
}

const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export class Workbench {
  /** Console messages and script errors of the page and its frames. */
  readonly messages: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    page.on('console', (message) => this.messages.push(`[${message.type()}] ${message.text()}`));
    page.on('pageerror', (error) => this.messages.push(`[error] ${String(error)}`));
  }

  static async open(
    server: Server,
    { folder, file, line, payload = [], width = 1500, height = 950, beforeLoad }: OpenOptions,
  ): Promise<Workbench> {
    const executablePath = which('chromium') ?? which('google-chrome') ?? which('chrome');
    if (!executablePath) throw new Error('chromium is needed: install the package "chromium"');
    const browser = await chromium.launch({ executablePath, headless: true, args: browserArguments });
    try {
      const context = await browser.newContext({ viewport: { width, height } });
      // A picture of every frame costs as much as all else: only where a file that failed is run once more (src/build/suite.ts).
      await context.tracing.start({ screenshots: process.env.HYPERSCOPE_TEST_AGAIN === '1', snapshots: false });
      const page = await context.newPage();
      page.setDefaultTimeout(30000);
      const workbench = new Workbench(browser, page);
      await beforeLoad?.(page);
      const query = new URLSearchParams({ folder });
      const remote = (path: string) => `vscode-remote://${server.host}${path}`;
      const all = [
        ...payload,
        ...(file ? [['openFile', remote(line ? `${file}:${line}:1` : file)]] : []),
        ...(line ? [['gotoLineMode', 'true']] : []),
      ];
      if (all.length) query.set('payload', JSON.stringify(all));
      await page.goto(`${server.url}/?${query}`, { waitUntil: 'domcontentloaded' });
      await page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 60000 });
      if (file) await page.locator('.monaco-editor .view-line').first().waitFor({ timeout: 60000 });
      return workbench;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  async saveTrace(path: string): Promise<void> {
    await this.page.context().tracing.stop({ path });
  }

  screenshot(path: string): Promise<unknown> {
    return this.page.screenshot({ path });
  }

  /** Runs a command through the palette by its whole visible title. */
  async command(title: string): Promise<void> {
    const row = await this.quickPick('F1', `>${title}`, title);
    // Closed, or open with what the command itself asks.
    await row.waitFor({ state: 'hidden' });
    // Off the debug toolbar, whose hover would be in the picture.
    await this.page.mouse.move(700, 945);
  }

  /** Opens a quick pick by its key and takes a row. A stop of the guest moves the focus to its source line, which closes a quick pick: then it is opened again. */
  private async quickPick(key: string, text: string, rowText: string): Promise<Locator> {
    const { page } = this;
    const row = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: rowText }).first();
    const focused = page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: rowText });
    for (let left = 5; ; left--) {
      await page.keyboard.press(key);
      try {
        await page.locator('.quick-input-widget input[type="text"]').first().fill(text, { timeout: 4000 });
        await row.waitFor({ timeout: 4000 });
        // Not always the first: what was used lately is above it.
        for (let down = 12; (await focused.count()) === 0 && down > 0; down--) await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        return row;
      } catch (error) {
        if (left === 0) throw error;
      }
    }
  }

  async goToLine(line: number): Promise<void> {
    await this.page.keyboard.press('Control+G');
    const input = this.page.locator('.quick-input-widget input[type="text"]').first();
    await input.fill(`:${line}`);
    await this.page.keyboard.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Sets a breakpoint on a line of the active editor. */
  async setBreakpoint(line: number): Promise<void> {
    const dots = this.page.locator('.editor-instance .codicon-debug-breakpoint, .editor-instance .codicon-debug-breakpoint-unverified');
    const before = await dots.count();
    // What a stop brings into view may scroll the line away again: the view of the breakpoints has it still.
    const listed = this.page
      .locator('.debug-breakpoints .monaco-list-row')
      .filter({ has: this.page.locator('.line-number', { hasText: new RegExp(`^${line}(:|$)`) }) })
      .first();
    // The workbench ignores F9 until the extension's `breakpoints` contribution has arrived, and shows nothing to wait for.
    for (let left = 20; ; left--) {
      await this.goToLine(line);
      await this.page.keyboard.press('F9');
      const set = await dots
        .nth(before)
        .or(listed)
        .first()
        .waitFor({ timeout: 1500 })
        .then(
          () => true,
          () => false,
        );
      if (set) return;
      if (left === 0) throw new Error(`no breakpoint on line ${line}`);
    }
  }

  /** Waits until a vCPU is stopped and its topmost frame is as said: "kmain", "main.c 36". */
  async stoppedAt(frame: string | RegExp, vcpu = 'vCPU 0'): Promise<void> {
    const { page } = this;
    const thread = page
      .locator('.debug-call-stack .monaco-list-row')
      .filter({ hasText: vcpu })
      .filter({ hasText: /paused/i })
      .first();
    await thread.waitFor();
    // The view opens the thread by itself in most cases, but when cannot be seen: a click before it would close it again.
    const row = page.locator('.debug-call-stack .stack-frame').filter({ hasText: frame }).first();
    for (let left = 6; ; left--) {
      const there = await row.waitFor({ timeout: left > 0 ? 2500 : 10000 }).then(
        () => true,
        () => false,
      );
      if (there) return;
      if (left === 0) throw new Error(`${vcpu} does not stop at ${String(frame)}`);
      if ((await thread.getAttribute('aria-expanded')) === 'false') await thread.locator('.monaco-tl-twistie').click();
    }
  }

  pane(title: string): Locator {
    return this.page.locator('.pane', { has: this.page.locator('.pane-header', { hasText: title }) });
  }

  /** Text of the terminal in front. */
  async terminalText(): Promise<string> {
    return (await this.page.locator('.terminal-wrapper.active .xterm-rows > div').allInnerTexts())
      .map((row) => row.replaceAll('\u00a0', ' ').trimEnd())
      .join('\n');
  }

  async terminalShows(text: string): Promise<void> {
    await this.page.locator('.terminal-wrapper.active .xterm-rows').filter({ hasText: text }).first().waitFor();
  }

  async typeInTerminal(text: string): Promise<void> {
    await this.page.locator('.terminal-wrapper.active .xterm-screen').click();
    await this.page.keyboard.type(text);
  }

  /** name → value in VARIABLES, of what is expanded. */
  async variable(name: string): Promise<string> {
    const row = this.page
      .locator('.debug-variables .monaco-list-row .expression')
      .filter({ has: this.page.locator('.name', { hasText: new RegExp(`^${name}\\s*[=:]?\\s*$`) }) });
    return row.locator('.value').first().innerText();
  }

  /** Opens a scope that is shown closed. */
  async openScope(name: string): Promise<void> {
    const scope = this.page.locator('.debug-variables .monaco-list-row[aria-level="1"]').filter({ hasText: name }).first();
    await scope.waitFor();
    // Most scopes open by themselves, a moment later.
    const open = this.page
      .locator('.debug-variables .monaco-list-row[aria-level="1"][aria-expanded="true"]')
      .filter({ hasText: name })
      .first();
    const isOpen = await open.waitFor({ timeout: 2500 }).then(
      () => true,
      () => false,
    );
    if (!isOpen) await scope.locator('.monaco-tl-twistie').click();
  }

  /** Opens the menu of a row and chooses an entry. The menu takes no click in its first 100 ms (so that the button that opened it chooses nothing). */
  async chooseFromMenu(row: Locator, name: string, isDone: () => Promise<boolean> = async () => false): Promise<void> {
    const entry = this.page.getByRole('menuitem', { name });
    // A view that is drawn anew closes the menu before anything is chosen: then it is opened again. A click that took effect may still be told as failed: `isDone` knows.
    for (let left = 5; left > 0; left--) {
      // Under the pointer a row shows buttons, which may leave its name no room.
      await this.page.mouse.move(700, 945);
      const isThere = await row
        .click({ button: 'right', timeout: left > 1 ? 6000 : 30000 })
        .then(() => entry.waitFor({ timeout: left > 1 ? 6000 : 30000 }))
        .then(
          () => true,
          () => false,
        );
      if (!isThere) await this.page.keyboard.press('Escape');
      let isChosen = false;
      for (let clicks = 20; clicks > 0 && (await entry.isVisible()); clicks--) {
        // On a busy machine a click takes its time: one that is given up may have been taken, and would be made once more.
        const isClicked = await entry.click({ timeout: 10_000 }).then(
          () => true,
          () => false,
        );
        isChosen ||= isClicked;
        await entry.waitFor({ state: 'hidden', timeout: 500 }).catch(() => undefined);
      }
      if (isChosen || (await isDone())) return;
    }
    throw new Error(`nothing chosen from the menu: ${name}`);
  }

  /** Scrolls a list of the workbench, which has only its visible rows, until the row is there; from its start again as long as it may still come. */
  async scrollTo(list: Locator, text: string | RegExp): Promise<Locator> {
    const row = list.locator('.monaco-list-row').filter({ hasText: text }).first();
    for (const limit = Date.now() + 60000; Date.now() < limit; await this.page.mouse.wheel(0, -100000)) {
      for (let turns = 0; turns < 150 && (await row.count()) === 0; turns++) {
        await list.hover();
        await this.page.mouse.wheel(0, 60);
        // Rows are drawn with the next frame: quicker turns would pass by the row.
        await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      }
      if ((await row.count()) > 0) return row;
    }
    throw new Error(`the list does not show ${String(text)}`);
  }

  /** Opens a pane of the side bar and answers it. */
  async openPane(title: string): Promise<Locator> {
    const pane = this.pane(title);
    const header = pane.locator('.pane-header');
    if ((await header.getAttribute('aria-expanded')) === 'false') await header.click();
    await pane.locator('.monaco-list-row').first().waitFor();
    return pane;
  }

  /** The innermost frame of the webview that has `selector`. */
  async webview(selector: string): Promise<Frame> {
    for (const limit = Date.now() + 30000; Date.now() < limit; await this.page.waitForTimeout(50))
      for (const frame of this.page.frames())
        if (
          await frame
            .locator(selector)
            .count()
            .catch(() => 0)
        )
          return frame;
    throw new Error(`no webview with ${selector}: ${this.page.frames().map((frame) => frame.url())}`);
  }

  async notification(text: string | RegExp): Promise<void> {
    await this.page.locator('.notifications-toasts .notification-list-item-message').filter({ hasText: text }).first().waitFor();
  }

  notifications(): Promise<string[]> {
    return this.page.locator('.notifications-toasts .notification-list-item-message').allInnerTexts();
  }

  /** Takes the breakpoint on a line of the active editor away. */
  async removeBreakpoint(line: number): Promise<void> {
    await this.goToLine(line);
    const dots = this.page.locator('.editor-instance [class*="codicon-debug-breakpoint"], .editor-instance .codicon-debug-stackframe-dot');
    const before = await dots.count();
    await this.page.keyboard.press('F9');
    await dots.nth(before - 1).waitFor({ state: 'detached' });
  }

  /** Brings a file to the front in the first group of editors, beside the panels. */
  async focusFile(name: string): Promise<void> {
    await this.page.keyboard.press('Control+1');
    await this.quickPick('Control+P', name, name);
    await this.page.locator('.tab.active', { hasText: name }).first().waitFor();
  }

  /** Loads the window anew, as "Developer: Reload Window" does: with the editors that it had. */
  async reload(): Promise<void> {
    const url = new URL(this.page.url());
    // Where a file to open is named, the workbench opens that instead.
    url.searchParams.delete('payload');
    await this.page.goto(url.href, { waitUntil: 'domcontentloaded' });
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 60000 });
  }

  /** One group of editors and no side bar: what is in front has the window. */
  async panelsAlone(): Promise<void> {
    await this.command('View: Join All Editor Groups');
    const bar = this.page.locator('.part.sidebar');
    if (await bar.isVisible()) await this.page.keyboard.press('Control+B');
    await bar.waitFor({ state: 'hidden' });
  }

  /** The window as wide as it must be for a webview of this width. */
  async widenTo(frame: Frame, width: number): Promise<void> {
    const inner = () => frame.evaluate(() => innerWidth);
    for (let left = 20; left > 0 && (await inner()) !== width; left--) {
      const { width: now = 0, height = 0 } = this.page.viewportSize() ?? {};
      await this.page.setViewportSize({ width: now + width - (await inner()), height });
      await this.page.waitForTimeout(100);
    }
    if ((await inner()) !== width) throw new Error(`the panel is ${await inner()} px wide, not ${width}`);
  }

  /** By the name it has in the list of themes. */
  async colorTheme(name: string): Promise<void> {
    await this.command('Preferences: Color Theme');
    const input = this.page.locator('.quick-input-widget input[type="text"]').first();
    await input.fill(name);
    await this.page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: name }).waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Messages that a strict content security policy is broken, of our panels alone. */
  get policyViolations(): string[] {
    return this.messages.filter((text) => /content security policy|Refused to (load|execute|apply|connect)/i.test(text));
  }
}
