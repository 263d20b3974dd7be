// Doubles in regions: programs of scalar operations over numbers of all kinds end the same in each tier to the bit, MXCSR with it.
import assert from 'node:assert/strict';
import type { Tier } from '../../../src/engine/cpu-engine';
import { Chance } from '../../proof/random';
import { testSeed } from '../../support/seed';
import { BareMachine } from '../bare-machine';
import { snapshot } from '../snapshot';

const CODE = 0x10000;
const DATA = 0x20000;
const OUT = 0x30000;
const ROUNDS = 24;
const NUMBERS = 64;
const PROGRAMS = 30;

/** Precision flag set, all masked, to nearest; and some that host arithmetic is not right for. */
const MXCSRS = [...Array.from({ length: 20 }, () => 0x1fa0), 0x1fbf, 0x1f80, 0x9fe0, 0x3fa0, 0x7fa0];

const double = (sign: number, exponent: number, fraction: bigint): bigint => (BigInt(sign) << 63n) | (BigInt(exponent) << 52n) | fraction;

/** Mostly of usual sizes with now and then another: near the borders of what is usual, of what is normal, zero, denormal, infinite, not a number. */
function number(draw: Chance, kind: number): bigint {
  const fraction = draw.of([0n, 1n, 0xf_ffff_ffff_ffffn, (BigInt(draw.below(1 << 20)) << 32n) | BigInt(draw.below(1 << 24))]);
  const usual = draw.below(8) === 0 ? [0x300, 0x301, 0x3a0, 0x47f, 0x4fe, 0x4ff] : [0x3fc, 0x3fe, 0x3ff, 0x400, 0x402];
  const odd = [0, 1, 2, 0x1ff, 0x200, 0x2ff, 0x500, 0x5ff, 0x600, 0x7fd, 0x7fe, 0x7ff];
  if (draw.below(16) === 0) return double(draw.below(2), 0, 0n);
  return double(draw.below(2), draw.of(draw.below(48) < kind ? odd : usual), fraction);
}

/** 1: mov rax,rax; movsd xmm0,[rsi] to movsd xmm7,[rsi+56]; operations on XMM0 to XMM7 and [rsi]; movsd [rdi],xmm; add rsi,8; add rdi,8; dec ecx; jnz 1b; stmxcsr [rdi]; hlt */
function program(draw: Chance): number[] {
  const code = [0x48, 0x89, 0xc0];
  for (let i = 0; i < 8; i++) code.push(0xf2, 0x0f, 0x10, 0x46 | (i << 3), i * 8);
  const count = 6 + draw.below(14);
  for (let i = 0; i < count; i++) {
    const to = draw.below(8);
    const from = draw.below(8);
    const opcode = draw.of([0x58, 0x5c, 0x59, 0x5e, 0x51, 0x58, 0x5c, 0x59, 0x10, 0x28, 0x11]);
    if (opcode === 0x28) code.push(0x66, 0x0f, 0x28, 0xc0 | (to << 3) | from);
    else if (opcode === 0x11) code.push(0xf2, 0x0f, 0x11, 0x47 | (to << 3), draw.below(8) * 8);
    else if (opcode === 0x10 || draw.below(3) === 0) code.push(0xf2, 0x0f, opcode, 0x46 | (to << 3), draw.below(8) * 8);
    else code.push(0xf2, 0x0f, opcode, 0xc0 | (to << 3) | from);
  }
  code.push(0x48, 0x83, 0xc6, 8, 0x48, 0x83, 0xc7, 8, 0xff, 0xc9, 0x0f, 0x85);
  const back = -(code.length + 4);
  return [...code, back & 0xff, (back >> 8) & 0xff, 0xff, 0xff, 0x0f, 0xae, 0x1f, 0xf4];
}

function machineWith(tier: Tier, seed: number, kind: number): BareMachine {
  const draw = new Chance(seed);
  const machine = new BareMachine({ tier });
  const state = machine.longMode();
  machine.write(CODE, program(draw));
  const numbers = BigUint64Array.from({ length: NUMBERS + 8 }, () => number(draw, kind));
  machine.write(DATA, new Uint8Array(numbers.buffer));
  for (let i = 0; i < 16; i++) state.setYmmQuad(i >> 1, i & 1, number(draw, kind));
  state.setU32('mxcsr', draw.of(MXCSRS));
  state.setGpr(1, BigInt(ROUNDS));
  state.setGpr(6, BigInt(DATA));
  state.setGpr(7, BigInt(OUT));
  state.setU64('rip', BigInt(CODE));
  return machine;
}

