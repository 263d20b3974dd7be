// MASKMOVQ (SDM vol 2): bytes of an MMX register to DS:[rDI] where the mask's bytes have their top bit. All 8 bytes must be writable, whatever the mask says.
import type { Helper } from '../cpu';
import { TOP_MASK } from '../fpu/bits';
import { effectiveAddress } from '../general/effective-address';
import { Gpr } from '../layout';
import { waitFpu } from './fpu-environment';

const BYTES = 8;

export const maskmovq: Helper = (cpu, { addressSize, segment, reg, rm }) => {
  const { state, memory } = cpu;
  waitFpu(cpu);
  const spec = { base: Gpr.rdi, index: -1, scale: 0, displacement: 0n, ripRelative: false, addressSize, segment, noSegment: false };
  const linear = effectiveAddress(state, { ...spec, bytes: BYTES, write: true }, 0n);
  memory.probeWrite(linear, BYTES, 'current');
  const [value, mask] = [state.st(reg & 7), state.st(rm & 7)];
  for (let i = 0n; i < BYTES; i++) {
    if ((mask >> (i * 8n)) & 0x80n) memory.write(linear + i, 1, (value >> (i * 8n)) & 0xffn, 'current');
  }
  state.setU32('fsw', state.u32('fsw') & ~TOP_MASK);
  state.setU32('ftw', 0xff);
};
