// Stop points, borders and several vCPUs: what the machine and a debugger do around runs is invisible to the guest.
import assert from 'node:assert/strict';
import { BareMachine } from './bare-machine';
import { loadMixedProgram } from './mixed-program';
import { snapshot } from './snapshot';

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
    assert.deepEqual(result, { kind: 'stop-point', rip: 0x100c0n, linear: 0x100c0n, gpa: 0x100c0 });
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
