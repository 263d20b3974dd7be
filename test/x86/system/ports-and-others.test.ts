// Ports (SDM vol 1), and what has no file of its own.
import assert from 'node:assert/strict';
import { Activity, Gpr, ModeBit, Seg } from '../../../src/x86/layout';
import { Cr4 } from '../../../src/x86/system/bits';
import { SYSTEM_HELPERS as H } from '../../../src/x86/system/helpers';
import { At, faultOf, insn, longCpu, protectedCpu } from './fake-cpu';

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
