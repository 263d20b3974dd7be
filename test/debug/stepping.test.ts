// Stepping by line and by instruction over real compiled code: calls, recursion, loops, inlined calls, interrupts in between.
import assert from 'node:assert/strict';
import { type Built, build, skipReason } from './support/compile';
import { Debuggee } from './support/debuggee';

const SOURCE = `
static volatile int total;
volatile unsigned ticks;

void __attribute__((naked)) on_tick(void) {
  __asm__ volatile("push %rax; mov ticks, %eax; add $1, %eax; mov %eax, ticks; pop %rax; iretq");
}

int fib(int n) {
  if (n < 2)
    return n;
  return fib(n - 1) + fib(n - 2);
}

static inline __attribute__((always_inline)) int twice(int v) {
  int doubled = v * 2;
  total += doubled;
  return doubled;
}

int loop(int n) {
  int sum = 0;
  for (int i = 0; i < n; i++)
    sum += i;
  return sum;
}

void nothing(void) {
}

void work(void) {
  int a = loop(3);
  int b = fib(5);
  nothing();
  int c = twice(a);
  for (int i = 0; i < 1000; i++) total++;
  total = a + b + c;
}

void __attribute__((section(".text.start"))) _start(void) {
  total = 1;
  work();
  total = 2;
  for (;;) __asm__ volatile("cli; hlt");
}
`;

