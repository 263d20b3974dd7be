// Model-specific registers (SDM vol 4).
import assert from 'node:assert/strict';
import { Gpr } from '../../../src/x86/layout';
import { MSR_ROWS } from '../../../src/x86/msr.rows';
import { Cr4, Efer } from '../../../src/x86/system/bits';
import { SYSTEM_HELPERS as H } from '../../../src/x86/system/helpers';
import { type FakeCpu, faultOf, insn, longCpu } from './fake-cpu';

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
