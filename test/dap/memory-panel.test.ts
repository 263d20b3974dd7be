// What the Memory panel asks for, on the real machine: every address space, changes since the last stop, writing, breakpoints of its own.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { InProcessControl } from '../../src/debug/host-link/in-process';
import type { MemoryAddressAnswer, MemoryAnswer, MemoryPlace, PanelBreakpointsAnswer } from '../../src/protocol/memory';
import type { WalkAnswer } from '../../src/protocol/requests';
import { TestClient } from './support/client';
import { ROOT } from './support/golden';

const here: MemoryPlace = { vcpu: 0, space: 'virtual', cr3: null };
const NOWHERE = '0x500000000000';
const hex = (text: string | undefined): string => Buffer.from(text ?? '', 'base64').toString('hex');

describe('the requests of the Memory panel', () => {
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

  const where = (text: string, cr3 = ''): Promise<MemoryAddressAnswer> =>
    client.request('hyperscope/memoryAddress', { vcpu: 0, text, cr3 });
  const read = (place: MemoryPlace, address: string, length: number): Promise<MemoryAnswer> =>
    client.request('hyperscope/memory', { ...place, address, length });
  const write = (place: MemoryPlace, address: string, bytes: number[]) =>
    client.request('hyperscope/changeMemory', { ...place, address, bytes: Buffer.from(bytes).toString('base64') });
  const physical = async (address: string): Promise<string> => {
    const { result } = await client.request<WalkAnswer>('hyperscope/walk', { vcpu: 0, address });
    return result!.gpa;
  };

  it('find an address by number, register, symbol, expression, or behind a segment', async () => {
    const counter = await where('shared_counter');
    assert.deepEqual([(await where('&shared_counter')).symbol, counter.cr3], ['shared_counter', null]);
    assert.equal((await where(counter.address.replace(/^0x(.{8})/, '0x$1 '))).address, counter.address);
    assert.equal((await where('rsp')).address, (await where('ss:rsp')).address);
    assert.equal((await where('idt', 'cr3')).cr3, await client.evaluate('$cr3,x'));
    await assert.rejects(where('no_such_thing'), /no_such_thing/);
    await assert.rejects(where(' '), /say which address/);
  });

  it('read the same bytes in every space, and nothing where nothing is', async () => {
    const { address, cr3 } = await where('idt', 'cr3');
    const [virtual] = (await read(here, address, 32)).pieces;
    for (const [space, at, root] of [
      ['linear', address, null],
      ['virtual', address, cr3],
      ['physical', await physical(address), null],
    ] as const)
      assert.equal((await read({ vcpu: 0, space, cr3: root }, at, 32)).pieces[0]?.bytes, virtual?.bytes, space);
    assert.deepEqual((await read(here, NOWHERE, 64)).pieces, []);
    assert.deepEqual((await read({ ...here, cr3: '0x10000000000' }, address, 64)).pieces, []);
    const top = await read(here, '0xfffffffffffffff0', 64);
    assert.equal(top.length, 16);
    await assert.rejects(read({ ...here, space: 'io' as never }, address, 1), /"space" must be "virtual" or "linear" or "physical"/);
  });

  it('write what is typed, and refuse what is not mapped as a whole', async () => {
    const { address } = await where('&shared_counter');
    await write(here, address, [1, 2, 3, 4]);
    assert.equal(hex((await read(here, address, 4)).pieces[0]?.bytes), '01020304');
    assert.equal(await client.evaluate('shared_counter,x'), '0x4030201');
    await write({ ...here, space: 'physical' }, await physical(address), [0, 0, 0, 0]);
    assert.equal(hex((await read(here, address, 4)).pieces[0]?.bytes), '00000000');
    await assert.rejects(write(here, NOWHERE, [1]), /0x500000000000/);
  });

  it('tell what has changed since the last stop', async () => {
    const { address } = await where('rsp');
    const below = `0x${(BigInt(address) - 64n).toString(16)}`;
    assert.equal((await read(here, below, 64)).pieces[0]?.before, null);
    await client.request('next', { threadId: 1 });
    await client.stopped();
    const [piece] = (await read(here, below, 64)).pieces;
    assert.ok(piece?.before);
    assert.notEqual(piece.before, piece.bytes);
    const code = await where('rip');
    assert.equal((await read(here, code.address, 16)).pieces[0]?.before, null);
  });

  it('break on what is written, until that is taken back', async () => {
    const { address } = await where('&shared_counter');
    const set = await client.request<PanelBreakpointsAnswer>('hyperscope/panelBreakpoints', {
      add: { kind: 'data', ...here, address, length: 8, access: 'write' },
    });
    assert.deepEqual(
      set.breakpoints.map(({ text, verified }) => [text, verified]),
      [['shared_counter, 8 bytes, write', true]],
    );
    assert.match(await client.evaluate('breakpoints', 'repl'), /shared_counter, 8 bytes, write/);
    const seen = (await read(here, address, 8)).pieces[0]?.bytes;
    await client.request('continue', { threadId: 1 });
    const stop = await client.stopped();
    assert.equal(stop.reason, 'data breakpoint');
    // Every vCPU sees what it was, whichever looked at the stop before; also at once in every space.
    for (const space of ['virtual', 'linear'] as const)
      for (const vcpu of [1, 0])
        assert.equal((await read({ ...here, space, vcpu }, address, 8)).pieces[0]?.before, seen, `${space} ${vcpu}`);
    assert.equal((await read({ ...here, space: 'physical' }, await physical(address), 8)).pieces[0]?.before, seen);
    const gone = await client.request<PanelBreakpointsAnswer>('hyperscope/panelBreakpoints', { remove: set.breakpoints[0]?.id });
    assert.deepEqual(gone.breakpoints, []);
    await assert.rejects(client.request('hyperscope/panelBreakpoints', { remove: 999 }), /no breakpoint of a panel has the number 999/);
  });

  it('break in other page tables only while they are those of the vCPU', async () => {
    const { address, cr3 } = await where('&shared_counter', 'cr3');
    const add = { kind: 'data', ...here, cr3, address, length: 8, access: 'access' } as const;
    const set = await client.request<PanelBreakpointsAnswer>('hyperscope/panelBreakpoints', { add });
    assert.match(set.breakpoints[0]?.text ?? '', /if \(\$cr3 & 0xffffffffff000\) == 0x[0-9a-f]+000$/);
    await client.request('continue', { threadId: 1 });
    assert.equal((await client.stopped()).reason, 'data breakpoint');
    await client.request('hyperscope/panelBreakpoints', { remove: set.breakpoints[0]?.id });
  });

  it('go back to who wrote the bytes last', async () => {
    const { address } = await where('&shared_counter');
    const before = (await read(here, address, 8)).pieces[0]?.bytes;
    const { label } = await client.request('hyperscope/lastWrite', { address, length: 8 });
    assert.equal(label, 'shared_counter');
    const stop = await client.stopped();
    assert.match(`${stop.text}`, /written at count_under_lock/);
    assert.equal((await read(here, address, 8)).pieces[0]?.bytes, before);
  });

  it('are asked for by the debug console, too', async () => {
    assert.match(await client.evaluate('memory &shared_counter', 'repl'), /Memory panel at 0x/);
    assert.deepEqual(await client.event('hyperscope/show'), { command: 'hyperscope.showMemory', at: '&shared_counter' });
  });
});

