// Paging extensions as SDM vol 3 chapter 5 has them: 5-level (5.5), protection keys (5.6.2), SMAP's implicit accesses (5.6.1), PCIDs and INVPCID (5.10),
// PSE-36 and reserved bits (5.3, 5.4).
import assert from 'node:assert/strict';
import { parseCpuModel } from '../../src/x86/models/parse-model';
import { updateMode } from '../../src/x86/system/mode';
import type { VcpuState } from '../../src/x86/vcpu-state';
import { BareMachine } from './bare-machine';
import { HANDLER, writeGate, writeTables } from './mixed-program';

const P = 1n;
const W = 2n;
const U = 4n;
const G = 0x100n;
const A = 0x20n;
const VA = 0x4000_0000n;
const PD = 0x8000;
const PT = 0x9000;
const FRAME = 0x40000n;
const Cr4 = { PGE: 1n << 7n, LA57: 1n << 12n, PCIDE: 1n << 17n, SMAP: 1n << 21n, PKE: 1n << 22n };

const put = (machine: BareMachine, at: number, value: bigint): void =>
  machine.write(at, new Uint8Array(new BigUint64Array([BigInt.asUintN(64, value)]).buffer));
const get = (machine: BareMachine, at: number): bigint => new DataView(machine.read(at, 8).buffer).getBigUint64(0, true);

interface Faults {
  vector: number;
  code: number;
}

/** A 64-bit machine with a page at VA, kernel pages supervisor-only, and the faults that it raises. */
function prepare(code: string, pte: bigint, cr4: bigint, user = false): { machine: BareMachine; state: VcpuState; faults: Faults[] } {
  const machine = new BareMachine();
  const state = machine.longMode();
  writeTables(machine);
  for (const vector of [13, 14]) writeGate(machine, vector, HANDLER);
  put(machine, 0x2008, BigInt(PD) | P | W | U);
  put(machine, PD, BigInt(PT) | P | W | U);
  put(machine, PT, pte);
  put(machine, 0x3000, user ? 0x87n : 0x83n);
  state.setU64('cr4', 0x620n | cr4);
  machine.write(0x10000, code);
  state.setU64('rip', 0x10000n);
  state.setGpr(4, 0x80000n);
  state.setGpr(3, VA);
  if (user) {
    state.setSegment(1, { ...state.segment(1), selector: 0x1b, access: 0xa0fb });
    state.setU32('cpl', 3);
    put(machine, 0x7004, 0x70000n);
    state.setSegment(7, { selector: 0x28, access: 0x8b, limit: 0x67, base: 0x7000n });
  }
  updateMode(state);
  machine.engine.flushTlb(0);
  const faults: Faults[] = [];
  machine.host.onEvent = (kind, a, b) => {
    if (kind === 'exception') faults.push({ vector: Number(a), code: Number(b) });
  };
  return { machine, state, faults };
}

const key = (n: number): bigint => BigInt(n) << 59n;
const READ = '8a0b';
const WRITE = '880b';

