// Interrupt delivery at instruction boundaries, shadows, HLT, NMI, single-step, faults on the way (SDM vol 3 ch. 7).
import assert from 'node:assert/strict';
import { TLB_BASE, TLB_STRIDE, Tlb } from '../../src/engine/record';
import { tlbIndex } from '../../src/engine/tlb-index';
import { BareMachine } from './bare-machine';
import { HANDLER, IDT, loadMixedProgram, writeGate, writeTables } from './mixed-program';
import { snapshot } from './snapshot';

const CODE = 0x10000;
function machineWith(code: string): BareMachine {
  const machine = new BareMachine();
  const state = machine.longMode();
  writeTables(machine);
  machine.write(CODE, code);
  // handlers: inc dword [0x34000 + 8 * n]; iretq, for vectors 1, 2, 0x30
  [1, 2, 0x30].forEach((vector, i) => {
    const at = 0x14000 + i * 0x100;
    machine.write(at, [0xff, 0x04, 0x25, i * 8, 0x40, 0x03, 0x00, 0x48, 0xcf]);
    writeGate(machine, vector, at);
  });
  state.setU64('rip', BigInt(CODE));
  state.setGpr(4, 0x80000n);
  return machine;
}
const count = (machine: BareMachine, i: number): number => machine.read(0x34000 + i * 8, 1)[0]!;
function raise(machine: BareMachine): void {
  machine.host.interrupt = () => {
    machine.engine.setInterruptPending(0, false);
    return 0x30;
  };
  machine.engine.setInterruptPending(0, true);
}

