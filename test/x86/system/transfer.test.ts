// Far jumps, calls and returns, IRET, SYSCALL and SYSENTER (SDM vol 2; vol 3 ch. 5.8).
import assert from 'node:assert/strict';
import { Gpr, ModeBit, Seg } from '../../../src/x86/layout';
import { Access, Rflags } from '../../../src/x86/system/bits';
import { SYSTEM_HELPERS as H } from '../../../src/x86/system/helpers';
import { At, FakeCpu, faultOf, gate, insn, longCpu, protectedCpu, Sel } from './fake-cpu';

const far = (selector: number, offset: bigint, operandSize: 2 | 4 | 8 = 4) => insn({ imm2: selector, imm: offset, operandSize });

function pushAll(cpu: FakeCpu, size: 2 | 4 | 8, values: readonly bigint[]): void {
  const top = At.userStack - BigInt(size * values.length);
  for (const [i, value] of values.entries()) cpu.put(top + BigInt(i * size), size, value);
  cpu.state.setGpr(Gpr.rsp, top);
}

describe('JMP far', () => {
  it('real mode: CS:IP; the limit stays', () => {
    const cpu = new FakeCpu();
    H.jmpFarDirect(cpu, far(0x1000, 0x20n, 2));
    assert.deepEqual(cpu.state.segment(Seg.cs), { selector: 0x1000, access: 0x93, limit: 0xffff, base: 0x1_0000n });
    assert.equal(cpu.state.u64('rip'), 0x20n);
  });

  it('real to protected: the first far jump after CR0.PE loads a 32-bit CS', () => {
    const cpu = protectedCpu();
    cpu.state.setSegment(Seg.cs, { selector: 0, access: 0x93, limit: 0xffff, base: 0n });
    cpu.modeChanged();
    H.jmpFarDirect(cpu, far(Sel.code0, 0x1234n));
    assert.equal(cpu.state.u32('mode') & ModeBit.code32, ModeBit.code32);
    assert.equal(cpu.state.u32('mode') & ModeBit.flat, ModeBit.flat);
    assert.equal(cpu.get(At.gdt + BigInt(Sel.code0) + 5n, 1), 0x9bn);
  });

  it('compatibility mode to 64-bit mode', () => {
    const cpu = longCpu();
    cpu.state.setSegment(Seg.cs, { selector: Sel.code0, access: 0xc09b, limit: 0xffff_ffff, base: 0n });
    cpu.modeChanged();
    assert.equal(cpu.state.u32('mode') & ModeBit.code64, 0);
    H.jmpFarDirect(cpu, far(Sel.code64, 0xd000n));
    assert.equal(cpu.state.u32('mode') & ModeBit.code64, ModeBit.code64);
    assert.equal(cpu.state.u64('rip'), 0xd000n);
  });

  const refusals: [string, number][] = [
    ['GP(0)', 0],
    ['GP(10)', Sel.data0],
    ['GP(18)', Sel.code3],
    ['GP(8)', Sel.code0 | 3],
    ['GP(1f0)', 0x1f0],
    ['GP(c)', 0xc],
    ['GP(90)', Sel.absent],
  ];
  for (const [expected, selector] of refusals)
    it(`selector ${selector.toString(16)}: ${expected}`, () => {
      const cpu = protectedCpu();
      assert.equal(
        faultOf(() => H.jmpFarDirect(cpu, far(selector, 0n))),
        expected,
      );
    });

  it('not present: #NP; beyond the limit: #GP(0)', () => {
    const cpu = protectedCpu();
    cpu.put(At.gdt + BigInt(Sel.code0) + 5n, 1, 0x1an);
    assert.equal(
      faultOf(() => H.jmpFarDirect(cpu, far(Sel.code0, 0n))),
      'NP(8)',
    );
    assert.equal(
      faultOf(() => H.jmpFarDirect(cpu, far(Sel.code16, 0x1_0000n))),
      'GP(0)',
    );
  });
});

