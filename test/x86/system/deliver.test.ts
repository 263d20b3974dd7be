// Delivery of exceptions and interrupts (SDM vol 3 ch. 7, 22).
import assert from 'node:assert/strict';
import { faults } from '../../../src/x86/fault';
import { Activity, Gpr, ModeBit, Seg } from '../../../src/x86/layout';
import { Access, Rflags } from '../../../src/x86/system/bits';
import { deliver } from '../../../src/x86/system/deliver';
import { fromFault } from '../../../src/x86/system/delivery';
import { combineFaults, raise } from '../../../src/x86/system/raise';
import { At, FakeCpu, faultOf, gate, longCpu, protectedCpu, Sel, setGate } from './fake-cpu';

const HANDLER = 0xc000;
const INT32 = 0x8e;
const TRAP32 = 0x8f;

describe('delivery in real mode (SDM vol 3, 22.1.4)', () => {
  it('pushes FLAGS, CS, IP and loads the vector; no error code', () => {
    const cpu = new FakeCpu();
    cpu.put(13n * 4n, 4, 0x0100_0020n);
    cpu.state.setGpr(Gpr.rsp, 0x8000n);
    cpu.state.setSegment(Seg.cs, { selector: 0x50, access: 0x93, limit: 0xffff, base: 0x500n });
    cpu.state.setU64('rip', 0x123n);
    cpu.state.setU64('rflags', 0x302n);
    deliver(cpu, fromFault(faults.gp(0x10)));
    assert.equal(cpu.state.gpr(Gpr.rsp), 0x7ffan);
    assert.deepEqual(cpu.stack(0x7ffan, 2, 3), [0x123n, 0x50n, 0x302n]);
    assert.equal(cpu.state.segment(Seg.cs).base, 0x1000n);
    assert.equal(cpu.state.u64('rip'), 0x20n);
    assert.equal(cpu.state.u64('rflags'), 2n);
  });

  it('raises #GP where the vector lies beyond IDTR, and shuts down in the end', () => {
    const cpu = new FakeCpu();
    cpu.state.setU32('idtrLimit', 3);
    const result = raise(cpu, { kind: 'interrupt', vector: 0x20 });
    assert.equal(result.shutdown, true);
    assert.deepEqual(
      result.chain.map((fault) => fault.vector),
      [0x20, 13, 13, 13],
    );
    assert.equal(cpu.state.u32('activity'), Activity.shutdown);
  });

  it('wraps SP within 64 KiB', () => {
    const cpu = new FakeCpu();
    cpu.state.setGpr(Gpr.rsp, 2n);
    cpu.put(0x20n * 4n, 4, 0x20n);
    deliver(cpu, { kind: 'interrupt', vector: 0x20 });
    assert.equal(cpu.state.gpr(Gpr.rsp), 0xfffcn);
    assert.equal(cpu.get(0n, 2), 2n);
  });
});

