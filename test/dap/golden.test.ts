// Golden transcripts on the real machine with the prebuilt samples: what a client sees, message by message.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import { TestClient } from './support/client';
import { checkGolden, ROOT } from './support/golden';

const KVM_C = join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf');
const MINIMAL = join(ROOT, 'samples', 'minimal-asm', 'minimal.elf');

describe('golden transcripts', () => {
  let client: TestClient;
  beforeEach(() => {
    client = new TestClient(async (config) => new InProcessControl(config));
  });
  afterEach(() => client.end());

  const go = async (command: string, args: object = { threadId: 1 }) => {
    await client.request(command, args);
    await client.stopped();
    return client.frames();
  };

  it('kvm-c: from the first instruction to C code in the upper half', async () => {
    await client.start({ image: KVM_C, vcpus: 2, pace: 'fast', console: 'none', stopOnEntry: true }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'pvh_entry' }, { name: 'high_entry' }, { name: 'kmain' }] });
      for (let i = 0; i < 3; i++) await client.event('breakpoint');
      await client.request('setExceptionBreakpoints', { filters: [] });
    });
    await client.stopped();
    await client.request('threads');
    await client.frames();
    for (let i = 0; i < 3; i++) await go('stepIn', { threadId: 1, granularity: 'instruction' });
    const [high] = await go('continue');
    await client.request('disassemble', {
      memoryReference: high?.instructionPointerReference,
      instructionOffset: -4,
      instructionCount: 10,
      resolveSymbols: true,
    });
    const [main] = await go('continue');
    await client.request('scopes', { frameId: main?.id });
    await client.scope(main!.id, 'Arguments');
    await client.scope(main!.id, 'Locals');
    for (let i = 0; i < 3; i++) await go('next');
    await go('stepIn');
    await go('stepOut');
    checkGolden('kvm-c-boot', client.messages);
  });

  it('kvm-c: breakpoints on hypercalls, their arguments, and a source line on the other vCPU', async () => {
    await client.start({ image: KVM_C, vcpus: 2, pcpus: 2, pace: 'fast', console: 'none' }, async () => {
      await client.request('setExceptionBreakpoints', {
        filters: [],
        filterOptions: [{ filterId: 'hypercall', condition: "name == 'SEND_IPI' && a0 != 0" }],
      });
      await client.event('breakpoint');
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'secondary_main' }] });
      await client.event('breakpoint');
    });
    for (let i = 0; i < 2; i++) {
      const { threadId } = await client.stopped();
      const [frame] = await client.frames(threadId);
      await client.scope(frame!.id, 'Arguments');
      await client.evaluate('$rax', 'hover', frame!.id);
      await client.request('continue', { threadId });
    }
    await client.stopped();
    checkGolden('kvm-c-hypercalls', client.messages);
    // Not in the transcript: costs and numbers of events move whenever the machine's model is refined.
    const { rows, next, end } = await client.request('hyperscope/trace', { from: -1, limit: 3, kinds: ['hypercall'] });
    assert.deepEqual([rows.at(-1).name, rows.at(-1).args, next], ['SEND_IPI', 'low=+0, high=none, min=1, icr=vector 0x42, fixed', end]);
    const { symbol, path, line } = await client.request('hyperscope/locate', { address: rows.at(-1).rip });
    assert.deepEqual([symbol.split('+')[0], path, line > 0], ['hypercall', join(ROOT, 'samples', 'kvm-c', 'kvm.c'), true]);
    const time = await client.request('hyperscope/time', { fromNs: 0, toNs: -1, limit: 100 });
    assert.deepEqual([time.pcpus, time.vcpus.length, time.bands.length > 1], [2, 2, true]);
    const ranges = await client.request('hyperscope/mappedRanges', { vcpu: 0, start: '0xffff800000000000', limit: 3 });
    assert.ok(ranges.ranges.length > 0);
  });

  it('minimal-asm: assembly by line and instruction, the hypercall, the end', async () => {
    await client.start({ image: MINIMAL, pace: 'fast', console: 'debugConsole' }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'hypercall:*' }] });
      await client.event('breakpoint');
    });
    await client.stopped();
    const [frame] = await client.frames();
    const groups = await client.scope(frame!.id, 'Registers');
    await client.children(groups.General!.variablesReference);
    await go('next');
    await go('next', { threadId: 1, granularity: 'instruction' });
    await client.request('hyperscope/walk', { vcpu: 0, address: '$rip' });
    await client.request('continue', { threadId: 1 });
    await client.event('terminated');
    checkGolden('minimal-asm', client.messages);
  });
});
