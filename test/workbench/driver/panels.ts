// Every panel, one row each: what the browser suites open, check and photograph. A new panel joins all checks by its row here.
import type { Frame } from 'playwright-core';
import type { Workbench } from './workbench';

export interface PanelRow {
  /** Of its pictures. */
  name: string;
  /** Command, as the palette shows it. */
  title: string;
  /** Found in no other panel, and with text once the panel shows a guest. */
  content: string;
  /** Found in this panel alone, also without a guest. */
  mark: string;
  /** Something that the panel must remember when it is hidden and when the window is loaded anew. */
  remembers: { set(frame: Frame): Promise<void>; read(frame: Frame): Promise<unknown>; expected: unknown };
  /** Makes it show something for its picture in the README. */
  show?(frame: Frame, workbench: Workbench): Promise<void>;
  /** Takes Tab for itself while it has the focus, and gives it back in another way that its text says. */
  keepsTab?: string;
}

const field = (selector: string, value: string): PanelRow['remembers'] => ({
  set: async (frame) => {
    await frame.locator(selector).fill(value);
    await frame.locator(selector).press('Enter');
  },
  read: (frame) => frame.locator(selector).inputValue(),
  expected: value,
});

export const panels: readonly PanelRow[] = [
  {
    name: 'vcpu',
    title: 'Hyperscope: Show vCPU Registers',
    content: '[data-register=rip] .value',
    mark: '#registers',
    remembers: field('input[aria-label="Filter registers"]', 'rip'),
  },
  {
    name: 'memory',
    title: 'Hyperscope: Show Memory',
    content: '.hex .cell[data-at]:not(.unknown)',
    mark: '#bytes',
    remembers: field('#memory-address', '&shared_counter'),
  },
  {
    name: 'page-tables',
    title: 'Hyperscope: Show Page Tables',
    content: '.ranges .row',
    mark: '#walk',
    show: (frame) => frame.getByRole('button', { name: /^Aliases/ }).click(),
    remembers: field('#address', '0x1000'),
  },
  {
    name: 'hypercalls',
    title: 'Hyperscope: Show Hypercalls and Exits',
    content: '.events .row',
    mark: '.events',
    show: async (frame) => {
      await frame.getByRole('button', { name: 'Follow' }).click();
      await frame.getByRole('button', { name: 'Columns' }).click();
      await frame.getByLabel('event', { exact: true }).fill('IPI|hlt|KICK');
      await frame.locator('.events .row', { hasText: 'SEND_IPI' }).first().click();
    },
    remembers: field('input[aria-label="Filter events"]', 'IPI'),
  },
  {
    name: 'time',
    title: 'Hyperscope: Show Time',
    content: '#times tbody tr',
    mark: '#times',
    remembers: {
      set: (frame) => frame.getByRole('button', { name: 'Earlier' }).click(),
      read: (frame) => frame.getByRole('button', { name: 'Follow' }).getAttribute('aria-pressed'),
      expected: 'false',
    },
  },
  {
    name: 'descriptors',
    title: 'Hyperscope: Show Descriptors',
    content: '[data-section=IDT] [data-key]',
    mark: '[data-section=IDT]',
    remembers: field('input[aria-label="Filter entries"]', '#PF'),
  },
  {
    name: 'devices',
    title: 'Hyperscope: Show Devices',
    content: '[data-section=io-apic] [data-key]',
    mark: '#devices',
    remembers: field('input[aria-label="Filter devices"]', 'APIC'),
  },
  {
    name: 'profile',
    title: 'Hyperscope: Show Profile',
    content: '#record:not([disabled])',
    mark: '#record',
    // Of the whole run: recorded from its beginning, which it goes back to.
    show: async (frame, workbench) => {
      await frame.locator('select[aria-label="Distance of samples"]').selectOption('10us');
      await frame.locator('#record').click();
      await frame.locator('#record[aria-pressed=true]').waitFor();
      await workbench.command('Hyperscope: Go to the Beginning of Recorded History');
      const status = workbench.page.locator('.statusbar-item', { hasText: 'guest stopped' });
      await status.filter({ hasText: /stopped · \d+ ns/ }).waitFor();
      await workbench.page.keyboard.press('F5');
      await status.filter({ hasText: /stopped · [\d.]+ ms/ }).waitFor();
    },
    remembers: field('input[aria-label="Find functions"]', 'kmain'),
  },
  {
    name: 'compare',
    title: 'Hyperscope: Show Compare',
    content: '#compare-start:not([disabled])',
    mark: '#compare-start',
    show: async (frame) => {
      await frame.locator('input[placeholder^="Type"]').fill('quit\\n');
      await frame.locator('#compare-start').click();
      await frame.locator('#compare-status', { hasText: '2 of 2 runs' }).waitFor();
      await frame.locator('#compare-totals tbody tr').first().waitFor();
    },
    remembers: field('input[placeholder^="Until"]', 'ready'),
  },
  {
    name: 'screen',
    title: 'Hyperscope: Show Screen',
    content: '#screen',
    mark: '#screen',
    remembers: {
      set: (frame) => frame.locator('button', { hasText: 'Fit' }).click(),
      read: (frame) => frame.locator('button', { hasText: 'Fit' }).getAttribute('aria-pressed'),
      expected: 'false',
    },
    keepsTab: '#screen',
  },
];