describe('engine: interrupts', () => {
  it('writes of a delivery are quick again once a log of writes has noted them', () => {
    // int 30h; jmp to it
    const machine = machineWith('cd 30 eb fc');
    const stackPage = 0x7f000;
    const tag = (): number => machine.engine.memory.view.getInt32(TLB_BASE + tlbIndex(stackPage) * TLB_STRIDE + Tlb.write, true);
    machine.run(4);
    assert.equal(tag(), stackPage);
    const written: number[] = [];
    machine.engine.beginWriteLog((page) => written.push(page));
    assert.equal(tag(), -1);
    machine.run(1);
    assert.deepEqual([written, tag()], [[stackPage >> 12], stackPage]);
  });

  it('waits for IF, and one instruction longer after STI', () => {
    // nop; sti; nop; nop; hlt
    const machine = machineWith('90 fb 90 90 f4');
    raise(machine);
    machine.run(1);
    machine.run(1);
    assert.equal(machine.state.u32('shadow'), 1);
    machine.run(1);
    assert.equal(machine.state.u64('rip'), BigInt(CODE + 3));
    machine.run(1);
    assert.equal(machine.state.u64('rip'), 0x14200n, 'delivered before the second NOP');
    assert.equal(machine.run(100).kind, 'halted');
    assert.equal(count(machine, 2), 1);
  });

  it('the shadow of STI lasts over a device access, also where the run stops before it', () => {
    // sti; mov [800000h], eax; nop; hlt
    const machine = machineWith('fb 89 04 25 00 00 80 00 90 f4');
    raise(machine);
    assert.equal(machine.engine.run(0, 100).kind, 'border');
    assert.equal(machine.state.u64('rip'), BigInt(CODE + 1));
    machine.engine.runBorder(0);
    assert.equal(machine.host.mmio.length, 1);
    assert.equal(machine.state.u64('rip'), BigInt(CODE + 8));
    assert.equal(count(machine, 2), 0);
    machine.run(1);
    assert.equal(machine.state.u64('rip'), 0x14200n);
  });

  it('wakes HLT, and returns behind it', () => {
    const machine = machineWith('fb f4 90 fa f4');
    assert.equal(machine.run(100).kind, 'halted');
    assert.equal(machine.engine.wakeable(0), false);
    raise(machine);
    assert.equal(machine.engine.wakeable(0), true);
    assert.equal(machine.run(100).kind, 'halted');
    assert.equal(count(machine, 2), 1);
    assert.equal(machine.state.u64('rip'), BigInt(CODE + 5));
  });

  it('MOV SS blocks for one instruction', () => {
    // mov eax,16; sti; nop; mov ss,eax; nop; hlt
    const machine = machineWith('b810000000 fb 90 8ed0 90 f4');
    machine.run(3);
    machine.run(1);
    assert.equal(machine.state.u32('shadow'), 2);
    raise(machine);
    machine.run(1);
    assert.equal(machine.state.u64('rip'), BigInt(CODE + 10));
    machine.run(1);
    assert.equal(machine.state.u64('rip'), 0x14200n);
  });

  it('NMI goes before INTR, and blocks further NMIs until IRET', () => {
    const machine = machineWith('fb 90 90 90 f4');
    machine.run(2);
    raise(machine);
    machine.engine.raiseNmi(0);
    machine.run(1);
    assert.equal(machine.state.u64('rip'), 0x14100n);
    assert.equal(machine.state.u32('nmiBlocked'), 1);
    machine.engine.raiseNmi(0);
    assert.equal(machine.run(100).kind, 'halted');
    assert.equal(count(machine, 1), 2);
    assert.equal(count(machine, 2), 1);
  });

  it('arrives between two iterations of REP, which goes on after it', () => {
    const machine = machineWith('fb b9e8030000 bf00000500 fc f3aa fa f4');
    machine.run(300);
    raise(machine);
    assert.equal(machine.run(100_000).kind, 'halted');
    assert.equal(count(machine, 2), 1);
    assert.equal(machine.state.gpr(1), 0n);
    assert.equal(machine.state.gpr(7), 0x503e8n);
  });

  it('TF traps after each instruction', () => {
    // pushfq; or dword [rsp],0x100; popfq; nop; nop; nop; pushfq; and dword [rsp],~0x100; popfq; hlt
    const machine = machineWith('9c 810c2400010000 9d 90 90 90 9c 812424fffeffff 9d f4');
    assert.equal(machine.run(1000).kind, 'halted');
    assert.equal(count(machine, 0), 6);
    assert.equal(machine.state.dr(6) & (1n << 14n), 1n << 14n);
  });

  it('a triple fault names the chain', () => {
    const machine = machineWith('0f0b');
    machine.state.setU32('idtrLimit', 0);
    const result = machine.run(10);
    assert.equal(result.kind, 'shutdown');
    assert.deepEqual(result.kind === 'shutdown' && result.chain.map((f) => f.vector), [6, 13, 13, 13]);
    assert.equal(result.kind === 'shutdown' && result.chain[0]?.rip, BigInt(CODE));
  });

  it('a jump to where no memory is raises #UD there', () => {
    const machine = machineWith('b800008000 ffe0');
    const seen: number[] = [];
    machine.host.onEvent = (kind, a) => {
      if (kind === 'exception') seen.push(Number(a));
    };
    writeGate(machine, 6, 0x14000);
    machine.run(3);
    assert.deepEqual(seen, [6]);
    assert.equal(machine.state.u64('rip'), 0x14000n);
  });

  it('an unmasked SIMD exception is #XM, or #UD without CR4.OSXMMEXCPT', () => {
    for (const [cr4, vector] of [
      [0x620n, 19],
      [0x220n, 6],
    ] as const) {
      // divsd xmm0,xmm1 with 1/0 and ZM clear
      const machine = machineWith('f20f5ec1');
      machine.state.setU64('cr4', cr4);
      machine.state.setU32('mxcsr', 0x1d80);
      machine.state.setYmmQuad(0, 0, 0x3ff0_0000_0000_0000n);
      writeGate(machine, vector, 0x14000);
      const seen: number[] = [];
      machine.host.onEvent = (kind, a) => {
        if (kind === 'exception') seen.push(Number(a));
      };
      machine.run(2);
      assert.deepEqual(seen, [vector]);
      assert.equal(machine.state.ymmQuad(0, 0), 0x3ff0_0000_0000_0000n);
    }
  });

  it('an interrupt at any instruction of a program changes only what its handler does', () => {
    const reference = new BareMachine();
    loadMixedProgram(reference);
    reference.run(100_000);
    const machine = new BareMachine();
    loadMixedProgram(machine);
    writeGate(machine, 0x30, 0x14000);
    machine.write(0x14000, 'ff0425 00500300 48cf');
    machine.state.setU64('rflags', 0x202n);
    machine.state.setGpr(4, 0x80000n);
    let taken = 0;
    for (let i = 0; i < 20_000; i++) {
      // Not at the HLT in the end, which it would wake.
      if (i < 10 || machine.state.gpr(12) !== 0n) raise(machine);
      if (machine.run(5).kind === 'halted') break;
      taken++;
    }
    assert.ok(taken > 500);
    for (const index of [1, 3, 5, 6, 7, 8, 12]) assert.equal(machine.state.gpr(index), reference.state.gpr(index), `register ${index}`);
    assert.deepEqual(machine.read(0x20000, 0x13000), reference.read(0x20000, 0x13000));
    assert.ok(HANDLER > IDT);
    assert.notDeepEqual(snapshot(machine), snapshot(reference));
  });
});
