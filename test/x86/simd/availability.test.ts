// When SSE instructions run at all, and what unmasked exceptions and misaligned operands raise (SDM vol 3, 14.1 and table 2-2; vol 1, 11.5; vol 2, 2.7).
import assert from 'node:assert/strict';
import { Vector } from '../../../src/x86/fault';
import type { VcpuState } from '../../../src/x86/vcpu-state';
import { OPERAND, runOne, setXmm, xmm } from './one-instruction';

const CR0_EM = 4n;
const CR0_TS = 8n;
const CR4_OSFXSR = 0x200n;
const CR4_OSXMMEXCPT = 0x400n;
const ADDPS = '0f58c1';
const PADDB = '660ffcc1';
const ONES = 0x3f80_0000_3f80_0000_3f80_0000_3f80_0000n;

const setCr0 = (bits: bigint) => (state: VcpuState) => state.setU64('cr0', state.u64('cr0') | bits);
const clearCr4 = (bits: bigint) => (state: VcpuState) => state.setU64('cr4', state.u64('cr4') & ~bits);

describe('SSE: availability (SDM vol 3, 14.1)', () => {
  for (const code of [ADDPS, PADDB, '0fae10', '660f3800c1', 'f20f7cc1', '660f3a0fc101', '660f38dcc1']) {
    it(`${code}: runs with OSFXSR, TS 0, EM 0`, () => {
      const { raised } = runOne(code, (state) => state.setGpr(0, BigInt(OPERAND)));
      assert.equal(raised, undefined);
    });
    it(`${code}: #NM by CR0.TS`, () => assert.equal(runOne(code, setCr0(CR0_TS)).raised, Vector.NM));
    it(`${code}: #UD by CR0.EM, TS or not`, () => {
      assert.equal(runOne(code, setCr0(CR0_EM)).raised, Vector.UD);
      assert.equal(runOne(code, setCr0(CR0_EM | CR0_TS)).raised, Vector.UD);
    });
    it(`${code}: #UD without CR4.OSFXSR, TS or not`, () => {
      assert.equal(runOne(code, clearCr4(CR4_OSFXSR)).raised, Vector.UD);
      const both = runOne(code, (state) => {
        clearCr4(CR4_OSFXSR)(state);
        setCr0(CR0_TS)(state);
      });
      assert.equal(both.raised, Vector.UD);
    });
  }
  it('CRC32, MOVNTI and POPCNT use no vector register: neither TS nor EM nor OSFXSR counts', () => {
    for (const code of ['f20f38f1c1', '0fc308', 'f30fb8c1']) {
      const outcome = runOne(code, (state) => {
        setCr0(CR0_TS | CR0_EM)(state);
        clearCr4(CR4_OSFXSR)(state);
        state.setGpr(0, BigInt(OPERAND));
      });
      assert.equal(outcome.raised, undefined, code);
    }
  });
});

describe('SSE: unmasked exceptions (SDM vol 1, 11.5.2; vol 3, 7.15 "#XM")', () => {
  /** 1/0 in the low lane with ZM clear. */
  const divide = (state: VcpuState): void => {
    setXmm(state, 0, ONES);
    setXmm(state, 1, ONES & ~0xffff_ffffn);
    state.setU32('mxcsr', 0x1d80);
  };
  for (const code of ['0f5ec1', 'f30f5ec1']) {
    it(`${code}: #XM with CR4.OSXMMEXCPT, destination unchanged, ZE set`, () => {
      const { raised, state } = runOne(code, divide);
      assert.equal(raised, Vector.XM);
      assert.equal(xmm(state, 0), ONES);
      assert.equal(state.u32('mxcsr'), 0x1d84);
    });
    it(`${code}: #UD without CR4.OSXMMEXCPT`, () => {
      const { raised, state } = runOne(code, (s) => {
        divide(s);
        clearCr4(CR4_OSXMMEXCPT)(s);
      });
      assert.equal(raised, Vector.UD);
      assert.equal(xmm(state, 0), ONES);
    });
  }
  it('a flag that is set already raises nothing by being unmasked', () => {
    const { raised } = runOne(ADDPS, (state) => {
      setXmm(state, 0, ONES);
      state.setU32('mxcsr', 0x3f);
    });
    assert.equal(raised, undefined);
  });
  it('masked: the result is the infinity, ZE set', () => {
    const { raised, state } = runOne('f30f5ec1', (s) => {
      divide(s);
      s.setU32('mxcsr', 0x1f80);
    });
    assert.equal(raised, undefined);
    assert.equal(xmm(state, 0), (ONES & ~0xffff_ffffn) | 0x7f80_0000n);
    assert.equal(state.u32('mxcsr'), 0x1f84);
  });
});

describe('SSE: alignment of 16-byte operands (SDM vol 2, table 2-21)', () => {
  const at = (offset: number) => (state: VcpuState) => state.setGpr(0, BigInt(OPERAND + offset));
  for (const [name, code] of [
    ['ADDPS', '0f5800'],
    ['MOVAPS load', '0f2800'],
    ['MOVAPS store', '0f2900'],
    ['PSHUFD', '660f700000'],
    ['MOVNTDQA', '660f382a00'],
    ['PTEST', '660f381700'],
    ['SHA256MSG1', '0f38cc00'],
    ['AESENC', '660f38dc00'],
  ] as const)
    it(`${name}: #GP where not aligned`, () => {
      assert.equal(runOne(code, at(8)).raised, Vector.GP);
      assert.equal(runOne(code, at(16)).raised, undefined);
    });
  for (const [name, code] of [
    ['MOVUPS', '0f1000'],
    ['LDDQU', 'f20ff000'],
    ['PCMPISTRI', '660f3a630000'],
    ['CVTPS2PD', '0f5a00'],
    ['PMOVSXBW', '660f382000'],
    ['ADDSS', 'f30f5800'],
  ] as const)
    it(`${name}: none needed`, () => assert.equal(runOne(code, at(3)).raised, undefined));
});
