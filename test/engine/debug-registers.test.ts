// Debug exceptions as SDM vol 3 chapter 19 has them: breakpoints (19.2), their class and DR6 (19.3.1), single-stepping (19.3.1.4), RF and the MOV SS shadow.
import assert from 'node:assert/strict';
import { updateMode } from '../../src/x86/system/mode';
import type { VcpuState } from '../../src/x86/vcpu-state';
import { BareMachine } from './bare-machine';
import { HANDLER, writeGate, writeTables } from './mixed-program';

const START = 0x10000n;
const DATA = 0x30000n;

interface Debug {
  rip: bigint;
  dr6: number;
  rf: boolean;
}

/** DR7 with breakpoint 0 enabled: RW, LEN. */
const dr7 = (rw: number, len: number): bigint => 0x402n | BigInt(rw << 16) | BigInt(len << 18);

function prepare(code: string): { machine: BareMachine; state: VcpuState; hits: Debug[]; run(count: number): void } {
  const machine = new BareMachine();
  const state = machine.longMode();
  writeTables(machine);
  // iretq
  machine.write(HANDLER, '48cf');
  for (let vector = 0; vector < 32; vector++) writeGate(machine, vector, HANDLER);
  machine.write(Number(START), code);
  state.setU64('rip', START);
  state.setGpr(4, 0x80000n);
  state.setGpr(3, DATA);
  state.setU64('cr4', 0x628n);
  updateMode(state);
  const hits: Debug[] = [];
  const run = (count: number): void => {
    for (let n = 0; n < count; n++) {
      machine.run(1);
      if (state.u64('rip') !== BigInt(HANDLER)) continue;
      const frame = new DataView(machine.read(Number(state.gpr(4)), 40).buffer);
      hits.push({
        rip: frame.getBigUint64(0, true) - START,
        dr6: Number(state.dr(6) & 0xffffn) & 0xe00f,
        rf: (frame.getBigUint64(16, true) & 0x1_0000n) !== 0n,
      });
    }
  };
  return { machine, state, hits, run };
}
function setDr(state: VcpuState, address: bigint, control: bigint): void {
  state.setDr(0, address);
  state.setDr(7, control);
}

describe('data breakpoints (SDM vol 3, 19.3.1.2): traps', () => {
  // mov [rbx],al; mov cl,[rbx]; nop
  const CODE = '8803 8a0b 90';
  const cases: [string, bigint, bigint, bigint[]][] = [
    ['write', DATA, dr7(1, 0), [2n]],
    ['read or write', DATA, dr7(3, 0), [2n, 4n]],
    ['another address', DATA + 1n, dr7(3, 0), []],
    ['the length covers it, the address is aligned down', DATA + 3n, dr7(3, 3), [2n, 4n]],
    ['eight bytes', DATA + 7n, dr7(1, 2), [2n]],
    ['two bytes beside it', DATA + 2n, dr7(1, 1), []],
    ['not enabled', DATA, 0x400n | (1n << 16n), []],
    ['execution fits no data access', DATA, dr7(0, 0), []],
  ];
  for (const [name, address, control, expected] of cases)
    it(name, () => {
      const { state, hits, run } = prepare(CODE);
      setDr(state, address, control);
      run(8);
      assert.deepEqual(
        hits,
        expected.map((rip) => ({ rip, dr6: 1, rf: false })),
      );
    });

  it('fires where the page was used before, and no longer when DR7 is clear', () => {
    const { state, hits, run } = prepare('8803 8803 8803 8803');
    run(1);
    setDr(state, DATA, dr7(1, 0));
    run(3);
    assert.deepEqual(
      hits.map(({ rip }) => rip),
      [4n, 6n],
    );
    state.setDr(7, 0x400n);
    run(2);
    assert.equal(hits.length, 2);
  });

  it('an access over two pages', () => {
    // mov [rbx+0xffc],rax
    const { state, hits, run } = prepare('488983fc0f0000 90');
    setDr(state, DATA + 0x1002n, dr7(1, 0));
    run(2);
    assert.deepEqual(hits, [{ rip: 7n, dr6: 1, rf: false }]);
  });

  it('a repeated string instruction traps after the iteration', () => {
    // mov ecx,5; mov edi,ebx; rep stosb; nop
    const { state, hits, run } = prepare('b905000000 89df f3aa 90');
    setDr(state, DATA + 2n, dr7(1, 0));
    run(12);
    assert.deepEqual(
      hits.map(({ rip, dr6 }) => ({ rip, dr6 })),
      [{ rip: 7n, dr6: 1 }],
    );
  });

  it('an instruction that faults does not trap', () => {
    // cmpsb from DATA and from a page that is absent
    const { state, hits, run } = prepare('a6');
    state.setGpr(6, DATA);
    state.setGpr(7, 0x7000_0000_0000n);
    setDr(state, DATA, dr7(3, 0));
    run(1);
    assert.equal(hits[0]?.dr6, 0);
    assert.equal(state.u64('pendingDebug'), 0n);
  });

  it('MOV SS holds it back until after the next instruction', () => {
    // mov ss,[rbx]; inc eax; nop
    const { machine, state, hits, run } = prepare('8e13 ffc0 90');
    machine.write(Number(DATA), '1000');
    setDr(state, DATA, dr7(3, 0));
    run(3);
    assert.deepEqual(hits, [{ rip: 4n, dr6: 1, rf: false }]);
  });
});

