// Breakpoints in a bzImage before the kernel is unpacked (Documentation/arch/x86/boot.rst, "The 32-bit/64-bit boot protocol"): where each entry begins, a step there,
// what unpacks the kernel, and then the kernel itself.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { createHost } from '../../../src/dap/hosts';
import { TestClient } from '../../dap/support/client';
import { linuxGuest } from '../../guests/linux/packages';

const WORKER = resolve(__dirname, '../../../dist/engine-worker.js');
const PATIENCE_MS = 180_000;

/** Where the protected-mode code is loaded (pref_address), and the 64-bit entry in it. Without KASLR the kernel is unpacked to the same place. */
const LOADED_GPA = 0x100_0000;
const ENTRIES = [
  { boot: 'linux32', entry: LOADED_GPA },
  { boot: 'linux', entry: LOADED_GPA + 0x200 },
] as const;

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
          await session.request('setFunctionBreakpoints', {
            breakpoints: [{ name: `phys:0x${entry.toString(16)}` }, { name: 'start_kernel' }],
          });
        });
        const first = await top();
        assert.equal(first.pc, entry);
        assert.equal(await session.evaluate('$cr0 >> 31', 'watch', first.frame), boot === 'linux' ? '1' : '0');
        await session.request('next', { threadId: 1, granularity: 'instruction' });
        const second = await top();
        assert.equal(second.reason, 'step');
        assert.ok(second.pc > entry && second.pc < entry + 16, `${second.pc}`);

        await session.request('setDataBreakpoints', {
          breakpoints: [{ dataId: `physical:0x${LOADED_GPA.toString(16)}:4:payload`, accessType: 'write' }],
        });
        await session.request('continue', { threadId: 1 });
        const writes = await top();
        assert.equal(writes.reason, 'data breakpoint');
        // The decompressor has moved itself behind the place that it unpacks to: the first bytes are those of an ELF file.
        assert.ok(writes.pc > LOADED_GPA + (32 << 20), `${writes.pc}`);
        assert.equal(await session.evaluate(`*(unsigned int *)${LOADED_GPA}`, 'watch', writes.frame), `${0x464c457f}`);

        await session.request('setDataBreakpoints', { breakpoints: [] });
        await session.request('setFunctionBreakpoints', { breakpoints: [{ name: 'start_kernel' }] });
        await session.request('continue', { threadId: 1 });
        assert.equal((await top()).name, 'start_kernel');
      } finally {
        await session.end();
      }
    });
});
