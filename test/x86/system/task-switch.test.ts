// Hardware task switches (SDM vol 3 ch. 8.2, 8.3; vol 2 "JMP", "CALL", "IRET", "INT n").
import assert from 'node:assert/strict';
import { Seg } from '../../../src/x86/layout';
import { CODE, descriptor, GDT, LegacyMachine, Sel, STACK, TSS_16, TSS_A, TSS_B, TSS_C } from './legacy-machine';

const NT = 0x4000;
const TASK = 0xa000;
const JMP_B = 'ea 00000000 3000';
const CALL_B = '9a 00000000 3000';
const access = (m: LegacyMachine, selector: number): number => m.read(GDT + selector + 5, 1);

function machine(more: Readonly<Record<number, number>> = {}, code = 'f4'): LegacyMachine {
  const m = new LegacyMachine();
  m.task32(TSS_B, TASK, { 40: 0x1111_2222, 68: 0x3333_4444, ...more });
  m.machine.write(TASK, code);
  return m;
}

describe('hardware task switch', () => {
  it('JMP to a TSS: busy bits move, registers are saved and loaded, CR0.TS is set, NT is not', () => {
    const m = machine();
    m.state.setGpr(3, 0x77n);
    m.run(JMP_B, 3);
    const { state } = m;
    assert.equal(state.u64('rip'), BigInt(TASK + 1));
    assert.equal(state.gpr(0), 0x1111_2222n);
    assert.equal(state.gpr(7), 0x3333_4444n);
    assert.equal(state.segment(Seg.tr).selector, Sel.tssB);
    assert.deepEqual([access(m, Sel.tssA), access(m, Sel.tssB)], [0x89, 0x8b]);
    assert.deepEqual([m.read(TSS_A + 32), m.read(TSS_A + 52), m.read(TSS_A + 56)], [CODE + 7, 0x77, STACK]);
    assert.ok(state.u64('cr0') & 8n);
    assert.equal(state.u64('rflags') & BigInt(NT), 0n);
    assert.equal(state.segment(Seg.fs).access, 0x1_0000);
  });

  it('CALL nests: back link, NT, both busy; IRET goes back and clears NT in the image it saves', () => {
    const m = machine({}, '40 cf');
    assert.equal(m.run(`${CALL_B} f4`, 2), 'budget');
    assert.equal(m.read(TSS_B, 2), Sel.tssA);
    assert.ok(m.state.u64('rflags') & BigInt(NT));
    assert.deepEqual([access(m, Sel.tssA), access(m, Sel.tssB)], [0x8b, 0x8b]);
    m.machine.run(2);
    assert.equal(m.state.u64('rip'), BigInt(CODE + 8));
    assert.equal(m.state.segment(Seg.tr).selector, Sel.tssA);
    assert.deepEqual([access(m, Sel.tssA), access(m, Sel.tssB)], [0x8b, 0x89]);
    assert.equal(m.read(TSS_B + 36) & NT, 0);
    assert.equal(m.read(TSS_B + 40), 0x1111_2223);
    assert.equal(m.read(TSS_B + 32), TASK + 2);
  });

  it('JMP through a task gate', () => {
    const m = machine();
    m.run('ea 00000000 3800', 2);
    assert.equal(m.state.segment(Seg.tr).selector, Sel.tssB);
  });

  it('INT n through a task gate of the IDT nests; IRET goes on behind it', () => {
    const m = machine({}, 'cf');
    m.gate(0x40, 0xe5, Sel.tssB, 0);
    m.run('cd40 f4', 3);
    assert.equal(m.state.u64('rip'), BigInt(CODE + 3));
    assert.equal(m.state.segment(Seg.tr).selector, Sel.tssA);
  });

  it("an exception's error code goes onto the new task's stack; the saved image has RF", () => {
    const m = machine();
    m.gate(13, 0x85, Sel.tssB, 0);
    m.state.setGpr(0, 0x1f0n);
    m.run('8ed8', 2); // MOV DS, AX
    assert.equal(m.state.u64('rip'), BigInt(TASK + 1));
    assert.deepEqual(m.frame(1), [0x1f0]);
    assert.equal(m.read(TSS_A + 32), CODE);
    assert.ok(m.read(TSS_A + 36) & 0x1_0000);
  });

  const before: [string, string, (m: LegacyMachine) => void, number][] = [
    ['a busy TSS: #GP(selector)', 'ea 00000000 2800', () => {}, Sel.tssA],
    ['an absent TSS: #NP(selector)', JMP_B, (m) => m.quad(GDT + Sel.tssB, descriptor(TSS_B, 0x67, 0x09)), Sel.tssB],
    ['a limit below 67h: #TS(selector)', JMP_B, (m) => m.quad(GDT + Sel.tssB, descriptor(TSS_B, 0x66, 0x89)), Sel.tssB],
  ];
  const vectors = ['vector d', 'vector b', 'vector a'];
  for (const [i, [name, code, prepare, error]] of before.entries())
    it(`${name}, in the old task`, () => {
      const m = machine();
      prepare(m);
      assert.equal(m.run(code, 3), vectors[i]);
      assert.deepEqual(m.frame(3), [error, CODE, Sel.code0]);
      assert.equal(m.state.segment(Seg.tr).selector, Sel.tssA);
    });

  const after: [string, Readonly<Record<number, number>>, number][] = [
    ['LDT selector that names no LDT', { 96: Sel.data0 }, Sel.data0],
    ['CS that is no code', { 76: Sel.data0 }, Sel.data0],
    ['SS of another privilege level', { 80: Sel.data3 }, 0x20],
    ['DS outside the GDT', { 84: 0x1f0 }, 0x1f0],
  ];
  for (const [name, fields, error] of after)
    it(`${name}: #TS(selector) in the new task, whose own handler is a task as the manual asks for`, () => {
      const m = machine(fields);
      m.gate(10, 0x85, Sel.tssC, 0);
      m.task32(TSS_C, 0xa100);
      m.machine.write(0xa100, 'f4');
      m.run(JMP_B, 4);
      assert.equal(m.state.segment(Seg.tr).selector, Sel.tssC);
      assert.equal(m.read(TSS_C, 2), Sel.tssB);
      assert.equal(m.read(TSS_B + 32), TASK);
      assert.deepEqual(m.frame(1), [error]);
    });

  it('T: a debug exception with BT before the first instruction of the task', () => {
    const m = machine({ 100: 1 });
    assert.equal(m.run(JMP_B, 4), 'vector 1');
    assert.deepEqual(m.frame(2), [TASK, Sel.code0]);
    assert.ok(m.state.dr(6) & 0x8000n);
  });

  it('a 16-bit TSS: words are loaded, FS and GS become null, the local breakpoints of DR7 are off', () => {
    const m = machine();
    for (const [offset, value] of [
      [14, TASK],
      [16, 2],
      [18, 0x1234],
      [26, 0xb800],
      [34, 16],
      [36, 8],
      [38, 16],
      [40, 16],
      [42, 0],
    ] as const)
      m.half(TSS_16 + offset, value);
    m.state.setDr(7, 0x755n & ~0xffn);
    m.run('ea 00000000 4000', 2);
    assert.equal(m.state.gpr(0), 0xffff_1234n);
    assert.equal(m.state.segment(Seg.tr).selector, Sel.tss16);
    assert.equal(m.state.segment(Seg.gs).access, 0x1_0000);
    assert.equal(m.state.dr(7) & 0x155n, 0n);
  });

  it('EFLAGS.VM in the TSS: the task is a virtual-8086 one', () => {
    const m = machine({ 36: 0x2_0002, 32: 0x10, 76: 0xa00, 80: 0xb00, 72: 0x111, 84: 0x222, 88: 0x333, 92: 0x444 });
    m.machine.write(0xa010, '90 90');
    m.run(JMP_B, 2);
    assert.equal(m.state.u32('cpl'), 3);
    assert.deepEqual(m.state.segment(Seg.gs), { selector: 0x444, access: 0xf3, limit: 0xffff, base: 0x4440n });
    assert.equal(m.state.u64('rip'), 0x11n);
  });
});
