// Stop points, borders and several vCPUs: what the machine and a debugger do around runs is invisible to the guest.
import assert from 'node:assert/strict';
import { BareMachine } from './bare-machine';
import { loadMixedProgram, writeGate, writeTables } from './mixed-program';
import { snapshot } from './snapshot';

const CODE = 0x10000;

describe('engine: stop points', () => {
  it('stops before the instruction, and goes on over it', () => {
    const machine = new BareMachine();
    loadMixedProgram(machine);
    machine.engine.setStopPoints([0x10ffdn], []);
    let hits = 0;
    for (;;) {
      const result = machine.run(100_000);
      if (result.kind === 'halted') break;
      assert.equal(result.kind, 'stop-point');
      assert.equal(result.kind === 'stop-point' && result.linear, 0x10ffdn);
      assert.equal(machine.state.u64('rip'), 0x10ffdn);
      hits++;
      machine.state.setU32('resumeFlag', 1);
    }
    assert.equal(hits, 40);
  });

  it('setting, hitting and clearing them changes nothing that the guest sees', () => {
    const reference = new BareMachine();
    loadMixedProgram(reference);
    reference.run(100_000);
    const machine = new BareMachine();
    loadMixedProgram(machine);
    for (let i = 0; ; i++) {
      machine.engine.setStopPoints(i % 3 === 2 ? [] : [0x10000n + BigInt((i * 7) % 0xc0)], i % 2 ? [0x100c0] : []);
      const result = machine.run(97);
      if (result.kind === 'halted') break;
      if (result.kind === 'stop-point') machine.state.setU32('resumeFlag', 1);
    }
    assert.deepEqual(snapshot(machine), snapshot(reference));
  });

  it('a physical stop point is hit at any linear address', () => {
    const machine = new BareMachine();
    loadMixedProgram(machine);
    machine.engine.setStopPoints([], [0x100c0]);
    const result = machine.run(100_000);
    assert.deepEqual(result, { kind: 'stop-point', rip: 0x100c0n, linear: 0x100c0n, gpa: 0x100c0, again: false });
  });
});

describe('engine: border', () => {
  it('run stops before port I/O and device memory; runBorder does exactly that instruction', () => {
    const machine = new BareMachine();
    const state = machine.longMode();
    // mov al,7; out 0x80,al; mov eax,[0x800000]; mov [0x800004],eax; hlt    (RAM ends at 4 MiB)
    machine.write(0x10000, 'b007 e680 8b042500008000 89042504008000 f4');
    state.setU64('rip', 0x10000n);
    machine.host.onMmioRead = () => 0x1234_5678;
    assert.deepEqual(machine.engine.run(0, 1000), { kind: 'border' });
    assert.equal(state.u64('rip'), 0x10002n);
    assert.equal(machine.host.out.length, 0);
    machine.engine.runBorder(0);
    assert.deepEqual(machine.host.out, [{ port: 0x80, size: 1, value: 7 }]);
    assert.deepEqual(machine.engine.run(0, 1000), { kind: 'border' });
    assert.equal(machine.host.mmio.length, 0);
    machine.engine.runBorder(0);
    assert.equal(state.gpr(0), 0x1234_5678n);
    assert.equal(state.u64('rip'), 0x1000bn);
    assert.deepEqual(machine.engine.run(0, 1000), { kind: 'border' });
    machine.engine.runBorder(0);
    assert.deepEqual(machine.host.mmio[1], { kind: 'write', gpa: 0x80_0004, size: 4, value: 0x1234_5678 });
    assert.equal(machine.engine.run(0, 1000).kind, 'halted');
    assert.equal(machine.engine.retired(0), 5);
  });

  it('consumed time is exact inside host calls, and charges end the run', () => {
    const machine = new BareMachine();
    const state = machine.longMode();
    machine.write(0x10000, '90 90 90 e680 90 90 90 90 f4');
    state.setU64('rip', 0x10000n);
    let seen = -1;
    machine.host.onOut = () => {
      seen = machine.engine.consumedNs();
      machine.engine.charge(1000);
    };
    assert.deepEqual(machine.run(500), { kind: 'budget' });
    assert.equal(seen, 3);
    assert.equal(state.u64('rip'), 0x10005n);
    assert.equal(machine.engine.consumedNs(), 1004);
  });

  it('requestLeave returns after the instruction that asked', () => {
    const machine = new BareMachine();
    const state = machine.longMode();
    machine.write(0x10000, '90 8b042500008000 90 90 f4');
    state.setU64('rip', 0x10000n);
    machine.host.onMmioRead = () => {
      machine.engine.requestLeave();
      return 1;
    };
    assert.deepEqual(machine.run(100), { kind: 'left' });
    assert.equal(state.u64('rip'), 0x10008n);
    assert.equal(machine.run(100).kind, 'halted');
  });
});