describe('protection keys (SDM vol 3, 5.6.2)', () => {
  const cases: [string, string, bigint, number, { pkru: number; user?: boolean; wp?: boolean; pke?: boolean }, number | undefined][] = [
    ['AD refuses a user read', READ, P | U, 3, { pkru: 1 << 6, user: true }, 0x25],
    ['AD refuses a user write', WRITE, P | W | U, 3, { pkru: 1 << 6, user: true }, 0x27],
    ['AD refuses a supervisor read of a user page', READ, P | U, 15, { pkru: 1 << 30 }, 0x21],
    ['WD lets reads pass', READ, P | W | U, 3, { pkru: 2 << 6, user: true }, undefined],
    ['WD refuses a user write', WRITE, P | W | U, 3, { pkru: 2 << 6, user: true }, 0x27],
    ['WD refuses a supervisor write with CR0.WP', WRITE, P | W | U, 3, { pkru: 2 << 6 }, 0x23],
    ['WD lets a supervisor write pass without CR0.WP', WRITE, P | W | U, 3, { pkru: 2 << 6, wp: false }, undefined],
    ['supervisor pages have no key', READ, P, 3, { pkru: -1 }, undefined],
    ['another key counts for nothing', READ, P | U, 2, { pkru: 3 << 6, user: true }, undefined],
    ['nothing of it without CR4.PKE', READ, P | U, 3, { pkru: -1, user: true, pke: false }, undefined],
    ['a refused write of a read-only page says both', WRITE, P | U, 3, { pkru: 2 << 6, user: true }, 0x27],
  ];
  for (const [name, code, bits, number, { pkru, user, wp, pke }, expected] of cases)
    it(name, () => {
      const { machine, state, faults } = prepare(code, FRAME | bits | key(number), pke === false ? 0n : Cr4.PKE, user);
      if (wp === false) state.setU64('cr0', 0x8000_0033n);
      // The tables and the code have key 0, which stays open.
      state.setU64('pkru', BigInt(pkru >>> 0) & ~3n);
      machine.run(1);
      assert.deepEqual(faults, expected === undefined ? [] : [{ vector: 14, code: expected }]);
    });

  it('fetches are not refused', () => {
    const { machine, state, faults } = prepare('ffe3', FRAME | P | U | key(3), Cr4.PKE, true);
    state.setU64('pkru', 0xffff_fffcn);
    machine.write(Number(FRAME), '90');
    machine.run(2);
    assert.deepEqual(faults, []);
    assert.equal(state.u64('rip'), VA + 1n);
  });

  it('WRPKRU counts for what the TLB holds already', () => {
    // mov cl,[rbx]; xor ecx,ecx; xor edx,edx; mov eax,0x40; wrpkru; mov cl,[rbx]
    const { machine, state, faults } = prepare('8a0b 31c9 31d2 b840000000 0f01ef 8a0b', FRAME | P | U | key(3), Cr4.PKE, true);
    machine.run(5);
    assert.deepEqual(faults, []);
    assert.equal(state.u64('pkru'), 0x40n);
    machine.run(1);
    assert.deepEqual(faults, [{ vector: 14, code: 0x25 }]);
  });

  it('RDPKRU and WRPKRU check CR4.PKE, ECX and EDX', () => {
    // wrpkru with EDX 1; rdpkru with ECX 1
    for (const code of ['b201 0f01ef', 'b101 0f01ee']) {
      const { machine, faults } = prepare(code, FRAME | P, Cr4.PKE);
      machine.run(2);
      assert.deepEqual(faults, [{ vector: 13, code: 0 }]);
    }
    const { machine, faults } = prepare('0f01ee', FRAME | P, 0n);
    writeGate(machine, 6, HANDLER);
    machine.run(1);
    assert.deepEqual(faults, [{ vector: 6, code: 0 }]);
  });
});

describe('SMAP (SDM vol 3, 5.6.1)', () => {
  it('EFLAGS.AC opens explicit accesses', () => {
    const { machine, state, faults } = prepare('8a0b', FRAME | P | U, Cr4.SMAP);
    state.setU64('rflags', 0x4_0002n);
    updateMode(state);
    machine.run(1);
    assert.deepEqual(faults, []);
  });
  it('implicit accesses stay refused: a descriptor in a user page', () => {
    // mov ds,eax with the GDT in the user page
    const { machine, state, faults } = prepare('8ed8', FRAME | P | U, Cr4.SMAP);
    state.setU64('rflags', 0x4_0002n);
    updateMode(state);
    state.setU64('gdtrBase', VA);
    state.setGpr(0, 8n);
    machine.run(1);
    assert.deepEqual(faults[0], { vector: 14, code: 1 });
  });
});

