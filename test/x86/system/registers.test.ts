// Control, debug, table and model-specific registers; segment loads; flags; ports (SDM vol 2 and 3).
import assert from 'node:assert/strict';
import { INSN_ROWS } from '../../../src/x86/insn/rows';
import { Activity, Gpr, ModeBit, Seg } from '../../../src/x86/layout';
import { availableFeatures } from '../../../src/x86/models/available';
import { CpuModel } from '../../../src/x86/models/cpu-model';
import { VENDORS } from '../../../src/x86/models/vendors.rows';
import { MSR_ROWS } from '../../../src/x86/msr.rows';
import { Access, Cr0, Cr4, Efer, Rflags } from '../../../src/x86/system/bits';
import { SYSTEM_HELPERS as H } from '../../../src/x86/system/helpers';
import { resetState, startupState } from '../../../src/x86/system/reset';
import { At, descriptor, FakeCpu, faultOf, insn, longCpu, protectedCpu, Sel } from './fake-cpu';

const setCr = (cpu: FakeCpu, reg: number, value: bigint): string => {
  cpu.state.setGpr(Gpr.rax, value);
  return faultOf(() => H.movToCr(cpu, insn({ reg, rm: 0 })));
};

describe('reset (SDM vol 3, table 10-1)', () => {
  it('power-on, INIT and startup', () => {
    const { state } = new FakeCpu();
    assert.equal(state.u64('cr0'), 0x6000_0010n);
    assert.equal(state.u64('rip'), 0xfff0n);
    assert.deepEqual(state.segment(Seg.cs), { selector: 0xf000, access: 0x93, limit: 0xffff, base: 0xffff_0000n });
    assert.equal(state.u32('mode'), ModeBit.x87);
    state.setU64('cr0', Cr0.PE | Cr0.PG);
    state.setU64('kernelGsBase', 5n);
    resetState(state, 'init', false);
    assert.equal(state.u64('cr0'), 0x10n);
    assert.equal(state.u64('kernelGsBase'), 5n);
    assert.equal(state.u32('activity'), Activity.waitForSipi);
    assert.equal(startupState(state, 0x9a), true);
    assert.deepEqual([state.segment(Seg.cs).selector, state.segment(Seg.cs).base, state.u64('rip')], [0x9a00, 0x9a000n, 0n]);
    assert.equal(startupState(state, 0x9a), false);
  });
});

