// Lines of the page cache while walks take the fast entries that filled them: programs whose registers change between pages that share entries of the TLB, and
// that write page table entries without INVLPG, see the same pages in each tier.
import assert from 'node:assert/strict';
import type { Tier } from '../../../src/engine/cpu-engine';
import { Chance } from '../../proof/random';
import { testSeed } from '../../support/seed';
import { BareMachine } from '../bare-machine';
import { writeGate, writeTables } from '../mixed-program';
import { snapshot } from '../snapshot';
import { CODE, HANDLER, MAKE_PRESENT, PD, PT } from './missing-pages';

const FRAMES = 0x20_0000;
/** Linear: 2 MiB, and the same page table again, whose pages have the fast entries of their neighbours. */
const DATA = 0x20_0000;
const ALIAS = 0x60_0000;
const PAGES = 8;
const TABLE = 0x4_0000;
const ROW = 48;
const ROUNDS = 400;
const PROGRAMS = 12;

const [RBX, RBP, RSI, RDI] = [3, 5, 6, 7];

/** add r12,[base+disp8], mov [base+disp8],r12 or add [base+disp8],rcx. */
const access = (draw: Chance): number[] => {
  const base = draw.of([RBX, RBP, RSI, RDI]);
  const disp = draw.below(15) * 8;
  const [prefix, opcode, register] = draw.of([
    [0x4c, 0x03, 4],
    [0x4c, 0x03, 4],
    [0x4c, 0x89, 4],
    [0x48, 0x01, 1],
  ] as const);
  return [prefix, opcode, 0x40 | (register << 3) | base, disp];
};
const accesses = (draw: Chance, count: number): number[] => Array.from({ length: count }, () => access(draw)).flat();

/** 1: rbx, rbp, rsi, rdi from the row; accesses; mov rdx,[r8+32]; mov rax,[r8+40]; mov [rdx],rax; accesses; add r8,48; dec ecx; jnz 1b; hlt */
function program(draw: Chance): number[] {
  const code = [RBX, RBP, RSI, RDI].flatMap((register, i) => [0x49, 0x8b, 0x40 | (register << 3), i * 8]);
  code.push(...accesses(draw, draw.below(6)));
  code.push(0x49, 0x8b, 0x50, 32, 0x49, 0x8b, 0x40, 40, 0x48, 0x89, 0x02);
  code.push(...accesses(draw, 2 + draw.below(10)));
  code.push(0x49, 0x83, 0xc0, ROW, 0xff, 0xc9, 0x0f, 0x85);
  const back = -(code.length + 4);
  return [...code, back & 0xff, (back >> 8) & 0xff, 0xff, 0xff, 0xf4];
}

const flags = (draw: Chance): number => draw.of([0x67, 0x67, 0x67, 0x63, 0x23, 0x03, 0x61, 0x66]);

function machineWith(tier: Tier, seed: number): BareMachine {
  const draw = new Chance(seed);
  const machine = new BareMachine({ tier });
  const state = machine.longMode();
  const qwords = (at: number, values: readonly number[]): void =>
    machine.write(at, new Uint8Array(BigUint64Array.from(values, (value) => BigInt(value)).buffer));
  writeTables(machine);
  // Code in the frame of a page table: what is to be marked there TypeScript marks, and fills the entry.
  const handler = draw.below(2) ? HANDLER : PT + 0x800;
  writeGate(machine, 14, handler);
  machine.write(handler, MAKE_PRESENT);
  machine.write(CODE, program(draw));
  qwords(PD + 8, [PT | 7]);
  qwords(PD + 24, [PT | 7]);
  const entry = (): number => (FRAMES + draw.below(PAGES * 2) * 4096) | flags(draw);
  qwords(PT, Array.from({ length: PAGES }, entry));
  machine.write(
    FRAMES,
    Uint8Array.from({ length: PAGES * 2 * 4096 }, (_, i) => (i * 37 + (i >> 7)) & 255),
  );
  const page = (): number => (draw.below(2) ? DATA : ALIAS) + draw.below(PAGES) * 4096;
  // Registers go between two pages each.
  const pages = Array.from({ length: 4 }, () => [page(), page()]);
  const rows = Array.from({ length: ROUNDS }, () => [
    ...pages.map((each) => draw.of(each) + draw.below(500) * 8),
    PT + draw.below(PAGES) * 8,
    entry(),
  ]);
  qwords(TABLE, rows.flat());
  const time = { timeStamp: false, tscPerNs: 2, latestNs: 0, localNs: () => 0, hasRead: () => {} };
  machine.host.quick = { invlpg: true, interruptFlag: false, ...time };
  state.setGpr(1, BigInt(ROUNDS));
  state.setGpr(4, 0x80000n);
  state.setGpr(8, BigInt(TABLE));
  state.setU64('rip', BigInt(CODE));
  machine.engine.flushTlb(0);
  return machine;
}

describe('lines of the page cache', function () {
  this.timeout(300_000);

  it('are gone before the entries that filled them are another page', () => {
    const seed = testSeed();
    console.log(`      seed ${seed}`);
    let walks = 0;
    for (let i = 0; i < PROGRAMS; i++) {
      const [expected, found] = (['interpreter', 'jit'] as const).map((tier) => {
        const machine = machineWith(tier, seed + i * 7919);
        assert.equal(machine.run(1_000_000).kind, 'halted');
        if (tier === 'jit') walks += machine.engine.statistics().tlbMisses;
        return snapshot(machine);
      });
      assert.deepEqual(found, expected, `program ${i} of seed ${seed}`);
    }
    assert.ok(walks > PROGRAMS * 50, `${walks} walks`);
  });
});
