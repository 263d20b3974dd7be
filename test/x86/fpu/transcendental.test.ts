// Transcendental functions of operands so small that the result is the operand but for what no register shows: rounding still sees it (SDM vol 1 ch. 4.9.1.5, 8.3.8).
import assert from 'node:assert/strict';
import { Rc, Sw } from '../../../src/x86/fpu/bits';
import { type F80, FpuEnvironment } from '../../../src/x86/fpu/float80';
import { atan80, cos80, sin80, tan80 } from '../../../src/x86/fpu/transcendental';

const INTEGER_BIT = 1n << 63n;
const ALL_ONES = (1n << 64n) - 1n;
const LEAST_NORMAL: F80 = { se: 0x8001, m: INTEGER_BIT };
const ONE: F80 = { se: 0x3fff, m: INTEGER_BIT };
/** The exponent of 2^-16383, moved by 24576 (SDM vol 1 ch. 8.5.5). */
const WRAPPED = 0xe000;

const UNMASKED_UNDERFLOW = 0x36f;
const environment = (control: number, rounding: number): FpuEnvironment => new FpuEnvironment(control | (rounding << 10));

describe('x87: transcendental functions of the least normal number', () => {
  for (const [name, run] of [
    ['FSIN', (env: FpuEnvironment) => sin80(LEAST_NORMAL, env)],
    ['FPATAN', (env: FpuEnvironment) => atan80(LEAST_NORMAL, ONE, env)],
  ] as const)
    it(`${name} is below it: tiny toward zero, not to nearest`, () => {
      const toZero = environment(UNMASKED_UNDERFLOW, Rc.chop);
      assert.deepEqual(run(toZero), { se: WRAPPED, m: ALL_ONES });
      assert.equal(toZero.raised & (Sw.UE | Sw.PE), Sw.UE | Sw.PE);
      const nearest = environment(UNMASKED_UNDERFLOW, Rc.nearest);
      assert.deepEqual(run(nearest), LEAST_NORMAL);
      assert.equal(nearest.raised & (Sw.UE | Sw.PE), Sw.PE);
    });
  it('FPTAN is above it: never tiny', () => {
    const toZero = environment(UNMASKED_UNDERFLOW, Rc.chop);
    assert.deepEqual(tan80(LEAST_NORMAL, toZero), LEAST_NORMAL);
    assert.equal(toZero.raised & (Sw.UE | Sw.PE), Sw.PE);
    assert.deepEqual(tan80(LEAST_NORMAL, environment(0x37f, Rc.down)), { se: 0x8001, m: INTEGER_BIT + 1n });
  });
  it('FCOS is below 1', () => {
    assert.deepEqual(cos80(LEAST_NORMAL, environment(0x37f, Rc.chop)), { se: 0x3ffe, m: ALL_ONES });
    assert.deepEqual(cos80(LEAST_NORMAL, environment(0x37f, Rc.up)), ONE);
  });
});
