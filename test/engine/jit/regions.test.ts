// Compiled regions do what the interpreter does: the same program under each tier leaves the same state, memory, TLB and counts, however it is cut.
import assert from 'node:assert/strict';
import type { EngineReturn, Tier } from '../../../src/engine/cpu-engine';
import { BareMachine } from '../bare-machine';
import { loadMixedProgram, writeGate, writeTables } from '../mixed-program';
import { snapshot } from '../snapshot';

const CODE = 0x10000;
const COMPILED: readonly Tier[] = ['auto', 'jit'];

/** Pieces of a run: pseudo-random lengths from a seed, some shorter than a block. */
function* pieces(seed: number): Generator<number> {
  for (let x = seed >>> 0; ; ) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    yield x >>> 31 ? 1 + ((x >>> 8) % 40) : 1 + ((x >>> 8) % 9000);
  }
}
/** Runs in pieces until something else than the budget ends one. */
function runToEnd(machine: BareMachine, seed: number): EngineReturn {
  for (const length of pieces(seed)) {
    const result = machine.run(length);
    if (result.kind !== 'budget') return result;
  }
  throw new Error('the run does not end');
}
function machineWith(tier: Tier, code: string, shared = false): BareMachine {
  const machine = new BareMachine({ tier, sharedMemory: shared });
  const state = machine.longMode();
  machine.write(CODE, code);
  state.setGpr(4, 0x80000n);
  state.setU64('rip', BigInt(CODE));
  return machine;
}
const wasCompiled = (machine: BareMachine): void => assert.ok(machine.engine.statistics().regionsCompiled > 0, 'something was compiled');

/** The same for each tier, and each compiled run ends as the interpreter's. */
function sameInAllTiers(make: (tier: Tier) => BareMachine, run: (machine: BareMachine, seed: number) => void): void {
  const plain = make('interpreter');
  run(plain, 1);
  const expected = snapshot(plain);
  for (const tier of COMPILED)
    for (const seed of [1, 2]) {
      const machine = make(tier);
      run(machine, seed);
      assert.deepEqual(snapshot(machine), expected, `${tier}, pieces by seed ${seed}`);
      if (tier === 'jit') wasCompiled(machine);
    }
}

/** 1: add eax,[0x20000+rcx*4]; rol rax,7; lea rdx,[rax+rcx]; mov [0x24000+rcx*8],rdx; dec ecx; jns 1b; mov ecx,999; dec edi; jnz 1b; hlt */
const HOT_LOOP = '03048d00000200 48c1c007 488d1408 488914cd00400200 ffc9 79e5 b9e7030000 ffcf 75dc f4';
/** Offset of the LEA. */
const IN_LOOP = 11;
function hotLoop(tier: Tier, rounds = 40): BareMachine {
  const machine = machineWith(tier, HOT_LOOP);
  machine.state.setGpr(1, 999n);
  machine.state.setGpr(7, BigInt(rounds));
  return machine;
}