describe('CALL and RET far', () => {
  it('same level and back', () => {
    const cpu = protectedCpu();
    H.callFarDirect(cpu, far(Sel.code0, 0xd000n));
    assert.deepEqual(cpu.stack(At.userStack - 8n, 4, 2), [At.code, BigInt(Sel.code0)]);
    H.retFar(cpu, insn());
    assert.equal(cpu.state.u64('rip'), At.code);
    assert.equal(cpu.state.gpr(Gpr.rsp), At.userStack);
  });

  it('a 32-bit call gate to CPL 0 copies parameters; RET n goes back out', () => {
    const cpu = protectedCpu(3);
    cpu.put(At.gdt + BigInt(Sel.callGate), 8, gate(0xec, Sel.code0, 0xd000, 2));
    pushAll(cpu, 4, [0x11n, 0x22n]);
    const before = cpu.state.gpr(Gpr.rsp);
    H.callFarDirect(cpu, far(Sel.callGate | 3, 0x9999n));
    const rsp = cpu.state.gpr(Gpr.rsp);
    assert.equal(cpu.state.u32('cpl'), 0);
    assert.equal(cpu.state.u64('rip'), 0xd000n);
    assert.equal(rsp, At.stack0 - 24n);
    assert.deepEqual(cpu.stack(rsp, 4, 6), [At.code, BigInt(Sel.code3 | 3), 0x11n, 0x22n, before, BigInt(Sel.data3 | 3)]);
    cpu.state.setSegment(Seg.ds, { selector: Sel.data0, access: 0xc093, limit: 0xffff_ffff, base: 0n });
    H.retFar(cpu, insn({ imm: 8n }));
    assert.equal(cpu.state.u32('cpl'), 3);
    assert.equal(cpu.state.gpr(Gpr.rsp), before + 8n);
    assert.equal(cpu.state.segment(Seg.ss).selector, Sel.data3 | 3);
    assert.equal(cpu.state.segment(Seg.ds).access & Access.unusable, Access.unusable);
  });

  it('a 64-bit call gate to CPL 0: RSP0, null SS, quadwords', () => {
    const cpu = longCpu(3);
    cpu.put(At.gdt + BigInt(Sel.callGate), 8, gate(0xec, Sel.code64, 0xd000));
    cpu.put(At.gdt + BigInt(Sel.callGate) + 8n, 8, 0x1n);
    cpu.put(At.userStack, 4, 0n);
    cpu.put(At.userStack + 4n, 2, BigInt(Sel.callGate | 3));
    H.callFarIndirect(cpu, insn({ linear: At.userStack }));
    assert.equal(cpu.state.u64('rip'), 0x1_0000_d000n);
    assert.equal(cpu.state.gpr(Gpr.rsp), At.stack0 - 32n);
    assert.deepEqual(cpu.stack(At.stack0 - 32n, 8, 4), [At.code, BigInt(Sel.code64User | 3), At.userStack + 8n, BigInt(Sel.data3 | 3)]);
  });

  it('a gate that the caller may not use: #GP(gate); not present: #NP(gate)', () => {
    const cpu = protectedCpu(3);
    cpu.put(At.gdt + BigInt(Sel.callGate), 8, gate(0x8c, Sel.code0, 0xd000));
    assert.equal(
      faultOf(() => H.callFarDirect(cpu, far(Sel.callGate, 0n))),
      'GP(80)',
    );
    cpu.put(At.gdt + BigInt(Sel.callGate), 8, gate(0x6c, Sel.code0, 0xd000));
    assert.equal(
      faultOf(() => H.callFarDirect(cpu, far(Sel.callGate, 0n))),
      'NP(80)',
    );
  });

  it('RET to an inner level is refused', () => {
    const cpu = protectedCpu(3);
    pushAll(cpu, 4, [0n, BigInt(Sel.code0)]);
    assert.equal(
      faultOf(() => H.retFar(cpu, insn())),
      'GP(8)',
    );
  });
});

