// Stacks through code that nothing describes: interrupt stubs without call frame information, compilers' interrupt handlers, functions
// without a frame pointer, in 64- and 32-bit programs; each frame says how it was found.
import assert from 'node:assert/strict';
import { build, skipReason } from './support/compile';
import { Debuggee } from './support/debuggee';

const SOURCE = `
volatile int sink;
struct frame { unsigned long ip, cs, flags, sp, ss; };
__attribute__((noinline)) void handler(void) { sink = 9; }
__attribute__((interrupt)) void made(struct frame *frame) { sink = (int)frame->ip; }
__attribute__((interrupt)) void made_fault(struct frame *frame, unsigned long code) { sink = (int)code; }
void stub(void);
void bare(void);
__asm__(".text\\n.globl stub\\n.type stub, @function\\nstub: push %rax\\n push %rcx\\n sub $8, %rsp\\n call handler\\n add $8, %rsp\\n pop %rcx\\n pop %rax\\n iretq\\n"
        ".globl bare\\n.type bare, @function\\nbare: push %rbx\\n sub $32, %rsp\\n call handler\\n add $32, %rsp\\n pop %rbx\\n ret\\n");
__attribute__((noinline)) int leaf(int a, int b) {
  int inside = a + b;
  sink = inside; /* here */
  bare();
  return inside;
}
__attribute__((noinline)) int branch(int a) {
  sink = leaf(a, a * 3);
  return sink;
}
void __attribute__((section(".text.start"))) _start(void) {
  sink = branch(5);
  for (;;) __asm__ volatile("cli; hlt");
}
`;
const SOURCE32 = `
volatile int sink;
__attribute__((noinline)) void handler(void) { sink = 9; }
__asm__(".text\\n.globl stub\\n.type stub, @function\\nstub: pusha\\n call handler\\n popa\\n iretl\\n");
__attribute__((noinline)) int leaf(int a) { sink = a; return a + 1; }
__attribute__((noinline)) int branch(int a) { sink = leaf(a); return sink; }
void __attribute__((section(".text.start"))) _start(void) { sink = branch(5); for (;;) __asm__ volatile("cli; hlt"); }
`;

const SCRATCH = 0x80000n;
const NO_TABLES = `ENTRY(_start)
SECTIONS {
  . = 0x100000;
  .text : { *(.text*) }
  .data : { *(.data*) }
  .bss : { *(.bss*) *(COMMON) }
  /DISCARD/ : { *(.eh_frame) *(.debug_frame) }
}
`;