describe('delivery in protected mode (SDM vol 3, 7.12)', () => {
  it('same level: EFLAGS, CS, EIP, error code; RF in the pushed flags of a fault', () => {
    const cpu = protectedCpu();
    setGate(cpu, 13, gate(INT32, Sel.code0, HANDLER));
    cpu.state.setU64('rflags', 0x302n | Rflags.NT);
    deliver(cpu, fromFault(faults.gp(0x18)));
    const rsp = cpu.state.gpr(Gpr.rsp);
    assert.equal(rsp, At.userStack - 16n);
    assert.deepEqual(cpu.stack(rsp, 4, 4), [0x18n, At.code, BigInt(Sel.code0), 0x302n | Rflags.NT | Rflags.RF]);
    assert.equal(cpu.state.u64('rip'), BigInt(HANDLER));
    assert.equal(cpu.state.u64('rflags'), 2n);
  });

  it('a trap gate keeps IF', () => {
    const cpu = protectedCpu();
    setGate(cpu, 0x30, gate(TRAP32, Sel.code0, HANDLER));
    cpu.state.setU64('rflags', 0x202n);
    deliver(cpu, { kind: 'interrupt', vector: 0x30 });
    assert.equal(cpu.state.u64('rflags'), 0x202n);
  });

  it('to an inner level: stack from the TSS, SS:ESP pushed first', () => {
    const cpu = protectedCpu(3);
    setGate(cpu, 14, gate(INT32, Sel.code0, HANDLER));
    deliver(cpu, fromFault(faults.pf(0x1234n, 4)));
    const rsp = cpu.state.gpr(Gpr.rsp);
    assert.equal(rsp, At.stack0 - 24n);
    assert.deepEqual(cpu.stack(rsp, 4, 6), [4n, At.code, BigInt(Sel.code3 | 3), 2n | Rflags.RF, At.userStack, BigInt(Sel.data3 | 3)]);
    assert.equal(cpu.state.u32('cpl'), 0);
    assert.equal(cpu.state.segment(Seg.cs).selector, Sel.code0);
    assert.equal(cpu.state.segment(Seg.ss).selector, Sel.data0);
    assert.equal(cpu.state.u64('cr2'), 0x1234n);
    assert.equal(cpu.state.segment(Seg.ss).access & Access.accessed, 1);
    assert.equal(cpu.get(At.gdt + BigInt(Sel.data0) + 5n, 1) & 1n, 1n);
  });

  it('a 16-bit gate pushes words', () => {
    const cpu = protectedCpu();
    setGate(cpu, 0x30, gate(0x86, Sel.code0, 0x1234));
    deliver(cpu, { kind: 'interrupt', vector: 0x30 });
    assert.equal(cpu.state.gpr(Gpr.rsp), At.userStack - 6n);
    assert.equal(cpu.state.u64('rip'), 0x1234n);
  });

  const failures: [string, number, (cpu: FakeCpu) => void][] = [
    ['GP(103)', 3, (cpu) => setGate(cpu, 0x20, gate(0x8c, Sel.code0, 0))],
    ['NP(103)', 3, (cpu) => setGate(cpu, 0x20, gate(0x0e, Sel.code0, 0))],
    ['GP(103)', 3, (cpu) => cpu.state.setU32('idtrLimit', 0x20 * 8 + 6)],
    ['GP(1)', 3, (cpu) => setGate(cpu, 0x20, gate(INT32, 0, 0))],
    ['GP(1f1)', 3, (cpu) => setGate(cpu, 0x20, gate(INT32, 0x1f0, 0))],
    ['GP(11)', 3, (cpu) => setGate(cpu, 0x20, gate(INT32, Sel.data0, 0))],
    ['TS(39)', 3, (cpu) => cpu.state.setSegment(Seg.tr, { ...cpu.state.segment(Seg.tr), limit: 8 })],
    ['TS(1)', 3, (cpu) => cpu.put(At.tss + 8n, 2, 0n)],
    ['TS(21)', 3, (cpu) => cpu.put(At.tss + 8n, 2, BigInt(Sel.data3))],
    ['TS(99)', 3, (cpu) => cpu.put(At.tss + 8n, 2, BigInt(Sel.readOnly))],
    ['TS(1f1)', 3, (cpu) => cpu.put(At.tss + 8n, 2, 0x1f0n)],
  ];
  for (const [expected, cpl, prepare] of failures)
    it(`${expected}: ${prepare.toString().split('=> ')[1]}`, () => {
      const cpu = protectedCpu(cpl as 3);
      setGate(cpu, 0x20, gate(INT32, Sel.code0, HANDLER));
      prepare(cpu);
      cpu.writes = 0;
      assert.equal(
        faultOf(() => deliver(cpu, { kind: 'interrupt', vector: 0x20 })),
        expected,
      );
      assert.equal(cpu.writes, 0);
      assert.equal(cpu.state.u64('rip'), At.code);
    });

  it('a gate of DPL 0 refuses INT n from CPL 3, EXT clear; an exception passes', () => {
    const cpu = protectedCpu(3);
    setGate(cpu, 0x80, gate(INT32, Sel.code0, HANDLER));
    assert.equal(
      faultOf(() => deliver(cpu, { kind: 'int-n', vector: 0x80 })),
      'GP(402)',
    );
    setGate(cpu, 0x80, gate(0xee, Sel.code0, HANDLER));
    assert.equal(
      faultOf(() => deliver(cpu, { kind: 'int-n', vector: 0x80 })),
      'none',
    );
  });

  it('probes the whole frame before the first write (commit rule)', () => {
    const cpu = protectedCpu(3);
    setGate(cpu, 0x20, gate(INT32, Sel.code0, HANDLER));
    cpu.put(At.tss + 4n, 4, At.stack0 + 8n);
    cpu.absentPages.add(Number(At.stack0 >> 12n) - 1);
    cpu.writes = 0;
    assert.equal(faultOf(() => deliver(cpu, { kind: 'interrupt', vector: 0x20 })).startsWith('PF(2)@8ff'), true);
    assert.equal(cpu.writes, 0);
  });

  it('a conforming handler keeps CPL', () => {
    const cpu = protectedCpu(3);
    setGate(cpu, 0x20, gate(INT32, Sel.conforming, HANDLER));
    deliver(cpu, { kind: 'interrupt', vector: 0x20 });
    assert.equal(cpu.state.u32('cpl'), 3);
    assert.equal(cpu.state.segment(Seg.cs).selector, Sel.conforming | 3);
    assert.equal(cpu.state.gpr(Gpr.rsp), At.userStack - 12n);
  });
});

