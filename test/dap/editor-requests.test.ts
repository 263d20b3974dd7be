// The smaller requests of an editor on the real machine: completions, modules, goto, step-in targets, ending a vCPU, pages of a stack, values in hexadecimal.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const FOLDER = join(ROOT, 'samples', 'kvm-c');
const MAIN = join(FOLDER, 'main.c');
const lineOf = (text: string): number =>
  readFileSync(MAIN, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

describe("an editor's requests", () => {
  let client: TestClient;
  let frame: DebugProtocol.StackFrame;
  before(async () => {
    client = new TestClient(async (config) => new InProcessControl(config));
    await client.start({ image: join(FOLDER, 'kvm-c.elf'), vcpus: 2, pace: 'fast', console: 'none' }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_demand_paging' }] });
      await client.event('breakpoint');
    });
    await client.stopped();
    frame = (await client.frames())[0]!;
  });
  after(() => client.end());

  const complete = async (text: string, column = text.length + 1): Promise<string[]> => {
    const { targets } = await client.request<DebugProtocol.CompletionsResponse['body']>('completions', { text, column, frameId: frame.id });
    return targets.map(({ label }) => label);
  };

  it('completes commands, registers, variables, symbols and members', async () => {
    assert.deepEqual(await complete('disas'), ['disassemble']);
    assert.deepEqual(await complete('$rs'), ['$rsp', '$rsi']);
    assert.deepEqual(await complete('1 + hea'), ['heap']);
    assert.deepEqual(await complete('demo_t'), ['demo_timer']);
    assert.deepEqual(await complete('lock.'), (await complete('(lock).')).slice());
    assert.ok((await complete('lock.')).length > 0);
    assert.deepEqual(await complete('nothing.'), []);
    for (const typed of ['break hypercall:kvm:SEND_I', 'break -s hypercall:send_i', 'break SEND_I', 'log KVM_HC_SEND_I']) {
      assert.deepEqual(await complete(typed), ['hypercall:kvm:SEND_IPI'], typed);
    }
    assert.ok((await complete('break hyp')).includes('hypercall:xen:sched_op'));
    assert.deepEqual(await complete('SEND_I'), [], 'an expression has no hypercalls');
    assert.match(await client.evaluate('break hypercall:kvm:SEND_IPI', 'repl'), /^\d+ {2}hypercall kvm:SEND_IPI$/);
  });

  it('lists modules with their addresses', async () => {
    const { modules, totalModules } = await client.request<DebugProtocol.ModulesResponse['body']>('modules', {});
    assert.equal(totalModules, 1);
    assert.equal(modules[0]?.name, 'kvm-c.elf');
    assert.match(modules[0]?.addressRange ?? '', /^0x[0-9a-f]+-0xffffffff80[0-9a-f]+$/);
    assert.match(modules[0]?.symbolStatus ?? '', /debug information/);
  });

  it('counts the hits of all places of a pattern together', async () => {
    const other = new TestClient(async (config) => new InProcessControl(config));
    await other.start({ image: join(FOLDER, 'kvm-c.elf'), pace: 'fast', console: 'none' }, async () => {
      await other.request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_*', hitCondition: '2' }] });
      await other.event('breakpoint');
    });
    await other.stopped();
    const [second] = await other.frames();
    await other.request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_*' }] });
    await other.event('breakpoint');
    await other.request('restart', {});
    await other.stopped();
    const [first] = await other.frames();
    await other.request('continue', { threadId: 1 });
    await other.stopped();
    assert.notEqual(second?.name, first?.name);
    assert.equal((await other.frames())[0]?.name, second?.name);
    await other.end();
  });

  it('shows hexadecimal everywhere when told once, and says what changed', async () => {
    await client.request('hyperscope/numberFormat', { hex: true });
    const { areas } = await client.event<DebugProtocol.InvalidatedEvent['body']>('invalidated');
    assert.deepEqual(areas, ['variables']);
    const shown = async () => (await client.request('evaluate', { expression: 'demand_faults + 16', frameId: frame.id })).result;
    assert.equal(await shown(), '0x10');
    await client.request('hyperscope/numberFormat', { hex: false });
    assert.equal(await shown(), '16');
  });

  it('takes addresses, physical addresses and lines as function breakpoints', async () => {
    const { breakpoints } = await client.request<DebugProtocol.SetFunctionBreakpointsResponse['body']>('setFunctionBreakpoints', {
      breakpoints: [{ name: 'phys:0x100000' }, { name: `${MAIN}:${lineOf('sum += heap')}` }, { name: 'demo_*' }],
    });
    const ids = breakpoints.map(({ id }) => id);
    const verified = new Set(breakpoints.filter((one) => one.verified).map(({ id }) => id));
    while (verified.size < ids.length) {
      const { breakpoint } = await client.event<DebugProtocol.BreakpointEvent['body']>('breakpoint');
      if (ids.includes(breakpoint.id) && breakpoint.verified) verified.add(breakpoint.id);
    }
    await client.request('setFunctionBreakpoints', { breakpoints: [] });
  });

  it('shows hexadecimal where the format asks for it, and pages of a stack', async () => {
    const hex = await client.request('evaluate', { expression: 'demand_faults + 16', frameId: frame.id, format: { hex: true } });
    assert.equal(hex.result, '0x10');
    const { stackFrames, totalFrames } = await client.request('stackTrace', { threadId: 1, startFrame: 1, levels: 1 });
    assert.deepEqual([stackFrames.length, stackFrames[0].name, totalFrames >= 2], [1, 'kmain', true]);
    const { stackFrames: none } = await client.request('stackTrace', { threadId: 1, startFrame: 50, levels: 5 });
    assert.deepEqual(none, []);
  });

  it('cancels a request that waits', async () => {
    const waiting = client.send('stackTrace', { threadId: 1 });
    const late = client.send('loadedSources', {});
    const seq = client.messages.filter(({ type }) => type === 'request').length;
    await client.request('cancel', { requestId: seq });
    assert.equal((await waiting).success, true);
    const answer = await late;
    assert.ok(answer.success || answer.message === 'cancelled');
  });

  it('memory: nothing, unreadable, beyond the end, and writing where nothing is', async () => {
    const read = (memoryReference: string, count: number, offset = 0) => client.request('readMemory', { memoryReference, count, offset });
    assert.deepEqual(await read('0x1000', 0), { address: '0x1000', data: '' });
    const unreadable = await read('0xdead00000000', 10);
    assert.deepEqual([unreadable.data, unreadable.unreadableBytes], ['', 10]);
    const below = await read(frame.instructionPointerReference!, 4, -4);
    assert.equal(Buffer.from(below.data, 'base64').length, 4);
    await assert.rejects(
      client.request('writeMemory', { memoryReference: '0xdead00000000', data: 'AAAA' }),
      /Cannot write at 0xdead00000000/,
    );
    await assert.rejects(read('nonsense', 1), /"nonsense" is no address/);
  });

  it('tells which memory an expression has changed', async () => {
    const before = await client.evaluate('demand_faults', 'watch', frame.id);
    await client.evaluate('demand_faults = 77', 'repl', frame.id);
    const { memoryReference, offset, count } = await client.event('memory');
    assert.match(memoryReference, /^0xffffffff80[0-9a-f]+$/);
    assert.deepEqual([offset, count], [0, 8]);
    await client.evaluate(`demand_faults = ${before}`, 'repl', frame.id);
  });

  it('goto: execution goes on at another line', async () => {
    const line = lineOf('print("demand paging');
    const { targets } = await client.request<DebugProtocol.GotoTargetsResponse['body']>('gotoTargets', { source: { path: MAIN }, line });
    assert.ok(targets.length > 0);
    assert.match(targets[0]!.label, /^demo_demand_paging\+0x/);
    await client.request('goto', { threadId: 1, targetId: targets[0]!.id });
    assert.deepEqual([(await client.stopped()).reason, (await client.frames())[0]?.line], ['goto', line]);
    await assert.rejects(client.request('goto', { threadId: 1, targetId: 999 }), /target belongs to an earlier stop/);
  });

  it('steps into the one function of the line that was chosen', async () => {
    const [top] = await client.frames();
    const { targets } = await client.request<DebugProtocol.StepInTargetsResponse['body']>('stepInTargets', { frameId: top!.id });
    assert.deepEqual(targets.map(({ label }) => label).sort(), ['paging_translate', 'print']);
    await client.request('stepIn', { threadId: 1, targetId: targets.find(({ label }) => label === 'print')!.id });
    await client.stopped();
    assert.equal((await client.frames())[0]?.name, 'print');
    const caps = await client.initialize();
    for (const name of [
      'supportsCompletionsRequest',
      'supportsModulesRequest',
      'supportsGotoTargetsRequest',
      'supportsStepInTargetsRequest',
    ] as const)
      assert.equal(caps[name], true);
  });
});