describe('execution breakpoints (SDM vol 3, 19.3.1.1): faults', () => {
  it('before the instruction; IRET with RF goes on', () => {
    const { machine, state, hits, run } = prepare('ffc0 ffc1 90');
    setDr(state, START + 2n, dr7(0, 0));
    run(2);
    assert.deepEqual(hits, [{ rip: 2n, dr6: 1, rf: false }]);
    assert.equal(state.gpr(1), 0n);
    // The handler sets RF in the image.
    const at = Number(state.gpr(4)) + 16;
    machine.write(at, new Uint8Array(new BigUint64Array([0x1_0002n]).buffer));
    run(3);
    assert.equal(hits.length, 1);
    assert.equal(state.gpr(1), 1n);
    assert.equal(state.u64('rflags') & 0x1_0000n, 0n);
  });
  it('a LEN other than 0 fits nothing', () => {
    const { state, hits, run } = prepare('90 90 90');
    setDr(state, START + 1n, dr7(0, 1));
    run(3);
    assert.deepEqual(hits, []);
  });
  it('behind MOV SS it is held back', () => {
    const { state, hits, run } = prepare('8ed0 ffc1 90');
    state.setGpr(0, 16n);
    setDr(state, START + 2n, dr7(0, 0));
    run(3);
    assert.deepEqual(hits, []);
    assert.equal(state.gpr(1), 1n);
  });
  it('does not fire again between two iterations', () => {
    // rep stosb, with RF set by the handler
    const { machine, state, hits, run } = prepare('f3aa 90');
    state.setGpr(1, 4n);
    state.setGpr(7, DATA);
    setDr(state, START, dr7(0, 0));
    run(1);
    machine.write(Number(state.gpr(4)) + 16, new Uint8Array(new BigUint64Array([0x1_0002n]).buffer));
    run(5);
    assert.deepEqual(
      hits.map(({ rip }) => rip),
      [0n],
    );
    assert.equal(state.gpr(1), 0n);
  });
  it('a jump to itself meets it each time', () => {
    const { state, hits, run } = prepare('ebfe');
    setDr(state, START, dr7(0, 0));
    state.setU64('rflags', 0x1_0002n);
    run(2);
    assert.deepEqual(hits, [{ rip: 0n, dr6: 1, rf: false }]);
  });
});

describe('I/O breakpoints (SDM vol 3, 19.2.4)', () => {
  for (const [name, de, expected] of [
    ['with CR4.DE', 0x628n, 1],
    ['not without CR4.DE', 0x620n, 0],
  ] as const)
    it(name, () => {
      // out 0x80,ax; nop
      const { state, hits, run } = prepare('66e780 90');
      state.setU64('cr4', de);
      setDr(state, 0x81n, dr7(2, 0));
      run(2);
      assert.equal(hits.length, expected);
      if (expected) assert.deepEqual(hits[0], { rip: 3n, dr6: 1, rf: false });
    });
});

