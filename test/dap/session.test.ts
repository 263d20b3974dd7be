// A debug session as a client sees it, on a small compiled guest: breakpoints, stack, variables, evaluation, stepping, memory, restart.
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { type Built, build, skipReason } from '../debug/support/compile';
import { MiniMachine } from '../debug/support/mini-machine';
import { TestClient } from './support/client';

const SOURCE = `
typedef unsigned long u64;
enum colour { RED, GREEN, BLUE = 7 };
enum bits { READ = 1, WRITE = 2, RUN = 4 };
union word { unsigned all; unsigned char byte[4]; };
struct point { int x, y; };
struct node {
  struct node *next;
  const char *name;
  struct point at;
  unsigned low : 3, high : 5;
  enum colour colour;
  union word word;
  union { int anonymous; short part; };
  int list[300];
  _Bool flag;
};
struct node first = { 0, "first", { 1, -2 }, 5, 17, BLUE, { 0x01020304 }, { 9 }, { 10, 20, 30 }, 1 };
struct node second = { &first, "sec\\"ond\\n", { 3, 4 }, 1, 2, GREEN, { 5 }, { -1 }, { 1 }, 0 };
enum bits rights = READ | RUN;
volatile int counter;
volatile u64 result;
char buffer[16] = "hello";
int matrix[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
void (*handler)(void);

static void out(const char *s) {
  for (; *s; s++) __asm__ volatile("outb %b0, %w1" : : "a"(*s), "d"(0x3f8));
}

static long hypercall(long nr, long a0, long a1) {
  long ret;
  __asm__ volatile("vmcall" : "=a"(ret) : "a"(nr), "b"(a0), "c"(a1), "d"(0), "S"(0) : "memory");
  return ret;
}

int compute(int depth, struct node *node) {
  int local = depth * 10;
  counter++;
  if (depth > 0)
    return compute(depth - 1, node) + 1;
  return local + node->at.x;
}

void spin(void) {
  for (;;) counter++;
}

void __attribute__((section(".text.start"))) _start(void) {
  handler = spin;
  out("hi\\n");
  result = compute(2, &second);
  hypercall(5, 0, 1);
  hypercall(10, 3, 0);
  for (int i = 0; i < 10; i++)
    counter += i;
  result = 42;
  __asm__ volatile("cli; hlt");
}
`;

