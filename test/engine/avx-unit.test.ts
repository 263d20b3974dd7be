// Which exception AVX instructions raise while they may not run: CR4.OSXSAVE, XCR0, CR0.TS and EM, the mode (SDM vol 2, table 2-14 and the exception types).
import assert from 'node:assert/strict';
import { Vector } from '../../src/x86/fault';
import { updateMode } from '../../src/x86/system/mode';
import { BareMachine } from './bare-machine';

const CODE = 0x8000;
const OSXSAVE = 1n << 18n;
const TS = 8n;
const EM = 4n;
/** VADDPS ymm0, ymm1, ymm2; HLT */
const VADDPS = [0xc5, 0xf4, 0x58, 0xc2, 0xf4];
/** VADDPS zmm0, zmm1, zmm2 (EVEX) */
const EVEX_VADDPS = [0x62, 0xf1, 0x74, 0x48, 0x58, 0xc2, 0xf4];
/** ANDN eax, ebx, ecx; HLT */
const ANDN = [0xc4, 0xe2, 0x60, 0xf2, 0xc1, 0xf4];

/** The first exception's vector, or undefined. */
function firstException(code: readonly number[], prepare: (machine: BareMachine) => void): number | undefined {
  const machine = new BareMachine();
  machine.engine.memory.write(CODE, Uint8Array.from(code));
  prepare(machine);
  machine.state.setU64('rip', BigInt(CODE));
  let vector: number | undefined;
  machine.host.onEvent = (kind, a) => {
    if (kind === 'exception') vector ??= Number(a);
  };
  machine.run(100);
  return vector;
}
const long =
  (cr0: bigint, cr4: bigint, xcr0: bigint) =>
  (machine: BareMachine): void => {
    const state = machine.longMode();
    state.setU64('cr0', state.u64('cr0') | cr0);
    state.setU64('cr4', state.u64('cr4') | cr4);
    state.setU64('xcr0', xcr0);
    updateMode(state);
  };

describe('AVX unit', () => {
  it('runs with CR4.OSXSAVE and SSE and AVX state in XCR0, whatever CR0.EM says', () => {
    assert.equal(firstException(VADDPS, long(0n, OSXSAVE, 7n)), undefined);
    assert.equal(firstException(VADDPS, long(EM, OSXSAVE, 7n)), undefined);
  });
  it('#UD without CR4.OSXSAVE, or without AVX state, also with CR0.TS', () => {
    assert.equal(firstException(VADDPS, long(0n, 0n, 7n)), Vector.UD);
    assert.equal(firstException(VADDPS, long(0n, OSXSAVE, 3n)), Vector.UD);
    assert.equal(firstException(VADDPS, long(TS, OSXSAVE, 3n)), Vector.UD);
  });
  it('#NM with CR0.TS', () => assert.equal(firstException(VADDPS, long(TS, OSXSAVE, 7n)), Vector.NM));
  it('BMI instructions need none of it', () => assert.equal(firstException(ANDN, long(TS, 0n, 1n)), undefined));
  it('EVEX is #UD: no model has AVX-512', () => assert.equal(firstException(EVEX_VADDPS, long(0n, OSXSAVE, 7n)), Vector.UD));
  it('VEX prefixes are LES and LDS, #UD with a register operand, in real mode', () => {
    const real = (machine: BareMachine): void => {
      const { state } = machine;
      state.setU64('cr0', 0x10n);
      updateMode(state);
    };
    assert.equal(firstException(ANDN, real), Vector.UD);
  });
});