describe('single-stepping (SDM vol 3, 19.3.1.4)', () => {
  const TF = 0x102n;
  const step = (code: string, setup: (state: VcpuState) => void = () => {}): ReturnType<typeof prepare> => {
    const all = prepare(code);
    all.state.setU64('rflags', TF);
    setup(all.state);
    updateMode(all.state);
    return all;
  };
  it('after each instruction, BS in DR6', () => {
    const { hits, run } = step('90 90 90');
    run(3);
    assert.deepEqual(hits, [
      { rip: 1n, dr6: 0x4000, rf: false },
      { rip: 2n, dr6: 0x4000, rf: false },
    ]);
  });
  it('not after MOV SS, but after the instruction behind it', () => {
    const { hits, run } = step('8ed0 90 90', (state) => state.setGpr(0, 16n));
    run(2);
    assert.deepEqual(hits, [{ rip: 3n, dr6: 0x4000, rf: false }]);
  });
  it('after each iteration of a repeated string instruction', () => {
    const { state, hits, run } = step('f3aa 90', (s) => {
      s.setGpr(1, 2n);
      s.setGpr(7, DATA);
    });
    run(3);
    assert.deepEqual(
      hits.map(({ rip }) => rip),
      [0n, 2n],
    );
    assert.equal(state.gpr(1), 0n);
  });
  it('together with a data breakpoint', () => {
    const { hits, run } = step('8803 90', (state) => setDr(state, DATA, dr7(1, 0)));
    run(1);
    assert.deepEqual(hits, [{ rip: 2n, dr6: 0x4001, rf: false }]);
  });
  it('HLT wakes up with it', () => {
    const { state, hits, run } = step('f4 90');
    run(1);
    assert.deepEqual(hits, [{ rip: 1n, dr6: 0x4000, rf: false }]);
    assert.equal(state.u32('activity'), 0);
  });
  it('SYSCALL that clears TF does not trap, SYSRET that sets it does', () => {
    const { machine, state, hits, run } = step('0f05', (s) => {
      s.setU64('efer', 0xd01n);
      s.setU64('star', (0x10n << 48n) | (8n << 32n));
      s.setU64('lstar', 0x20000n);
      s.setU64('fmask', 0x100n);
    });
    machine.write(0x20000, '90 480f07');
    machine.write(0x7004, new Uint8Array(new BigUint64Array([0x70000n]).buffer));
    state.setSegment(7, { selector: 0x28, access: 0x8b, limit: 0x67, base: 0x7000n });
    run(1);
    assert.equal(state.u64('rip'), 0x20000n);
    run(2);
    assert.deepEqual(hits, [{ rip: 2n, dr6: 0x4000, rf: false }]);
    assert.equal(state.u32('cpl'), 0);
  });
  it('ICEBP sets nothing in DR6', () => {
    const { hits, run } = prepare('f1 90');
    run(1);
    assert.deepEqual(hits, [{ rip: 1n, dr6: 0, rf: false }]);
  });
});

describe('general detect (SDM vol 3, 19.2.4)', () => {
  it('a MOV of a debug register is a fault with BD, and GD is clear in the handler', () => {
    // mov rax,dr3
    const { state, hits, run } = prepare('0f21d8');
    state.setDr(7, 0x2400n);
    run(1);
    assert.equal(hits[0]?.rip, 0n);
    assert.equal(hits[0]?.dr6, 0x2000);
    assert.equal(state.dr(7), 0x400n);
  });
});

describe('determinism', () => {
  it('a string instruction is stopped in the middle of a long run', () => {
    // mov ecx,24; mov edi,ebx; rep stosb; hlt; the handler halts
    const { machine, state } = prepare('b918000000 89df f3aa f4');
    machine.write(HANDLER, 'f4');
    setDr(state, DATA + 16n, dr7(1, 0));
    machine.run(500);
    assert.equal(state.u64('rip'), BigInt(HANDLER) + 1n);
    assert.equal(state.gpr(1), 7n);
  });
  it('the trap behind MOV SS comes after one instruction of a long run', () => {
    const { machine, state } = prepare('8e13 ffc0 ffc0 ffc0 f4');
    machine.write(Number(DATA), '1000');
    machine.write(HANDLER, 'f4');
    state.setGpr(0, 0n);
    setDr(state, DATA, dr7(3, 0));
    machine.run(500);
    assert.equal(state.gpr(0), 1n);
  });
  it('single instructions and one long run are the same', () => {
    // mov ecx,40; l: inc dword [rbx]; mov edi,ebx; stosb; loop l; hlt
    const CODE = 'b928000000 ff03 89df aa e2f9 f4';
    const one = prepare(CODE);
    const many = prepare(CODE);
    for (const { state } of [one, many]) setDr(state, DATA, dr7(1, 0));
    one.machine.run(500);
    for (let i = 0; i < 500; i++) many.machine.run(1);
    assert.deepEqual(one.machine.engine.saveVcpu(0), many.machine.engine.saveVcpu(0));
    assert.equal(one.state.u32('activity'), 1);
  });
});