describe('control registers (SDM vol 3, 2.5; 10.8.5)', () => {
  it('real mode to protected to long mode', () => {
    const cpu = new FakeCpu();
    assert.equal(setCr(cpu, 0, Cr0.PE), 'none');
    assert.equal(cpu.state.u32('mode'), ModeBit.protectedMode | ModeBit.x87);
    assert.equal(setCr(cpu, 4, Cr4.PAE), 'none');
    cpu.state.setGpr(Gpr.rcx, 0xc000_0080n);
    cpu.state.setGpr(Gpr.rax, Efer.LME);
    cpu.state.setGpr(Gpr.rdx, 0n);
    H.wrmsr(cpu, insn());
    assert.equal(setCr(cpu, 0, Cr0.PE | Cr0.PG), 'none');
    assert.equal(cpu.state.u64('efer'), Efer.LME | Efer.LMA);
    assert.equal(cpu.state.u32('mode') & (ModeBit.longMode | ModeBit.paging | ModeBit.code64), ModeBit.longMode | ModeBit.paging);
    assert.ok(cpu.flushes.includes('all'));
    assert.equal(setCr(cpu, 4, 0n), 'GP(0)');
    assert.equal(setCr(cpu, 0, Cr0.PE), 'none');
    assert.equal(cpu.state.u64('efer'), Efer.LME);
  });

  it('CR0 refusals', () => {
    assert.equal(setCr(protectedCpu(), 0, Cr0.PG), 'GP(0)');
    assert.equal(setCr(protectedCpu(), 0, Cr0.PE | Cr0.NW), 'GP(0)');
    assert.equal(setCr(longCpu(), 0, (1n << 32n) | Cr0.PE | Cr0.PG), 'GP(0)');
    assert.equal(setCr(longCpu(), 0, Cr0.PE), 'GP(0)');
    assert.equal(setCr(longCpu(3), 0, 0n), 'GP(0)');
    const noPae = protectedCpu();
    noPae.state.setU64('efer', Efer.LME);
    assert.equal(setCr(noPae, 0, Cr0.PE | Cr0.PG), 'GP(0)');
    assert.equal(setCr(protectedCpu(), 1, 0n), 'UD');
  });

  it('CR4 takes offered bits only', () => {
    const cpu = longCpu();
    assert.equal(setCr(cpu, 4, cpu.model.cr4 & ~Cr4.LA57 & ~Cr4.PCIDE), 'none');
    for (const bit of [Cr4.VMXE, Cr4.SMXE, Cr4.CET, 1n << 15n, 1n << 32n]) assert.equal(setCr(cpu, 4, Cr4.PAE | bit), 'GP(0)');
    const denied = new Set(availableFeatures(INSN_ROWS));
    for (const name of ['pcid', 'invpcid', 'la57', 'vme', 'smep']) denied.delete(name);
    Object.assign(cpu, { model: new CpuModel(denied, VENDORS[0]!) });
    for (const bit of [Cr4.PCIDE, Cr4.VMXE, Cr4.LA57, Cr4.VME, Cr4.SMEP]) assert.equal(setCr(cpu, 4, Cr4.PAE | bit), 'GP(0)');
  });

  it('CR4.LA57 changes outside long mode only, CR4.PCIDE is set in it with CR3[11:0] clear', () => {
    assert.equal(setCr(longCpu(), 4, Cr4.PAE | Cr4.LA57), 'GP(0)');
    const legacy = protectedCpu();
    assert.equal(setCr(legacy, 4, Cr4.PAE | Cr4.LA57), 'none');
    assert.equal(setCr(legacy, 4, Cr4.PAE | Cr4.PCIDE), 'GP(0)');
    const long = longCpu();
    long.state.setU64('cr3', 0x5001n);
    assert.equal(setCr(long, 4, Cr4.PAE | Cr4.PCIDE), 'GP(0)');
    long.state.setU64('cr3', 0x5000n);
    assert.equal(setCr(long, 4, Cr4.PAE | Cr4.PCIDE), 'none');
    // SDM vol 3, 5.10.1: leaving it takes PCIDE = 0.
    assert.equal(setCr(long, 0, Cr0.PE), 'GP(0)');
  });

  it('CR3[63] with CR4.PCIDE keeps the entries, and is not stored', () => {
    const cpu = longCpu();
    assert.equal(setCr(cpu, 3, (1n << 63n) | 0x5000n), 'GP(0)');
    setCr(cpu, 4, Cr4.PAE | Cr4.PCIDE);
    cpu.flushes.length = 0;
    assert.equal(setCr(cpu, 3, (1n << 63n) | 0x5007n), 'none');
    assert.equal(cpu.state.u64('cr3'), 0x5007n);
    assert.deepEqual(cpu.flushes, []);
    assert.equal(setCr(cpu, 3, 0x5009n), 'none');
    assert.deepEqual(cpu.flushes, ['context 9']);
  });

  it('PAE: PDPTEs are loaded with CR3 and checked', () => {
    const cpu = protectedCpu();
    cpu.state.setU64('cr4', Cr4.PAE);
    cpu.put(0x6000n, 8, 0x7001n);
    assert.equal(setCr(cpu, 3, 0x6000n), 'none');
    assert.equal(setCr(cpu, 0, Cr0.PE | Cr0.PG), 'none');
    assert.equal(cpu.state.pdpte(0), 0x7001n);
    cpu.put(0x6008n, 8, 0x7003n);
    assert.equal(setCr(cpu, 3, 0x6000n), 'GP(0)');
    assert.equal(cpu.state.pdpte(1), 0n);
  });

  it('CR3: reserved address bits; flush of non-global entries', () => {
    const cpu = longCpu();
    assert.equal(setCr(cpu, 3, 1n << 40n), 'GP(0)');
    assert.equal(setCr(cpu, 3, 0x5000n), 'none');
    assert.deepEqual(cpu.flushes, ['context 0']);
  });

  it('CR8 is TPR[7:4]', () => {
    const cpu = longCpu();
    assert.equal(setCr(cpu, 8, 0x10n), 'GP(0)');
    assert.equal(setCr(cpu, 8, 9n), 'none');
    assert.equal(cpu.tpr, 0x90);
    H.movFromCr(cpu, insn({ reg: 8, rm: Gpr.rbx }));
    assert.equal(cpu.state.gpr(Gpr.rbx), 9n);
  });

  it('LMSW sets PE but never clears it; SMSW stores a word to memory', () => {
    const cpu = protectedCpu();
    cpu.state.setGpr(Gpr.rax, 0x8n);
    H.lmsw(cpu, insn({ rm: 0 }));
    assert.equal(cpu.state.u64('cr0'), Cr0.PE | Cr0.ET | Cr0.TS);
    cpu.put(0x6000n, 4, 0xffff_ffffn);
    H.smsw(cpu, insn({ linear: 0x6000n }));
    assert.equal(cpu.get(0x6000n, 4), 0xffff_0019n);
    H.clts(cpu, insn());
    assert.equal(cpu.state.u64('cr0') & Cr0.TS, 0n);
  });

  it('every write is announced before it happens', () => {
    const cpu = longCpu();
    setCr(cpu, 3, 0x5000n);
    assert.deepEqual(cpu.events, [`cr-write 3 ${0x5000}`]);
  });
});