describe('IRET', () => {
  it('real mode: word frame; IOPL and NT too', () => {
    const cpu = new FakeCpu();
    pushAll(cpu, 2, [0x10n, 0x100n, 0x7202n]);
    H.iret(cpu, insn({ operandSize: 2 }));
    assert.equal(cpu.state.u64('rflags'), 0x7202n);
    assert.equal(cpu.state.segment(Seg.cs).base, 0x1000n);
    assert.equal(cpu.state.gpr(Gpr.rsp), At.userStack);
  });

  it('IRETQ always pops SS:RSP, at the same level too; unblocks NMIs', () => {
    const cpu = longCpu();
    cpu.state.setU32('nmiBlocked', 1);
    pushAll(cpu, 8, [0xd000n, BigInt(Sel.code64), 0x3246n, 0x7ff0n, BigInt(Sel.data0)]);
    H.iret(cpu, insn({ operandSize: 8 }));
    assert.equal(cpu.state.u64('rip'), 0xd000n);
    assert.equal(cpu.state.gpr(Gpr.rsp), 0x7ff0n);
    assert.equal(cpu.state.u64('rflags'), 0x3246n);
    assert.equal(cpu.state.u32('nmiBlocked'), 0);
  });

  it('IRETQ to CPL 3 nulls segments of the inner level, keeping their bases', () => {
    const cpu = longCpu();
    cpu.state.setSegment(Seg.gs, { selector: Sel.data0, access: 0xc093, limit: 0xffff_ffff, base: 0x1234n });
    pushAll(cpu, 8, [0xd000n, BigInt(Sel.code64User | 3), 0x202n, 0x7ff0n, BigInt(Sel.data3 | 3)]);
    H.iret(cpu, insn({ operandSize: 8 }));
    assert.equal(cpu.state.u32('cpl'), 3);
    assert.equal(cpu.state.u32('mode') & ModeBit.user, ModeBit.user);
    const gs = cpu.state.segment(Seg.gs);
    assert.deepEqual([gs.selector, gs.access & Access.unusable, gs.base], [0, Access.unusable, 0x1234n]);
  });

  it('IRETQ faults: null SS to CPL 3, non-canonical RIP, NT', () => {
    const cpu = longCpu();
    pushAll(cpu, 8, [0xd000n, BigInt(Sel.code64User | 3), 0x202n, 0x7ff0n, 3n]);
    const iretq = () => H.iret(cpu, insn({ operandSize: 8 }));
    assert.equal(faultOf(iretq), 'GP(0)');
    pushAll(cpu, 8, [0x8000_0000_0000n, BigInt(Sel.code64), 0x202n, 0x7ff0n, 0n]);
    assert.equal(faultOf(iretq), 'GP(0)');
    cpu.state.setU64('rflags', Rflags.NT | 2n);
    assert.equal(faultOf(iretq), 'GP(0)');
  });

  it('IRETQ at CPL 0 takes a null SS', () => {
    const cpu = longCpu();
    pushAll(cpu, 8, [0xd000n, BigInt(Sel.code64), 0x2n, 0x7ff0n, 0n]);
    H.iret(cpu, insn({ operandSize: 8 }));
    assert.equal(cpu.state.segment(Seg.ss).access & Access.unusable, Access.unusable);
  });

  it('protected, same level: SS:ESP not popped; at CPL 3 IF and IOPL are kept', () => {
    const cpu = protectedCpu(3);
    cpu.state.setU64('rflags', 0x202n);
    pushAll(cpu, 4, [0xd000n, BigInt(Sel.code3 | 3), 0x3093n]);
    H.iret(cpu, insn());
    assert.equal(cpu.state.u64('rflags'), 0x293n);
    assert.equal(cpu.state.gpr(Gpr.rsp), At.userStack);
  });

  it('protected to virtual-8086 mode and its interrupt back', () => {
    const cpu = protectedCpu();
    pushAll(cpu, 4, [0x50n, 0x101n, Rflags.VM | 0x3202n, 0x700n, 0x102n, 0x100n, 0x103n, 0x104n, 0x105n]);
    H.iret(cpu, insn());
    assert.equal(cpu.state.u32('mode') & (ModeBit.virtual8086 | ModeBit.user), ModeBit.virtual8086 | ModeBit.user);
    assert.deepEqual(cpu.state.segment(Seg.gs), { selector: 0x105, access: 0xf3, limit: 0xffff, base: 0x1050n });
    assert.equal(cpu.state.gpr(Gpr.rsp), 0x700n);
    assert.equal(cpu.state.u64('rip'), 0x50n);
  });
});

