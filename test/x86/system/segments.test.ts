// Segment loads, descriptor tables, flags (SDM vol 2 and 3).
import assert from 'node:assert/strict';
import { Gpr, Seg } from '../../../src/x86/layout';
import { Access, Cr4, Rflags } from '../../../src/x86/system/bits';
import { SYSTEM_HELPERS as H } from '../../../src/x86/system/helpers';
import { At, descriptor, FakeCpu, faultOf, insn, longCpu, protectedCpu, Sel } from './fake-cpu';

describe('segment loads (SDM vol 2 "MOV"; vol 3, 5.6)', () => {
  const load = (cpu: FakeCpu, segment: number, selector: number): string => {
    cpu.state.setGpr(Gpr.rax, BigInt(selector));
    return faultOf(() => H.movToSegment(cpu, insn({ reg: segment, rm: 0 })));
  };
  it('protected mode', () => {
    const cpu = protectedCpu(3);
    assert.equal(load(cpu, Seg.ds, Sel.data0), 'GP(10)');
    assert.equal(load(cpu, Seg.ds, Sel.conforming), 'none');
    assert.equal(load(cpu, Seg.ds, Sel.data3 | 3), 'none');
    assert.equal(load(cpu, Seg.es, Sel.tss), 'GP(38)');
    assert.equal(load(cpu, Seg.es, 3), 'none');
    assert.equal(cpu.state.segment(Seg.es).access & Access.unusable, Access.unusable);
    assert.equal(load(cpu, Seg.ss, 0), 'GP(0)');
    assert.equal(load(cpu, Seg.ss, Sel.data3), 'GP(20)');
    assert.equal(load(cpu, Seg.cs, Sel.code3), 'UD');
    assert.equal(load(cpu, Seg.fs, 0x4), 'GP(4)');
    assert.equal(load(protectedCpu(), Seg.ss, Sel.readOnly), 'GP(98)');
    const absent = protectedCpu();
    absent.put(At.gdt + BigInt(Sel.data0) + 5n, 1, 0x12n);
    assert.equal(load(absent, Seg.ss, Sel.data0), 'SS(10)');
    assert.equal(load(absent, Seg.ds, Sel.data0), 'NP(10)');
  });

  it('64-bit mode: null SS at CPL 0 with RPL 0; null FS clears its base', () => {
    const cpu = longCpu();
    assert.equal(load(cpu, Seg.ss, 0), 'none');
    assert.equal(load(cpu, Seg.ss, 3), 'GP(0)');
    cpu.state.setSegment(Seg.fs, { selector: 0x20, access: 0xc0f3, limit: 0xffff_ffff, base: 5n });
    assert.equal(load(cpu, Seg.fs, 0), 'none');
    assert.equal(cpu.state.segmentBase(Seg.fs), 0n);
  });

  it('MOV SS casts the interrupt shadow', () => {
    const cpu = protectedCpu();
    load(cpu, Seg.ss, Sel.data0);
    assert.equal(cpu.state.u32('shadow'), 2);
  });

  it('an LDT selector, after LLDT', () => {
    const cpu = protectedCpu();
    cpu.state.setGpr(Gpr.rax, BigInt(Sel.ldt));
    H.lldt(cpu, insn({ rm: 0 }));
    cpu.put(At.ldt + 8n, 8, descriptor(0x1234, 0xfff, 0x92, 0x4));
    assert.equal(load(cpu, Seg.gs, 0xc), 'none');
    assert.deepEqual(cpu.state.segment(Seg.gs), { selector: 0xc, access: 0x4093, limit: 0xfff, base: 0x1234n });
  });

  it('real mode keeps the limit', () => {
    const cpu = new FakeCpu();
    cpu.state.setSegment(Seg.ds, { selector: 0, access: 0xc093, limit: 0xffff_ffff, base: 0n });
    assert.equal(load(cpu, Seg.ds, 0x1234), 'none');
    assert.deepEqual(cpu.state.segment(Seg.ds), { selector: 0x1234, access: 0xc093, limit: 0xffff_ffff, base: 0x12340n });
  });
});