/** The sample before its first instruction. */
async function atEntry(): Promise<TestClient> {
  const client = new TestClient(async (config) => new InProcessControl(config));
  await client.start({ image: join(ROOT, 'samples', 'kvm-c', 'kvm-c.elf'), pace: 'fast', console: 'none', stopOnEntry: true });
  await client.stopped();
  return client;
}

describe('the requests of the Memory panel before paging', () => {
  let client: TestClient;
  before(async () => {
    client = await atEntry();
  });
  after(() => client.end());

  it('find what is linked high where it was loaded, but in the linear space only what the CPU finds', async () => {
    const { address } = await client.request<MemoryAddressAnswer>('hyperscope/memoryAddress', { vcpu: 0, text: 'kmain', cr3: '' });
    const read = async (place: MemoryPlace): Promise<string | undefined> =>
      (await client.request<MemoryAnswer>('hyperscope/memory', { ...place, address, length: 16 })).pieces[0]?.bytes;
    assert.match(hex(await read(here)), /[1-9a-f]/);
    assert.equal(await read({ ...here, space: 'linear' }), undefined);
  });

  it('write and break there, too', async () => {
    const { address } = await client.request<MemoryAddressAnswer>('hyperscope/memoryAddress', {
      vcpu: 0,
      text: '&shared_counter',
      cr3: '',
    });
    const set = await client.request<PanelBreakpointsAnswer>('hyperscope/panelBreakpoints', {
      add: { kind: 'data', ...here, address, length: 8, access: 'write' },
    });
    assert.deepEqual(
      set.breakpoints.map(({ text, verified }) => [text, verified]),
      [['shared_counter, 8 bytes, write', true]],
    );
    await client.request('hyperscope/changeMemory', { ...here, address, bytes: Buffer.of(7).toString('base64') });
    assert.equal(await client.evaluate('shared_counter'), '7');
  });

  it('tell that the guest must stand still for an expression, not for a number', async () => {
    await client.request('hyperscope/panelBreakpoints', { remove: 1 }).catch(() => undefined);
    await client.request('continue', { threadId: 1 });
    const found = await client.request<MemoryAddressAnswer>('hyperscope/memoryAddress', { vcpu: 0, text: '0x1000', cr3: '' });
    assert.equal(found.address, '0x1000');
    await assert.rejects(
      client.request('hyperscope/memoryAddress', { vcpu: 0, text: 'rsp', cr3: '' }),
      /^Error: This needs the guest to be stopped: pause it first|has ended/,
    );
  });
});

