// Paging as SDM vol 3 chapter 5 has it: permissions and error codes (5.6, 5.7), accessed and dirty bits (5.8), TLB invalidation (5.10), all three modes.
import assert from 'node:assert/strict';
import { updateMode } from '../../src/x86/system/mode';
import { BareMachine } from './bare-machine';
import { HANDLER, writeGate, writeTables } from './mixed-program';

const P = 1n;
const W = 2n;
const U = 4n;
const A = 0x20n;
const D = 0x40n;
const NX = 1n << 63n;
/** Linear address under test: PDPT entry 1, PD entry 0, PT entry 0, frame 0x40000. */
const VA = 0x4000_0000n;
const PD = 0x8000;
const PT = 0x9000;

interface Setup {
  pte: bigint;
  pde?: bigint;
  user?: boolean;
  cr0?: bigint;
  cr4?: bigint;
  nxe?: boolean;
}

function put(machine: BareMachine, at: number, value: bigint): void {
  machine.engine.memory.write(at, new Uint8Array(new BigUint64Array([BigInt.asUintN(64, value)]).buffer));
}
const get = (machine: BareMachine, at: number): bigint => new DataView(machine.read(at, 8).buffer).getBigUint64(0, true);

function prepare(code: string, setup: Setup): BareMachine {
  const machine = new BareMachine();
  const state = machine.longMode();
  writeTables(machine);
  writeGate(machine, 14, HANDLER);
  put(machine, 0x2008, BigInt(PD) | P | W | U);
  put(machine, PD, setup.pde ?? BigInt(PT) | P | W | U);
  put(machine, PT, setup.pte);
  if (setup.cr4 !== undefined) {
    state.setU64('cr4', 0x620n | setup.cr4);
    // SMAP and SMEP: the kernel's own pages are supervisor pages.
    put(machine, 0x3000, 0x83n);
  }
  if (setup.cr0 !== undefined) state.setU64('cr0', setup.cr0);
  if (setup.nxe === false) state.setU64('efer', 0x500n);
  machine.write(0x10000, code);
  state.setU64('rip', 0x10000n);
  state.setGpr(4, 0x80000n);
  state.setGpr(0, VA);
  if (setup.user) {
    state.setSegment(1, { ...state.segment(1), selector: 0x1b, access: 0xa0fb });
    state.setU32('cpl', 3);
    // A stack for the way to CPL 0.
    machine.write(0x7004, new Uint8Array(new BigUint64Array([0x70000n]).buffer));
    state.setSegment(7, { selector: 0x28, access: 0x8b, limit: 0x67, base: 0x7000n });
  }
  updateMode(state);
  machine.engine.flushTlb(0);
  return machine;
}

/** Error code of the page fault that the first instruction raises, or undefined. */
function fault(code: string, setup: Setup): number | undefined {
  const machine = prepare(code, setup);
  let found: number | undefined;
  machine.host.onEvent = (kind, a, b) => {
    if (kind === 'exception' && a === 14) found ??= Number(b);
  };
  machine.run(1);
  if (found !== undefined) assert.equal(machine.state.u64('cr2'), VA);
  return found;
}

const READ = '8a08';
const WRITE = '8808';
const FETCH = 'ffe0';
const FRAME = 0x40000n;

describe('paging: permissions and error codes (SDM vol 3, 5.6 and 5.7)', () => {
  const cases: [string, string, Setup, number | undefined][] = [
    ['supervisor read of a present page', READ, { pte: FRAME | P }, undefined],
    ['read of a page that is not present', READ, { pte: FRAME }, 0],
    ['write of a page that is not present', WRITE, { pte: FRAME }, 2],
    ['user read of a page that is not present', READ, { pte: FRAME, user: true }, 4],
    ['user read of a supervisor page', READ, { pte: FRAME | P, user: true }, 5],
    ['user write of a read-only page', WRITE, { pte: FRAME | P | U, user: true }, 7],
    ['user write of a supervisor page', WRITE, { pte: FRAME | P | W, user: true }, 7],
    ['user write, read-only in the page directory', WRITE, { pte: FRAME | P | W | U, pde: BigInt(PT) | P | U, user: true }, 7],
    ['supervisor write of a read-only page with CR0.WP', WRITE, { pte: FRAME | P }, 3],
    ['supervisor write of a read-only page without CR0.WP', WRITE, { pte: FRAME | P, cr0: 0x8000_0033n }, undefined],
    ['reserved address bit', READ, { pte: FRAME | P | (1n << 45n) }, 9],
    ['NX without EFER.NXE is reserved', READ, { pte: FRAME | P | NX, nxe: false }, 9],
    ['data read of an NX page', READ, { pte: FRAME | P | NX }, undefined],
    ['supervisor read of a user page with SMAP', READ, { pte: FRAME | P | U, cr4: 1n << 21n }, 1],
  ];
  for (const [name, code, setup, expected] of cases) it(name, () => assert.equal(fault(code, setup), expected));

  const fetches: [string, Setup, number][] = [
    ['fetch from an NX page', { pte: FRAME | P | NX }, 0x11],
    ['fetch from a page that is not present', { pte: FRAME }, 0x10],
    ['supervisor fetch from a user page with SMEP', { pte: FRAME | P | U, cr4: 1n << 20n }, 0x11],
    ['user fetch from a supervisor page', { pte: FRAME | P, user: true }, 0x15],
  ];
  for (const [name, setup, expected] of fetches)
    it(name, () => {
      const machine = prepare(FETCH, setup);
      let found: number | undefined;
      machine.host.onEvent = (kind, a, b) => {
        if (kind === 'exception' && a === 14) found ??= Number(b);
      };
      machine.run(2);
      assert.equal(found, expected);
      assert.equal(machine.state.u64('cr2'), VA);
    });
});