describe('delivery from virtual-8086 mode (SDM vol 3, 22.3)', () => {
  function vm86(iopl: number): FakeCpu {
    const cpu = protectedCpu();
    cpu.state.setU64('rflags', Rflags.VM | 0x202n | (BigInt(iopl) << 12n));
    cpu.state.setU32('cpl', 3);
    for (const segment of [Seg.es, Seg.cs, Seg.ss, Seg.ds, Seg.fs, Seg.gs])
      cpu.state.setSegment(segment, { selector: 0x100 + segment, access: 0xf3, limit: 0xffff, base: BigInt(0x100 + segment) << 4n });
    cpu.state.setU64('rip', 0x50n);
    cpu.state.setGpr(Gpr.rsp, 0x700n);
    cpu.modeChanged();
    setGate(cpu, 0x21, gate(0xee, Sel.code0, HANDLER));
    return cpu;
  }

  it('saves and clears the data segments', () => {
    const cpu = vm86(3);
    deliver(cpu, { kind: 'int-n', vector: 0x21 });
    const rsp = cpu.state.gpr(Gpr.rsp);
    assert.equal(rsp, At.stack0 - 36n);
    assert.deepEqual(cpu.stack(rsp, 4, 9), [0x50n, 0x101n, Rflags.VM | 0x3202n, 0x700n, 0x102n, 0x100n, 0x103n, 0x104n, 0x105n]);
    assert.equal(cpu.state.segment(Seg.ds).access & Access.unusable, Access.unusable);
    assert.equal(cpu.state.u64('rflags') & Rflags.VM, 0n);
    assert.equal(cpu.state.u32('mode') & ModeBit.virtual8086, 0);
  });

  it('INT n needs IOPL 3', () => {
    assert.equal(
      faultOf(() => deliver(vm86(0), { kind: 'int-n', vector: 0x21 })),
      'GP(0)',
    );
  });

  it('the handler must run at CPL 0', () => {
    const cpu = vm86(3);
    setGate(cpu, 0x21, gate(0xee, Sel.conforming, HANDLER));
    assert.equal(
      faultOf(() => deliver(cpu, { kind: 'interrupt', vector: 0x21 })),
      'GP(69)',
    );
  });
});

describe('delivery in IA-32e mode (SDM vol 3, 7.14)', () => {
  it('same level: stack aligned to 16, SS:RSP always pushed', () => {
    const cpu = longCpu();
    setGate(cpu, 14, gate(INT32, Sel.code64, HANDLER), 0n);
    deliver(cpu, fromFault(faults.pf(0xffff_8000_0000_0000n, 2)));
    const rsp = cpu.state.gpr(Gpr.rsp);
    assert.equal(rsp, At.userStack - 48n);
    assert.deepEqual(cpu.stack(rsp, 8, 6), [2n, At.code, BigInt(Sel.code64), 2n | Rflags.RF, At.userStack + 8n, BigInt(Sel.data0)]);
    assert.equal(cpu.state.u64('cr2'), 0xffff_8000_0000_0000n);
    assert.equal(cpu.state.segment(Seg.ss).selector, Sel.data0);
  });

  it('to CPL 0: RSP0, SS null', () => {
    const cpu = longCpu(3);
    setGate(cpu, 0x20, gate(INT32, Sel.code64, HANDLER), 0n);
    deliver(cpu, { kind: 'interrupt', vector: 0x20 });
    assert.equal(cpu.state.gpr(Gpr.rsp), At.stack0 - 40n);
    assert.equal(cpu.state.segment(Seg.ss).selector, 0);
    assert.equal(cpu.state.segment(Seg.ss).access & Access.unusable, Access.unusable);
    assert.equal(cpu.state.u32('cpl'), 0);
    assert.equal(cpu.state.u32('mode') & ModeBit.user, 0);
  });

  it('IST replaces the stack without a change of level; offsets above 4 GiB', () => {
    const cpu = longCpu();
    setGate(cpu, 2, gate(INT32, Sel.code64, HANDLER, 1), 0xffff_ffffn);
    deliver(cpu, { kind: 'nmi', vector: 2 });
    assert.equal(cpu.state.gpr(Gpr.rsp), At.ist1 - 40n);
    assert.equal(cpu.state.u64('rip'), 0xffff_ffff_0000_0000n | BigInt(HANDLER));
    assert.equal(cpu.state.u32('nmiBlocked'), 1);
  });

  const failures: [string, (cpu: FakeCpu) => void][] = [
    ['GP(103)', (cpu) => setGate(cpu, 0x20, gate(0x85, Sel.code64, 0), 0n)],
    ['GP(103)', (cpu) => setGate(cpu, 0x20, gate(0x86, Sel.code64, 0), 0n)],
    ['GP(9)', (cpu) => setGate(cpu, 0x20, gate(INT32, Sel.code0, 0), 0n)],
    ['GP(1)', (cpu) => setGate(cpu, 0x20, gate(INT32, Sel.code64, 0), 0x8000n)],
    ['SS(1)', (cpu) => cpu.put(At.tss + 4n, 8, 0x8000_0000_0000n)],
    ['TS(39)', (cpu) => cpu.state.setSegment(Seg.tr, { ...cpu.state.segment(Seg.tr), limit: 10 })],
  ];
  for (const [expected, prepare] of failures)
    it(`${expected}: ${prepare.toString().split('=> ')[1]}`, () => {
      const cpu = longCpu(3);
      setGate(cpu, 0x20, gate(INT32, Sel.code64, HANDLER), 0n);
      prepare(cpu);
      assert.equal(
        faultOf(() => deliver(cpu, { kind: 'interrupt', vector: 0x20 })),
        expected,
      );
    });
});

