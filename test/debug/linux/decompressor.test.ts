// Breakpoints in a bzImage before the kernel is unpacked (Documentation/arch/x86/boot.rst, "The 32-bit/64-bit boot protocol"): where each entry begins, a step there,
// what unpacks the kernel, and then the kernel itself.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { createHost } from '../../../src/dap/hosts';
import { TestClient } from '../../dap/support/client';
import { linuxGuest } from '../../guests/linux/packages';

const WORKER = resolve(__dirname, '../../../dist/engine-worker.js');
const PATIENCE_MS = 180_000;

/** Where the protected-mode code is loaded, and the 64-bit entry in it. */
const ENTRIES = [
  { boot: 'linux32', entry: 0x10_0000, cs: '0x10' },
  { boot: 'linux', entry: 0x10_0200, cs: '0x10' },
] as const;
/** Where the kernel's text goes without KASLR. */
const TEXT_GPA = 0x100_0000;

describe("Linux's decompressor", function () {
  this.timeout(2 * PATIENCE_MS);

  for (const { boot, entry } of ENTRIES)
    it(`entered by "${boot}": breakpoints at its entry and where it writes the kernel, then start_kernel`, async function () {
      const guest = linuxGuest();
      if (typeof guest === 'string') {
        console.log(`      not run: ${guest}`);
        return this.skip();
      }
      const session = new TestClient((config, launch) => createHost(config, launch, WORKER), PATIENCE_MS);
      const top = async () => {
        const { reason, threadId = 1 } = await session.stopped();
        const [frame] = await session.frames(threadId);
        return { reason, pc: Number(frame!.instructionPointerReference), name: frame!.name, frame: frame!.id };
      };
      try {
        const launch = { image: guest.kernel, boot, append: 'nokaslr console=ttyS0 panic=-1', pace: 'fast', console: 'none' };
        await session.start(launch, async () => {
          await session.request('setFunctionBreakpoints', { breakpoints: [{ name: `phys:0x${entry.toString(16)}` }, { name: 'start_kernel' }] });
        });
        const first = await top();
        assert.equal(first.pc, entry);
        assert.equal(await session.evaluate('$cr0 >> 31', 'watch', first.frame), boot === 'linux' ? '1' : '0');
        await session.request('next', { threadId: 1, granularity: 'instruction' });
        const second = await top();
        assert.equal(second.reason, 'step');
        assert.ok(second.pc > entry && second.pc < entry + 16, `${second.pc}`);

        const { breakpoints } = await session.request('setDataBreakpoints', {
          breakpoints: [{ dataId: `physical:0x${TEXT_GPA.toString(16)}:4:text`, accessType: 'write' }],
        });
        console.log(breakpoints);
        await session.request('continue', { threadId: 1 });
        const writes = await top();
        console.log(writes);

        await session.request('setDataBreakpoints', { breakpoints: [] });
        await session.request('continue', { threadId: 1 });
        assert.equal((await top()).name, 'start_kernel');
      } finally {
        await session.end();
      }
    });
});
