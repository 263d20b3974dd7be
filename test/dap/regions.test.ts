// Compiled regions, as the debug console and the client's own requests tell of them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createHost } from '../../src/dap/hosts';
import type { Tier } from '../../src/engine/cpu-engine';
import type { RegionAnswer, RegionsAnswer } from '../../src/protocol/regions';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const FOLDER = join(ROOT, 'samples', 'kvm-c');

async function stoppedIn(tier: Tier): Promise<TestClient> {
  // A person cannot ask for "jit", which compiles all code at once.
  const client = new TestClient(async (config, launch) => createHost({ ...config, tier }, launch, undefined));
  await client.start({ image: join(FOLDER, 'kvm-c.elf'), memory: '16M', pace: 'fast', console: 'terminal' }, async () => {
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'show_memory' }] });
  });
  await client.stopped();
  return client;
}

describe('compiled regions', () => {
  it('are listed, and shown with guest code, WebAssembly and counts', async () => {
    const client = await stoppedIn('jit');
    const before = await client.request<RegionsAnswer>('hyperscope/regions', {});
    assert.deepEqual([before.tier, before.counting], ['jit', false]);
    assert.ok(before.regions.length > 0);
    assert.ok(before.regions.every(({ entered, instructions, bytes }) => entered === null && instructions > 0 && bytes > 0));
    assert.match(await client.evaluate('regions', 'repl'), /^\d+ regions? compiled now; "regions count on"/);

    assert.match(await client.evaluate('regions count on', 'repl'), /^counting is on/);
    for (let step = 0; step < 3; step++) {
      await client.request('next', { threadId: 1 });
      await client.stopped();
    }
    const { regions, counting } = await client.request<RegionsAnswer>('hyperscope/regions', {});
    assert.ok(counting);
    const busiest = regions.toSorted((a, b) => (b.entered ?? 0) - (a.entered ?? 0))[0];
    assert.ok(busiest?.entered);
    const shown = await client.request<RegionAnswer>('hyperscope/region', { vcpu: 0, address: busiest.linear });
    assert.ok(shown.regions > 0);
    for (const part of [/^Region at 0x[0-9a-f]+ \(/, /entered \d+ times?/, /^Guest code:$/m, /^import engine.memory/m])
      assert.match(shown.text.slice(0, 4000), part);
    assert.ok((await client.evaluate(`region ${busiest.linear}`, 'repl')).includes('WebAssembly:'));
    assert.match(await client.evaluate('region 0x10', 'repl'), /^no region has code at 0x10 .*\n\n\d+ regions? compiled now/);
    await assert.rejects(client.evaluate('regions count perhaps', 'repl'), /regions count on/);

    const off = await client.request<RegionsAnswer>('hyperscope/regions', { counting: false });
    assert.ok(!off.counting && off.regions.every(({ entered }) => entered === null));
    await client.end();
  });

  it('are none in the interpreter, and what to do is said', async () => {
    const client = await stoppedIn('interpreter');
    assert.match(await client.evaluate('regions', 'repl'), /"tier": "auto"/);
    assert.equal((await client.request<RegionAnswer>('hyperscope/region', { vcpu: 0, address: '$rip' })).regions, 0);
    await client.end();
  });
});