describe('faults during delivery (SDM vol 3, tables 7-4 and 7-5)', () => {
  const ex = {
    ud: fromFault(faults.ud()),
    gp: fromFault(faults.gp(0)),
    pf: fromFault(faults.pf(0n, 0)),
    df: { kind: 'exception', vector: 8, errorCode: 0 } as const,
  };
  const vectorOf = (d: ReturnType<typeof combineFaults>): number | string => (d === 'shutdown' ? d : d.vector);

  it('benign, contributory and page faults combine as the matrix says', () => {
    const second = { gp: faults.gp(0x10), pf: faults.pf(5n, 0), ud: faults.ud() };
    assert.equal(vectorOf(combineFaults(ex.ud, second.gp)), 13);
    assert.equal(vectorOf(combineFaults(ex.gp, second.gp)), 8);
    assert.equal(vectorOf(combineFaults(ex.gp, second.pf)), 14);
    assert.equal(vectorOf(combineFaults(ex.pf, second.pf)), 8);
    assert.equal(vectorOf(combineFaults(ex.pf, second.gp)), 8);
    assert.equal(vectorOf(combineFaults(ex.df, second.gp)), 'shutdown');
    assert.equal(vectorOf(combineFaults(ex.df, second.pf)), 'shutdown');
    assert.equal(vectorOf(combineFaults({ kind: 'interrupt', vector: 13 }, second.gp)), 13);
  });

  it('a stack that is not there: #PF, then #DF on its IST stack', () => {
    const cpu = longCpu(3);
    setGate(cpu, 14, gate(INT32, Sel.code64, HANDLER), 0n);
    setGate(cpu, 8, gate(INT32, Sel.code64, HANDLER + 0x100, 1), 0n);
    cpu.absentPages.add(Number(At.stack0 >> 12n) - 1);
    const result = raise(cpu, fromFault(faults.pf(0x77_7000n, 6)));
    assert.equal(result.shutdown, false);
    assert.equal(cpu.state.u64('rip'), BigInt(HANDLER + 0x100));
    assert.equal(cpu.state.gpr(Gpr.rsp), At.ist1 - 48n);
    assert.equal(cpu.get(At.ist1 - 48n, 8), 0n);
    assert.equal(cpu.state.u64('cr2') >> 12n, (At.stack0 >> 12n) - 1n);
  });

  it('an empty IDT: #UD, #GP, #GP: shutdown with the three at the guilty instruction', () => {
    const cpu = longCpu();
    cpu.state.setU32('idtrLimit', 0);
    const result = raise(cpu, fromFault(faults.ud()));
    assert.equal(result.shutdown, true);
    assert.deepEqual(
      result.chain.map((f) => [f.vector, f.errorCode, f.rip]),
      [
        [6, undefined, At.code],
        [13, 6 * 8 + 3, At.code],
        [13, 13 * 8 + 3, At.code],
        [13, 8 * 8 + 3, At.code],
      ],
    );
    assert.equal(cpu.state.u32('activity'), Activity.shutdown);
  });
});