describe('compiled regions', function () {
  this.timeout(300_000);

  it('the mixed program ends as in the interpreter', () =>
    sameInAllTiers(
      (tier) => {
        const machine = new BareMachine({ tier });
        loadMixedProgram(machine);
        // Long enough to be sampled: 40 rounds are 6000 instructions, these are five times as many.
        machine.write(CODE + 11, [200, 0]);
        return machine;
      },
      (machine, seed) => assert.equal(runToEnd(machine, seed).kind, 'halted'),
    ));

  it('in shared memory too', () => {
    const [plain, compiled] = (['interpreter', 'jit'] as const).map((tier) => {
      const machine = new BareMachine({ tier, sharedMemory: true });
      loadMixedProgram(machine);
      runToEnd(machine, 5);
      return machine;
    }) as [BareMachine, BareMachine];
    assert.deepEqual(snapshot(compiled), snapshot(plain));
    wasCompiled(compiled);
  });

  it('a hot loop over memory', () => sameInAllTiers(hotLoop, (machine, seed) => assert.equal(runToEnd(machine, seed).kind, 'halted')));

  it('stops in the middle of a hot loop at the same instruction', () => {
    for (const at of [10_001, 20_002, 33_333, 77_777]) {
      const [plain, compiled] = [hotLoop('interpreter'), hotLoop('auto')];
      for (const machine of [plain, compiled]) assert.deepEqual(machine.run(at), { kind: 'budget' });
      assert.deepEqual(snapshot(compiled), snapshot(plain));
    }
  });

  it('recursive calls and their returns', () =>
    sameInAllTiers(
      // mov edi,18; call fib; hlt; fib: cmp edi,2; jb 1f; push rdi; dec edi; call fib; pop rdi; push rax; sub edi,2; call fib; pop rdx; add eax,edx; ret;
      // 1: mov eax,edi; ret
      (tier) => machineWith(tier, 'bf12000000 e801000000 f4 83ff02 7216 57 ffcf e8f3ffffff 5f 50 83ef02 e8e9ffffff 5a 01d0 c3 89f8 c3'),
      (machine, seed) => {
        assert.equal(runToEnd(machine, seed).kind, 'halted');
        assert.equal(machine.state.gpr(0), 2584n);
      },
    ));

  it('a return to another address than the call left', () =>
    sameInAllTiers(
      // mov ecx,5000; 1: call 2f; inc eax; dec ecx; jnz 1b; hlt; 2: test cl,7; jnz 3f; add qword [rsp],2 (skips the inc); 3: ret
      (tier) => machineWith(tier, 'b988130000 e807000000 ffc0 ffc9 75f5 f4 f6c107 7505 4883042402 c3'),
      (machine, seed) => {
        assert.equal(runToEnd(machine, seed).kind, 'halted');
        assert.equal(machine.state.gpr(0), 4375n);
      },
    ));

  it('a loop with two entries', () =>
    sameInAllTiers(
      // mov ecx,20000; 1: test cl,1; jz 3f; 2: add eax,3; 3: add eax,1; sub ecx,1; jz 4f; test cl,4; jnz 2b; jmp 3b... entered at 2 or 3 from the head and from inside
      (tier) => machineWith(tier, 'b9204e0000 f6c101 7403 83c003 83c001 83e901 7407 f6c104 75f0 ebf1 f4'),
      (machine, seed) => assert.equal(runToEnd(machine, seed).kind, 'halted'),
    ));

  it('a loop through functions in three pages, whose entries in the TLB its data evicts', () =>
    sameInAllTiers(
      (tier) => {
        // 1: call 0x11000; mov [rdi],ecx; add edx,[rsi]; dec ecx; jnz 1b; hlt. The entries are shared: rdi with the second function's, rsi with the loop's.
        const machine = new BareMachine({ tier, ramSize: 16 << 20 });
        const state = machine.longMode();
        machine.write(CODE, 'b9204e0000 e8f60f0000 890f 0316 ffc9 75f3 f4');
        machine.write(0x11000, 'e8fb0f0000 01c8 c3');
        machine.write(0x12000, '83c003 c3');
        state.setGpr(4, 0x80000n);
        state.setGpr(7, 0x41_3000n);
        state.setGpr(6, 0x41_1000n);
        state.setU64('rip', BigInt(CODE));
        return machine;
      },
      (machine, seed) => assert.equal(runToEnd(machine, seed).kind, 'halted'),
    ));

  it('an instruction over two pages in a hot loop, and a store into its second page', () =>
    sameInAllTiers(
      (tier) => {
        // at 0x10ff0: 1: inc ecx; 0x10ff2: nops; 0x10ffd: mov eax,imm32 (over the end); add ebx,eax; cmp ecx,20000; jne 2f; mov byte [0x11000],0x55; 2: cmp ecx,30000; jne 1b; hlt
        const machine = machineWith(tier, 'e9eb0f0000');
        machine.write(0x10ff0, 'ffc1 9090909090909090909090 b801000000 01c3 81f9204e0000 7508 c604250010010055 81f930750000 75d4 f4');
        return machine;
      },
      (machine, seed) => assert.equal(runToEnd(machine, seed).kind, 'halted'),
    ));

  it('another page behind an instruction over two pages in a hot loop', () => {
    const run = (tier: Tier): Record<string, string> => {
      const machine = machineWith(tier, '90');
      const put = (at: number, value: bigint): void => machine.write(at, new Uint8Array(new BigUint64Array([value]).buffer));
      put(0x2008, 0x8007n);
      put(0x8000, 0x9007n);
      put(0x9000, 0x20007n);
      put(0x9008, 0x21007n);
      // at 0x40000ff0: 1: inc ecx; nops; 0x40000ffd: mov eax,imm32, its last bytes in the second page; add ebx,eax; cmp ecx,20000; jne 1b; hlt
      machine.write(0x20ff0, 'ffc1 9090909090909090909090 b80100');
      machine.write(0x21000, '0000 01c3 81f9204e0000 75e4 f4');
      machine.write(0x22000, '0100 01c3 81f9204e0000 75e4 f4');
      machine.state.setU64('rip', 0x4000_0ff0n);
      machine.state.setGpr(1, 0n);
      machine.state.setGpr(3, 0n);
      assert.equal(machine.run(150_000).kind, 'budget');
      put(0x9008, 0x22007n);
      machine.engine.flushTlb(0);
      assert.equal(machine.run(1_000_000).kind, 'halted');
      assert.ok(machine.state.gpr(3) > 20_000n);
      return snapshot(machine);
    };
    const expected = run('interpreter');
    for (const tier of COMPILED) assert.deepEqual(run(tier), expected);
  });

  it('indirect jumps between five places, one of them in another page, and a table that changes', () =>
    sameInAllTiers(
      (tier) => {
        // mov ecx,300000; mov eax,ecx; and eax,3; jmp [0x20000+rax*8]; end: hlt. Places: add ebx,N; dec ecx; jz end; and the same jump.
        const next = '89c8 83e003 ff24c500000200';
        const machine = machineWith(tier, `b9e0930400 ${next} f4`);
        machine.write(0x10020, `83c301 ffc9 74ea ${next}`);
        machine.write(0x10040, `83c303 ffc9 74ca ${next}`);
        // Every 1024th time: the table's second entry becomes its first.
        machine.write(0x10060, `83c305 ffc9 74aa f7c1fc030000 750b c704250800020020000100 ${next}`);
        machine.write(0x11080, `83c307 ffc9 0f8486efffff ${next}`);
        machine.write(0x20000, new Uint8Array(new BigUint64Array([0x10020n, 0x10040n, 0x10060n, 0x11080n]).buffer));
        return machine;
      },
      (machine, seed) => assert.equal(runToEnd(machine, seed).kind, 'halted'),
    ));

  it('a loop that writes its own immediate', () =>
    sameInAllTiers(
      (tier) => machineWith(tier, '31c9 890c2510000100 eb04 90909090 b800000000 01c3 ffc1 81f9c8000000 75e2 f4'),
      (machine, seed) => {
        assert.equal(runToEnd(machine, seed).kind, 'halted');
        assert.equal(machine.state.gpr(3), 19_900n);
      },
    ));

  it('code of a hot loop that another vCPU changes', () => {
    const run = (tier: Tier): Record<string, string> => {
      const machine = new BareMachine({ tier, vcpus: 2 });
      for (const vcpu of [0, 1]) machine.longMode(vcpu);
      // vCPU 0: 1: add eax,1; dec ecx; jnz 1b; hlt. vCPU 1: mov byte [0x10002],5; hlt
      machine.write(CODE, '83c001 ffc9 75f9 f4');
      machine.write(0x12000, 'c604250200010005 f4');
      machine.engine.state(0).setU64('rip', BigInt(CODE));
      machine.engine.state(0).setGpr(1, 100_000n);
      machine.engine.state(1).setU64('rip', 0x12000n);
      assert.equal(machine.run(150_000).kind, 'budget');
      assert.equal(machine.run(100, 1).kind, 'halted');
      assert.equal(machine.run(1_000_000).kind, 'halted');
      assert.equal(machine.engine.state(0).gpr(0), 300_000n);
      return snapshot(machine);
    };
    const expected = run('interpreter');
    for (const tier of COMPILED) assert.deepEqual(run(tier), expected);
  });

  it('a page that is mapped elsewhere under a hot loop', () => {
    const run = (tier: Tier): Record<string, string> => {
      const machine = machineWith(tier, '90');
      const put = (at: number, value: bigint): void => machine.write(at, new Uint8Array(new BigUint64Array([value]).buffer));
      put(0x2008, 0x8007n);
      put(0x8000, 0x9007n);
      put(0x9000, 0x20007n);
      // at 0x40000000: 1: add eax,1 (the other page: 3); dec ecx; jnz 1b; hlt
      machine.write(0x20000, '83c001 ffc9 75f9 f4');
      machine.write(0x21000, '83c003 ffc9 75f9 f4');
      machine.state.setU64('rip', 0x4000_0000n);
      machine.state.setGpr(1, 100_000n);
      assert.equal(machine.run(150_000).kind, 'budget');
      put(0x9000, 0x21007n);
      machine.engine.flushTlb(0);
      assert.equal(machine.run(1_000_000).kind, 'halted');
      assert.equal(machine.state.gpr(0), 200_000n);
      return snapshot(machine);
    };
    const expected = run('interpreter');
    for (const tier of COMPILED) assert.deepEqual(run(tier), expected);
  });

  it('stop points set in a hot loop are met, and none when they are gone', () => {
    const run = (tier: Tier): string[] => {
      const machine = hotLoop(tier);
      const seen: string[] = [];
      assert.equal(machine.run(60_000).kind, 'budget');
      machine.engine.setStopPoints([BigInt(CODE + IN_LOOP)], []);
      for (let i = 0; i < 5; i++) {
        const result = machine.run(10_000);
        seen.push(`${result.kind} ${machine.engine.retired(0)} ${machine.state.u64('rip').toString(16)}`);
        machine.state.setU32('resumeFlag', 1);
      }
      machine.engine.setStopPoints([], []);
      seen.push(machine.run(1_000_000).kind);
      return [...seen, JSON.stringify(snapshot(machine))];
    };
    const expected = run('interpreter');
    assert.equal(expected.filter((line) => line.startsWith('stop-point')).length, 5);
    for (const tier of COMPILED) assert.deepEqual(run(tier), expected);
  });

  it('single steps through a hot loop', () => {
    const machines = (['interpreter', 'auto', 'jit'] as const).map((tier) => hotLoop(tier));
    for (const machine of machines) machine.run(80_000);
    for (let i = 0; i < 200; i++) {
      const rips = machines.map((machine) => {
        machine.run(1);
        return machine.state.u64('rip');
      });
      assert.ok(rips.every((rip) => rip === rips[0]));
    }
    for (const machine of machines.slice(1)) assert.deepEqual(snapshot(machine), snapshot(machines[0]!));
  });

  it('a snapshot taken in the middle goes on as the run it was taken from', () => {
    for (const tier of COMPILED) {
      const first = hotLoop(tier);
      first.run(90_123);
      const saved = first.engine.saveVcpu(0);
      const ram = first.engine.memory.read(0, first.engine.memory.ramSize)!;
      const second = new BareMachine({ tier });
      second.longMode();
      second.write(0, ram);
      second.engine.restoreVcpu(0, saved);
      for (const machine of [first, second]) assert.equal(machine.run(10_000_000).kind, 'halted');
      assert.deepEqual(snapshot(second), snapshot(first));
    }
  });

  it('interrupts in a hot loop are delivered at the same instructions', () => {
    const run = (tier: Tier): Record<string, string> => {
      const machine = hotLoop(tier);
      writeTables(machine);
      // inc dword [0x34000]; iretq
      machine.write(0x14000, 'ff042500400300 48cf');
      writeGate(machine, 0x30, 0x14000);
      machine.state.setU64('rflags', 0x202n);
      machine.host.interrupt = () => {
        machine.engine.setInterruptPending(0, false);
        return 0x30;
      };
      for (const length of [50_000, 12_345, 77, 3, 40_000, 20_001]) {
        assert.equal(machine.run(length).kind, 'budget');
        machine.engine.setInterruptPending(0, true);
      }
      assert.equal(machine.run(10_000_000).kind, 'halted');
      assert.equal(machine.read(0x34000, 1)[0], 6);
      return snapshot(machine);
    };
    const expected = run('interpreter');
    for (const tier of COMPILED) assert.deepEqual(run(tier), expected);
  });

  it('floating point, x87 and vectors in a loop', () =>
    sameInAllTiers(
      // mov ecx,20000; fninit; fld1; 1: cvtsi2sd xmm0,ecx; sqrtsd xmm1,xmm0; addsd xmm2,xmm1; ucomisd xmm2,xmm0; jbe 2f; paddd xmm3,xmm2; 2: fld st(0); faddp st(1),st(0);
      // fmul st(0),st(0); fsqrt; movq rax,xmm2; adc rbx,rax; rcl rdx,3; dec ecx; jnz 1b; hlt
      (tier) =>
        machineWith(
          tier,
          'b9204e0000 dbe3 d9e8 f20f2ac1 f20f51c8 f20f58d1 660f2ed0 7604 660ffeda d9c0 dec1 d8c8 d9fa 66480f7ed0 4811c3 48c1d203 ffc9 75d2 f4',
        ),
      (machine, seed) => assert.equal(runToEnd(machine, seed).kind, 'halted'),
    ));
});