describe('PCID and INVPCID (SDM vol 3, 5.10)', () => {
  /** Whether a read of VA walks again, seen by the accessed bit. */
  function walksAgain(between: string, setup: { pte?: bigint; cr3?: bigint; rax?: bigint; descriptor?: [bigint, bigint] } = {}): boolean {
    const { machine, state, faults } = prepare(`8a0b${between}8a0b`, FRAME | P | (setup.pte ?? 0n), Cr4.PCIDE | Cr4.PGE);
    if (setup.descriptor) {
      put(machine, 0x30000, setup.descriptor[0]);
      put(machine, 0x30008, setup.descriptor[1]);
    }
    state.setU64('cr3', setup.cr3 ?? 0x1001n);
    state.setGpr(6, 0x30000n);
    state.setGpr(0, setup.rax ?? 0n);
    machine.run(1);
    put(machine, PT, FRAME | P | (setup.pte ?? 0n));
    machine.run(between.length === 0 ? 1 : 3);
    assert.deepEqual(faults, []);
    return (get(machine, PT) & A) !== 0n;
  }
  // mov cr3,rax; nop
  const MOV_CR3 = '0f22d890';
  // invpcid rax,[rsi]; nop
  const INVPCID = '660f38820690';
  const cases: [string, string, Parameters<typeof walksAgain>[1], boolean][] = [
    ['an entry stays', '', {}, false],
    ['MOV to CR3 drops the entries of its PCID', MOV_CR3, { rax: 0x1001n }, true],
    ['with bit 63 it keeps them', MOV_CR3, { rax: 0x8000_0000_0000_1001n }, false],
    ['another PCID does not see them', MOV_CR3, { rax: 0x1002n }, true],
    ['but sees global ones', MOV_CR3, { rax: 0x1002n, pte: G }, false],
    ['INVPCID 0: the address', INVPCID, { rax: 0n, descriptor: [1n, VA] }, true],
    ['INVPCID 0: another address', INVPCID, { rax: 0n, descriptor: [1n, VA + 0x1000n] }, false],
    ['INVPCID 0: another PCID', INVPCID, { rax: 0n, descriptor: [2n, VA] }, false],
    ['INVPCID 0: not a global one', INVPCID, { rax: 0n, descriptor: [1n, VA], pte: G }, false],
    ['INVPCID 1: the PCID', INVPCID, { rax: 1n, descriptor: [1n, 0n] }, true],
    ['INVPCID 1: another PCID', INVPCID, { rax: 1n, descriptor: [2n, 0n] }, false],
    ['INVPCID 2: global ones too', INVPCID, { rax: 2n, pte: G }, true],
    ['INVPCID 3: all', INVPCID, { rax: 3n }, true],
    ['INVPCID 3: but global ones', INVPCID, { rax: 3n, pte: G }, false],
    ['INVLPG: global ones too', '0f013b90', { pte: G }, true],
  ];
  for (const [name, code, setup, expected] of cases) it(name, () => assert.equal(walksAgain(code, setup), expected));

  it('a PCID that comes back with bit 63 finds its entries', () => {
    // mov cl,[rbx]; mov cr3,rax; mov cr3,rdx; mov cl,[rbx]
    const { machine, state } = prepare('8a0b 0f22d8 0f22da 8a0b', FRAME | P, Cr4.PCIDE);
    state.setU64('cr3', 0x1001n);
    state.setGpr(0, 0x8000_0000_0000_1002n);
    state.setGpr(2, 0x8000_0000_0000_1001n);
    machine.run(1);
    put(machine, PT, FRAME | P);
    machine.run(3);
    assert.equal(get(machine, PT) & A, 0n);
    const restored = new BareMachine();
    restored.engine.restoreVcpu(0, machine.engine.saveVcpu(0));
    assert.deepEqual(restored.engine.saveVcpu(0), machine.engine.saveVcpu(0));
  });

  it('INVPCID faults', () => {
    const fault = (rax: bigint, low: bigint, high: bigint, cr4 = Cr4.PCIDE): Faults[] => {
      const { machine, state, faults } = prepare('660f388206', FRAME | P, cr4);
      put(machine, 0x30000, low);
      put(machine, 0x30008, high);
      state.setGpr(6, 0x30000n);
      state.setGpr(0, rax);
      machine.run(1);
      return faults;
    };
    const GP = [{ vector: 13, code: 0 }];
    assert.deepEqual(fault(4n, 0n, 0n), GP);
    assert.deepEqual(fault(0n, 0x1000n, 0n), GP);
    assert.deepEqual(fault(0n, 0n, 1n << 56n), GP);
    assert.deepEqual(fault(1n, 1n, 0n, 0n), GP);
    assert.deepEqual(fault(1n, 0n, 0n, 0n), []);
    assert.deepEqual(fault(2n, 0n, 1n << 63n), []);
  });
});