describe('paging: accessed and dirty bits (SDM vol 3, 5.8)', () => {
  it('a read sets A at every level, a write D at the last', () => {
    const machine = prepare('8a08 8808', { pte: FRAME | P | W });
    machine.run(1);
    assert.equal(get(machine, PT) & (A | D), A);
    assert.equal(get(machine, PD) & (A | D), A);
    assert.equal(get(machine, 0x2008) & A, A);
    machine.run(1);
    assert.equal(get(machine, PT) & (A | D), A | D);
    assert.equal(get(machine, PD) & D, 0n);
  });
  it('an access that faults sets neither', () => {
    const machine = prepare(WRITE, { pte: FRAME | P });
    machine.run(1);
    assert.equal(get(machine, PT) & (A | D), 0n);
  });
  it('what the TLB holds is used until it is invalidated', () => {
    // mov cl,[rax]; mov cl,[rax]; invlpg [rax]; mov cl,[rax]
    const machine = prepare('8a08 8a08 0f0138 8a08', { pte: FRAME | P });
    machine.run(1);
    put(machine, PT, FRAME | P);
    machine.run(1);
    assert.equal(get(machine, PT) & A, 0n);
    machine.run(2);
    assert.equal(get(machine, PT) & A, A);
  });
  it('INVLPG drops every part of a large page', () => {
    const machine = prepare('8a08 0f01b800100000 8a08', { pte: 0n, pde: 0x20_0083n });
    machine.write(0x20_0000, '11');
    machine.run(1);
    assert.equal(machine.state.gpr(1) & 0xffn, 0x11n);
    put(machine, PD, 0x83n);
    machine.write(0, '22');
    machine.run(2);
    assert.equal(machine.state.gpr(1) & 0xffn, 0x22n);
  });
});

describe('paging: accesses over two pages', () => {
  it('a store whose second page is missing changes nothing', () => {
    const machine = prepare('488988fc0f0000', { pte: FRAME | P | W });
    machine.state.setGpr(1, -1n);
    machine.run(1);
    assert.equal(machine.state.u64('cr2'), VA + 0x1000n);
    assert.deepEqual([...machine.read(0x40ffc, 4)], [0, 0, 0, 0]);
  });
  it('a load takes bytes from both frames', () => {
    const machine = prepare('488b88fc0f0000', { pte: FRAME | P });
    put(machine, PT + 8, 0x50000n | P);
    machine.write(0x40ffc, '01020304');
    machine.write(0x50000, '05060708');
    machine.run(1);
    assert.equal(machine.state.gpr(1), 0x0807060504030201n);
  });
});

describe('paging: 32-bit and PAE', () => {
  it('32-bit paging with 4 KiB and 4 MiB pages', () => {
    const machine = new BareMachine({ ramSize: 16 << 20 });
    const state = machine.protectedMode();
    const put32 = (at: number, value: number): void => machine.write(at, new Uint8Array(new Uint32Array([value]).buffer));
    put32(0x1000, 0x87);
    put32(0x1000 + 0x100 * 4, 0x2003);
    put32(0x1000 + 0x101 * 4, 0x0080_0083);
    put32(0x2000 + 5 * 4, 0x40003);
    state.setU64('cr3', 0x1000n);
    state.setU64('cr4', 0x10n);
    state.setU64('cr0', 0x8001_0011n);
    updateMode(state);
    machine.engine.flushTlb(0);
    machine.write(0x10000, 'a105500040 8b1d34124040 f4');
    machine.write(0x40005, '78563412');
    machine.write(0x80_1234, 'efbeadde');
    state.setU64('rip', 0x10000n);
    assert.equal(machine.run(10).kind, 'halted');
    assert.equal(state.gpr(0), 0x1234_5678n);
    assert.equal(state.gpr(3), 0xdead_beefn);
    assert.equal(machine.read(0x2014, 4)[0]! & 0x60, 0x20);
  });
  it('PAE takes its directories from the PDPTE registers', () => {
    const machine = new BareMachine();
    const state = machine.protectedMode();
    put(machine, 0x3000, 0x83n);
    put(machine, 0x4000, 0x5003n);
    put(machine, 0x5000, FRAME | P | NX);
    state.setU64('efer', 0x800n);
    state.setPdpte(0, 0x3001n);
    state.setPdpte(1, 0x4001n);
    state.setU64('cr4', 0x20n);
    state.setU64('cr0', 0x8001_0011n);
    updateMode(state);
    machine.engine.flushTlb(0);
    machine.write(0x10000, 'a100000040 f4');
    machine.write(0x40000, '44332211');
    state.setU64('rip', 0x10000n);
    assert.equal(machine.run(10).kind, 'halted');
    assert.equal(state.gpr(0), 0x1122_3344n);
  });
});
