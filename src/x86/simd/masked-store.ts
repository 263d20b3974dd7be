// MASKMOVDQU (SDM vol 2): bytes of a vector register to DS:[rDI] where the mask's bytes have their top bit. All 16 bytes must be writable, whatever the mask says
// (the manual leaves that to the implementation; the processors compared with do so too).
import type { Helper } from '../cpu';
import { effectiveAddress } from '../general/effective-address';
import { Gpr } from '../layout';

const BYTES = 16;

export const maskmovdqu: Helper = ({ state, memory }, { addressSize, segment, reg, rm }) => {
  const spec = { base: Gpr.rdi, index: -1, scale: 0, displacement: 0n, ripRelative: false, addressSize, segment, noSegment: false };
  const linear = effectiveAddress(state, { ...spec, bytes: 8, write: true }, 0n);
  // Alignment (where it is checked at all) and the segment limit are those of quadwords.
  memory.probeWrite(linear, 8, 'current');
  memory.probeWrite(linear + 8n, 8, 'current');
  for (let i = 0; i < BYTES; i++) {
    const byteOf = (register: number): bigint => state.ymmQuad(register, i >> 3) >> BigInt((i & 7) * 8);
    if (byteOf(rm) & 0x80n) memory.write(linear + BigInt(i), 1, byteOf(reg) & 0xffn, 'current');
  }
};
