import assert from 'node:assert/strict';
import { decodeDescriptor, decodeGate } from '../../../src/debug/descriptors/descriptor';
import { hiddenParts } from '../../../src/debug/descriptors/hidden';
import { descriptorTables, handlerOf } from '../../../src/debug/descriptors/tables';
import { readTss } from '../../../src/debug/descriptors/tss';
import type { RegisterFile } from '../../../src/machine/control/types';

/** Memory of 64-bit words by their address; the rest is not mapped beyond 64 KiB. */
const memory = (words: Record<number, bigint>, size = 0x10000) => {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  for (const [at, word] of Object.entries(words)) view.setBigUint64(Number(at), word, true);
  return async (address: bigint, length: number): Promise<Uint8Array> => bytes.slice(Number(address), Number(address) + length);
};
const file = (values: Record<string, bigint>, mode = 'long64'): RegisterFile => ({ values: { cr0: 1n, efer: 0x400n, ...values }, mode });

describe('descriptors', () => {
  it('of code and data (SDM vol 3, 3.4.5, table 3-1)', () => {
    const code = decodeDescriptor(0x00af9a000000ffffn, true);
    assert.deepEqual([code.kind, code.typeName, code.dpl, code.present, code.flags], ['code', 'Code Execute/Read', 0, true, ['G', 'L']]);
    const data = decodeDescriptor(0x12cff3345678ffffn, false);
    assert.deepEqual([data.kind, data.typeName, data.dpl, data.flags], ['data', 'Data Read/Write', 3, ['G', 'B', 'A']]);
    assert.deepEqual(data.segment, { base: 0x12345678n, limit: 0xffffffffn, access: 0xc0f3 });
    const small = decodeDescriptor(0x00009c0010000fffn, false);
    assert.deepEqual(
      [small.typeName, small.segment?.base, small.segment?.limit, small.flags],
      ['Code Execute-Only, conforming', 0x1000n, 0xfffn, []],
    );
  });
  it('of the system, by mode (table 3-2)', () => {
    const tss = decodeDescriptor((0xffff8000n << 64n) | 0x00008b1020000067n, true);
    assert.deepEqual(
      [tss.typeName, tss.size, tss.segment?.base, tss.segment?.limit],
      ['64-bit TSS (Busy)', 16, 0xffff800000102000n, 0x67n],
    );
    assert.equal(decodeDescriptor(0x00008b1020000067n, false).typeName, '32-bit TSS (Busy)');
    assert.equal(decodeDescriptor(0x0000850000280000n, false).typeName, 'Task Gate');
    assert.equal(decodeDescriptor(0x0000850000280000n, true).kind, 'reserved');
    const call = decodeDescriptor(0x0012ec0500083456n, false);
    assert.deepEqual(call.gate, { selector: 8, offset: 0x123456n, ist: undefined, count: 5 });
    assert.equal(decodeDescriptor(0x0012e40500083456n, false).gate?.offset, 0x3456n);
  });
  it('of interrupts (6.11, 6.14.1)', () => {
    const gate = decodeGate((0xffff8000n << 64n) | 0x0010ee0200081234n, true);
    assert.deepEqual([gate.typeName, gate.dpl, gate.present], ['64-bit Interrupt Gate', 3, true]);
    assert.deepEqual(gate.gate, { selector: 8, offset: 0xffff800000101234n, ist: 2, count: undefined });
    assert.equal(decodeGate(0x0010870000081234n, false).typeName, '16-bit Trap Gate');
    assert.equal(decodeGate(0x0010870000081234n, true).kind, 'reserved');
    assert.equal(decodeGate(0x00cf9a000000ffffn, false).kind, 'reserved');
  });
});

describe('descriptor tables', () => {
  const gdt = { 4104: 0x00af9b000000ffffn, 4112: 0x00cf93000000ffffn, 4128: 0x00008b0030000067n, 4136: 0n, 4144: 0x0000820040000017n };
  it('are read where the registers say, with descriptors of 16 bytes in IA-32e mode', async () => {
    const [table, idt] = await descriptorTables(
      file({ 'gdtr.base': 0x1000n, 'gdtr.limit': 0x3fn, 'idtr.base': 0x2000n, 'idtr.limit': 0xfffn }),
      memory({ ...gdt, 8416: 0x00008e0000081234n }),
    );
    assert.deepEqual(
      table?.entries.map(({ index, descriptor }) => [index, descriptor.kind]),
      [
        [1, 'code'],
        [2, 'data'],
        [4, 'tss'],
        [6, 'ldt'],
      ],
    );
    assert.equal(table?.count, 8);
    assert.deepEqual(
      idt?.entries.map(({ index, descriptor }) => [index, handlerOf(descriptor, [])]),
      [[14, 0x1234n]],
    );
    assert.equal(idt?.count, 256);
  });
  it('have vectors of four bytes in real-address mode, and no handler beyond what can be read', async () => {
    const [, ivt] = await descriptorTables(
      file({ cr0: 0n, efer: 0n, 'gdtr.limit': 0n, 'idtr.base': 0n, 'idtr.limit': 0xffffn }, 'real'),
      memory({ 32: 0xf000fea5f000ff53n }, 0x100),
    );
    assert.deepEqual([ivt?.name, ivt?.missing], ['IVT', 0x300]);
    assert.deepEqual(
      ivt?.entries.map(({ index, descriptor }) => [index, handlerOf(descriptor, [])]),
      [
        [8, 0xfff53n],
        [9, 0xffea5n],
      ],
    );
  });
  it('give a 32-bit handler the base of its segment', async () => {
    const tables = await descriptorTables(
      file({ efer: 0n, 'gdtr.base': 0x1000n, 'gdtr.limit': 0xfn, 'idtr.base': 0x2000n, 'idtr.limit': 0x7n }, 'protected32'),
      memory({ 4104: 0x00409a500000ffffn, 8192: 0x00018e0000080010n }),
    );
    assert.equal(handlerOf(tables[1]!.entries[0]!.descriptor, tables), 0x510010n);
  });
});

