// The Compare panel in a browser: the sample run anew on both sides beside the session that stands, known counts, the rows that sum up, sites that lead to lines, pictures.
import assert from 'node:assert/strict';
import type { Frame } from 'playwright-core';
import { picture } from '../driver/evidence';
import { accessibilityFindings, cutOff } from '../driver/panel-checks';
import { until } from '../driver/processes';
import { stoppedSample } from '../driver/stopped-sample';
import { inEachTheme } from '../driver/themes';

describe('the comparison in the browser', function () {
  // Each step goes on where the one before has left the window.
  this.bail(true);
  const world = stoppedSample({ suite: 'compare', place: 'sum += heap[page * 512];', launch: { pace: 'fast' } });

  const panel = (): Promise<Frame> => world.workbench.webview('#compare-start');
  const cells = (frame: Frame, table: string, row: string): Promise<string[]> =>
    frame.locator(`#${table} tr[data-row="${row}"] td`).allTextContents();

  it('says that there is none yet', async () => {
    await world.workbench.command('Hyperscope: Show Compare');
    const frame = await panel();
    await frame.locator('#compare-status', { hasText: 'No comparison yet' }).waitFor();
    assert.equal(await frame.locator('#compare-results').isVisible(), false);
  });

  it('runs the guest fully virtualised and paravirtualised, and has known counts', async () => {
    const frame = await panel();
    await frame.locator('input[placeholder^="vCPUs"]').fill('1,2');
    await frame.locator('input[placeholder^="Type"]').fill('quit\\n');
    await frame.locator('#compare-start').click();
    await frame.locator('#compare-status', { hasText: '4 of 4 runs' }).waitFor();
    await frame.locator('#compare-start', { hasText: 'Compare' }).waitFor();
    // Shown an interface, the sample looks at one more CPUID leaf, and its clock is the hypervisor's.
    assert.deepEqual(
      (await cells(frame, 'compare-exits', 'cpuid')).filter((_, i) => i === 0 || i === 2),
      ['3', '4'],
    );
    assert.deepEqual(await cells(frame, 'compare-counts', 'IPIs').then((texts) => texts.slice(0, 2)), ['2', '2']);
    assert.match((await cells(frame, 'compare-parts', 'exit apic-access'))[0] ?? '', /^\+1\.\d+ ms$/);
    assert.equal((await cells(frame, 'compare-parts', 'sum'))[2], '100.0 %');
    await frame.locator('#compare-difference', { hasText: 'more vCPU time than fully virtualised' }).waitFor();
    await frame.locator('#compare-scaling tr', { hasText: 'lock waits, spinning' }).first().waitFor();
    const costs = frame.locator('#compare-costs p');
    assert.deepEqual(await costs.allTextContents(), [
      'hw: Hardware-assisted, today: some 0.7 us a round trip, 2 us to a device model. Source: round numbers of our own, of the order of the published ones.',
    ]);
    await picture(world.workbench, 'compare');
  });

  it('leads from a site to its line', async () => {
    const frame = await panel();
    const site = frame.locator('.compare-sites [data-key^="OUT put+"]');
    await site.scrollIntoViewIfNeeded();
    await picture(world.workbench, 'compare-sites');
    await site.locator('button.link', { hasText: 'kernel.h:' }).click();
    await world.workbench.page.locator('.tabs-container .tab.active', { hasText: 'kernel.h' }).first().waitFor();
    await until('the fate of CPUID', async () => {
      const fate = await cells(await panel(), 'compare-fates', 'CPUID');
      return fate[2] === "silently wrong: shows the host's processor";
    });
  });

  inEachTheme(
    () => world.workbench,
    'is readable with its results',
    async (workbench, kind, isFirst) => {
      await workbench.command('Hyperscope: Show Compare');
      const frame = await workbench.webview('#compare-totals tbody tr');
      await frame.locator('#compare-totals tbody tr').first().waitFor();
      assert.deepEqual(await accessibilityFindings(frame, isFirst ? 'all' : 'colours'), []);
      await picture(workbench, `compare-results-${kind}`);
    },
  );

  it('cuts nothing off with its results, narrow and wide', async () => {
    await world.workbench.panelsAlone();
    for (const width of [400, 1200]) {
      await world.workbench.command('Hyperscope: Show Compare');
      const frame = await world.workbench.webview('#compare-totals tbody tr');
      await world.workbench.widenTo(frame, width);
      assert.deepEqual(await cutOff(frame), []);
      await picture(world.workbench, `compare-results-${width}`);
    }
  });

  it('leaves the session where it stands', async () => {
    await (await panel()).locator('.state', { hasText: 'stopped' }).waitFor();
  });
});
