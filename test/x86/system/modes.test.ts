// A program on the real engine that goes from real mode through protected mode to 64-bit mode and user level, with an interrupt in each, SYSCALL, a page
// fault on an IST stack, and a triple fault in the end. Its source is modes.s; the bytes below are made from it by
//   as -o modes.o modes.s && ld -Ttext 0x7c00 -e start -o modes.elf modes.o && objcopy -O binary modes.elf modes.bin && xxd -p modes.bin
import assert from 'node:assert/strict';
import type { EngineReturn } from '../../../src/engine/cpu-engine';
import { ModeBit, Seg } from '../../../src/x86/layout';
import { updateMode } from '../../../src/x86/system/mode';
import { BareMachine } from '../../engine/bare-machine';

const LOAD = 0x7c00;
const PROGRAM = [
  'fa31c08ed88ed0bc0070bb3412c7068400317cc70686000000cd21891e00050f0116487e0f20c00c010f22c0ea357c0800bb7856cf66b810008ed88ec08ed0bc',
  '007000000f011d4e7e0000c705800a0000c67c0000b80000080066b8c67ca3800a0000c705840a0000008e0000cd30891504050000c7050000010007100100c7',
  '050010010007200100c7050020010087000000b8000001000f22d80f20e00d200600000f22e0b9800000c00f320d010900000f300f20c00d000001800f22c0ea',
  'cc7c00001800ba0100fecacfb8100000008ed88ed048c7c4007000000f011c25547e0000b8380000000f00d8488d0425b77d000048c7c700200000ba00ee0000',
  'b930000000e857000000488d0425d87d0000ba018e0000b9e0000000e840000000b9810000c031c0ba180020000f30ffc1488d0425ce7d000031d20f30ffc1ff',
  'c1b8000200000f306a2b680060000068020200006a33488d04258e7d00005048cf6689040f66c7440f02180088540f0488740f0548c1e8106689440f0648c1e8',
  '1089440f08c7440f0c00000000c38cc889042508050000ccbf770000000f0548890425100500008a0425000040004889242530050000f4488b04244889042518',
  '0500008cc88904250c05000048cf488d8700100000480f070f20d048890425200500005848890425280500004889242538050000488304240748cf0f1f440000',
  '0000000000000000ffff0000009acf00ffff00000092cf00ffff0000009aaf00ffff000000facf00ffff000000f2cf00ffff000000faaf006700003000890000',
  '00000000000000004700007e0000ff0300090000ff0f0020000000000000',
].join('');

describe('all modes on the engine (SDM vol 3, 10.9)', () => {
  const machine = new BareMachine();
  const { state } = machine;
  let end: EngineReturn;
  machine.write(LOAD, PROGRAM);
  // RSP0 and IST1 of the TSS at 3000h.
  const stack = (value: number): Uint8Array => new Uint8Array(new BigUint64Array([BigInt(value)]).buffer);
  machine.write(0x3000 + 4, stack(0x9000));
  machine.write(0x3000 + 36, stack(0xa000));
  state.setSegment(Seg.cs, { selector: 0, access: 0x93, limit: 0xffff, base: 0n });
  state.setU64('rip', BigInt(LOAD));
  updateMode(state);
  before(() => {
    end = machine.run(2000);
  });
  const word = (at: number): number => new DataView(machine.read(at, 8).buffer).getUint32(0, true);

  it('an interrupt in real mode', () => assert.equal(word(0x500) & 0xffff, 0x5678));
  it('an interrupt in 32-bit protected mode', () => assert.equal(word(0x504), 0xcafe_0001));
  it('IRETQ to CPL 3 in 64-bit mode', () => assert.equal(word(0x508), 0x33));
  it('INT3 from CPL 3 through a gate of DPL 3, and back', () => {
    assert.equal(word(0x50c), 0x18);
    assert.notEqual(word(0x518), 0);
  });
  it('SYSCALL and SYSRET', () => assert.equal(word(0x510), 0x1077));
  it('a page fault on the IST stack: CR2, error code, frame', () => {
    assert.equal(word(0x520), 0x40_0000);
    assert.equal(word(0x528), 4);
    assert.equal(word(0x538), 0xa000 - 40);
  });
  it('back at CPL 3 on the old stack', () => assert.equal(word(0x530), 0x6000));
  it('HLT at CPL 3 without handlers: the chain of a triple fault at the guilty instruction', () => {
    assert.equal(end.kind, 'shutdown');
    if (end.kind !== 'shutdown') return;
    assert.deepEqual(
      end.chain.map((fault) => [fault.vector, fault.errorCode]),
      [
        [13, 0],
        [13, 13 * 8 + 3],
        [13, 8 * 8 + 3],
      ],
    );
    assert.equal(new Set(end.chain.map((fault) => fault.rip)).size, 1);
    assert.equal(state.u32('mode') & (ModeBit.code64 | ModeBit.user), ModeBit.code64 | ModeBit.user);
  });
});
