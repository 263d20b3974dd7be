// What the panels are opened for: changing registers and bits in place, what changed since the last stop, the map of an address space, time that is selected, and the ways between them.
import assert from 'node:assert/strict';
import type { Frame } from 'playwright-core';
import { vsixPath } from '../../../src/build/paths';
import { keepFailure, picture } from '../driver/evidence';
import { accessibilityFindings } from '../driver/panel-checks';
import { until } from '../driver/processes';
import { copySample, type Sample } from '../driver/sample';
import { type Server, startServer } from '../driver/server';
import { Workbench } from '../driver/workbench';

const vsix = process.env.HYPERSCOPE_TEST_VSIX || vsixPath;
const place = 'sum += heap[page * 512];';
const earlier = 'volatile u64 *heap';

describe('the panels as tools in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  let sample: Sample;
  let server: Server;
  let workbench: Workbench;

  const open = async (title: string, mark: string): Promise<Frame> => {
    await workbench.command(`Hyperscope: Show ${title}`);
    const frame = await workbench.webview(mark);
    await frame.locator(mark).first().waitFor();
    return frame;
  };
  const register = (frame: Frame, name: string) => frame.locator(`[data-register="${name}"]`);

  before(async () => {
    sample = copySample((configuration) => {
      configuration.pcpus = 1;
      configuration.neighbours = [{ duty: 0.5, period: '1ms' }];
    });
    server = await startServer({ vsix, env: { HYPERSCOPE_TEST_MARK: sample.folder } });
    workbench = await Workbench.open(server, { folder: sample.folder, file: sample.file('main.c'), line: sample.line('main.c', earlier) });
    await workbench.setBreakpoint(sample.line('main.c', earlier) + 3);
    await workbench.setBreakpoint(sample.line('main.c', place));
    await workbench.page.keyboard.press('F5');
    await workbench.stoppedAt('main.c');
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await keepFailure(workbench, this.currentTest.fullTitle());
  });
  after(async () => {
    await workbench?.close();
    await server?.stop();
    sample?.dispose();
  });

  it('changes a register in place: a number, an expression, and what cannot be', async () => {
    const frame = await open('vCPU Registers', '[data-register="r15"]');
    const type = async (name: string, text: string) => {
      await register(frame, name).locator('.value').dblclick();
      await frame.locator('input.edit').fill(text);
      await frame.locator('input.edit').press('Enter');
    };
    await type('r15', 'dead_beef');
    await register(frame, 'r15').locator('.value', { hasText: '00000000 deadbeef' }).waitFor();
    await type('r15', '$r15 + 1');
    await register(frame, 'r15').locator('.value', { hasText: '00000000 deadbef0' }).waitFor();
    await type('xmm7', '0x123456789abcdef0fedcba9876543210');
    await register(frame, 'xmm7').locator('.value', { hasText: '12345678 9abcdef0 fedcba98 76543210' }).waitFor();
    await type('r15', 'no_such_thing');
    await frame.locator('.trouble', { hasText: 'no_such_thing' }).waitFor();
  });

  it('switches flags and control bits, by keyboard too', async () => {
    const frame = await open('vCPU Registers', '[data-register="r15"]');
    const bit = (path: string) => frame.locator(`[data-bit="${path}"]`);
    const was = await bit('rflags.ZF').getAttribute('aria-pressed');
    await bit('rflags.ZF').click();
    await frame.locator(`[data-bit="rflags.ZF"][aria-pressed="${was === 'true' ? 'false' : 'true'}"]`).waitFor();
    await frame.locator(':focus[data-bit="rflags.ZF"]').waitFor();
    await workbench.page.keyboard.press('Enter');
    await frame.locator(`[data-bit="rflags.ZF"][aria-pressed="${was}"]`).waitFor();
    await bit('cr4.TSD').click();
    await frame.locator('[data-bit="cr4.TSD"][aria-pressed="true"]').waitFor();
  });

  it('shows the map: unsafe mappings, aliases, and what a stop has changed', async () => {
    const frame = await open('Page Tables', '.ranges .row');
    const view = (name: RegExp) => frame.getByRole('button', { name });
    await view(/^Unsafe \([1-9]/).click();
    await frame.locator('.unsafe .row', { hasText: 'W+X' }).first().waitFor();
    await frame.locator('#map-hint', { hasText: 'CR4.SMEP is off' }).waitFor();
    await view(/^Aliases \([1-9]/).click();
    await frame.locator('.aliases .row', { hasText: 'kernel' }).first().waitFor();
    await picture(workbench, 'page-tables-aliases');
    // Demand paging: each pass of the loop maps one more page.
    await workbench.page.keyboard.press('F5');
    await workbench.stoppedAt('main.c');
    await view(/^Changes \([1-9]/).click();
    await frame.locator('.differences .row', { hasText: 'only right' }).first().waitFor();
    await picture(workbench, 'page-tables-changes');
  });

  it('compares two address spaces', async () => {
    const frame = await open('Page Tables', '#address');
    await frame.getByRole('button', { name: 'Compare' }).first().click();
    await frame.getByLabel('CR3 to compare with').fill('$cr3');
    await frame.getByLabel('CR3 to compare with').press('Enter');
    await frame.locator('#map-hint', { hasText: 'Both address spaces map the same' }).waitFor();
    // No tables at all: everything is on the left only.
    await frame.getByLabel('CR3 to compare with').fill('0x0');
    await frame.getByLabel('CR3 to compare with').press('Enter');
    await frame.locator('.differences .row', { hasText: 'only left' }).first().waitFor();
    await picture(workbench, 'page-tables-compare');
  });

  it('marks what a stop has changed in the registers, and goes on to the memory behind one', async () => {
    const frame = await open('vCPU Registers', '[data-register="r15"]');
    await frame.locator('.register.changed .before').first().waitFor();
    await frame.getByRole('button', { name: 'Changed' }).click();
    assert.equal(await frame.locator('.register:not(.changed)').count(), 0);
    await frame.getByRole('button', { name: 'Changed' }).click();
    await register(frame, 'rsp').locator('.value').click();
    await frame.getByRole('button', { name: 'Show memory' }).click();
    await workbench.page.locator('.tab.active', { hasText: 'Memory' }).waitFor();
    const memory = await workbench.webview('#bytes');
    await memory.locator('#memory-address').waitFor();
    // The field is there before what the panel was opened for has come to it.
    await until('the address', async () => (await memory.locator('#memory-address').inputValue()) === '$rsp');
  });

  it('selects time, measures it, and lists its events', async () => {
    const frame = await open('Time', '#times tbody tr');
    const box = await frame.locator('#bands').boundingBox();
    assert.ok(box);
    await workbench.page.mouse.move(box.x + box.width * 0.4, box.y + 20);
    await workbench.page.mouse.down();
    await workbench.page.mouse.move(box.x + box.width * 0.8, box.y + 20, { steps: 4 });
    await workbench.page.mouse.up();
    await frame.locator('#selection', { hasText: 'selected, from' }).waitFor();
    await picture(workbench, 'time-selection');
    await frame.getByRole('button', { name: 'Zoom to it' }).click();
    await frame.getByLabel('Go to time', { exact: true }).first().waitFor();
    await frame.locator('#bands').focus();
    await workbench.page.keyboard.press('Shift+ArrowRight');
    await frame.getByRole('button', { name: 'Events' }).click();
    const events = await workbench.webview('.events .row');
    await events.locator('.events .row').first().waitFor();
    assert.match(await events.getByLabel('time', { exact: true }).inputValue(), /^\d+\.\.\d+$/);
  });

  it('goes from an event to its moment', async () => {
    const frame = await open('Hypercalls and Exits', '.events .row');
    await frame.locator('.events .row').first().click();
    await frame.getByRole('button', { name: 'Show in Time' }).click();
    await workbench.page.locator('.tab.active', { hasText: 'Time' }).waitFor();
    const time = await workbench.webview('#selection');
    await time.locator('#selection', { hasText: 'selected, from' }).waitFor();
  });

  it('takes the guest back to the moment of an event', async () => {
    const frame = await open('Hypercalls and Exits', '.events .row');
    const time = workbench.page.locator('.statusbar-item', { hasText: 'guest stopped' });
    const later = await time.innerText();
    await frame.locator('.events .row').first().click();
    await frame.getByRole('button', { name: 'Go to this moment' }).click();
    await until('another virtual time', async () => {
      const now = await time.innerText().catch(() => later);
      return now !== later;
    });
  });

  it('completes registers, symbols and hypercalls in its inputs, by keyboard and by mouse', async () => {
    const frame = await open('Memory', '#memory-address');
    const input = frame.locator('#memory-address');
    const options = frame.locator('#address-suggestions [role="option"]');
    await input.fill('');
    await input.pressSequentially('$rs');
    await options.filter({ hasText: '$rsp' }).waitFor();
    assert.equal(await input.getAttribute('aria-expanded'), 'true');
    assert.deepEqual(await accessibilityFindings(frame), []);
    await picture(workbench, 'completion');
    await input.press('ArrowDown');
    await frame.locator('#address-suggestions [aria-selected="true"]').waitFor();
    await input.press('Enter');
    assert.match(await input.inputValue(), /^\$rs[ip]$/);
    await frame.locator('#address-suggestions').waitFor({ state: 'hidden' });
    await input.fill('');
    await input.pressSequentially('demand_f');
    await options.filter({ hasText: 'demand_faults' }).click();
    assert.equal(await input.inputValue(), 'demand_faults');
    await input.press('Enter');
    await input.pressSequentially('x');
    await input.press('Escape');
    await frame.locator('#address-suggestions').waitFor({ state: 'hidden' });

    const events = await open('Hypercalls and Exits', '[aria-label="Filter events"]');
    const filter = events.getByLabel('Filter events');
    await filter.fill('');
    await filter.pressSequentially('send');
    await events.locator('#filter-suggestions [role="option"]', { hasText: 'SEND_IPI' }).click();
    assert.equal(await filter.inputValue(), 'SEND_IPI');
    await filter.fill('');
  });

  it('never broke the content security policy', () => assert.deepEqual(workbench.policyViolations, []));
});
