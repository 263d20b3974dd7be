// Results that standards and manuals print, and bounds that hold for every argument.
import assert from 'node:assert/strict';
import { VECTOR_NAMES, VECTOR_OPERATIONS, type VectorOperation } from '../../../src/x86/simd/operations';
import { OPERAND, runOne, setXmm, xmm } from './one-instruction';

/** A register from bytes as standards print them: the first is the lowest. */
const fromBytes = (text: string): bigint => BigInt(`0x${(text.match(/../g) ?? []).reverse().join('')}`);

describe('AES-NI', () => {
  // FIPS 197 appendix B, round 1 and round 10.
  it('AESENC is round 1 of FIPS 197 appendix B', () => {
    const { state } = runOne('660f38dcc1', (s) => {
      setXmm(s, 0, fromBytes('193de3bea0f4e22b9ac68d2ae9f84808'));
      setXmm(s, 1, fromBytes('a0fafe1788542cb123a339392a6c7605'));
    });
    assert.equal(xmm(state, 0), fromBytes('a49c7ff2689f352b6b5bea43026a5049'));
  });
  it('AESENCLAST is its round 10', () => {
    const { state } = runOne('660f38ddc1', (s) => {
      setXmm(s, 0, fromBytes('eb40f21e592e38848ba113e71bc342d2'));
      setXmm(s, 1, fromBytes('d014f9a8c9ee2589e13f0cc8b6630ca6'));
    });
    assert.equal(xmm(state, 0), fromBytes('3925841d02dc09fbdc118597196a0b32'));
  });
  it('AESKEYGENASSIST makes the next word of FIPS 197 appendix A.1', () => {
    const { state } = runOne('660f3adfc101', (s) => setXmm(s, 1, fromBytes('2b7e151628aed2a6abf7158809cf4f3c')));
    // w[4] = a0fafe17 is w[0] xor RotWord(SubWord(w[3])) xor Rcon[1].
    const word = Number(xmm(state, 0) >> 96n) ^ 0x16157e2b;
    assert.equal(word >>> 0, 0x17fefaa0);
  });
});

describe('CRC32', () => {
  it('of "123456789" is the check value of CRC-32C, E3069283h (RFC 3720 B.4 has the polynomial)', () => {
    let sum = 0xffff_ffffn;
    for (const letter of '123456789') {
      const { state } = runOne('f20f38f0c1', (s) => {
        s.setGpr(0, sum);
        s.setGpr(1, BigInt(letter.charCodeAt(0)));
      });
      sum = state.gpr(0);
    }
    assert.equal(sum ^ 0xffff_ffffn, 0xe306_9283n);
  });
});

describe('PCMPISTRI', () => {
  it('finds "bc" in "abcabc": equal ordered, least significant index (SDM vol 2, 4.1)', () => {
    const { state } = runOne('660f3a63c10c', (s) => {
      setXmm(s, 0, fromBytes('62630000000000000000000000000000'));
      setXmm(s, 1, fromBytes('61626361626300000000000000000000'));
    });
    assert.equal(state.gpr(1), 1n);
    // CF: found; ZF and SF: both end in the register.
    assert.equal(state.u64('rflags') & 0x8d5n, 0xc1n);
  });
});

describe('RCPPS and RSQRTPS (SDM vol 2)', () => {
  const view = new DataView(new ArrayBuffer(64));
  const approximate = (operation: VectorOperation, bits: number): number => {
    view.setUint32(32, bits, true);
    const run = VECTOR_OPERATIONS[VECTOR_NAMES.indexOf(operation)];
    assert.ok(run);
    run({ view, destination: 0, source1: 0, source2: 32, bytes: 16, immediate: 0, mxcsr: 0 });
    return view.getUint32(0, true);
  };
  const value = (bits: number): number => {
    view.setUint32(48, bits, true);
    return view.getFloat32(48, true);
  };
  it('the relative error is at most 1.5 × 2^-12 in every cell', () => {
    const bound = 1.5 * 2 ** -12;
    for (let cell = 0; cell < 4096; cell++)
      for (const exponent of [0x3f80_0000, 0x4000_0000])
        for (const low of [0, 0x7ff]) {
          const bits = exponent | (cell << 11) | low;
          const x = value(bits);
          assert.ok(Math.abs(value(approximate('rcpss', bits)) * x - 1) <= bound, `rcp ${bits.toString(16)}`);
          assert.ok(Math.abs(value(approximate('rsqrtss', bits)) * Math.sqrt(x) - 1) <= bound, `rsqrt ${bits.toString(16)}`);
        }
  });
  it('of 1 and 2 as Intel processors have it: 8190/8192, and 5791/8192 for the root of 2', () => {
    assert.equal(approximate('rcpss', 0x3f80_0000), 0x3f7f_f000);
    assert.equal(approximate('rsqrtss', 0x3f80_0000), 0x3f7f_f000);
    assert.equal(approximate('rsqrtss', 0x4000_0000), 0x3f34_f800);
  });
  it('zeros and denormals, infinities, NaNs, negative numbers', () => {
    const expected = [
      ['rcpss', 0, 0x7f80_0000],
      ['rcpss', 0x8000_0001, 0xff80_0000],
      ['rcpss', 0xff80_0000, 0x8000_0000],
      ['rcpss', 0x7f80_0001, 0x7fc0_0001],
      ['rcpss', 0x7e80_0000, 0],
      ['rsqrtss', 0x8000_0000, 0xff80_0000],
      ['rsqrtss', 0x0000_0001, 0x7f80_0000],
      ['rsqrtss', 0xbf80_0000, 0xffc0_0000],
      ['rsqrtss', 0x7f80_0000, 0],
    ] as const;
    for (const [operation, bits, result] of expected)
      assert.equal(approximate(operation, bits), result, `${operation} ${bits.toString(16)}`);
  });
});

describe('MASKMOVDQU', () => {
  it('stores the bytes whose mask has its top bit', () => {
    const { memory } = runOne('660ff7c1', (s, machine) => {
      machine.write(OPERAND, new Uint8Array(64).fill(0xee));
      setXmm(s, 0, fromBytes('000102030405060708090a0b0c0d0e0f'));
      setXmm(s, 1, fromBytes('80007f00ff000000000000000000ff80'));
      s.setGpr(7, BigInt(OPERAND));
    });
    assert.deepEqual([...memory.subarray(0, 17)], [0, ...Array(3).fill(0xee), 4, ...Array(9).fill(0xee), 14, 15, 0xee]);
  });
});
