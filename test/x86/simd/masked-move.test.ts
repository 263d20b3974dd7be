// Lanes of masked moves behind the end of what 32-bit addresses reach (seed 505890967 of the differential suite): in 64-bit code the address size ends with the operand's start.
import assert from 'node:assert/strict';
import { Vector } from '../../../src/x86/fault';
import { runOne } from './one-instruction';

const LAST_MASK = 1n << 63n;

describe('masked moves across 4 GiB', () => {
  for (const [name, code] of [
    ['VPMASKMOVQ load', '67c4e2f58c00'],
    ['VPMASKMOVQ store', '67c4e2f58e00'],
  ] as const)
    it(`${name}: the lane behind it is at 1_0000_000EH`, () => {
      const { raised, state } = runOne(code, (s) => {
        s.setU64('cr4', s.u64('cr4') | (1n << 18n));
        s.setU64('xcr0', 7n);
        s.setGpr(0, 0xffff_fff6n);
        // YMM1, the mask: its last lane, 24 bytes on.
        s.setYmmQuad(1, 3, LAST_MASK);
      });
      assert.equal(raised, Vector.PF);
      assert.equal(state.u64('cr2'), 0x1_0000_000en);
    });
});