describe('hidden parts', () => {
  const registers = {
    ...{ 'gdtr.base': 0x1000n, 'gdtr.limit': 0x17n, 'idtr.limit': 0n },
    ...{ cs: 8n, 'cs.base': 0n, 'cs.limit': 0xffffffffn, 'cs.access': 0xa09bn },
    ...{ ds: 0x10n, 'ds.base': 0n, 'ds.limit': 0xffffffffn, 'ds.access': 0xc093n },
    ...{ fs: 0n, 'fs.base': 0x7000n, 'fs.access': 0x10000n, gs: 0x10n, 'gs.base': 0x9000n, 'gs.limit': 0xffffffffn, 'gs.access': 0xc093n },
    ...{ es: 0x18n, 'es.limit': 0xffffn, 'es.access': 0x93n, ss: 0n, 'ss.access': 0x10000n },
  };
  const table = { 4104: 0x00af9a000000ffffn, 4112: 0x00cf93000000ffffn };
  const reasons = async (words: Record<number, bigint>) => {
    const now = file(registers);
    return Object.fromEntries(hiddenParts(now, await descriptorTables(now, memory(words))).map((part) => [part.name, part]));
  };
  it('agree with memory, but for the accessed bit, are loaded by an MSR, or come from nowhere', async () => {
    const { cs, ds, fs, gs, es, ss } = await reasons(table);
    assert.deepEqual(
      [cs, ds, fs, gs, es, ss].map((part) => part?.reason),
      ['same', 'same', 'msr', 'msr', 'nothing', 'null'],
    );
  });
  it('differ once the table was changed', async () => {
    const { ds } = await reasons({ ...table, 4112: 0x00c0f1000000ffffn });
    assert.deepEqual([ds?.reason, ds?.differences], ['differs', ['limit', 'access']]);
  });
  it('are the selector times 16 in real-address mode', async () => {
    const real = file(
      { cr0: 0n, efer: 0n, ds: 0x1234n, 'ds.base': 0x12340n, 'ds.limit': 0xffffn, cs: 1n, 'cs.base': 0x10n, 'cs.limit': 0xffffffffn },
      'real',
    );
    const parts = hiddenParts(real, []);
    assert.deepEqual(
      parts.filter(({ name }) => name === 'ds' || name === 'cs').map(({ reason, differences }) => [reason, differences]),
      [
        ['differs', ['limit']],
        ['real', []],
      ],
    );
  });
});

describe('the task-state segment', () => {
  const tr = { tr: 0x20n, 'tr.base': 0x3000n, 'tr.limit': 0x68n + 0x1fffn, 'tr.access': 0x8bn };
  const words = { 12292: 0xffff800000108000n, 12324: 0xffff800000109000n, 12384: 0x0068000000000000n };
  it('has stacks, and the ports that its bit map allows (7.7; vol 1, 20.5.2)', async () => {
    const ones = Object.fromEntries(Array.from({ length: 0x400 }, (_, i) => [0x3068 + 8 * i, 0xffffffffffffffffn]));
    const tss = await readTss(file(tr), memory({ ...words, ...ones, [0x3068 + 0x78]: 0xff00ffffffffffffn, 20576: 0xffffffffffffffffn }));
    assert.equal(tss?.bits, 64);
    const value = (name: string) => tss?.fields.find((field) => field.name === name)?.value;
    assert.deepEqual([value('RSP0'), value('IST1'), value('I/O map base')], [0xffff800000108000n, 0xffff800000109000n, 0x68n]);
    assert.deepEqual(tss?.ioMap.allowed, [{ from: 0x3f0, to: 0x3f7 }]);
  });
  it('has no map where its base is at the limit, and no fields beyond it', async () => {
    const tss = await readTss(file({ ...tr, 'tr.limit': 0x67n }), memory(words));
    assert.equal(tss?.ioMap.missing, 'no-map');
    const short = await readTss(file({ ...tr, 'tr.limit': 0x2bn }), memory(words));
    assert.deepEqual(
      short?.fields.filter(({ value }) => value !== undefined).map(({ name }) => name),
      ['RSP0', 'RSP1', 'RSP2', 'IST1'],
    );
  });
  it('has its 32-bit and 16-bit forms, or is not there', async () => {
    assert.equal(
      (await readTss(file({ ...tr, efer: 0n }), memory(words)))?.fields.some(({ name }) => name === 'ESP0'),
      true,
    );
    assert.equal((await readTss(file({ ...tr, efer: 0n, 'tr.access': 0x83n }), memory(words)))?.bits, 16);
    assert.equal(await readTss(file({ ...tr, tr: 0n }), memory(words)), undefined);
  });
});