describe('stacks through code that nothing describes', () => {
  before(function () {
    const reason = skipReason();
    if (reason) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
  });

  /** After the CPU was changed behind the debugger's back. */
  async function shown(debuggee: Debuggee): Promise<string[]> {
    await debuggee.debugger.writeMemory(SCRATCH, new Uint8Array(1));
    const { stack } = await debuggee.debugger.view(0);
    const frames = await stack.frames(0, 20);
    return frames.map(({ name, physical }) => (physical.foundBy === undefined ? name : `${name} by ${physical.foundBy}`));
  }

  async function interrupted(flags: string[], by: string, code?: bigint): Promise<string[]> {
    const debuggee = new Debuggee(build(SOURCE, { flags: ['-mgeneral-regs-only', ...flags] }));
    await debuggee.breakAt(debuggee.line('/* here */'));
    await debuggee.go();
    const cpu = debuggee.machine.cpus[0]!;
    cpu.deliver(debuggee.symbols.symbolAddress(by)!);
    if (code !== undefined) cpu.push(code);
    return shown(debuggee);
  }

  for (const flags of [['-O0'], ['-O2', '-fomit-frame-pointer']]) {
    it(`an assembly stub at its first instruction, gcc ${flags.join(' ')}`, async () => {
      assert.deepEqual(await interrupted(flags, 'stub'), ['stub', 'leaf by interrupt frame', 'branch by cfi', '_start by cfi']);
    });

    it(`a handler called by an assembly stub, gcc ${flags.join(' ')}`, async () => {
      const debuggee = new Debuggee(build(SOURCE, { flags: ['-mgeneral-regs-only', ...flags] }));
      await debuggee.breakAt(debuggee.line('/* here */'));
      await debuggee.go();
      debuggee.machine.cpus[0]!.deliver(debuggee.symbols.symbolAddress('stub')!);
      await debuggee.breakAt(debuggee.line('sink = 9'));
      await debuggee.go();
      assert.deepEqual(await shown(debuggee), ['handler', 'stub by cfi', 'leaf by interrupt frame', 'branch by cfi', '_start by cfi']);
    });

    it(`a handler the compiler made, gcc ${flags.join(' ')}`, async () => {
      assert.deepEqual(await interrupted(flags, 'made'), ['made', 'leaf by interrupt frame', 'branch by cfi', '_start by cfi']);
      assert.deepEqual(await interrupted(flags, 'made_fault', 0x10n), [
        'made_fault',
        'leaf by interrupt frame',
        'branch by cfi',
        '_start by cfi',
      ]);
    });
  }

  it('a function without frame pointer and tables is passed by a search for its call', async () => {
    const debuggee = new Debuggee(build(SOURCE, { flags: ['-O2', '-fomit-frame-pointer', '-mgeneral-regs-only'] }));
    await debuggee.breakAt(debuggee.line('/* here */'));
    await debuggee.go();
    debuggee.machine.cpus[0]!.gpr[5] = 0x1235n;
    await debuggee.breakAt(debuggee.line('sink = 9'));
    await debuggee.go();
    assert.deepEqual(await shown(debuggee), ['handler', 'bare by cfi', 'leaf by scan', 'branch by cfi', '_start by cfi']);
  });

  it('without any tables by frame pointers, and at the first instruction by its return address', async () => {
    const debuggee = new Debuggee(build(SOURCE, { flags: ['-mgeneral-regs-only'], script: NO_TABLES }));
    await debuggee.breakAt(debuggee.line('/* here */'));
    await debuggee.go();
    assert.deepEqual(await shown(debuggee), ['leaf', 'branch by frame pointer', '_start by frame pointer']);
    const cpu = debuggee.machine.cpus[0]!;
    cpu.push(cpu.rip);
    cpu.rip = debuggee.symbols.symbolAddress('handler')!;
    assert.deepEqual(await shown(debuggee), ['handler', 'leaf by return address', 'branch by frame pointer', '_start by frame pointer']);
  });

  it('in a 32-bit program an interrupt pushes three words', async function () {
    const flags = ['-m32', '-O0', '-mgeneral-regs-only', '-Wl,-m,elf_i386'];
    let debuggee: Debuggee;
    try {
      debuggee = new Debuggee(build(SOURCE32, { flags }));
    } catch {
      console.log('      not run: this gcc makes no 32-bit programs');
      this.skip();
    }
    // The small machine runs 64-bit code only: the stack is written as the processor would have left it, in leaf called by branch.
    const cpu = debuggee.machine.cpus[0]!;
    const { symbols } = debuggee;
    const [leaf, branch, start] = ['leaf', 'branch', '_start'].map((name) => symbols.functionsByName(name)[0]!);
    const behindCall = (of: typeof leaf, callee: typeof leaf): bigint => {
      for (let at = of!.lowAddress; at < of!.ranges[0]!.end; at++) {
        if (cpu.load(at, 1) === 0xe8n && BigInt.asUintN(32, at + 5n + cpu.load(at + 1n, 4)) === callee!.lowAddress) return at + 5n;
      }
      throw new Error('no call');
    };
    const stack = 0x90000n;
    const words: bigint[] = [];
    const put = (...values: bigint[]): void => void words.push(...values);
    // stub at its first instruction: EIP in leaf behind its prologue, CS, EFLAGS; then leaf's and branch's frames.
    const inLeaf = leaf!.breakpointAddress;
    put(inLeaf, 8n, 0x246n);
    const leafBase = stack + BigInt(words.length * 4);
    const branchBase = leafBase + 0x20n;
    put(branchBase, behindCall(branch, leaf), 5n);
    while (stack + BigInt(words.length * 4) < branchBase) put(0n);
    put(0n, behindCall(start, branch), 5n);
    for (const [i, word] of words.entries()) cpu.store(stack + BigInt(i * 4), 4, word);
    cpu.gpr[4] = stack;
    cpu.gpr[5] = leafBase;
    cpu.rip = symbols.symbolAddress('stub')!;
    assert.deepEqual((await shown(debuggee)).slice(0, 3), ['stub', 'leaf by interrupt frame', 'branch by cfi']);
  });
});
