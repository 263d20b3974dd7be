// Weights, caps and physical CPUs changed from the editor while two guests run: what each then gets, what the Time panel and `sched` say, and what is refused.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createHost } from '../../src/dap/hosts';
import type { HostStatistics } from '../../src/machine/control/types';
import type { ScheduleAnswer, ScheduleArguments } from '../../src/protocol/schedule';
import { busyImage } from '../machine/vms/busy-guest';
import { TestClient } from './support/client';

describe('scheduling from the editor', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'hyperscope-schedule-'));
  after(() => rmSync(folder, { recursive: true }));

  it('changes while the guests run', async () => {
    const { path, bytes } = busyImage(250, 1);
    const image = join(folder, path);
    writeFileSync(image, bytes);
    const client = new TestClient(async (config, launch) => createHost(config, launch, undefined), 120_000);
    await client.initialize();
    await client.request('launch', { name: 'Two', memory: '2M', pace: 'fast', history: 'off', guests: [{ image }, { image }] });
    await client.event('initialized');
    await client.request('configurationDone', {});
    const schedule = (change?: ScheduleArguments['change']): Promise<ScheduleAnswer> =>
      client.request<ScheduleAnswer>('hyperscope/schedule', change === undefined ? {} : { change });
    const statistics = async (): Promise<HostStatistics> => (await client.request('hyperscope/statistics', {})).json;
    /** What each VM gets of a physical CPU, over so much virtual time and more from now on. */
    const shares = async (leastNs: number): Promise<number[]> => {
      const from = await statistics();
      for (;;) {
        // The host runs in this very thread.
        await setTimeout(2);
        const to = await statistics();
        const spanNs = to.virtualNs - from.virtualNs;
        if (spanNs >= leastNs) return to.vcpus.map(({ runningNs }, i) => (runningNs - from.vcpus[i]!.runningNs) / spanNs);
      }
    };
    const assertShares = async (...wanted: number[]): Promise<void> => {
      // The change has happened at the host's next instant.
      await shares(1);
      const found = await shares(40_000_000);
      for (const [vm, share] of found.entries()) assert.ok(Math.abs(share - wanted[vm]!) < 0.06, `${found}, not ${wanted}`);
    };

    assert.deepEqual(await schedule(), {
      policy: 'fair',
      pcpus: 1,
      vms: ['vm0', 'vm1'].map((name) => ({ name, cap: null, vcpus: [{ weight: 1024, cap: null, affinity: null }] })),
    });
    await assertShares(0.5, 0.5);
    await schedule({ vm: 1, weight: 3072 });
    await assertShares(0.25, 0.75);
    await schedule({ cap: 10 });
    await assertShares(0.1, 0.9);
    await schedule({ pcpus: 2, cap: null });
    await assertShares(1, 1);
    assert.equal((await client.request('hyperscope/time', { fromNs: 0, toNs: -1, limit: 1 })).pcpus, 2);
    await schedule({ vm: 1, affinity: [0] });
    await schedule({ affinity: [0] });
    await assertShares(0.25, 0.75);
    assert.equal((await schedule({ policy: 'round-robin' })).policy, 'fair', 'it counts from when the host runs on');
    await assertShares(0.5, 0.5);
    assert.equal((await schedule()).policy, 'round-robin');
    await schedule({ policy: 'fair' });
    await assertShares(0.25, 0.75);
    const { vms } = await schedule();
    assert.deepEqual(
      vms.map(({ vcpus }) => vcpus[0]),
      [
        { weight: 1024, cap: null, affinity: [0] },
        { weight: 3072, cap: null, affinity: [0] },
      ],
    );
    await client.request('pause', { threadId: 1 });
    await client.stopped();
    const { result } = await client.request('evaluate', { expression: 'sched', context: 'repl' });
    assert.match(result, /2 physical CPUs\nvm0\.0 {2}weight 1024.*affinity 0\nvm1\.0 {2}weight 3072/);
    await assert.rejects(schedule({ vm: 7, weight: 1 }), /there is no VM 7/);
    await assert.rejects(schedule({}), /nothing to change/);
    await assert.rejects(schedule({ policy: 'lottery' as 'fair' }), /policy/);
    await client.end();
  });
});