describe('debug session', () => {
  let guest: Built;
  let client: TestClient;
  before(function () {
    const reason = skipReason();
    if (reason) {
      console.log(`      skipped: ${reason}`);
      this.skip();
    }
    guest = build(SOURCE);
  });
  beforeEach(() => {
    client = new TestClient(MiniMachine.factory());
  });
  afterEach(() => client.end());

  const at = (text: string, extra: object = {}) => ({ line: guest.line(text), ...extra });
  const setBreakpoints = (...breakpoints: object[]) =>
    client.request<DebugProtocol.SetBreakpointsResponse['body']>('setBreakpoints', { source: { path: guest.source }, breakpoints });
  async function stoppedAt(text: string, extra: object = {}): Promise<DebugProtocol.StackFrame> {
    await client.start({ image: guest.image }, async () => {
      await setBreakpoints(at(text, extra));
    });
    await client.stopped();
    return (await client.frames())[0]!;
  }

  it('confirms a breakpoint by an event, stops there, shows the stack', async () => {
    await client.start({ image: guest.image }, async () => {
      const { breakpoints } = await setBreakpoints(at('return local + node'), { line: 9999 });
      assert.deepEqual(
        breakpoints.map(({ id, verified }) => [id, verified]),
        [
          [1, false],
          [2, false],
        ],
      );
      const first = await client.event<DebugProtocol.BreakpointEvent['body']>('breakpoint');
      assert.deepEqual([first.breakpoint.id, first.breakpoint.verified], [1, true]);
      const second = await client.event<DebugProtocol.BreakpointEvent['body']>('breakpoint');
      assert.equal(second.breakpoint.verified, false);
      assert.match(second.breakpoint.message ?? '', /no code at or after line 9999/);
    });
    const stop = await client.stopped();
    assert.deepEqual([stop.reason, stop.threadId, stop.hitBreakpointIds], ['breakpoint', 1, [1]]);
    const frames = await client.frames();
    assert.deepEqual(
      frames.map(({ name, line }) => [name, line]),
      [
        ['compute', guest.line('return local + node')],
        ['compute', guest.line('return compute(depth')],
        ['compute', guest.line('return compute(depth')],
        ['_start', guest.line('result = compute(2')],
      ],
    );
    assert.equal(frames[0]?.source?.path, guest.source);
    const callers = await Promise.all(frames.map(({ id }) => client.evaluate('depth * 10 == local ? depth : -1', 'watch', id)).slice(0, 3));
    assert.deepEqual(callers, ['0', '1', '2']);
  });

  it('shows C values of every kind', async () => {
    const { id } = await stoppedAt('return local + node');
    const locals = await client.scope(id, 'Locals');
    assert.deepEqual(Object.keys(locals), ['local']);
    const { node, depth } = await client.scope(id, 'Arguments');
    assert.equal(depth?.value, '0');
    assert.match(node?.value ?? '', /^0x[0-9a-f]+ <second>$/);
    assert.equal(node?.type, 'struct node *');
    assert.match(node?.memoryReference ?? '', /^0x/);
    const members = await client.children(node!.variablesReference);
    assert.match(members.name?.value ?? '', /"sec\\"ond\\n"$/);
    assert.equal(members.at?.value, '{x = 3, y = 4}');
    assert.equal(members.low?.value, '1');
    assert.equal(members.high?.value, '2');
    assert.equal(members.colour?.value, 'GREEN (1)');
    assert.equal(members.flag?.value, 'false');
    assert.equal(members.at?.evaluateName, 'node->at');
    assert.equal(members.list?.indexedVariables, 300);
    const page = await client.children(members.list!.variablesReference, { filter: 'indexed', start: 298, count: 2 });
    assert.deepEqual(Object.keys(page), ['[298]', '[299]']);
    const expected: Record<string, string> = {
      'first.list': '[300] {10, 20, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, …}',
      'node->next->colour': 'BLUE (7)',
      'first.high': '17',
      'first.word.byte[3]': "1 '\\x01'",
      'first.word.all,x': '0x1020304',
      'first.anonymous': '9',
      rights: 'READ | RUN (0x5)',
      buffer: '"hello"',
      'buffer[1]': "101 'e'",
      matrix: '[2] {[3] {1, 2, 3}, [3] {4, 5, 6}}',
      'matrix[1][2] * 2': '12',
      '*&first.at.y': '-2',
      'sizeof(struct node)': '1248',
      '&first == node->next': '1',
      '(u64)&first.name - (u64)&first': '8',
      '&first.list[3] - first.list': '3',
      '(unsigned char)300': "44 ','",
      '-1 < 1u': '0',
      '1 << 31 >> 31': '-1',
      '7 / 2 * 2 + 7 % 2': '7',
      '$rip == rip && $eax == (unsigned)$rax': '1',
      '(char[4])buffer': '"hell"',
      'first.colour == BLUE && GREEN == node->colour': '1',
      'rights & RUN': '4',
    };
    for (const [expression, value] of Object.entries(expected))
      assert.equal(await client.evaluate(expression, 'watch', id), value, expression);
    assert.match(await client.evaluate('handler', 'watch', id), /^0x[0-9a-f]+ <spin>$/);
    assert.match(await client.evaluate('spin', 'hover', id), /^0x[0-9a-f]+ <spin>$/);
  });

  it('says what is wrong with an expression', async () => {
    const { id } = await stoppedAt('return local + node');
    const wrong: Record<string, RegExp> = {
      nonsense: /There is no variable, register or function "nonsense" here/,
      'first.none': /struct node has no member "none"/,
      'depth->x': /"->" needs a pointer/,
      '*depth': /"\*" needs a pointer/,
      'compute(1)': /cannot be called/,
      '1 / 0': /Division by zero/,
      '(struct nothing *)0': /no type "struct nothing"/,
      '*(int *)0xdead0000': /^<cannot read 4 bytes at 0xdead0000/,
      'first + 1': /needs a number/,
    };
    for (const [expression, text] of Object.entries(wrong)) {
      const said = await client.evaluate(expression, 'watch', id).catch((error: Error) => error.message);
      assert.match(said, text, expression);
    }
  });

  it('sets variables, members, registers and memory', async () => {
    const { id } = await stoppedAt('return local + node');
    const { scopes } = await client.request('scopes', { frameId: id });
    const set = await client.request('setVariable', { variablesReference: scopes[0].variablesReference, name: 'local', value: '0x10 + 1' });
    assert.equal(set.value, '17');
    assert.deepEqual((await client.event('invalidated')).areas, ['variables']);
    await client.request('setExpression', { expression: 'first.high', value: '3', frameId: id });
    assert.equal(await client.evaluate('first.high * 100 + first.low', 'watch', id), '305');
    await client.request('setExpression', { expression: '$rbx', value: '0x1234', frameId: id });
    assert.equal(await client.evaluate('$bx', 'watch', id), '0x1234');
    await client.evaluate('$bl = 0xff', 'repl', id);
    assert.equal(await client.evaluate('$rbx', 'watch', id), '0x12ff');
    const { memoryReference } = await client.request('evaluate', { expression: 'buffer', frameId: id });
    await client.request('writeMemory', { memoryReference, offset: 1, data: Buffer.from('E').toString('base64') });
    assert.equal(await client.evaluate('buffer', 'watch', id), '"hEllo"');
    const { data } = await client.request('readMemory', { memoryReference, offset: 0, count: 5 });
    assert.equal(Buffer.from(data, 'base64').toString(), 'hEllo');
    const beyond = await client.request('readMemory', { memoryReference: '0x3ffff0', count: 64 });
    assert.deepEqual([Buffer.from(beyond.data, 'base64').length, beyond.unreadableBytes], [16, 48]);
  });

  it('shows registers in groups, decoded', async () => {
    const { id } = await stoppedAt('return local + node');
    const groups = await client.scope(id, 'Registers');
    assert.deepEqual(Object.keys(groups), ['General', 'Flags', 'Segments', 'Control', 'SSE']);
    const general = await client.children(groups.General!.variablesReference);
    assert.match(general.rip?.value ?? '', /^0x0000000000[0-9a-f]{6} {2}<compute\+0x[0-9a-f]+>$/);
    const segments = await client.children(groups.Segments!.variablesReference);
    assert.match(segments.cs?.value ?? '', /^0x0008 {2}code 64-bit, DPL 0$/);
    const control = await client.children(groups.Control!.variablesReference);
    assert.match(control.cr0?.value ?? '', /PE ET PG$/);
    const answer = await client.request('hyperscope/registers', { vcpu: 0 });
    assert.equal(answer.mode, 'long64');
  });

  it('steps, continues, pauses, and ends', async () => {
    await stoppedAt('out("hi');
    await client.request('next', { threadId: 1 });
    assert.equal((await client.stopped()).reason, 'step');
    assert.equal((await client.frames())[0]?.line, guest.line('result = compute(2'));
    await client.request('stepIn', { threadId: 1 });
    await client.stopped();
    assert.equal((await client.frames())[0]?.line, guest.line('int local = depth'));
    await client.request('stepOut', { threadId: 1 });
    await client.stopped();
    assert.equal((await client.frames())[0]?.name, '_start');
    await client.request('continue', { threadId: 1 });
    const stop = await client.stopped();
    assert.deepEqual([stop.reason, stop.description], ['halted forever', 'Halted forever']);
    await client.evaluate('$rip = (u64)spin', 'repl');
    await client.request('continue', { threadId: 1 });
    await client.request('pause', { threadId: 1 });
    assert.equal((await client.stopped()).reason, 'pause');
    assert.equal((await client.frames())[0]?.name, 'spin');
  });

  it('conditions, hit counts and log points', async () => {
    const { line } = at('counter += i');
    await client.start({ image: guest.image }, async () => {
      await setBreakpoints({ line, condition: 'i == 4' }, at('counter++', { logMessage: 'depth {depth} of {node->name}, {local,x}' }));
    });
    assert.match(
      (await client.event<DebugProtocol.OutputEvent['body']>('output', ({ category }) => category === 'console')).output,
      /^depth 2 of 0x[0-9a-f]+ "sec\\"ond\\n", 0x14\n$/,
    );
    await client.stopped();
    assert.equal(await client.evaluate('i'), '4');
    await setBreakpoints({ line, hitCondition: '% 2', condition: 'i < 8 && second.at.x == 3 && first.colour == BLUE' });
    await client.request('continue', { threadId: 1 });
    await client.stopped();
    assert.equal(await client.evaluate('i'), '6');
    await setBreakpoints({ line, condition: 'i ==' });
    const { breakpoint } = await client.event('breakpoint', ({ breakpoint: { message } }) => message !== undefined);
    assert.match(breakpoint.message, /not complete at column 5/);
    await setBreakpoints({ line, hitCondition: 'often' });
    const other = await client.event('breakpoint', ({ breakpoint: { message } }) => message !== undefined);
    assert.match(other.breakpoint.message, /Hit count "often" is not understood/);
  });

  it('stops on functions, instructions and hypercalls', async () => {
    await client.start({ image: guest.image }, async () => {
      await client.request('setFunctionBreakpoints', {
        breakpoints: [{ name: 'compute' }, { name: 'hypercall:KICK_CPU' }, { name: 'nowhere' }],
      });
      await client.request('setExceptionBreakpoints', {
        filters: [],
        filterOptions: [{ filterId: 'hypercall', condition: "name == 'SEND_IPI' && a0 == 3" }],
      });
      await client.event('breakpoint', ({ breakpoint }) => breakpoint.message?.includes('no function "nowhere"'));
    });
    assert.equal((await client.stopped()).reason, 'function breakpoint');
    const [frame] = await client.frames();
    assert.equal(frame?.line, guest.line('int local = depth'));
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'hypercall:KICK_CPU' }] });
    await client.request('continue', { threadId: 1 });
    const kick = await client.stopped();
    assert.deepEqual([kick.reason, kick.description], ['hypercall', 'KICK_CPU(0x0, 0x1, …) from vCPU 0']);
    await client.request('continue', { threadId: 1 });
    assert.equal((await client.stopped()).description, 'SEND_IPI(0x3, 0x0, …) from vCPU 0');
    assert.equal((await client.frames())[1]?.name, '_start');
    await client.request('setInstructionBreakpoints', {
      breakpoints: [{ instructionReference: frame?.instructionPointerReference, offset: 0 }],
    });
    await client.evaluate('run-to _start', 'repl');
  });

  it('disassembles in both directions, exactly as many as asked for', async () => {
    const frame = await stoppedAt('return local + node');
    const rows = async (instructionOffset: number, instructionCount: number, memoryReference = frame.instructionPointerReference) => {
      const { instructions } = await client.request('disassemble', {
        memoryReference,
        instructionOffset,
        instructionCount,
        resolveSymbols: true,
      });
      return instructions as DebugProtocol.DisassembledInstruction[];
    };
    const around = await rows(-30, 60);
    assert.equal(around.length, 60);
    const here = around.findIndex(({ address }) => address === frame.instructionPointerReference);
    assert.equal(here, 30);
    assert.ok(around.some(({ instruction }) => /^call 0x[0-9a-f]+ <compute>$/.test(instruction)));
    assert.ok(around.some(({ symbol }) => symbol === 'compute'));
    assert.ok(around.some(({ location, line }) => location?.path === guest.source && line === guest.line('counter++')));
    assert.deepEqual(
      (await rows(-30, 30)).map(({ address }) => address),
      around.slice(0, 30).map(({ address }) => address),
    );
    const nowhere = await rows(0, 3, '0xdead0000');
    assert.deepEqual(
      nowhere.map(({ address }) => address),
      ['-1', '-1', '-1'],
    );
  });

  it('restarts with the same breakpoints and reads the image again', async () => {
    await stoppedAt('result = 42');
    assert.equal(await client.evaluate('counter'), '48');
    await client.request('restart', {});
    const stop = await client.stopped();
    assert.deepEqual([stop.reason, stop.hitBreakpointIds], ['breakpoint', [1]]);
    assert.equal(await client.evaluate('counter'), '48');
  });

  it('refuses what is stale, unknown or early with one clear message', async () => {
    await client.initialize();
    await assert.rejects(client.request('threads'), /"threads" needs a running guest/);
    await assert.rejects(client.request('attach', {}), /No guest runs here that could be attached to/);
    await assert.rejects(client.request('flyToTheMoon'), /"flyToTheMoon" is not supported/);
    await client.request('launch', { image: guest.image, stopOnEntry: true });
    await client.event('initialized');
    await client.request('configurationDone', {});
    assert.equal((await client.stopped()).reason, 'entry');
    const [frame] = await client.frames();
    assert.equal(frame?.name, '_start');
    await client.request('stepIn', { threadId: 1, granularity: 'instruction' });
    await client.stopped();
    await assert.rejects(client.request('scopes', { frameId: frame!.id }), /belongs to an earlier stop/);
    await assert.rejects(client.request('stackTrace', { threadId: 7 }), /no vCPU for thread 7/);
  });

  it('shows the console where it was asked for, and takes input', async () => {
    await client.start({ image: guest.image, console: 'terminal' });
    const { bytes } = await client.event('hyperscope/console');
    assert.equal(Buffer.from(bytes, 'base64').toString(), 'hi\n');
    await client.request('hyperscope/input', { bytes: Buffer.from('typed').toString('base64') });
  });

  it('says in one message that the engine is gone, and ends', async () => {
    const machines: MiniMachine[] = [];
    client = new TestClient(async (config) => {
      machines.push(new MiniMachine(config.vms[0]!.image.bytes));
      return machines[0]!;
    });
    await stoppedAt('result = 42');
    await client.request('continue', { threadId: 1 });
    machines[0]?.crash();
    const { output } = await client.event<DebugProtocol.OutputEvent['body']>('output', ({ category }) => category === 'important');
    assert.match(output, /^The engine has stopped unexpectedly: the engine worker ended with code 9\. Restart the debug session\.\n$/);
    await client.event('terminated');
    await assert.rejects(client.request('continue', { threadId: 1 }), /The guest has ended/);
  });

  it('help lists the console commands', async () => {
    await stoppedAt('result = 42');
    assert.match(await client.evaluate('help', 'repl'), /^registers .*\nx ADDRESS \[BYTES\]/m);
    assert.match(await client.evaluate('x buffer 5', 'repl'), /^0x[0-9a-f]+ {2}68 65 6c 6c 6f +hello$/);
    assert.match(await client.evaluate('disassemble spin 2', 'repl'), /<?spin/);
  });
});
