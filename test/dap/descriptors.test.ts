// What the Descriptors panel asks for, on the real machine: tables with their handlers, hidden parts, the task-state segment, breaking on a vector.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import type { DescriptorsAnswer } from '../../src/protocol/descriptors';
import type { PanelBreakpointsAnswer } from '../../src/protocol/memory';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

/** VECTOR_TIMER of the sample. */
const TIMER = 0x40;

describe('the requests of the Descriptors panel', () => {
  let client: TestClient;
  before(async () => {
    client = new TestClient(async (config) => new InProcessControl(config));
    await client.start({ image: join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf'), vcpus: 2, pace: 'fast', console: 'none' }, async () => {
      await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'demo_timer' }] });
      await client.event('breakpoint');
    });
    await client.stopped();
  });
  after(() => client.end());

  const descriptors = (vcpu = 0): Promise<DescriptorsAnswer> => client.request('hyperscope/descriptors', { vcpu });
  const table = (answer: DescriptorsAnswer, name: string) => answer.tables.find((each) => each.name === name);

  it('show the tables of a 64-bit kernel with the names of its handlers', async () => {
    const answer = await descriptors();
    assert.equal(answer.mode, 'long64');
    const idt = table(answer, 'IDT');
    assert.equal(idt?.count, 256);
    const fault = idt.rows.find(({ index }) => index === 14);
    assert.deepEqual([fault?.name, fault?.type, fault?.gate?.ist], ['#PF Page Fault', '64-bit Interrupt Gate', 0]);
    assert.match(fault?.gate?.symbol ?? '', /\w/);
    assert.match(fault?.gate?.path ?? '', /entry\.S$/);
    assert.equal(idt.rows.find(({ index }) => index === 8)?.gate?.ist, 1);
    const gdt = table(answer, 'GDT');
    assert.deepEqual(
      gdt?.rows.map(({ selector, kind, name }) => [selector, kind, name]).find(([, kind]) => kind === 'tss'),
      [0x20, 'tss', 'TR'],
    );
  });

  it('find the hidden parts as memory has them, until the table is changed', async () => {
    const before = await descriptors();
    await client.request('next', { threadId: 1 });
    await client.stopped();
    assert.deepEqual(
      before.segments.filter(({ reason }) => reason === 'differs' || reason === 'nothing').map(({ name }) => name),
      [],
    );
    const cs = before.segments[0]!;
    const gdt = table(before, 'GDT')!;
    const address = `0x${(BigInt(gdt.base) + BigInt(cs.selector) + 6n).toString(16)}`;
    const place = { vcpu: 0, space: 'linear', cr3: null, address } as const;
    const old = (await client.request('hyperscope/memory', { ...place, length: 1 })).pieces[0].bytes;
    await client.request('hyperscope/changeMemory', {
      ...place,
      bytes: Buffer.of(Buffer.from(old, 'base64')[0]! ^ 0x10).toString('base64'),
    });
    const after = await descriptors();
    assert.deepEqual([after.segments[0]?.reason, after.segments[0]?.differences], ['differs', ['access']]);
    const entry = (answer: DescriptorsAnswer) => table(answer, 'GDT')?.rows.find(({ selector }) => selector === cs.selector);
    assert.equal(entry(after)?.before, entry(before)?.raw, 'marked as changed since the last stop');
    assert.equal(after.tables.flatMap(({ rows }) => rows).filter((row) => row.before !== null).length, 1);
    await client.request('hyperscope/changeMemory', { ...place, bytes: old });
  });

  it('show the task-state segment with its stacks', async () => {
    const { tss } = await descriptors();
    assert.equal(tss?.bits, 64);
    assert.match(tss.fields.find(({ name }) => name === 'IST1')?.symbol ?? '', /double_fault_stack/);
    assert.equal(tss.ioMap.missing, 'no-map');
  });

  it('show real-mode vectors of a processor that has not started', async () => {
    const { mode, tables, tss } = await descriptors(1);
    assert.deepEqual([mode, tables.map(({ name }) => name), tss], ['real', ['GDT', 'IVT'], null]);
  });

  it('break on a vector, exception or interrupt', async () => {
    const set = await client.request<PanelBreakpointsAnswer>('hyperscope/panelBreakpoints', { add: { kind: 'vector', vector: TIMER } });
    assert.deepEqual(
      set.breakpoints.map(({ text, vector, verified }) => [text, vector, verified]),
      [['vector 0x40', TIMER, true]],
    );
    await client.request('continue', { threadId: 1 });
    const stop = await client.stopped();
    assert.match(`${stop.description} ${stop.text}`, /0x40/);
    await client.request('hyperscope/panelBreakpoints', { remove: set.breakpoints[0]?.id });
    await assert.rejects(client.request('hyperscope/panelBreakpoints', { add: { kind: 'vector', vector: 256 } }), /256 is no vector/);
  });
});

describe('the requests of the Descriptors panel at a 32-bit entry', () => {
  it('show the flat segments that the boot protocol leaves, and no interrupt table', async () => {
    const client = new TestClient(async (config) => new InProcessControl(config));
    await client.start({ image: join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf'), pace: 'fast', console: 'none', stopOnEntry: true });
    await client.stopped();
    const { mode, segments, tables } = await client.request<DescriptorsAnswer>('hyperscope/descriptors', { vcpu: 0 });
    assert.equal(mode, 'protected32');
    assert.deepEqual(
      segments.filter(({ name }) => name === 'cs' || name === 'ds').map(({ usable, reason, hidden }) => [usable, reason, hidden.limit]),
      [
        [true, 'same', '0xffffffff'],
        [true, 'same', '0xffffffff'],
      ],
    );
    const [gdt, idt] = tables;
    assert.ok(gdt?.rows.every(({ kind, type }) => kind === 'code' || kind === 'data' || type.startsWith('32-bit TSS')));
    assert.deepEqual([idt?.name, idt?.rows.length], ['IDT', 0]);
    await client.end();
  });
});