describe('debug registers (SDM vol 3, 19.2)', () => {
  it('fixed bits, aliases, general detect', () => {
    const cpu = protectedCpu();
    const to = (reg: number, value: bigint): string => {
      cpu.state.setGpr(Gpr.rax, value);
      return faultOf(() => H.movToDr(cpu, insn({ reg, rm: 0 })));
    };
    assert.equal(to(6, 0n), 'none');
    assert.equal(cpu.state.dr(6), 0xffff_0ff0n);
    assert.equal(to(5, 0xffff_dfffn), 'none');
    assert.equal(cpu.state.dr(7), 0xffff_07ffn);
    cpu.state.setU64('cr4', Cr4.DE);
    assert.equal(to(4, 0n), 'UD');
    cpu.state.setDr(7, 0x2400n);
    assert.equal(to(0, 0n), 'DB');
    assert.equal(cpu.state.dr(6) & (1n << 13n), 1n << 13n);
  });

  it('upper half of DR6 and DR7: #GP(0)', () => {
    const cpu = longCpu();
    cpu.state.setGpr(Gpr.rax, 1n << 32n);
    assert.equal(
      faultOf(() => H.movToDr(cpu, insn({ reg: 7, rm: 0 }))),
      'GP(0)',
    );
  });
});

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

describe('MSRs (SDM vol 4)', () => {
  const read = (cpu: FakeCpu, index: number): bigint => {
    cpu.state.setGpr(Gpr.rcx, BigInt(index));
    H.rdmsr(cpu, insn());
    return (cpu.state.gpr(Gpr.rdx) << 32n) | cpu.state.gpr(Gpr.rax);
  };
  const write = (cpu: FakeCpu, index: number, value: bigint): string => {
    cpu.state.setGpr(Gpr.rcx, BigInt(index));
    cpu.state.setGpr(Gpr.rax, value & 0xffff_ffffn);
    cpu.state.setGpr(Gpr.rdx, value >> 32n);
    return faultOf(() => H.wrmsr(cpu, insn()));
  };

  it('every row reads, and each index stands once', () => {
    const cpu = longCpu();
    for (const row of MSR_ROWS) if (row.is.kind !== 'absent') read(cpu, row.index);
    assert.equal(new Set(MSR_ROWS.map((row) => row.index)).size, MSR_ROWS.length);
  });

  it('canonical and reserved-bit checks', () => {
    const cpu = longCpu();
    for (const index of [0xc000_0082, 0xc000_0100, 0xc000_0101, 0xc000_0102, 0x175]) {
      assert.equal(write(cpu, index, 1n << 56n), 'GP(0)');
      assert.equal(write(cpu, index, 0xffff_8000_0000_0000n), 'none');
      assert.equal(read(cpu, index), 0xffff_8000_0000_0000n);
    }
    assert.equal(write(cpu, 0xc000_0080, 1n << 1n), 'GP(0)');
    assert.equal(write(cpu, 0xc000_0080, Efer.SCE), 'GP(0)');
    assert.equal(write(cpu, 0x277, 0x02n), 'GP(0)');
    assert.equal(write(cpu, 0x10a, 0n), 'GP(0)');
    assert.equal(write(longCpu(3), 0x10, 0n), 'GP(0)');
  });

  it('MTRRs are kept, with their reserved bits (SDM vol 3, 13.11.2)', () => {
    const cpu = longCpu();
    assert.equal(write(cpu, 0x200, 0xc000_0006n), 'none');
    assert.equal(read(cpu, 0x200), 0xc000_0006n);
    assert.equal(write(cpu, 0x200, 0xc000_0002n), 'GP(0)');
    assert.equal(write(cpu, 0x200, 1n << 40n), 'GP(0)');
    assert.equal(write(cpu, 0x201, 0xff_c000_0800n), 'none');
    assert.equal(write(cpu, 0x201, 1n), 'GP(0)');
    assert.equal(read(cpu, 0x2ff), 0xc06n);
    assert.equal(write(cpu, 0x2ff, 0x100n), 'GP(0)');
    assert.equal(write(cpu, 0x2ff, 6n), 'none');
    assert.equal(write(cpu, 0x26f, 0x0707_0707_0707_0707n), 'GP(0)');
    assert.equal(write(cpu, 0x26f, 0x0506_0505_0404_0100n), 'none');
    assert.equal(read(cpu, 0x26f), 0x0506_0505_0404_0100n);
    assert.equal(write(cpu, 0xfe, 0n), 'GP(0)');
  });

  it('MSRs that the CPU is known not to have are #GP(0), without the host', () => {
    const cpu = longCpu();
    for (const row of MSR_ROWS) {
      if (row.is.kind !== 'absent') continue;
      assert.equal(write(cpu, row.index, 0n), 'GP(0)');
      assert.equal(
        faultOf(() => read(cpu, row.index)),
        'GP(0)',
      );
    }
  });

  it('performance counters: reserved bits and widths (SDM vol 3, 21.2.1, 21.2.2)', () => {
    const cpu = longCpu();
    assert.equal(write(cpu, 0xc1, 0xffff_fff0n), 'none');
    assert.equal(read(cpu, 0xc1), 0xffff_ffff_fff0n);
    assert.equal(write(cpu, 0x309, 1n << 48n), 'GP(0)');
    assert.equal(write(cpu, 0x186, 1n << 32n), 'GP(0)');
    assert.equal(write(cpu, 0x38d, 0x1000n), 'GP(0)');
    assert.equal(read(cpu, 0x38f), 0xfn);
    assert.equal(write(cpu, 0x38f, 1n << 4n), 'GP(0)');
    assert.equal(write(cpu, 0x38f, 7n << 32n), 'none');
    assert.equal(write(cpu, 0x38e, 0n), 'GP(0)');
    assert.equal(write(cpu, 0x390, 1n << 35n), 'GP(0)');
  });

  it('RDPMC: CR4.PCE, indexes (SDM vol 2)', () => {
    const cpu = longCpu(3);
    const rdpmc = (index: bigint): string => {
      cpu.state.setGpr(Gpr.rcx, index);
      return faultOf(() => H.rdpmc(cpu, insn()));
    };
    assert.equal(rdpmc(0n), 'GP(0)');
    cpu.state.setU64('cr4', cpu.state.u64('cr4') | Cr4.PCE);
    for (const index of [0n, 3n, 0x4000_0000n, 0x4000_0002n]) assert.equal(rdpmc(index), 'none');
    for (const index of [4n, 0x4000_0003n, 0x8000_0000n]) assert.equal(rdpmc(index), 'GP(0)');
  });

  it('others ask the host; unknown ones are #GP(0)', () => {
    const cpu = longCpu();
    assert.equal(read(cpu, 0x1b), 0xfee0_0900n);
    assert.equal(write(cpu, 0x1b, 0n), 'none');
    assert.equal(write(cpu, 0x1234, 0n), 'GP(0)');
    assert.equal(
      faultOf(() => read(cpu, 0x1234)),
      'GP(0)',
    );
  });

  it('the TSC and IA32_TSC_ADJUST move together (SDM vol 3, 18.17.3)', () => {
    const cpu = longCpu();
    write(cpu, 0x10, 5000n);
    assert.equal(read(cpu, 0x10), 5000n);
    assert.equal(read(cpu, 0x3b), 4000n);
    write(cpu, 0x3b, 0n);
    assert.equal(read(cpu, 0x10), 1000n);
    write(cpu, 0xc000_0103, 7n);
    H.rdtscp(cpu, insn());
    assert.deepEqual([cpu.state.gpr(Gpr.rax), cpu.state.gpr(Gpr.rcx)], [1000n, 7n]);
  });

  it('CR4.TSD keeps RDTSC from CPL 3', () => {
    const cpu = longCpu(3);
    cpu.state.setU64('cr4', Cr4.PAE | Cr4.TSD);
    assert.equal(
      faultOf(() => H.rdtsc(cpu, insn())),
      'GP(0)',
    );
  });

  it('SWAPGS', () => {
    const cpu = longCpu();
    write(cpu, 0xc000_0101, 1n);
    write(cpu, 0xc000_0102, 2n);
    H.swapgs(cpu, insn());
    assert.deepEqual([read(cpu, 0xc000_0101), read(cpu, 0xc000_0102)], [2n, 1n]);
    assert.equal(
      faultOf(() => H.swapgs(longCpu(3), insn())),
      'GP(0)',
    );
  });
});

