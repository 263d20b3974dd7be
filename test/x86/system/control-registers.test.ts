// Reset, control and debug registers (SDM vol 3).
import assert from 'node:assert/strict';
import { INSN_ROWS } from '../../../src/x86/insn/rows';
import { Activity, Gpr, ModeBit, Seg } from '../../../src/x86/layout';
import { availableFeatures } from '../../../src/x86/models/available';
import { CpuModel } from '../../../src/x86/models/cpu-model';
import { VENDORS } from '../../../src/x86/models/vendors.rows';
import { Cr0, Cr4, Efer } from '../../../src/x86/system/bits';
import { SYSTEM_HELPERS as H } from '../../../src/x86/system/helpers';
import { resetState, startupState } from '../../../src/x86/system/reset';
import { FakeCpu, faultOf, insn, longCpu, protectedCpu } from './fake-cpu';

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
