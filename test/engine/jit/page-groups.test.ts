// Accesses of a block by one register: programs over pages that are there, that are not and that are read-only, through which their registers walk with all
// alignments, end the same in each tier, with the same faults at the same places.
import assert from 'node:assert/strict';
import type { Tier } from '../../../src/engine/cpu-engine';
import { Chance } from '../../proof/random';
import { testSeed } from '../../support/seed';
import { BareMachine } from '../bare-machine';
import { writeGate, writeTables } from '../mixed-program';
import { snapshot } from '../snapshot';
import { CODE, HANDLER, MAKE_PRESENT, PD, PT } from './missing-pages';

const DATA = 0x20_0000;
/** The same frames; fast entries of every second page are in the places of those of the page before. */
const ALIAS = 0x60_0000;
const TABLE = 0x4_0000;
const ROUNDS = 300;
const PROGRAMS = 25;

const RSI = 6;
const RDI = 7;

/** One instruction: mostly an access by RSI or RDI. */
function instruction(draw: Chance): number[] {
  const base = draw.of([RSI, RSI, RDI]);
  const register = draw.of([0, 2, 3, 5]);
  const disp = draw.below(96) - 32;
  const operand = [0x40 | (register << 3) | base, disp & 0xff];
  const byIndex = [0x44 | (register << 3), 0xc8 | base, disp & 0xff];
  switch (draw.below(24)) {
    case 0:
      return [0x4a, 0x8b, ...byIndex];
    case 1:
      return [0x4a, 0x89, ...byIndex];
    case 2:
      return [0x48, 0x83, 0xc0 | base, 8];
    case 3:
      return [0x50 | register];
    case 4:
      return [0x0f, 0x01, 0x78 | base, disp & 0xff];
    case 5:
      return [0x0f, 0x11, ...operand];
    case 6:
      return [0xf2, 0x0f, 0x10, ...operand];
    case 7:
      return [0x48, 0x39, ...operand];
    case 8:
      return [0xff, 0x70 | base, disp & 0xff];
    default:
      return [
        ...draw.of([[0x48, 0x8b], [0x48, 0x8b], [0x48, 0x89], [0x8b], [0x89], [0x48, 0x03], [0x48, 0x01], [0x40, 0x8a], [0x40, 0x88]]),
        ...operand,
      ];
  }
}
/** 1: mov rax,rax; instructions; mov rsp,r10; add rsi,88; add r12,[r11]; and byte [r11],~20h; mov rdi,[r8]; mov r11,[r8+8]; add r8,16; dec ecx; jnz 1b; hlt */
function program(draw: Chance): number[] {
  const code = [0x48, 0x89, 0xc0];
  for (let count = 8 + draw.below(24); count > 0; count--) code.push(...instruction(draw));
  code.push(
    0x4c,
    0x89,
    0xd4,
    0x48,
    0x83,
    0xc6,
    88,
    0x4d,
    0x03,
    0x23,
    0x41,
    0x80,
    0x23,
    0xdf,
    0x49,
    0x8b,
    0x38,
    0x4d,
    0x8b,
    0x58,
    8,
    0x49,
    0x83,
    0xc0,
    16,
    0xff,
    0xc9,
    0x0f,
    0x85,
  );
  const back = -(code.length + 4);
  return [...code, back & 0xff, (back >> 8) & 0xff, 0xff, 0xff, 0xf4];
}

function machineWith(tier: Tier, seed: number, profile: boolean): BareMachine {
  const draw = new Chance(seed);
  const machine = new BareMachine({ tier, regionProfile: profile });
  const state = machine.longMode();
  writeTables(machine);
  writeGate(machine, 14, HANDLER);
  machine.write(HANDLER, MAKE_PRESENT);
  machine.write(CODE, program(draw));
  for (const at of [8, 24]) machine.write(PD + at, new Uint8Array(BigUint64Array.of(BigInt(PT | 7)).buffer));
  const time = { timeStamp: false, tscPerNs: 2, latestNs: 0, localNs: () => 0, hasRead: () => {} };
  machine.host.quick = { invlpg: true, interruptFlag: false, ...time };
  // In turn: there, not there, read-only, there.
  const entries = BigUint64Array.from({ length: 512 }, (_, i) => BigInt(DATA + i * 4096 + [3, 0, 1, 3][i % 4]!));
  machine.write(PT, new Uint8Array(entries.buffer));
  machine.write(
    DATA,
    Uint8Array.from({ length: 0x10_0000 }, (_, i) => (i * 37 + (i >> 7)) & 255),
  );
  for (const register of [0, 2, 3, 5]) state.setGpr(register, BigInt(draw.below(1 << 30)));
  state.setGpr(1, BigInt(ROUNDS));
  const start = 64 + draw.below(5000);
  state.setGpr(RSI, BigInt(DATA + start));
  state.setGpr(RDI, BigInt(DATA + 0x4_0000));
  // Of each round: RDI, now and then in a page that takes the fast entry of RSI's, and the page table entry of RSI's page.
  const rounds = Array.from({ length: ROUNDS }, (_, i) => {
    const page = (start + 88 * (i + 1)) >> 12;
    const elsewhere = DATA + 0x4_0000 + draw.below(3) * 4096;
    return [BigInt((draw.below(4) === 0 ? ALIAS + (page ^ 1) * 4096 : elsewhere) + 64 + draw.below(3800)), BigInt(PT + page * 8)];
  });
  machine.write(TABLE, new Uint8Array(BigUint64Array.from(rounds.flat()).buffer));
  state.setGpr(8, BigInt(TABLE));
  state.setGpr(11, BigInt(PT));
  state.setGpr(9, BigInt(draw.below(2000)));
  state.setGpr(4, 0x80000n);
  state.setGpr(10, 0x80000n);
  state.setU32('mxcsr', 0x1fa0);
  state.setU64('rip', BigInt(CODE));
  machine.engine.flushTlb(0);
  return machine;
}
const isFrom = (what: string): boolean => what === 'page not at hand' || what === 'not in one page';

describe('accesses by one register', function () {
  this.timeout(300_000);

  it('programs that walk through pages', () => {
    const seed = testSeed();
    console.log(`      seed ${seed}`);
    let left = 0;
    for (let i = 0; i < PROGRAMS; i++) {
      const make = (tier: Tier): BareMachine => {
        const machine = machineWith(tier, seed + i * 7919, tier !== 'interpreter');
        assert.equal(machine.run(1_000_000).kind, 'halted');
        return machine;
      };
      const expected = snapshot(make('interpreter'));
      const machine = make('jit');
      assert.deepEqual(snapshot(machine), expected, `program ${i} of seed ${seed}`);
      const counts = machine.engine.regionReports().flatMap((report) => report.counts);
      left += counts.filter(({ what }) => isFrom(what)).reduce((sum, { count }) => sum + count, 0);
    }
    assert.ok(left > 0, 'some accesses found that others are not in their page');
  });
});
