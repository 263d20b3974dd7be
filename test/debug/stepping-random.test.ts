// Random steps through optimised and unoptimised code, with interrupts falling in: every step ends, "over" never ends in a deeper frame,
// "out" ends in the caller, and the program's results are what they are without a debugger.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Built, build, skipReason } from './support/compile';
import { Debuggee } from './support/debuggee';

const SOURCE = `
volatile unsigned total, ticks;
struct list { struct list *next; int value; };
static struct list nodes[6];
void __attribute__((naked)) on_tick(void) {
  __asm__ volatile("push %rax; mov ticks, %eax; add $1, %eax; mov %eax, ticks; pop %rax; iretq");
}
static inline int square(int v) {
  return v * v;
}
__attribute__((noinline)) static int depth_first(int n) {
  if (n <= 1) return square(n + 1);
  int left = depth_first(n - 1);
  int right = depth_first(n - 2);
  return left + right;
}
__attribute__((noinline)) static int walk(struct list *at) {
  int sum = 0;
  while (at) {
    sum += square(at->value);
    at = at->next;
  }
  return sum;
}
__attribute__((noinline)) static int choose(int n) {
  switch (n) {
    case 0: return 7;
    case 1: return walk(&nodes[0]);
    case 2: return depth_first(4);
    case 3: return 40 + n;
    case 4: return choose(n - 2) + 1;
    default: return -1;
  }
}
void __attribute__((section(".text.start"))) _start(void) {
  for (int i = 0; i < 6; i++) {
    nodes[i].value = i;
    nodes[i].next = i < 5 ? &nodes[i + 1] : 0;
  }
  for (int i = 0; i < 6; i++)
    total = total * 3 + choose(i);
  __asm__ volatile("cli; hlt");
}
`;

type Kind = 'in' | 'over' | 'out';

describe('random stepping', function () {
  this.timeout(300_000);
  before(function () {
    const reason = skipReason();
    if (reason) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
  });

  async function result(debuggee: Debuggee): Promise<bigint> {
    const address = debuggee.symbols.symbolAddress('total')!;
    const bytes = await debuggee.machine.readMemory(0, { kind: 'physical' }, address, 4);
    return BigInt(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true));
  }

  async function frameAddress(debuggee: Debuggee): Promise<{ cfa: bigint | undefined; depth: number }> {
    const { stack } = await debuggee.debugger.view(0);
    const frames = await stack.frames(0, 50);
    return { cfa: await frames[0]!.physical.cfa(), depth: frames.length };
  }

  for (const flags of ['-O0', '-O1', '-O2', '-Os']) {
    it(`gcc ${flags}`, async () => {
      const guest: Built = build(SOURCE, { flags: [flags] });
      const plain = new Debuggee(guest);
      await plain.go();
      const expected = await result(plain);
      const handler = plain.symbols.symbolAddress('on_tick')!;
      const steps = fc.array(
        fc.tuple(
          fc.constantFrom<Kind>('in', 'in', 'over', 'over', 'out'),
          fc.constantFrom<'line' | 'instruction'>('line', 'line', 'instruction'),
        ),
        { minLength: 1, maxLength: 25 },
      );
      const interrupts = fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(steps, interrupts, async (wanted, times) => {
          const debuggee = new Debuggee(guest, { interrupts: [...new Set(times)].map((at) => ({ at, handler })) });
          await debuggee.debugger.showEntry();
          await debuggee.stopped();
          for (const [kind, unit] of wanted) {
            const before = await frameAddress(debuggee);
            if (kind === 'out' && before.depth === 1) continue;
            debuggee.debugger.step(0, kind, unit);
            const stop = await debuggee.stopped();
            if (stop.reason.kind === 'halted-forever') break;
            assert.equal(stop.reason.kind, 'step');
            const after = await frameAddress(debuggee);
            assert.notEqual(await debuggee.where().then((text) => text.split(':')[0]), 'on_tick');
            const deeper = before.cfa !== undefined && after.cfa !== undefined && after.cfa < before.cfa;
            if (kind !== 'in') assert.ok(!deeper, `${kind} by ${unit} went deeper, at ${await debuggee.where()}`);
            if (kind === 'out') assert.ok(after.depth < before.depth, 'out stays');
          }
          if (debuggee.debugger.stop?.reason.kind !== 'halted-forever') await debuggee.go();
          assert.equal(await result(debuggee), expected);
        }),
        { seed: 4711, numRuns: 25 },
      );
    });
  }
});
