// CLI, STI, PUSHF, POPF, IRET and INT n in virtual-8086 mode, with and without VME, and with PVI at CPL 3 (SDM vol 3 ch. 22.2, 22.3, 22.4).
import assert from 'node:assert/strict';
import { Seg } from '../../../src/x86/layout';
import { updateMode } from '../../../src/x86/system/mode';
import { LegacyMachine, Sel, TSS_A } from './legacy-machine';

const IF = 0x200n;
const VIF = 0x8_0000n;
const VIP = 0x10_0000n;
const IOPL3 = 0x3000n;
const VME = 1n;
const PVI = 2n;
const vm86 = (rflags: bigint, cr4 = 0n): LegacyMachine => {
  const m = new LegacyMachine();
  m.virtual8086(rflags, cr4);
  return m;
};
const top = (m: LegacyMachine): number => m.read(0xa000 + Number(m.state.gpr(4)), 2);

describe('virtual-8086 mode and virtual interrupts', () => {
  for (const [name, code] of [
    ['CLI', 'fa'],
    ['STI', 'fb'],
    ['PUSHF', '9c'],
    ['POPF', '9d'],
    ['IRET', 'cf'],
    ['INT n', 'cd30'],
  ] as const)
    it(`${name} with IOPL below 3 is #GP(0)`, () => {
      const m = vm86(0n);
      assert.equal(m.run(code, 2), 'vector d');
      assert.deepEqual(m.frame(3), [0, 0, 0x900]);
    });

  it('with IOPL 3 they are as in real mode, and INT n goes to protected mode', () => {
    const m = vm86(IOPL3);
    m.run('fb 9c', 2);
    assert.equal(BigInt(top(m)) & (IF | IOPL3), IF | IOPL3);
    const n = vm86(IOPL3);
    assert.equal(n.run('cd30', 2), 'vector 30');
    assert.equal(n.state.u64('rip'), BigInt(0x7301));
  });

  it('VME: CLI and STI change VIF; STI with VIP is #GP(0)', () => {
    const m = vm86(IF, VME);
    m.run('fb', 1);
    assert.equal(m.state.u64('rflags') & (IF | VIF), IF | VIF);
    m.state.setU64('rip', 0n);
    m.run('fa', 1);
    assert.equal(m.state.u64('rflags') & (IF | VIF), IF);
    assert.equal(vm86(VIP, VME).run('fb', 2), 'vector d');
  });

  it('VME: 16-bit PUSHF shows VIF as IF and IOPL 3; the 32-bit form is #GP(0)', () => {
    const m = vm86(VIF, VME);
    m.run('9c', 1);
    assert.equal(BigInt(top(m)) & (IF | IOPL3), IF | IOPL3);
    assert.equal(vm86(VIF, VME).run('669c', 2), 'vector d');
  });

  it('VME: POPF and IRET load VIF from IF, not IF and IOPL; #GP(0) with VIP and IF, or with TF', () => {
    const m = vm86(IF, VME);
    m.half(0xb000, 0x0201);
    m.run('9d', 1);
    assert.equal(m.state.u64('rflags') & (IF | VIF | IOPL3 | 1n), IF | VIF | 1n);
    const waiting = vm86(VIP, VME);
    waiting.half(0xb000, 0x0200);
    assert.equal(waiting.run('9d', 2), 'vector d');
    const trap = vm86(0n, VME);
    trap.half(0xb000, 0x0100);
    assert.equal(trap.run('9d', 2), 'vector d');
    const back = vm86(0n, VME);
    for (const [i, value] of [0x1234, 0x700, 0x3201].entries()) back.half(0xb000 + i * 2, value);
    back.run('cf', 1);
    assert.equal(back.state.u64('rip'), 0x1234n);
    assert.equal(back.state.segment(Seg.cs).selector, 0x700);
    assert.equal(back.state.u64('rflags') & (VIF | IOPL3 | 1n), VIF | 1n);
  });

  it('VME: INT n goes to the virtual machine where its bit of the redirection bitmap is clear', () => {
    const m = vm86(VIF, VME);
    m.half(TSS_A + 102, 0x90);
    m.word(0x30 * 4, 0x0700_0055);
    m.run('cd30', 1);
    assert.equal(m.state.u64('rip'), 0x55n);
    assert.equal(m.state.segment(Seg.cs).selector, 0x700);
    assert.equal(m.state.u64('rflags') & VIF, 0n);
    assert.equal(m.state.gpr(4), 0xffan);
    assert.deepEqual([top(m), m.read(0xaffc, 2)], [2, 0x900]);
    assert.equal(BigInt(m.read(0xaffe, 2)) & (IF | IOPL3), IF | IOPL3);
    const set = vm86(0n, VME);
    set.half(TSS_A + 102, 0x90);
    set.half(TSS_A + 0x70 + 6, 1);
    assert.equal(set.run('cd30', 2), 'vector d');
  });

  it('PVI: CLI and STI at CPL 3 change VIF; STI with VIP is #GP(0)', () => {
    const at3 = (rflags: bigint): LegacyMachine => {
      const m = new LegacyMachine();
      const { state } = m;
      state.setU64('cr4', PVI);
      state.setU64('rflags', rflags | 2n);
      state.setSegment(Seg.cs, { selector: Sel.code3, access: 0xc0fb, limit: 0xffff_ffff, base: 0n });
      for (const segment of [Seg.ss, Seg.ds, Seg.es])
        state.setSegment(segment, { selector: Sel.data3, access: 0xc0f3, limit: 0xffff_ffff, base: 0n });
      state.setU32('cpl', 3);
      updateMode(state);
      return m;
    };
    const m = at3(IF);
    m.run('fb', 1);
    assert.equal(m.state.u64('rflags') & (IF | VIF), IF | VIF);
    assert.equal(at3(VIP).run('fb', 2), 'vector d');
    const without = at3(0n);
    without.state.setU64('cr4', 0n);
    assert.equal(without.run('fa', 2), 'vector d');
  });
});