describe('engine: several vCPUs', () => {
  it('interleaved in any pieces, each ends as alone', () => {
    const reference = new BareMachine();
    loadMixedProgram(reference);
    reference.run(100_000);
    const machine = new BareMachine({ vcpus: 3 });
    loadMixedProgram(machine);
    // vCPUs 1 and 2 count in a loop of their own: inc rax; add rbx,rax; jmp
    machine.write(0x18000, '48ffc0 4801c3 ebf8');
    for (const vcpu of [1, 2]) {
      const state = machine.longMode(vcpu);
      state.setU64('rip', 0x18000n);
      state.setGpr(0, BigInt(vcpu * 1000));
    }
    for (let i = 0; ; i++) {
      machine.engine.runThrough(1 + (i & 1), 33);
      if (machine.run(61).kind === 'halted') break;
    }
    const ours = snapshot(machine);
    const theirs = snapshot(reference);
    for (const key of ['registers', 'rip', 'rflags', 'retired'] as const) assert.equal(ours[key], theirs[key], key);
    const n = machine.engine.retired(1);
    assert.equal(machine.engine.state(1).gpr(0), 1000n + BigInt(Math.ceil(n / 3)));
  });

  it('a saved vCPU restored goes on to the same end', () => {
    const reference = new BareMachine();
    loadMixedProgram(reference);
    const machine = new BareMachine();
    loadMixedProgram(machine);
    machine.run(2345);
    const other = new BareMachine();
    other.write(0, machine.read(0, machine.engine.memory.ramSize));
    other.engine.restoreVcpu(0, machine.engine.saveVcpu(0));
    other.run(100_000);
    reference.run(100_000);
    assert.deepEqual(snapshot(other), snapshot(reference));
  });
});

