// FXSAVE and XSAVE areas as a whole: what is written and what is not, areas across pages, areas that breakpoints look at, PKRU by XRSTOR
// (SDM vol 1 ch. 10.5, 13.5, 13.7, 13.8; vol 3 ch. 5.6.2).
import assert from 'node:assert/strict';
import { S } from '../../src/x86/layout';
import { updateMode } from '../../src/x86/system/mode';
import type { VcpuState } from '../../src/x86/vcpu-state';
import { BareMachine } from './bare-machine';

const CODE = 0x1_0000;
const AREA = 0x3_0f00;
const SAVED = { fxsave: 416, xsave: 832 } as const;
const CODES = { fxsave: ['480fae03', '480fae0b'], xsave: ['480fae23', '480fae2b'] } as const;

function machineWith(code: string, cr4 = 0x4_0620n): BareMachine {
  const machine = new BareMachine();
  const state = machine.longMode();
  state.setU64('cr4', cr4);
  state.setU64('xcr0', 0x207n);
  updateMode(state);
  machine.write(CODE, code);
  state.setU64('rip', BigInt(CODE));
  state.setGpr(0, 7n);
  state.setGpr(1, 0x5_0000n);
  state.setGpr(2, 0n);
  state.setGpr(3, BigInt(AREA));
  state.setGpr(4, 0x2_0000n);
  return machine;
}
/** Every register of its own value. */
function fill(state: VcpuState): void {
  for (let i = 0; i < 8; i++) state.setSt(i, (BigInt(0x4000 + i) << 64n) | (0x8000_0000_0000_0000n + BigInt(i)));
  for (let i = 0; i < 16; i++) for (let quad = 0; quad < 4; quad++) state.setYmmQuad(i, quad, BigInt(0x1111 * (i * 4 + quad + 1)));
  for (const [field, value] of [
    ['fcw', 0x27f],
    ['fsw', 0x2800],
    ['ftw', 0x0f],
    ['fop', 0x123],
    ['mxcsr', 0x9fc0],
  ] as const)
    state.setU32(field, value);
  state.setU64('fip', 0x1234_5678_9abcn);
  state.setU64('fdp', 0xabcd_ef01n);
}
const bytesOf = (machine: BareMachine, from: number, length: number): number[] => {
  const bytes = new Uint8Array(length);
  machine.state.copyOut(from, bytes, 0, length);
  return [...bytes];
};
const vectors = (machine: BareMachine): number[] => bytesOf(machine, S.ymm, 512);
const x87 = (machine: BareMachine): number[] => bytesOf(machine, S.mxcsr, S.st + 128 - S.mxcsr);

describe('engine: FXSAVE and XSAVE areas', () => {
  for (const kind of ['fxsave', 'xsave'] as const) {
    const [save, restore] = CODES[kind];
    it(`${kind}: across two pages, and back`, () => {
      const machine = machineWith(`${save}${restore}f4`);
      machine.write(AREA, new Uint8Array(1024).fill(kind === 'xsave' ? 0 : 0xee));
      fill(machine.state);
      const before = [vectors(machine), x87(machine)];
      machine.run(1);
      const rest = machine.read(AREA + SAVED[kind], 64);
      assert.deepEqual([...rest], new Array(64).fill(kind === 'xsave' ? 0 : 0xee), 'what is behind is not touched');
      for (let i = 0; i < 8; i++) machine.state.setSt(i, 0n);
      for (let i = 0; i < 16; i++) for (let quad = 0; quad < (kind === 'xsave' ? 4 : 2); quad++) machine.state.setYmmQuad(i, quad, 0n);
      for (const field of ['fcw', 'fsw', 'ftw', 'fop'] as const) machine.state.setU32(field, 0);
      machine.state.setU32('mxcsr', 0x1f80);
      machine.run(1);
      assert.deepEqual([vectors(machine), x87(machine)], before);
    });

    it(`${kind}: the same bytes where a data breakpoint makes every access looked at`, () => {
      const images = [0n, 0x402n | (3n << 16n) | (3n << 18n)].map((dr7) => {
        const machine = machineWith(`${save}f4`);
        fill(machine.state);
        machine.state.setDr(0, 0x7_0000n);
        machine.state.setDr(7, dr7);
        machine.run(1);
        return [...machine.read(AREA, 1024)];
      });
      assert.deepEqual(images[1], images[0]);
    });
  }

  it('XRSTOR of PKRU counts for pages that were read before', () => {
    const load = '8a01';
    const machine = machineWith(`${load}480fae2b${load}f4`, 0x44_0620n);
    machine.state.setGpr(0, 0x200n);
    machine.write(AREA + 512, [0, 2, 0, 0, 0, 0, 0, 0]);
    machine.write(AREA + 0xa80, [1]);
    let code = -1;
    machine.host.onEvent = (kind, a, b) => {
      if (kind === 'exception' && a === 14 && code < 0) code = Number(b);
    };
    machine.run(2);
    assert.equal(machine.state.u64('pkru'), 1n);
    assert.equal(code, -1);
    machine.run(1);
    assert.equal(code, 0x21, 'protection key, present');
  });
});