describe('ports (SDM vol 1, 20.5)', () => {
  it('CPL 3: the TSS bitmap decides, both bytes of it', () => {
    const cpu = protectedCpu(3);
    const tr = cpu.state.segment(Seg.tr);
    cpu.put(At.tss + 102n, 2, 0x68n);
    cpu.state.setSegment(Seg.tr, { ...tr, limit: 0x68 + 1 });
    cpu.put(At.tss + 0x68n, 2, 0x0100n);
    cpu.state.setGpr(Gpr.rdx, 7n);
    assert.equal(
      faultOf(() => H.inDx(cpu, insn({ operandSize: 1 }))),
      'none',
    );
    assert.equal(
      faultOf(() => H.inDx(cpu, insn({ operandSize: 2 }))),
      'GP(0)',
    );
    cpu.state.setGpr(Gpr.rdx, 8n);
    assert.equal(
      faultOf(() => H.inDx(cpu, insn({ operandSize: 1 }))),
      'GP(0)',
    );
    assert.deepEqual(cpu.ports, ['in 7/1']);
  });

  it('REP INSB: one iteration a call, RIP stays until the count is 0; a page fault comes before the port', () => {
    const cpu = protectedCpu();
    cpu.state.setGpr(Gpr.rcx, 2n);
    cpu.state.setGpr(Gpr.rdi, 0x6000n);
    const rep = insn({ rip: 0xb000n, operandSize: 1, rep: 'rep' });
    cpu.state.setU64('rip', 0xb002n);
    H.ins(cpu, rep);
    assert.deepEqual([cpu.state.u64('rip'), cpu.state.gpr(Gpr.rcx), cpu.state.gpr(Gpr.rdi)], [0xb000n, 1n, 0x6001n]);
    cpu.state.setU64('rip', 0xb002n);
    cpu.absentPages.add(6);
    assert.equal(
      faultOf(() => H.ins(cpu, rep)),
      'PF(2)@6001',
    );
    assert.equal(cpu.ports.length, 1);
    cpu.absentPages.clear();
    H.ins(cpu, rep);
    assert.deepEqual([cpu.state.u64('rip'), cpu.state.gpr(Gpr.rcx)], [0xb002n, 0n]);
  });

  it('IN AL keeps the rest of RAX, IN EAX clears the upper half', () => {
    const cpu = longCpu();
    cpu.state.setGpr(Gpr.rax, 0xffff_ffff_ffff_ffffn);
    H.inImmediate(cpu, insn({ operandSize: 1, imm: 0x60n }));
    assert.equal(cpu.state.gpr(Gpr.rax), 0xffff_ffff_ffff_ff78n);
    H.inImmediate(cpu, insn({ operandSize: 4, imm: 0x60n }));
    assert.equal(cpu.state.gpr(Gpr.rax), 0x1234_5678n);
  });
});