describe('SYSCALL, SYSRET, SYSENTER, SYSEXIT', () => {
  it('SYSCALL and SYSRET', () => {
    const cpu = longCpu(3);
    cpu.state.setU64('star', (BigInt(Sel.data0) << 48n) | (BigInt(Sel.code0) << 32n));
    cpu.state.setU64('lstar', 0xffff_8000_0000_0000n);
    cpu.state.setU64('fmask', 0x4_0700n);
    cpu.state.setU64('rflags', 0x4_0746n);
    H.syscall(cpu, insn());
    assert.equal(cpu.state.gpr(Gpr.rcx), At.code);
    assert.equal(cpu.state.gpr(Gpr.r11), 0x4_0746n);
    assert.equal(cpu.state.u64('rflags'), 0x46n);
    assert.equal(cpu.state.u64('rip'), 0xffff_8000_0000_0000n);
    assert.deepEqual(cpu.state.segment(Seg.cs), { selector: Sel.code0, access: 0xa09b, limit: 0xffff_ffff, base: 0n });
    assert.equal(cpu.state.segment(Seg.ss).selector, Sel.code0 + 8);
    H.sysret(cpu, insn({ operandSize: 8 }));
    assert.equal(cpu.state.u64('rip'), At.code);
    assert.equal(cpu.state.u32('cpl'), 3);
    assert.equal(cpu.state.segment(Seg.cs).selector, Sel.data0 + 16 + 3);
    assert.equal(cpu.state.segment(Seg.ss).selector, Sel.data0 + 8 + 3);
    assert.equal(cpu.state.u64('rflags'), 0x4_0746n);
  });

  it('refusals: SCE clear or not 64-bit #UD; SYSRET to a non-canonical RCX or above CPL 0 #GP(0)', () => {
    const cpu = longCpu();
    cpu.state.setGpr(Gpr.rcx, 1n << 47n);
    assert.equal(
      faultOf(() => H.sysret(cpu, insn({ operandSize: 8 }))),
      'GP(0)',
    );
    assert.equal(
      faultOf(() => H.sysret(longCpu(3), insn({ operandSize: 8 }))),
      'GP(0)',
    );
    assert.equal(
      faultOf(() => H.syscall(protectedCpu(3), insn())),
      'UD',
    );
  });

  it('SYSENTER and SYSEXIT', () => {
    const cpu = protectedCpu(3);
    assert.equal(
      faultOf(() => H.sysenter(cpu, insn())),
      'GP(0)',
    );
    cpu.state.setU64('sysenterCs', BigInt(Sel.code0));
    cpu.state.setU64('sysenterEsp', 0x9000n);
    cpu.state.setU64('sysenterEip', 0xd000n);
    cpu.state.setU64('rflags', 0x202n);
    H.sysenter(cpu, insn());
    assert.deepEqual([cpu.state.u32('cpl'), cpu.state.u64('rip'), cpu.state.gpr(Gpr.rsp)], [0, 0xd000n, 0x9000n]);
    assert.equal(cpu.state.u64('rflags'), 2n);
    cpu.state.setGpr(Gpr.rdx, 0xe000n);
    cpu.state.setGpr(Gpr.rcx, 0x8000n);
    H.sysexit(cpu, insn());
    assert.deepEqual([cpu.state.u32('cpl'), cpu.state.u64('rip'), cpu.state.segment(Seg.cs).selector], [3, 0xe000n, Sel.code0 + 16 + 3]);
  });
});