describe('5-level paging (SDM vol 3, 5.5)', () => {
  function five(code: string): ReturnType<typeof prepare> {
    const all = prepare(code, FRAME | P, Cr4.LA57);
    put(all.machine, 0xa000, 0x1000n | P | W);
    // Entry 1 of the PML5: the same tables, 2^48 above.
    put(all.machine, 0xa008, 0x1000n | P | W);
    all.state.setU64('cr3', 0xa000n);
    all.machine.engine.flushTlb(0);
    return all;
  }
  it('bits 56:48 index the PML5', () => {
    const { machine, state, faults } = five('8a0b');
    machine.write(Number(FRAME), '5a');
    state.setGpr(3, VA + (1n << 48n));
    machine.run(1);
    assert.deepEqual(faults, []);
    assert.equal(state.gpr(1) & 0xffn, 0x5an);
    assert.equal(get(machine, 0xa008) & A, A);
    assert.equal(machine.engine.translate(0, VA + (1n << 48n))?.gpa, Number(FRAME));
  });
  it('what is not canonical in 57 bits is #GP(0)', () => {
    const { machine, state, faults } = five('8a0b');
    state.setGpr(3, 1n << 56n);
    machine.run(1);
    assert.deepEqual(faults, [{ vector: 13, code: 0 }]);
  });
  it('PS in a PML5 entry is reserved', () => {
    const { machine, state, faults } = five('8a0b');
    put(machine, 0xa008, 0x1081n);
    state.setGpr(3, VA + (1n << 48n));
    machine.run(1);
    assert.deepEqual(faults, [{ vector: 14, code: 9 }]);
  });
});

describe('32-bit paging (SDM vol 3, 5.3)', () => {
  it('I/D is no bit of the error code with EFER.NXE but without PAE', () => {
    const machine = new BareMachine();
    const state = machine.protectedMode();
    const put32 = (at: number, value: number): void => machine.write(at, new Uint8Array(new Uint32Array([value]).buffer));
    put32(0x1000, 0x83);
    state.setU64('cr3', 0x1000n);
    state.setU64('cr4', 0x10n);
    state.setU64('efer', 0x800n);
    state.setU64('cr0', 0x8001_0011n);
    updateMode(state);
    machine.engine.flushTlb(0);
    let code: number | undefined;
    machine.host.onEvent = (kind, a, b) => {
      if (kind === 'exception' && a === 14) code ??= Number(b);
    };
    state.setU64('rip', 0x40_0000n);
    machine.run(1);
    assert.equal(code, 0);
  });
});

describe('PSE-36 (SDM vol 3, 5.3, table 5-4)', () => {
  const codeOf = (model: string): number | undefined => {
    const machine = new BareMachine({ model: parseCpuModel(model, false) });
    const state = machine.protectedMode();
    // 0 to 4 MiB, twice: the second time with bit 13, address bit 32.
    machine.write(0x1000, new Uint8Array(new Uint32Array([0x83, 0x2083]).buffer));
    state.setU64('cr3', 0x1000n);
    state.setU64('cr4', 0x10n);
    state.setU64('cr0', 0x8001_0011n);
    updateMode(state);
    machine.engine.flushTlb(0);
    let code: number | undefined;
    machine.host.onEvent = (kind, a, b) => {
      if (kind === 'exception' && a === 14) code ??= Number(b);
    };
    machine.write(0x1_0000, '8a 03 f4');
    state.setGpr(3, 0x40_0000n);
    state.setU64('rip', 0x1_0000n);
    machine.run(1);
    return code;
  };
  it('bit 13 of a PDE that maps 4 MiB is an address bit, or reserved where the model denies it', () => {
    assert.equal(codeOf('max'), undefined);
    assert.equal(codeOf('max,-pse36'), 9);
  });
});