describe('the requests of the Memory panel with PAE', () => {
  let client: TestClient;
  before(async () => {
    client = await atEntry();
  });
  after(() => client.end());

  it('tell one set of PAE tables from another in the same page: 32 bytes each (SDM vol 3, 4.4.1)', async () => {
    const place: MemoryPlace = { ...here, space: 'physical' };
    const write = async (address: number, bytes: Uint8Array): Promise<void> => {
      const text = { address: `0x${address.toString(16)}`, bytes: Buffer.from(bytes).toString('base64') };
      await client.request('hyperscope/changeMemory', { ...place, ...text });
    };
    const entry = (value: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
    // Two roots, each with a directory of its own: one maps itself, the other maps the next 2 MiB there.
    for (const [root, directory, page] of [
      [0x80_0000, 0x80_1000, 0xa0_0000],
      [0x80_0020, 0x80_2000, 0xc0_0000],
    ] as const) {
      await write(root, entry(directory + 1));
      await write(directory, entry(0x83));
      await write(directory + 5 * 8, entry(page + 0x83));
      await write(page, new Uint8Array(16).fill(page >> 20));
    }
    for (const [name, value] of [
      ['cr3', '0x800000'],
      ['cr4', '$cr4 | 0x20'],
      ['cr0', '$cr0 | 0x80000000'],
    ])
      await client.request('hyperscope/setRegister', { vcpu: 0, name, value });
    const seen = async (cr3: string): Promise<(string | null | undefined)[]> => {
      const answer = await client.request<MemoryAnswer>('hyperscope/memory', { ...here, cr3, address: '0xa00000', length: 4 });
      return answer.pieces.flatMap(({ bytes, before }) => [hex(bytes), before]);
    };
    assert.deepEqual(await seen('0x800000'), ['0a0a0a0a', null]);
    await client.request('next', { threadId: 1, granularity: 'instruction' });
    await client.stopped();
    assert.deepEqual(await seen('0x800020'), ['0c0c0c0c', null]);
    const set = await client.request<PanelBreakpointsAnswer>('hyperscope/panelBreakpoints', {
      add: { kind: 'data', ...here, cr3: '0x800020', address: '0xa00000', length: 4, access: 'write' },
    });
    assert.match(set.breakpoints[0]?.text ?? '', /if \(\$cr3 & 0xffffffe0\) == 0x800020$/);
  });
});
