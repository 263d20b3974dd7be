// Each pain of kernel debugging has tests that show it gone: the list names them, and here are those that stand nowhere else.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHost } from '../../src/dap/hosts';
import { TestClient } from '../dap/support/client';
import { ROOT } from '../dap/support/golden';
import { PAINS } from './pains.rows';

const image = join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf');
const client = () => new TestClient(async (config, launch) => createHost(config, launch, undefined));

describe('proof: what hurts elsewhere', () => {
  for (const { pain, shownBy } of PAINS)
    it(`is gone: ${pain}`, () => {
      assert.ok(Object.keys(shownBy).length > 0);
      for (const [file, titles] of Object.entries(shownBy)) {
        assert.ok(existsSync(join(ROOT, file)), file);
        const text = readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'");
        for (const title of titles) assert.ok(text.includes(title), `${file} has no test "${title}"`);
      }
    });

  it('steps through the switch to long mode, with right registers before and after', async () => {
    const guest = client();
    await guest.start({ image, memory: '16M', pace: 'fast', console: 'none' }, async () => {
      await guest.request('setFunctionBreakpoints', { breakpoints: [{ name: 'enter_long_mode' }] });
    });
    await guest.stopped();
    const isLong = async () => (await guest.evaluate('($efer >> 10) & 1')) === '1';
    assert.equal(await isLong(), false);
    const start = await guest.evaluate('$rip,x');
    let steps = 0;
    for (; !(await isLong()); steps++) {
      assert.ok(steps < 40, 'no long mode within 40 lines');
      await guest.request('next', { threadId: 1 });
      await guest.stopped();
    }
    assert.ok(steps > 3, `${steps} steps`);
    assert.notEqual(await guest.evaluate('$rip,x'), start);
    assert.equal(await guest.evaluate('$cr0 >> 31 & 1'), '1');
    await guest.request('setFunctionBreakpoints', { breakpoints: [{ name: 'kmain' }] });
    await guest.request('continue', { threadId: 1 });
    await guest.stopped();
    assert.equal((await guest.frames())[0]?.name, 'kmain');
    await guest.end();
  });

  it("leaves code and debug registers the guest's own", async () => {
    const guest = client();
    await guest.start({ image, memory: '16M', pace: 'fast', console: 'none' }, async () => {
      await guest.request('setFunctionBreakpoints', { breakpoints: [{ name: 'kmain' }, { name: 'console_init' }] });
    });
    await guest.stopped();
    const before = await guest.evaluate('*(unsigned char *)console_init');
    assert.notEqual(Number(before), 0xcc);
    await guest.evaluate('watch demand_faults', 'repl');
    for (let index = 0; index < 6; index++) await guest.evaluate(`watch 0x10${index}000,8`, 'repl').catch(() => {});
    await guest.request('continue', { threadId: 1 });
    await guest.stopped();
    assert.equal((await guest.frames())[0]?.name, 'console_init');
    assert.equal(await guest.evaluate('*(unsigned char *)console_init'), before);
    // Bit 10 always reads as 1: nothing is armed.
    assert.equal(Number(await guest.evaluate('$dr7')), 0x400);
    for (const register of ['dr0', 'dr1', 'dr2', 'dr3']) assert.equal(Number(await guest.evaluate(`$${register}`)), 0, register);
    await guest.end();
  });
});