describe('others', () => {
  it('HLT, VMCALL, STAC', () => {
    const cpu = longCpu();
    H.hlt(cpu, insn());
    assert.equal(cpu.state.u32('activity'), Activity.halted);
    assert.equal(
      faultOf(() => H.hlt(longCpu(3), insn())),
      'GP(0)',
    );
    cpu.hypercallAccepted = false;
    for (const name of ['vmcall', 'vmmcall', 'rsm'] as const)
      assert.equal(
        faultOf(() => H[name](cpu, insn())),
        'UD',
      );
    cpu.state.setU64('cr4', Cr4.PAE | Cr4.SMAP);
    cpu.modeChanged();
    assert.equal(cpu.state.u32('mode') & ModeBit.smap, ModeBit.smap);
    H.stac(cpu, insn());
    assert.equal(cpu.state.u32('mode') & ModeBit.smap, 0);
  });

  it('FXSAVE and FXRSTOR are inverse; x87 registers by stack order; misaligned #GP(0); MXCSR reserved bits #GP(0)', () => {
    const cpu = longCpu();
    cpu.state.setU32('fsw', 3 << 11);
    cpu.state.setSt(3, (0x3fffn << 64n) | (1n << 63n));
    cpu.state.setYmmQuad(15, 1, 0x55n);
    H.fxsave(cpu, insn({ linear: 0x6000n, operandSize: 8 }));
    assert.equal(cpu.get(0x6020n + 8n, 2), 0x3fffn);
    assert.equal(cpu.get(0x6000n + 160n + 15n * 16n + 8n, 8), 0x55n);
    assert.equal(cpu.get(0x6018n, 4), 0x1f80n);
    const other = longCpu();
    for (let i = 0n; i < 512n; i += 8n) other.put(0x6000n + i, 8, cpu.get(0x6000n + i, 8));
    H.fxrstor(other, insn({ linear: 0x6000n, operandSize: 8 }));
    assert.equal(other.state.st(3), (0x3fffn << 64n) | (1n << 63n));
    assert.equal(other.state.ymmQuad(15, 1), 0x55n);
    assert.equal(
      faultOf(() => H.fxsave(cpu, insn({ linear: 0x6008n }))),
      'GP(0)',
    );
    cpu.put(0x6018n, 4, 0x1_0000n);
    assert.equal(
      faultOf(() => H.fxrstor(cpu, insn({ linear: 0x6000n }))),
      'GP(0)',
    );
  });

  it('INVLPG flushes the page', () => {
    const cpu = longCpu();
    H.invlpg(cpu, insn({ linear: 0x1234n }));
    assert.deepEqual(cpu.flushes, ['page 1234']);
  });
});
