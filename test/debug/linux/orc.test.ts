// ORC entries written by hand in assembly, as rows that take a frame to its caller (orc_types.h of Linux 6.1).
import assert from 'node:assert/strict';
import { Stack } from '../../../src/debug/frames/stack';
import type { KernelFile } from '../../../src/debug/linux/kernel-file';
import { preferredRow } from '../../../src/debug/linux/orc-rows';
import { cfaOf } from '../../../src/symbols/unwind';
import { requireCompiler } from '../../symbols/toolchain';
import { fakeKernel, stopIn } from './fake-kernel';

const STACK = 0xffff_ffff_8140_0000n;

describe("Linux's ORC tables", () => {
  let kernel: KernelFile;
  const at = (name: string): bigint => kernel.file.symbolAddress(name)!;
  const row = (name: string) => kernel.file.orcRow(at(name));
  before(function () {
    requireCompiler(this, 'gcc');
    kernel = fakeKernel();
  });

  it('hold from their address to the next one', () => {
    assert.equal(row('orc_call')?.start, at('orc_call'));
    assert.equal(row('orc_call')?.end, at('orc_regs'));
    assert.equal(kernel.file.orcRow(at('orc_call') - 1n), undefined);
  });

  it('tell a call: where the return address and rbp are', () => {
    const call = row('orc_call');
    assert.equal(call?.orc, 'call');
    assert.deepEqual(call?.cfa, { kind: 'register', register: 7, offset: 24n });
    assert.deepEqual(call?.registers.get(16), { kind: 'offset', offset: -8n });
    assert.deepEqual(call?.registers.get(6), { kind: 'offset', offset: -16n });
    assert.equal(call?.registers.get(3)?.kind, 'undefined');
    assert.equal(call?.signalFrame, false);
  });

  it('tell an interrupt: all of struct pt_regs, or what IRET pops', () => {
    const regs = row('orc_regs');
    assert.equal(regs?.orc, 'registers');
    assert.ok(regs?.signalFrame);
    const offsets = Object.fromEntries(
      [...regs!.registers].map(([register, rule]) => [register, rule.kind === 'offset' ? Number(rule.offset) : -1]),
    );
    assert.deepEqual(offsets, {
      ...{ 15: 0, 14: 8, 13: 0x10, 12: 0x18, 6: 0x20, 3: 0x28, 11: 0x30, 10: 0x38, 9: 0x40, 8: 0x48 },
      ...{ 0: 0x50, 2: 0x58, 1: 0x60, 4: 0x68, 5: 0x70, 16: 0x80, 51: 0x88, 49: 0x90, 7: 0x98, 52: 0xa0 },
    });
    const iret = row('orc_iret');
    assert.equal(iret?.orc, 'iret');
    assert.deepEqual(iret?.cfa, { kind: 'register', register: 6, offset: 0n });
    assert.deepEqual(iret?.registers.get(7), { kind: 'offset', offset: 0x18n });
  });

  it('tell a stack switch: the old stack pointer is on the new stack', async () => {
    const port = { register: () => STACK, memory: async () => Uint8Array.of(0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0) };
    assert.equal(await cfaOf(row('orc_switch')!.cfa, port, 8), 0x1234_5680n);
  });

  it('tell the end of a stack, and where nothing is known', () => {
    assert.equal(row('orc_end')?.orc, 'end');
    assert.equal(row('orc_after'), undefined);
  });

  it('are preferred to call frame information that takes another way', async () => {
    const frame = (await new Stack(stopIn(kernel, { rip: at('orc_call'), rsp: STACK })).top()).physical;
    const orc = row('orc_call')!;
    const same = { ...orc, cfa: { kind: 'register', register: 7, offset: 24n } } as const;
    const other = { ...orc, cfa: { kind: 'register', register: 7, offset: 8n } } as const;
    assert.equal(await preferredRow(frame, same, orc), same);
    assert.equal(await preferredRow(frame, other, orc), orc);
    const regs = row('orc_regs');
    assert.equal(await preferredRow(frame, same, regs), regs);
    assert.equal(await preferredRow(frame, same, row('orc_end')), 'end');
    assert.equal(await preferredRow(frame, same, undefined), same);
  });

  it('take a stack through an interrupt to the process', async () => {
    // At orc_iret rbp points at the five words: RIP CS RFLAGS RSP SS.
    const words = [0x401000n, 0x33n, 0x202n, 0x7fff_0000n, 0x2bn];
    const patches = new Map(words.map((word, i) => [STACK + BigInt(8 * i), word]));
    const stop = stopIn(kernel, { rip: at('orc_iret'), rsp: STACK, rbp: STACK }, patches);
    stop.context.knowledge = {
      words: /^$/,
      nameOfUserCode: async (_stop, address) => `sh[10] 0x${address.toString(16)}`,
      isOfSymbols: async () => true,
      expand: async (text) => text,
      variable: async () => undefined,
    };
    const stack = new Stack(stop);
    const frames = await stack.frames(0, 10);
    assert.deepEqual(
      frames.map(({ name }) => name),
      ['orc_iret', 'sh[10] 0x401000'],
    );
    assert.equal(await frames[1]?.physical.register(7), 0x7fff_0000n);
    assert.deepEqual(stack.end, { kind: 'outermost' });
  });
});