describe('stepping', () => {
  let guest: Built;
  before(function () {
    const reason = skipReason();
    if (reason) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    guest = build(SOURCE);
  });

  const at = (name: string, text: string) => `${name}:${guest.line(text)}`;
  async function stoppedAt(text: string, options = {}): Promise<Debuggee> {
    const debuggee = new Debuggee(guest, options);
    await debuggee.breakAt(debuggee.line(text));
    await debuggee.go();
    await debuggee.breakAt();
    return debuggee;
  }

  it('over: calls, recursion, a whole loop in one line', async () => {
    const debuggee = await stoppedAt('int a = loop(3)');
    assert.equal(await debuggee.where(), at('work', 'int a = loop(3)'));
    assert.equal(await debuggee.step('over'), at('work', 'int b = fib(5)'));
    assert.equal(await debuggee.step('over'), at('work', '  nothing();'));
    assert.equal(await debuggee.step('over'), at('work', 'int c = twice(a)'));
    assert.equal(await debuggee.step('over'), at('work', 'for (int i = 0; i < 1000'));
    assert.equal(await debuggee.step('over'), at('work', 'total = a + b + c'));
  });

  it('over: each round of a loop of two lines', async () => {
    const debuggee = await stoppedAt('int sum = 0');
    const lines: string[] = [];
    for (let i = 0; i < 6; i++) lines.push(await debuggee.step('over'));
    const [head, body] = [at('loop', 'for (int i = 0; i < n'), at('loop', 'sum += i')];
    assert.deepEqual(lines, [head, body, head, body, head, body]);
  });

  it('over: a recursive call stays in its own frame', async () => {
    const debuggee = new Debuggee(guest);
    await debuggee.breakAt(debuggee.line('return fib(n - 1)'));
    await debuggee.go();
    await debuggee.breakAt();
    assert.deepEqual((await debuggee.stack()).slice(0, 2), [at('fib', 'return fib(n - 1)'), at('work', 'int b = fib(5)')]);
    assert.equal(await debuggee.step('over'), `fib:${guest.line('return fib(n - 1)') + 1}`);
    assert.equal((await debuggee.stack()).length, 3);
    assert.equal(await debuggee.step('over'), at('work', 'int b = fib(5)'));
  });

  it('in: to the body of the function, out again', async () => {
    const debuggee = await stoppedAt('int a = loop(3)');
    assert.equal(await debuggee.step('in'), at('loop', 'int sum = 0'));
    assert.deepEqual(await debuggee.stack(), [at('loop', 'int sum = 0'), at('work', 'int a = loop(3)'), at('_start', '  work();')]);
    assert.equal(await debuggee.step('out'), at('work', 'int a = loop(3)'));
    assert.equal(await debuggee.step('over'), at('work', 'int b = fib(5)'));
  });

  it('in: an inlined call is a call, out leaves it', async () => {
    const debuggee = await stoppedAt('  nothing();');
    assert.equal(await debuggee.step('in'), `nothing:${guest.line('void nothing') + 1}`);
    assert.equal(await debuggee.step('out'), at('work', '  nothing();'));
    assert.equal(await debuggee.step('in'), at('twice', 'int doubled = v * 2'));
    assert.deepEqual((await debuggee.stack()).slice(0, 2), [at('twice', 'int doubled'), at('work', 'int c = twice(a)')]);
    assert.equal(await debuggee.step('over'), at('twice', 'total += doubled'));
    assert.equal(await debuggee.step('out'), at('work', 'int c = twice(a)'));
  });

  it('by instruction: into and over a call', async () => {
    const debuggee = await stoppedAt('  nothing();');
    assert.equal(await debuggee.step('in', 'instruction'), `nothing:${guest.line('void nothing')}`);
    const other = await stoppedAt('  nothing();');
    const before = (await other.debugger.view(0)).stop.pc;
    await other.step('over', 'instruction');
    assert.equal((await other.debugger.view(0)).stop.pc, before + 5n);
  });

  it('does not fall into interrupts, whichever instruction they hit', async () => {
    const plain = await stoppedAt('int a = loop(3)');
    const start = plain.debugger.stop!.position.retired;
    const handler = plain.symbols.symbolAddress('on_tick')!;
    for (let delay = 0; delay < 60; delay += 1) {
      const debuggee = await stoppedAt('int a = loop(3)', { interrupts: [{ at: start + delay, handler }] });
      assert.equal(await debuggee.step('in'), at('loop', 'int sum = 0'), `an interrupt ${delay} instructions later`);
      assert.equal(await debuggee.step('over', 'instruction'), at('loop', 'for (int i = 0'), `by instruction, ${delay}`);
      assert.equal(await debuggee.step('out'), at('work', 'int a = loop(3)'));
      assert.equal(await debuggee.step('over'), at('work', 'int b = fib(5)'));
    }
  });

  it('falls into interrupts where it is told to', async () => {
    const plain = await stoppedAt('int a = loop(3)');
    const start = plain.debugger.stop!.position.retired;
    const handler = plain.symbols.symbolAddress('on_tick')!;
    for (const unit of ['line', 'instruction'] as const) {
      const begun = async () => {
        const debuggee = await stoppedAt('int a = loop(3)', { interrupts: [{ at: start + 1, handler }] });
        debuggee.debugger.intoInterrupts = true;
        if (unit === 'instruction') await debuggee.step('in', unit);
        return debuggee;
      };
      const debuggee = await begun();
      assert.match(await debuggee.step('in', unit), /^on_tick:/);
      assert.equal((await debuggee.debugger.view(0)).stop.pc, handler);
      assert.doesNotMatch(await (await begun()).step('over', unit), /^on_tick:/, 'a step over keeps out of it');
    }
  });

  it('by instruction, an interrupt taken instead of it does not count', async () => {
    const plain = await stoppedAt('int a = loop(3)');
    const start = plain.debugger.stop!.position.retired;
    const next = await plain.step('in', 'instruction').then(async () => (await plain.debugger.view(0)).stop.pc);
    const handler = plain.symbols.symbolAddress('on_tick')!;
    const debuggee = await stoppedAt('int a = loop(3)', { interrupts: [{ at: start, handler }] });
    await debuggee.step('in', 'instruction');
    assert.equal((await debuggee.debugger.view(0)).stop.pc, next);
  });

  it('a breakpoint met on the way ends the step', async () => {
    const debuggee = await stoppedAt('int b = fib(5)');
    await debuggee.breakAt(debuggee.line('if (n < 2)'));
    debuggee.debugger.step(0, 'over', 'line');
    const stop = await debuggee.stopped();
    assert.equal(stop.reason.kind, 'breakpoint');
    assert.equal(await debuggee.where(), at('fib', 'if (n < 2)'));
  });

  it('out of the outermost function says that there is no caller', async () => {
    const debuggee = await stoppedAt('total = 1');
    debuggee.debugger.step(0, 'out', 'line');
    const event = await debuggee.next('message', 'stopped');
    assert.equal(event.kind, 'message');
    assert.match(event.kind === 'message' ? event.text : '', /no caller|Cannot step out/);
  });
});