describe('doubles in regions', function () {
  this.timeout(300_000);

  for (const [what, kind] of [
    ['usual numbers and zeros', 0],
    ['an unusual number now and then', 1],
    ['any numbers', 16],
  ] as const)
    it(`programs with ${what}`, () => {
      const seed = testSeed();
      console.log(`      seed ${seed}`);
      for (let i = 0; i < PROGRAMS; i++) {
        const [plain, compiled] = (['interpreter', 'jit'] as const).map((tier) => {
          const machine = machineWith(tier, seed + i * 7919, kind);
          assert.equal(machine.run(100_000).kind, 'halted');
          return machine;
        });
        assert.deepEqual(snapshot(compiled!), snapshot(plain!), `program ${i} of seed ${seed}`);
      }
    });

  /** Behind mov rax,rax; movsd xmm0,[rsi]; movsd xmm1,[rsi+8]. */
  const CASES: readonly (readonly [what: string, a: number, b: number, mxcsr: number, code: string])[] = [
    ['a difference of zeros, rounded down', 0, 0, 0x3fa0, 'f20f5cc0'],
    ['a product of products that is too small', 2 ** -250, 2 ** -250, 0x1fa0, 'f20f59c1 660f28d0 f20f59c1 f20f59c2'],
    ['a product of products that is too large', 2 ** 250, 2 ** 250, 0x1fa0, 'f20f59c0 f20f59c0 f20f59c1'],
    ['a product of a small product and zero', 2 ** -250, 0, 0x1fa0, 'f20f59c0 660f28d0 f20f59c0 f20f59ca f20f59c1'],
    ['a quotient of a small product', 2 ** -250, 2 ** 250, 0x1fa0, '660f28d1 f20f59d2 660f28d8 f20f59c0 f20f59c3 f20f5ec2'],
    ['a quotient by zero', 3, 0, 0x1fa0, 'f20f5ec1'],
    ['a quotient of zeros', 0, 0, 0x1fa0, 'f20f5ec1'],
    ['the root of a quotient below zero', -3, 4, 0x1fa0, 'f20f5ec1 f20f51c0'],
    ['the root of a large product below zero', -(2 ** 200), 2 ** 200, 0x1fa0, 'f20f59c1 f20f59c1 f20f59c1 f20f59c1 f20f59c1 f20f51c0'],
    ['the root of a difference', 2, 3, 0x1fa0, 'f20f5cc1 f20f51c0'],
  ];
  for (const [what, a, b, mxcsr, code] of CASES)
    it(what, () => {
      const [plain, compiled] = (['interpreter', 'jit'] as const).map((tier) => {
        const machine = new BareMachine({ tier });
        const state = machine.longMode();
        machine.write(CODE, `4889c0 f20f1006 f20f104e08 ${code} 0fae1f f4`);
        machine.write(DATA, new Uint8Array(Float64Array.of(a, b).buffer));
        state.setU32('mxcsr', mxcsr);
        state.setGpr(6, BigInt(DATA));
        state.setGpr(7, BigInt(OUT));
        state.setU64('rip', BigInt(CODE));
        assert.equal(machine.run(1000).kind, 'halted');
        return machine;
      });
      assert.deepEqual(snapshot(compiled!), snapshot(plain!));
    });

  /** 1: mov rax,rax; movsd xmm0,[rsi]; mulsd xmm0,[rsi+8]; addsd xmm1,xmm0; dec ecx; jnz 1b; hlt */
  const LOOP = '4889c0 f20f1006 f20f594608 f20f58c8 ffc9 75ec f4';
  const looping = (a: number, b: number): { left: number; compiled: number } => {
    const machines = (['interpreter', 'auto'] as const).map((tier) => {
      const machine = new BareMachine({ tier, regionProfile: true });
      const state = machine.longMode();
      machine.write(CODE, LOOP);
      machine.write(DATA, new Uint8Array(Float64Array.of(a, b).buffer));
      state.setU32('mxcsr', 0x1fa0);
      state.setGpr(1, 500_000n);
      state.setGpr(6, BigInt(DATA));
      state.setU64('rip', BigInt(CODE));
      assert.equal(machine.run(10_000_000).kind, 'halted');
      return machine;
    });
    assert.deepEqual(snapshot(machines[1]!), snapshot(machines[0]!));
    const counts = machines[1]!.engine.regionReports().flatMap((report) => report.counts);
    const left = counts.filter(({ what }) => what === 'unusual number').reduce((sum, { count }) => sum + count, 0);
    return { left, compiled: machines[1]!.engine.statistics().regionsCompiled };
  };
  it('usual numbers and zeros stay in their region', () => {
    assert.equal(looping(1.5, -3).left, 0);
    assert.equal(looping(0, -3).left, 0);
  });
  it('where numbers are of other sizes the region is made anew for them', () => {
    const { left, compiled } = looping(1e-150, 1e-100);
    assert.ok(left > 0 && left < 100_000, `${left} times left`);
    assert.ok(compiled >= 2);
  });
});