describe('descriptor tables', () => {
  it('LGDT and SGDT; 24 bits of base with 16-bit operands', () => {
    const cpu = protectedCpu();
    cpu.put(0x6000n, 8, 0x1234_5678_00ffn);
    H.lgdt(cpu, insn({ linear: 0x6000n }));
    assert.deepEqual([cpu.state.u64('gdtrBase'), cpu.state.u32('gdtrLimit')], [0x1234_5678n, 0xff]);
    H.lgdt(cpu, insn({ linear: 0x6000n, operandSize: 2 }));
    assert.equal(cpu.state.u64('gdtrBase'), 0x34_5678n);
    H.sgdt(cpu, insn({ linear: 0x6010n }));
    assert.equal(cpu.get(0x6010n, 6), 0x34_5678_00ffn);
  });

  it('LTR marks the TSS busy, and a busy one is #GP', () => {
    const cpu = longCpu();
    cpu.put(At.gdt + BigInt(Sel.tss) + 5n, 1, 0x89n);
    cpu.put(At.gdt + BigInt(Sel.tss) + 8n, 8, 0xffff_8000n);
    cpu.state.setGpr(Gpr.rax, BigInt(Sel.tss));
    H.ltr(cpu, insn({ rm: 0 }));
    assert.equal(cpu.state.segment(Seg.tr).base, 0xffff_8000_0000_0000n | At.tss);
    assert.equal(cpu.get(At.gdt + BigInt(Sel.tss) + 5n, 1), 0x8bn);
    assert.equal(
      faultOf(() => H.ltr(cpu, insn({ rm: 0 }))),
      'GP(38)',
    );
  });

  it('LAR, LSL, VERR, VERW, ARPL', () => {
    const cpu = protectedCpu(3);
    const check = (name: 'lar' | 'lsl' | 'verr' | 'verw', selector: number): bigint | undefined => {
      cpu.state.setGpr(Gpr.rax, BigInt(selector));
      cpu.state.setGpr(Gpr.rbx, 0n);
      H[name](cpu, insn({ rm: 0, reg: Gpr.rbx }));
      return cpu.state.u64('rflags') & Rflags.ZF ? cpu.state.gpr(Gpr.rbx) : undefined;
    };
    assert.equal(check('lar', Sel.data3 | 3), 0xcff200n);
    assert.equal(check('lar', Sel.data0), undefined);
    assert.equal(check('lsl', Sel.data3 | 3), 0xffff_ffffn);
    assert.equal(check('lar', 0), undefined);
    assert.notEqual(check('verr', Sel.data3), undefined);
    assert.notEqual(check('verw', Sel.data3), undefined);
    assert.equal(check('verw', Sel.code3), undefined);
    assert.equal(check('verr', 0x1f0), undefined);
    cpu.state.setGpr(Gpr.rax, 0x10n);
    cpu.state.setGpr(Gpr.rbx, 3n);
    H.arpl(cpu, insn({ rm: 0, reg: Gpr.rbx }));
    assert.equal(cpu.state.gpr(Gpr.rax), 0x13n);
    assert.equal(
      faultOf(() => H.lar(new FakeCpu(), insn({ rm: 0 }))),
      'UD',
    );
  });

  it('UMIP keeps them from CPL 3', () => {
    const cpu = longCpu(3);
    cpu.state.setU64('cr4', Cr4.PAE | Cr4.UMIP);
    for (const name of ['sgdt', 'sidt', 'sldt', 'str', 'smsw'] as const)
      assert.equal(
        faultOf(() => H[name](cpu, insn({ linear: 0x6000n }))),
        'GP(0)',
      );
  });
});

describe('flags', () => {
  it('CLI and STI by IOPL; STI casts a shadow once', () => {
    const cpu = protectedCpu(3);
    assert.equal(
      faultOf(() => H.cli(cpu, insn())),
      'GP(0)',
    );
    cpu.state.setU64('rflags', 0x3002n);
    H.sti(cpu, insn());
    assert.deepEqual([cpu.state.u64('rflags'), cpu.state.u32('shadow')], [0x3202n, 1]);
    cpu.state.setU32('shadow', 0);
    H.sti(cpu, insn());
    assert.equal(cpu.state.u32('shadow'), 0);
  });

  it('POPF: IOPL at CPL 0 only, IF by IOPL, AC and ID not with 16 bits', () => {
    const popf = (cpu: FakeCpu, image: bigint, operandSize: 2 | 4 | 8): bigint => {
      cpu.state.setGpr(Gpr.rsp, At.userStack - BigInt(operandSize));
      cpu.put(At.userStack - BigInt(operandSize), operandSize, image);
      H.popf(cpu, insn({ operandSize }));
      return cpu.state.u64('rflags');
    };
    assert.equal(popf(protectedCpu(), 0xffff_ffffn, 4), 0x24_7fd7n);
    assert.equal(popf(protectedCpu(), 0xffffn, 2), 0x7fd7n);
    assert.equal(popf(protectedCpu(3), 0xffff_ffffn, 4), 0x24_4dd7n);
    assert.equal(popf(longCpu(), 0xffff_ffffn, 8), 0x24_7fd7n);
  });
});