describe('engine: stop points of instructions that are interrupted', () => {
  const HANDLER = 0x14000;
  const machineWith = (code: string, vector: number, handler: string): BareMachine => {
    const machine = new BareMachine();
    const state = machine.longMode();
    writeTables(machine);
    machine.write(CODE, code);
    machine.write(HANDLER, handler);
    writeGate(machine, vector, HANDLER);
    state.setU64('rip', BigInt(CODE));
    state.setU64('rflags', 0x202n);
    state.setGpr(4, 0x80000n);
    return machine;
  };
  const raise = (machine: BareMachine): void => {
    machine.host.interrupt = () => {
      machine.engine.setInterruptPending(0, false);
      return 0x30;
    };
    machine.engine.setInterruptPending(0, true);
  };
  /** Goes on from every stop until the guest halts; the addresses of the stops. `again` ones are passed over, as the machine does. */
  const stopsOf = (machine: BareMachine, budgetNs = 100_000, each: (at: bigint) => unknown = () => {}): bigint[] => {
    const stops: bigint[] = [];
    for (let i = 0; i < 10_000; i++) {
      const result = machine.run(budgetNs);
      if (result.kind === 'halted') return stops;
      if (result.kind !== 'stop-point') continue;
      if (!result.again) stops.push(result.linear);
      machine.state.setU32('resumeFlag', 1);
      if (!result.again) each(result.linear);
    }
    throw new Error('the guest does not halt');
  };
  const IRETQ = '48cf';
  const at = (offset: number): bigint => BigInt(CODE + offset);

  it('an interrupt between the stop and the instruction: the handler is not passed over, the instruction is not met again', () => {
    // nop; nop; cli; hlt
    const machine = machineWith('90 90 fa f4', 0x30, `90 ${IRETQ}`);
    machine.engine.setStopPoints([at(1), BigInt(HANDLER)], []);
    assert.deepEqual(
      stopsOf(machine, 100_000, (where) => where === at(1) && raise(machine)),
      [at(1), BigInt(HANDLER)],
    );
    assert.equal(machine.state.u32('resumeFlag'), 0);
  });

  it('the same with an NMI, and in a loop each turn is met once', () => {
    // mov ecx,5; nop; dec ecx; jnz nop; hlt
    const machine = machineWith('b905000000 90 ffc9 75fb f4', 2, `90 ${IRETQ}`);
    machine.engine.setStopPoints([at(5)], []);
    assert.deepEqual(
      stopsOf(machine, 100_000, () => machine.engine.raiseNmi(0)),
      [at(5), at(5), at(5), at(5), at(5)],
    );
  });

  it('a store whose page is mapped on demand is met once; later turns are met again', () => {
    // mov ecx,3; store: mov [0x600000],ecx; and byte [0x3018],~1 (unmapped again); invlpg [0x600000]; dec ecx; jnz store; hlt
    // handler: add rsp,8 (the error code); or byte [0x3018],1; iretq
    const code = 'b903000000 890c2500006000 80242518300000fe 0f013c2500006000 ffc9 75e5 f4';
    const machine = machineWith(code, 14, `4883c408 800c251830000001 ${IRETQ}`);
    machine.write(0x3018, [0x86]);
    let faults = 0;
    machine.host.onEvent = (kind) => {
      if (kind === 'exception') faults++;
    };
    machine.engine.setStopPoints([at(5)], []);
    assert.deepEqual(stopsOf(machine), [at(5), at(5), at(5)]);
    assert.equal(faults, 3);
  });

  it('the instruction that goes on is told apart, for who wants to stop there', () => {
    const machine = machineWith('90 90 fa f4', 0x30, `90 ${IRETQ}`);
    machine.engine.setStopPoints([at(1)], []);
    assert.deepEqual(machine.run(100), { kind: 'stop-point', rip: at(1), linear: at(1), gpa: CODE + 1, again: false });
    machine.state.setU32('resumeFlag', 1);
    raise(machine);
    assert.deepEqual(machine.run(100), { kind: 'stop-point', rip: at(1), linear: at(1), gpa: CODE + 1, again: true });
  });

  it('a handler that goes elsewhere leaves nothing behind: the next arrival is met', () => {
    // nop; store: mov [0x600000],ecx; jnz store; hlt. Handler: add rsp,8; add qword [rsp],7 (over the store); or byte [0x3018],1; iretq
    const machine = machineWith('90 890c2500006000 75f7 f4', 14, `4883c408 4883042407 800c251830000001 ${IRETQ}`);
    machine.write(0x3018, [0x86]);
    machine.engine.setStopPoints([at(1)], []);
    let arrivals = 0;
    // ZF ends the loop at the second arrival.
    const stops = stopsOf(machine, 100_000, () => ++arrivals === 2 && machine.state.setU64('rflags', 0x242n));
    assert.deepEqual(stops, [at(1), at(1)]);
  });

  it('REP is met once, however often it is interrupted and cut', () => {
    // mov ecx,1000; mov edi,0x50000; rep stosb; cli; hlt
    const machine = machineWith('b9e8030000 bf00000500 f3aa fa f4', 0x30, IRETQ);
    machine.engine.setStopPoints([at(10)], []);
    const stops: bigint[] = [];
    for (let i = 0; ; i++) {
      const result = machine.run(61);
      if (result.kind === 'halted') break;
      if (result.kind === 'stop-point') {
        if (!result.again) stops.push(result.linear);
        machine.state.setU32('resumeFlag', 1);
      }
      if (i % 3 === 1) raise(machine);
      // Decoded code is lost: it goes on at the block's first record.
      if (i % 3 === 2) machine.engine.flushCode();
    }
    assert.deepEqual(stops, [at(10)]);
    assert.equal(machine.state.gpr(7), 0x503e8n);
  });

  it('a stop point behind a cut is met: the end of a run begins no instruction', () => {
    for (let budget = 1; budget < 60; budget++) {
      const machine = machineWith(`${'90'.repeat(100)} f4`, 0x30, IRETQ);
      machine.engine.setStopPoints([at(48), at(budget), at(96)], []);
      assert.deepEqual(stopsOf(machine, budget), [...new Set([budget, 48, 96])].sort((a, b) => a - b).map(at), `budget ${budget}`);
    }
  });
});
