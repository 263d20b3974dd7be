// Loops of one block whose turns need no look at pages or budget (region-loops.ts): random loops over pages that are there, that are not and that are read-only, run
// in slices of any length, are the same in each tier after each slice, flags behind a loop among it.
import assert from 'node:assert/strict';
import type { Tier } from '../../../src/engine/cpu-engine';
import { Chance } from '../../proof/random';
import { testSeed } from '../../support/seed';
import { BareMachine } from '../bare-machine';
import { writeGate, writeTables } from '../mixed-program';
import { snapshot } from '../snapshot';
import { CODE, HANDLER, MAKE_PRESENT, PD, PT } from './missing-pages';

const DATA = 0x20_0000;
const TABLE = 0x4_0000;
const RESULTS = 0x6_0000;
const ROUNDS = 60;
const PROGRAMS = 40;
const SLICES = 8;

const RSI = 6;
const RDI = 7;

/** An instruction of the loop: registers are RAX, RDX, RBX and RBP, pointers RSI and RDI, with RCX as an index. */
function instruction(draw: Chance): number[] {
  const base = draw.of([RSI, RSI, RDI]);
  const register = draw.of([0, 2, 3, 5]);
  const disp = draw.of([0, 0, 8, 16, 24, 0xf8, draw.below(256)]);
  const operand =
    draw.below(4) > 0 ? [0x40 | (register << 3) | base, disp] : [0x44 | (register << 3), (draw.below(4) << 6) | (1 << 3) | base, disp];
  const both = 0xc0 | (register << 3) | draw.of([0, 2, 3, 5]);
  const step = draw.of([1, 2, 4, 8, 8, 16, 24, 48, 0xf8, 0xf0]);
  switch (draw.below(14)) {
    case 0:
    case 1:
      return [...draw.of([[0x48, 0x8b], [0x8b], [0x66, 0x8b], [0x8a], [0x0f, 0xb6], [0x48, 0x0f, 0xbf], [0x48, 0x63]]), ...operand];
    case 2:
    case 3:
      return [...draw.of([[0x48, 0x89], [0x89], [0x66, 0x89], [0x88]]), ...operand];
    case 4:
      return [...draw.of([[0x48, 0x03], [0x01], [0x48, 0x3b], [0x39], [0x30], [0x48, 0x11], [0x13]]), ...operand];
    case 5:
    case 6:
    case 7:
      return [0x48, 0x83, 0xc0 | base, step];
    case 8:
      return draw.of([
        [0x48, 0x8d, 0x40 | (base << 3) | base, step],
        [0x48, 0xff, 0xc0 | base],
        [0x48, 0x83, 0xe8 | base, step],
      ]);
    case 9:
      return [...draw.of([[0x48], []]), draw.of([0x01, 0x31, 0x29, 0x19, 0x85, 0x39]), both];
    case 10:
      return [0x48, 0x0f, draw.of([0xaf, 0x44, 0x4c, 0x42, 0x46]), both];
    case 11:
      return [0xc1, draw.of([0xe0, 0xe8, 0xf8]) | register, 1 + draw.below(12)];
    case 12:
      return [0x0f, draw.of([0x92, 0x94, 0x9c]), 0xc0 | draw.of([0, 2, 3])];
    default:
      return [...draw.of([[0x48], []]), 0xff, draw.of([0xc0, 0xc8]) | register];
  }
}
/** 1: mov rsi,[r8]; mov rdi,[r8+8]; mov ecx,[r8+16]; add r8,24; mov rax,rax
 * 2: instructions; dec rcx; jnz 2b (or sub ecx,1; or cmp rcx,rax first; ja)
 *    setc al; sets bl; setl dl; mov [r9],rax; mov [r9+8],rbx; mov [r9+16],rdx; add r9,24; dec r11; jnz 1b; hlt */
