// Stacks: by call frame information, by frame pointer, through optimised and inlined code, before paging, and broken ones with their reason.
import assert from 'node:assert/strict';
import { type Built, build, HIGH_SCRIPT, skipReason } from './support/compile';
import { Debuggee } from './support/debuggee';

const SOURCE = `
volatile int sink;
static inline __attribute__((always_inline)) int innermost(int v) {
  sink = v;
  return v + 1;
}
static inline __attribute__((always_inline)) int middle(int v) {
  return innermost(v * 2) + 1;
}
__attribute__((noinline)) int leaf(int a, int b) {
  int inside = a + b;
  sink = middle(inside);
  return inside;
}
__attribute__((noinline)) int branch(int a) {
  int kept = a * 3;
  sink = leaf(a, kept);
  return kept + sink;
}
void __attribute__((section(".text.start"))) _start(void) {
  sink = branch(5);
  for (;;) __asm__ volatile("cli; hlt");
}
`;

describe('stacks', () => {
  before(function () {
    const reason = skipReason();
    if (reason) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
  });

  async function inLeaf(guest: Built, options = {}): Promise<Debuggee> {
    const debuggee = new Debuggee(guest, options);
    await debuggee.breakAt(debuggee.line('sink = v;'));
    await debuggee.go();
    return debuggee;
  }
  const names = async (debuggee: Debuggee) => (await debuggee.stack()).map((each) => each.split(':')[0]);
  const EXPECTED = ['innermost', 'middle', 'leaf', 'branch', '_start'];

  for (const flags of [['-O0'], ['-O1'], ['-O2'], ['-O2', '-fomit-frame-pointer'], ['-O0', '-gdwarf-4']]) {
    it(`gcc ${flags.join(' ')}`, async () => {
      const debuggee = await inLeaf(build(SOURCE, { flags }));
      assert.deepEqual(await names(debuggee), EXPECTED);
      const { stack } = await debuggee.debugger.view(0);
      const frames = await stack.frames(0, 10);
      assert.deepEqual(stack.end, { kind: 'outermost' });
      assert.deepEqual(
        frames.map(({ physical }) => physical.index),
        [0, 0, 0, 1, 2],
      );
    });
  }

  it('by the frame pointer where there is no call frame information', async () => {
    const guest = build(SOURCE, {
      flags: ['-fno-asynchronous-unwind-tables', '-fno-dwarf2-cfi-asm', '-fno-omit-frame-pointer', '-Wa,--gdwarf-5'],
    });
    const debuggee = await inLeaf(guest);
    assert.deepEqual(await names(debuggee), EXPECTED);
  });

  it('ends with a reason where the stack is overwritten', async () => {
    const debuggee = await inLeaf(build(SOURCE, { flags: ['-O0'] }));
    const { stop } = await debuggee.debugger.view(0);
    const rbp = stop.value('rbp');
    const nonsense = new Uint8Array(8).fill(0x77);
    await debuggee.debugger.writeMemory(rbp + 8n, nonsense);
    const { stack } = await debuggee.debugger.view(0);
    await stack.frames(0, 10);
    assert.deepEqual(stack.end, { kind: 'broken', reason: 'the return address 0x7777777777777777 is in no known function' });
  });

  describe('linked high, running low', () => {
    let guest: Built;
    before(() => {
      guest = build(SOURCE, { flags: ['-O0', '-mcmodel=kernel'], script: HIGH_SCRIPT });
    });

    it('breakpoints hit at the physical address before paging, at the linked one after', async () => {
      for (const startAt of [0x100000n, 0xffffffff80100000n]) {
        const debuggee = new Debuggee(guest);
        const entry = debuggee.symbols.symbolAddress('_start')!;
        debuggee.machine.cpus[0]!.rip = entry - 0xffffffff80100000n + startAt;
        await debuggee.breakAt(debuggee.line('int inside = a + b'));
        const stop = await debuggee.go();
        assert.equal(stop.reason.kind, 'breakpoint');
        const view = await debuggee.debugger.view(0);
        assert.equal(view.stop.pc >> 32n, startAt >> 32n);
        assert.deepEqual(await names(debuggee), ['leaf', 'branch', '_start']);
        assert.equal(
          await debuggee.step('over'),
          `leaf:${guest.line('sink = middle')}`.replace(/\d+$/, (line) => line),
        );
        assert.equal(await debuggee.step('out'), `branch:${guest.line('sink = leaf')}`);
      }
    });

    it('a condition and a hit count count once where both addresses match', async () => {
      const debuggee = new Debuggee(guest);
      await debuggee.breakAt({ subject: debuggee.line('int inside = a + b'), hitCondition: '== 2' });
      const stop = await debuggee.go();
      assert.equal(stop.reason.kind, 'halted-forever');
    });
  });

  it('a vCPU that another stop did not ask for shows its own stack', async () => {
    const debuggee = new Debuggee(build(SOURCE), { vcpus: 2 });
    debuggee.machine.startVcpu(1, debuggee.symbols.symbolAddress('_start')!);
    await debuggee.breakAt(debuggee.line('sink = v;'));
    const stop = await debuggee.go();
    assert.equal((await names(debuggee)).at(-1), '_start');
    const other = await debuggee.stack(1 - stop.vcpu);
    assert.equal(other.at(-1)?.split(':')[0], '_start');
  });
});
