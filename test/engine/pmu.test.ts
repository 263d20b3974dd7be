// Performance counters as SDM vol 3 chapter 21.2 has them, driven by the engine's counts: what counts, at which level, and where an overflow comes.
import assert from 'node:assert/strict';
import { updateMode } from '../../src/x86/system/mode';
import type { VcpuState } from '../../src/x86/vcpu-state';
import { BareMachine } from './bare-machine';
import { HANDLER, writeGate, writeTables } from './mixed-program';

const START = 0x10000n;
const EN = 1n << 22n;
const INT = 1n << 20n;
const OS = 1n << 17n;
const USR = 1n << 16n;
const FULL = 1n << 48n;

function prepare(code: string): { machine: BareMachine; state: VcpuState } {
  const machine = new BareMachine();
  const state = machine.longMode();
  writeTables(machine);
  machine.write(HANDLER, '48cf');
  writeGate(machine, 2, HANDLER);
  writeGate(machine, 0x40, HANDLER);
  machine.write(Number(START), code);
  state.setU64('rip', START);
  state.setGpr(4, 0x80000n);
  updateMode(state);
  return { machine, state };
}
/** wrmsr of a constant: 4 instructions. */
const wrmsr = (index: number, value: bigint): string => {
  const dword = (v: number): string => Buffer.from(new Uint32Array([v]).buffer).toString('hex');
  return `b9${dword(index)}b8${dword(Number(value & 0xffff_ffffn))}ba${dword(Number(value >> 32n))}0f30`;
};
/** rdpmc of a counter: 2 instructions. */
const rdpmc = (index: number): string => `b9${Buffer.from(new Uint32Array([index]).buffer).toString('hex')}0f33`;
const NOPS = '90'.repeat(10);

