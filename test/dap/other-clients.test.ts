// What VS Code never sends and other clients do: modes of breakpoints, offsets of instructions, formats of frames and values, pages of modules, arguments of a restart.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import { scratchFolder } from '../support/scratch';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const FOLDER = join(ROOT, 'samples', 'kvm-c');
const KVM_C = join(FOLDER, 'kvm-c.elf');
const MINIMAL = join(ROOT, 'samples', 'minimal-asm', 'minimal.elf');
const MAIN = join(FOLDER, 'main.c');
const lineOf = (text: string): number =>
  readFileSync(MAIN, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

describe('what other clients send', () => {
  let client: TestClient;
  let frame: DebugProtocol.StackFrame;
  beforeEach(async () => {
    client = new TestClient(async (config) => new InProcessControl(config));
    await client.start({ image: KVM_C, vcpus: 2, pace: 'fast', console: 'none' }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'show_memory' }] });
      await client.event('breakpoint');
    });
    await client.stopped();
    [frame] = (await client.frames()) as [DebugProtocol.StackFrame];
    await client.request('setFunctionBreakpoints', { breakpoints: [] });
  });
  afterEach(() => client.end());

  const go = async (): Promise<DebugProtocol.StoppedEvent['body']> => {
    await client.request('continue', { threadId: 1 });
    return client.stopped();
  };
  const rip = () => client.evaluate('$rip,x');
  /** As the debug console lists them. */
  const listed = () => client.evaluate('breakpoints', 'repl');

  it('modes: a line and an instruction by their physical place, and in one address space', async () => {
    const line = lineOf('\tsmp_init();');
    for (const mode of ['physical', 'address-space', 'virtual'] as const) {
      await client.request('setBreakpoints', { source: { path: MAIN }, breakpoints: [{ line, mode }] });
      await client.event('breakpoint', ({ breakpoint }) => breakpoint.verified);
      assert.match(await listed(), mode === 'virtual' ? /main\.c:\d+ at kmain/ : new RegExp(`main\\.c:\\d+ at kmain.*, ${mode}$`));
    }
    const { instructions } = await client.request<NonNullable<DebugProtocol.DisassembleResponse['body']>>('disassemble', {
      memoryReference: frame.instructionPointerReference,
      instructionCount: 3,
    });
    const third = instructions[2]!.address;
    const at = (mode: string, extra: object = {}) => ({ instructionReference: third, mode, ...extra });
    await client.request('setBreakpoints', { source: { path: MAIN }, breakpoints: [] });
    // The address space is another one by then: only the physical place is met.
    await client.request('setInstructionBreakpoints', { breakpoints: [at('address-space', { condition: 'cr3 == 1' }), at('physical')] });
    await client.event('breakpoint', ({ breakpoint }) => breakpoint.verified);
    const physical = (await listed()).split('\n').find((each) => each.includes('physical'))!;
    const stop = await go();
    assert.deepEqual([stop.reason, stop.hitBreakpointIds], ['instruction breakpoint', [Number.parseInt(physical, 10)]]);
    assert.equal(BigInt(await rip()), BigInt(third));
  });

  it('instructions: by offset from a reference, with conditions and hit counts', async () => {
    const target = (await client.request('evaluate', { expression: 'paging_fault', frameId: frame.id })).memoryReference;
    const base = `0x${(BigInt(target) - 16n).toString(16)}`;
    await client.request('setInstructionBreakpoints', {
      breakpoints: [{ instructionReference: base, offset: 16, condition: 'demand_faults >= 2', hitCondition: '2' }],
    });
    assert.equal((await go()).reason, 'instruction breakpoint');
    assert.deepEqual([BigInt(await rip()), await client.evaluate('demand_faults')], [BigInt(target), '3']);
  });

  it('formats: what a frame is called, and numbers of variables and of what is set', async () => {
    const named = async (format: object): Promise<string> => {
      const { stackFrames } = await client.request('stackTrace', { threadId: 1, levels: 1, format });
      return stackFrames[0].name;
    };
    const { value } = (await client.scope(frame.id, 'Arguments')).info!;
    assert.equal(await named({}), 'show_memory');
    assert.equal(await named({ parameters: true }), `show_memory(struct hvm_start_info * info = ${value})`);
    assert.equal(await named({ parameters: true, parameterTypes: true }), 'show_memory(struct hvm_start_info *)');
    assert.equal(await named({ parameters: true, parameterNames: true, parameterValues: true }), `show_memory(info = ${value})`);
    assert.equal(await named({ module: true, line: true }), `kvm-c.elf!show_memory line ${frame.line}`);
    const set = await client.request('setExpression', {
      expression: 'demand_faults',
      value: '33',
      format: { hex: true },
      frameId: frame.id,
    });
    assert.equal(set.value, '0x21');
    const { variablesReference } = await client.request('evaluate', { expression: 'lock', frameId: frame.id });
    const plain = await client.children(variablesReference);
    const hex = await client.children(variablesReference, { format: { hex: true } });
    const [name] = Object.keys(plain).filter((each) => /^\d+$/.test(plain[each]!.value));
    assert.equal(hex[name!]!.value, `0x${Number(plain[name!]!.value).toString(16)}`);
  });

  it('modules: page by page', async () => {
    const { modules, totalModules } = await client.request('modules', { startModule: 0, moduleCount: 1 });
    assert.deepEqual([modules.length, totalModules, modules[0].id], [1, 1, 0]);
    assert.deepEqual((await client.request('modules', { startModule: 1 })).modules, []);
  });

  it('restart: reads image and symbols again, with the arguments that are given', async () => {
    const image = join(scratchFolder(), 'kernel.elf');
    copyFileSync(KVM_C, image);
    const launch = { image, pace: 'fast', console: 'none', stopOnEntry: true };
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'long_mode' }, { name: 'start' }] });
    await client.request('restart', { arguments: { ...launch, vcpus: 3 } });
    assert.equal((await client.stopped()).reason, 'entry');
    assert.equal((await client.request('threads')).threads.length, 3);
    // Another program under the same name.
    copyFileSync(MINIMAL, image);
    await client.request('restart', {});
    assert.equal((await client.stopped()).reason, 'entry');
    assert.match((await client.frames())[0]?.source?.name ?? '', /minimal\.S|\.disassembly/);
    assert.equal((await client.request('threads')).threads.length, 3, 'with what the restart before was given');
    await assert.rejects(client.evaluate('demand_faults'), /no variable, register or function "demand_faults"/);
    await assert.rejects(client.request('restart', { arguments: { ...launch, vcpu: 2 } }), /vcpus/);
  });
});
