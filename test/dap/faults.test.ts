// Guests that end badly, on the real machine: each stop says what happened, at the guilty instruction, before anything is reset.
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import { type Built, build, skipReason } from '../debug/support/compile';
import { TestClient } from './support/client';

/** 32-bit, no paging, entered by PVH. */
const guest = (body: string): Built =>
  build(
    `	.section .note.xen, "a", @note
	.balign 4
	.long 4, 4, 18
	.asciz "Xen"
	.long start
	.text
	.code32
	.globl start, _start
_start:
start:	mov $stack, %esp
${body}
	.data
nothing: .word 0
	.long 0
	.bss
	.skip 4096
stack:
	.section .note.GNU-stack, "", @progbits
`,
    { name: 'guest.S', script: SCRIPT, flags: ['-m32', '-Wl,-m,elf_i386'] },
  );

const SCRIPT = `ENTRY(start)
PHDRS { load PT_LOAD FLAGS(7); note PT_NOTE FLAGS(4); }
SECTIONS {
  . = 0x100000;
  .note : { *(.note.xen) } :load :note
  .text : { *(.text*) } :load
  .data : { *(.data*) } :load
  .bss : { *(.bss*) } :load
  /DISCARD/ : { *(.note.gnu*) *(.eh_frame) *(.comment) }
}
`;

/** With CR0.NE clear a pending x87 exception goes to IRQ 13 (SDM vol 1 ch. 8.7.2). */
const FERR = `	mov %cr0, %eax
	and $~0x2c, %eax
	mov %eax, %cr0
	fninit
	movw $0x37b, nothing
	fldcw nothing
	fldz
	fld1
	fdiv %st(1), %st
	cli
	fwait	/* waits */
	hlt`;

describe('guests that end badly', () => {
  let client: TestClient;
  before(function () {
    const reason = skipReason();
    if (reason) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
  });
  beforeEach(() => {
    client = new TestClient(async (config) => new InProcessControl(config));
  });
  afterEach(() => client.end());

  const start = (built: Built) => client.start({ image: built.image, pace: 'fast', console: 'debugConsole' });
  const line = async () => (await client.frames())[0]?.line;

  it('a triple fault stops before the reset and names the chain of three', async () => {
    const built = guest('\tlidt nothing\n\tmov $0x1230, %eax\n\tmov %eax, %ds\t/* guilty */\n\thlt');
    await start(built);
    const stop = await client.stopped();
    assert.deepEqual([stop.reason, stop.description], ['exception', 'Triple fault']);
    const chain = (stop.text ?? '').split(', then ');
    assert.equal(chain.length, 3);
    assert.match(chain[0] ?? '', /^#GP at 0x[0-9a-f]+ <_?start\+0x[0-9a-f]+>, error code 0x1230 \(GDT entry 582, selector 0x1230\)$/);
    assert.match(chain[1] ?? '', /\(IDT entry 13, while delivering an event\)$/);
    assert.match(chain[2] ?? '', /\(IDT entry 8, while delivering an event\)$/);
    assert.equal(await line(), built.line('guilty'));
    const info = await client.request<DebugProtocol.ExceptionInfoResponse['body']>('exceptionInfo', { threadId: 1 });
    assert.equal(info.exceptionId, 'Triple fault');
    assert.equal(info.details?.message?.split('\n').length, 3);
    await client.request('continue', { threadId: 1 });
    const { exitCode } = await client.event('exited');
    assert.equal(exitCode, 126);
    await client.event('terminated');
    await assert.rejects(client.request('stackTrace', { threadId: 1 }), /The guest has ended/);
  });

  it('HLT for ever on all vCPUs', async () => {
    const built = guest('\tcli\n1:\thlt\t/* here */\n\tjmp 1b');
    await start(built);
    const stop = await client.stopped();
    assert.equal(stop.reason, 'halted forever');
    assert.equal(await line(), built.line('jmp 1b'));
  });

  it('an x87 exception without CR0.NE whose interrupt is masked freezes the processor before the waiting instruction', async () => {
    const built = guest(FERR);
    await start(built);
    const stop = await client.stopped();
    assert.equal(stop.reason, 'halted forever');
    assert.match(stop.text ?? '', /FERR#/);
    assert.equal(await line(), built.line('waits'));
  });

  it('a busy guest is paused at once, stepped, and ended while it runs', async () => {
    const built = guest('1:\tadd $1, %eax\n\tjmp 1b');
    await start(built);
    await client.request('pause', { threadId: 1 });
    assert.equal((await client.stopped()).reason, 'pause');
    await client.request('stepIn', { threadId: 1, granularity: 'instruction' });
    assert.equal((await client.stopped()).reason, 'step');
    await client.request('continue', { threadId: 1 });
    await assert.rejects(
      client.request('stackTrace', { threadId: 1 }),
      (error: { response: DebugProtocol.Response }) => error.response.message === 'notStopped',
    );
    await client.request('terminate', {});
    await client.event('terminated');
  });

  it('a breakpoint set while the guest runs is met', async () => {
    const built = guest('1:\tadd $1, %eax\n\tjmp 1b\t/* round */');
    await start(built);
    await client.request('setBreakpoints', {
      source: { path: built.source },
      breakpoints: [{ line: built.line('round'), condition: '$eax > 100000' }],
    });
    assert.equal((await client.stopped()).reason, 'breakpoint');
    assert.ok(Number(await client.evaluate('$eax')) > 100000);
    await client.request('restart', {});
    await client.stopped();
    assert.ok(Number(await client.evaluate('$eax')) > 100000);
  });
});