function program(draw: Chance): number[] {
  const code = [0x49, 0x8b, 0x30, 0x49, 0x8b, 0x78, 8, 0x41, 0x8b, 0x48, 16, 0x49, 0x83, 0xc0, 24, 0x48, 0x89, 0xc0];
  const start = code.length;
  for (let count = 1 + draw.below(7); count > 0; count--) code.push(...instruction(draw));
  code.push(
    ...draw.of([
      [0x48, 0xff, 0xc9],
      [0x83, 0xe9, 1],
      [0x48, 0x83, 0xe9, 1],
    ]),
    draw.of([0x75, 0x75, 0x75, 0x7f]),
  );
  code.push((start - code.length - 1) & 0xff);
  code.push(
    0x0f,
    0x92,
    0xc0,
    0x0f,
    0x98,
    0xc3,
    0x0f,
    0x9c,
    0xc2,
    0x49,
    0x89,
    0x01,
    0x49,
    0x89,
    0x59,
    8,
    0x49,
    0x89,
    0x51,
    16,
    0x49,
    0x83,
    0xc1,
    24,
  );
  code.push(0x49, 0xff, 0xcb, 0x0f, 0x85);
  const back = -(code.length + 4);
  return [...code, back & 0xff, (back >> 8) & 0xff, 0xff, 0xff, 0xf4];
}

function machineWith(tier: Tier, seed: number): BareMachine {
  const draw = new Chance(seed);
  const machine = new BareMachine({ tier, regionProfile: tier !== 'interpreter' });
  const state = machine.longMode();
  writeTables(machine);
  writeGate(machine, 14, HANDLER);
  machine.write(HANDLER, MAKE_PRESENT);
  machine.write(CODE, program(draw));
  // Whichever way pointers go, other data is not hit: 4 MiB around the program's own.
  for (const at of [8, 16, 24]) machine.write(PD + at, new Uint8Array(BigUint64Array.of(BigInt(PT | 7)).buffer));
  const time = { timeStamp: false, tscPerNs: 2, latestNs: 0, localNs: () => 0, hasRead: () => {} };
  machine.host.quick = { invlpg: true, interruptFlag: false, ...time };
  const entries = BigUint64Array.from({ length: 512 }, (_, i) => BigInt(DATA + i * 4096 + [3, 3, 0, 1, 3][i % 5]!));
  machine.write(PT, new Uint8Array(entries.buffer));
  machine.write(
    DATA,
    Uint8Array.from({ length: 0x10_0000 }, (_, i) => (i * 37 + (i >> 7)) & 255),
  );
  for (const register of [0, 2, 3, 5]) state.setGpr(register, BigInt(draw.below(1 << 30)));
  const pointer = (): bigint => BigInt(DATA + 0x10_0000 + (draw.below(0x8_0000) & (draw.below(4) === 0 ? -1 : -8)));
  const rounds = Array.from({ length: ROUNDS }, () => [pointer(), pointer(), BigInt(1 + draw.below(draw.of([4, 40, 400])))]);
  machine.write(TABLE, new Uint8Array(BigUint64Array.from(rounds.flat()).buffer));
  state.setGpr(8, BigInt(TABLE));
  state.setGpr(9, BigInt(RESULTS));
  state.setGpr(11, BigInt(ROUNDS));
  state.setGpr(4, 0x80000n);
  state.setU64('rip', BigInt(CODE));
  machine.engine.flushTlb(0);
  return machine;
}

describe('loops of one block', function () {
  this.timeout(300_000);

  it('over pages of all kinds, in slices', () => {
    const seed = testSeed();
    console.log(`      seed ${seed}`);
    let fast = 0;
    for (let i = 0; i < PROGRAMS; i++) {
      const draw = new Chance(seed + i);
      const slices = Array.from({ length: SLICES }, () => 1 + draw.below(draw.of([400, 4000, 12000])));
      const states = (tier: Tier): unknown[] => {
        const machine = machineWith(tier, seed + i * 7919);
        const all = slices.map((length) => [machine.run(length).kind, snapshot(machine)]);
        if (machine.engine.regionReports().some(({ wasm }) => wasm.includes('i32.div_u'))) fast++;
        return all;
      };
      const expected = states('interpreter');
      states('jit').forEach((state, at) => {
        assert.deepEqual(state, expected[at], `slice ${at} of program ${i} of seed ${seed}`);
      });
    }
    assert.ok(fast >= PROGRAMS / 4, 'loops have turns that need no look');
  });
});