describe('performance counters (SDM vol 3, 21.2)', () => {
  const counted: [string, bigint, number][] = [
    // What follows WRMSR, and the RDPMC's MOV: 10 + 1; the WRMSR itself is not counted.
    ['instructions retired', 0xc0n, 11],
    ['core cycles, two a virtual ns', 0x3cn, 22],
    ['an event that is not available', 0xc4n, 0],
    ['a counter mask looks at single cycles', 0xc0n | (1n << 24n), 0],
  ];
  for (const [name, event, expected] of counted)
    it(name, () => {
      const { machine, state } = prepare(wrmsr(0x186, event | EN | OS | USR) + NOPS + rdpmc(0));
      machine.run(16);
      assert.equal(state.gpr(0), BigInt(expected));
    });

  it('USR alone counts nothing at CPL 0', () => {
    const { machine, state } = prepare(wrmsr(0x186, 0xc0n | EN | USR) + NOPS + rdpmc(0));
    machine.run(16);
    assert.equal(state.gpr(0), 0n);
  });

  it('fixed counters: instructions, cycles, reference cycles', () => {
    const { machine, state } = prepare(wrmsr(0x38f, 7n << 32n) + wrmsr(0x38d, 0x333n) + NOPS + rdpmc(0x4000_0000));
    machine.run(20);
    assert.equal(state.gpr(0), 11n);
    machine.engine.saveVcpu(0);
    assert.equal(state.quad('fixedCtr', 0), 12n);
    assert.equal(state.quad('fixedCtr', 1), 24n);
    assert.equal(state.quad('fixedCtr', 2), 24n);
  });

  it('the global control holds a counter back', () => {
    const { machine, state } = prepare(wrmsr(0x38f, 0n) + wrmsr(0x186, 0xc0n | EN | OS) + NOPS + rdpmc(0));
    machine.run(20);
    assert.equal(state.gpr(0), 0n);
  });

  // mov ecx,1000; l: dec ecx; jnz l; hlt
  const LOOP = 'b9e8030000 ffc9 75fc f4';
  function overflow(pieces: number, budget: number): { at: number; status: bigint; interrupts: number; rcx: bigint } {
    const { machine, state } = prepare(wrmsr(0x186, 0xc0n | EN | OS | INT) + LOOP);
    state.setQuad('pmc', 0, FULL - 500n);
    let at = -1;
    let interrupts = 0;
    let rcx = 0n;
    machine.host.onPerformanceInterrupt = () => {
      at = machine.engine.retired(0);
      interrupts++;
      machine.engine.raiseNmi(0);
    };
    machine.host.onEvent = (kind) => {
      if (kind === 'nmi') rcx = state.gpr(1);
    };
    for (let i = 0; i < pieces; i++) machine.run(budget);
    machine.engine.saveVcpu(0);
    return { at, status: state.u64('perfGlobalStatus'), interrupts, rcx };
  }
  it('an overflow comes at the instruction that makes it, however the run is cut', () => {
    const whole = overflow(1, 5000);
    // 4 instructions before it counts, and the 500 after them.
    assert.deepEqual(whole, { at: 504, status: 1n, interrupts: 1, rcx: 1000n - 250n + 0n });
    assert.deepEqual(overflow(5000, 1), whole);
    assert.deepEqual(overflow(500, 7), whole);
  });

  for (const [name, levels] of Object.entries({ 'CPL 0': OS, 'CPL 3': USR, 'every level': OS | USR }))
    it(`what is counted at ${name} does not hang on where runs end, between system calls and back`, () => {
      const counts = [1, 7, 100_000].map((budgetNs) => {
        // syscall; inc ebx; jmp to the start. The kernel: nop; nop; sysretq
        const { machine, state } = prepare('0f05 ffc3 ebfa');
        machine.write(Number(START) + 0x100, '9090 480f07');
        state.setU64('efer', state.u64('efer') | 1n);
        state.setU64('star', (0x10n << 48n) | (8n << 32n));
        state.setU64('lstar', START + 0x100n);
        state.setQuad('perfEvtSel', 0, 0xc0n | EN | levels);
        state.setU64('perfGlobalCtrl', 1n);
        state.setU32('pmuActive', 1);
        state.setU32('cpl', 3);
        updateMode(state);
        for (let leftNs = 600; leftNs > 0; leftNs -= budgetNs) machine.run(Math.min(budgetNs, leftNs));
        // What is kept aside goes into the counters where one looks.
        machine.engine.saveVcpu(0);
        return state.quad('pmc', 0);
      });
      const each = (levels & OS ? 3n : 0n) + (levels & USR ? 3n : 0n);
      assert.deepEqual(counts, [each * 100n, each * 100n, each * 100n]);
    });

  it('IA32_PERF_GLOBAL_OVF_CTRL clears the status', () => {
    const { machine, state } = prepare(wrmsr(0x390, 1n));
    state.setU64('perfGlobalStatus', 3n);
    machine.run(4);
    assert.equal(state.u64('perfGlobalStatus'), 2n);
  });

  it('counts are saved with the vCPU', () => {
    const { machine, state } = prepare(wrmsr(0x186, 0xc0n | EN | OS) + NOPS + rdpmc(0));
    machine.run(9);
    const restored = new BareMachine();
    restored.engine.memory.write(0, machine.read(0, 4 << 20));
    restored.engine.restoreVcpu(0, machine.engine.saveVcpu(0));
    machine.run(7);
    restored.run(7);
    assert.equal(state.gpr(0), 11n);
    assert.equal(restored.state.gpr(0), 11n);
    assert.deepEqual(restored.engine.saveVcpu(0), machine.engine.saveVcpu(0));
  });
});

describe('RDRAND and RDSEED (SDM vol 2)', () => {
  it('always give a number, the same for the same vCPU', () => {
    // stc-less: rdrand rax; rdseed ebx; rdrand cx
    const code = '480fc7f0 0fc7fb 660fc7f1';
    const [one, two] = [prepare(code), prepare(code)];
    for (const { machine, state } of [one, two]) {
      state.setGpr(1, -1n);
      state.setU64('rflags', 0x8d6n);
      machine.run(3);
      assert.equal(state.u64('rflags'), 3n);
    }
    for (const register of [0, 1, 3]) assert.equal(one.state.gpr(register), two.state.gpr(register));
    assert.notEqual(one.state.gpr(0), 0n);
    assert.equal(one.state.gpr(1) >> 16n, 0xffff_ffff_ffffn);
    assert.equal(one.state.gpr(3) >> 32n, 0n);
    const other = new BareMachine({ vcpus: 2 });
    assert.notEqual(other.engine.state(0).u64('random'), other.engine.state(1).u64('random'));
  });
});
