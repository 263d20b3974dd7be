// Alignment checks (SDM vol 3 ch. 7.15, interrupt 17) and RF in pushed flags (ch. 19.3.1.1), by real instructions.
import assert from 'node:assert/strict';
import { Seg } from '../../src/x86/layout';
import { updateMode } from '../../src/x86/system/mode';
import { CODE, LegacyMachine, Sel, STACK } from '../x86/system/legacy-machine';

const AC = 0x4_0000n;
const AM = 0x4_0000n;
const RF = 0x1_0000;
const DATA = 0xc000;

function user(rflags: bigint, cr0 = AM): LegacyMachine {
  const m = new LegacyMachine();
  const { state } = m;
  state.setU64('cr0', state.u64('cr0') | cr0);
  state.setU64('rflags', rflags | 2n);
  state.setSegment(Seg.cs, { selector: Sel.code3, access: 0xc0fb, limit: 0xffff_ffff, base: 0n });
  for (const segment of [Seg.ss, Seg.ds, Seg.es])
    state.setSegment(segment, { selector: Sel.data3, access: 0xc0f3, limit: 0xffff_ffff, base: 0n });
  state.setU32('cpl', 3);
  state.setGpr(6, BigInt(DATA + 1));
  state.setGpr(7, BigInt(DATA + 0x100));
  updateMode(state);
  return m;
}

describe('alignment checks', () => {
  const cases: [string, string, string][] = [
    ['a doubleword at an odd address', '8b06', 'vector 11'],
    ['a byte', '8a06 cc', 'vector 3'],
    ['a string element', 'a5', 'vector 11'],
    ['a locked operand', 'f00106', 'vector 11'],
    ['a far pointer', 'c41e', 'vector 11'],
    ['a store on the stack', '89f4 50', 'vector 11'],
    ['a frame that a helper pushes', '89f4 60', 'vector 11'],
    ['descriptors, which are supervisor accesses', '8cd8 8ed8 cc', 'vector 3'],
  ];
  for (const [name, code, expected] of cases)
    it(`${name}: ${expected}`, () => {
      const m = user(AC);
      assert.equal(m.run(code, 5), expected);
      if (expected === 'vector 11') assert.equal(m.frame(1)[0], 0);
    });

  it('needs CR0.AM, EFLAGS.AC and CPL 3', () => {
    assert.equal(user(AC, 0n).run('8b06 cc', 4), 'vector 3');
    assert.equal(user(0n).run('8b06 cc', 4), 'vector 3');
    const m = user(0n);
    m.word(STACK - 4, Number(AC));
    m.state.setGpr(4, BigInt(STACK - 4));
    assert.equal(m.run('9d 8b06', 4), 'vector 11', 'POPF sets AC');
  });
});

describe('RF in pushed flags', () => {
  const flagsOf = (m: LegacyMachine, hasError: boolean): number => m.frame(4)[hasError ? 3 : 2] ?? 0;

  it('is 1 for faults, 0 for traps and INT n', () => {
    const fault = new LegacyMachine();
    fault.run('0f0b', 2);
    assert.ok(flagsOf(fault, false) & RF);
    const trap = new LegacyMachine();
    trap.run('cd30', 2);
    assert.equal(flagsOf(trap, false) & RF, 0);
  });

  for (const [name, prefix] of [
    ['emitted', ''],
    ['by a helper', '67'],
  ] as const)
    it(`is 1 for an interrupt between two iterations of a string instruction ${name}`, () => {
      const m = new LegacyMachine();
      m.state.setU64('rflags', 0x202n);
      m.state.setGpr(1, 9n);
      m.state.setGpr(6, BigInt(DATA));
      m.state.setGpr(7, BigInt(DATA + 0x100));
      m.machine.write(CODE, `${prefix}f3a4 90f4`);
      m.machine.run(4);
      assert.equal(m.state.gpr(1), 5n);
      m.machine.host.interrupt = () => {
        m.machine.engine.setInterruptPending(0, false);
        return 0x30;
      };
      m.machine.engine.setInterruptPending(0, true);
      m.machine.run(2);
      assert.deepEqual(m.frame(2), [CODE, Sel.code0]);
      assert.ok(flagsOf(m, false) & RF);
      // It goes on where it was, and RF is gone at its end.
      m.machine.write(0x7000 + 0x30 * 16, 'cf');
      m.state.setU64('rip', BigInt(0x7000 + 0x30 * 16));
      m.state.setU32('activity', 0);
      m.machine.run(30);
      assert.equal(m.state.gpr(1), 0n);
      assert.equal(Number(m.state.u64('rflags')) & RF, 0);
    });

  it('IRET loads it, for an interrupt before the next instruction', () => {
    const m = new LegacyMachine();
    for (const [i, value] of [CODE + 0x10, Sel.code0, RF | 0x202].entries()) m.word(STACK - 12 + i * 4, value);
    m.state.setGpr(4, BigInt(STACK - 12));
    m.machine.write(CODE, 'cf');
    m.machine.write(CODE + 0x10, '90 f4');
    m.machine.run(1);
    m.machine.host.interrupt = () => {
      m.machine.engine.setInterruptPending(0, false);
      return 0x30;
    };
    m.machine.engine.setInterruptPending(0, true);
    m.machine.run(1);
    assert.deepEqual(m.frame(2), [CODE + 0x10, Sel.code0]);
    assert.ok(flagsOf(m, false) & RF);
  });
});
