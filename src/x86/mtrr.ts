// Memory-type range registers (SDM vol 3 ch. 13.11.2): kept and checked. All memory is write-back whatever they say, as caches are not modelled.
import { PHYSICAL_ADDRESS_BITS } from './system/bits';
import type { VcpuState } from './vcpu-state';

export type MtrrForm = 'base' | 'mask' | 'fixed' | 'default';

export const MTRR_VARIABLE = 8;
export const MTRR_FIXED = 11;
/** Places in S.mtrr. */
export const MtrrSlot = { variable: 0, fixed: MTRR_VARIABLE * 2, default: MTRR_VARIABLE * 2 + MTRR_FIXED } as const;

/** UC, WC, WT, WP, WB. */
const TYPES: readonly bigint[] = [0n, 1n, 4n, 5n, 6n];
const ADDRESS = ((1n << BigInt(PHYSICAL_ADDRESS_BITS)) - 1n) & ~0xfffn;
const VALID = 1n << 11n;
const FIXED_ENABLE = 1n << 10n;
/** As firmware leaves them: MTRRs and fixed ranges enabled, all write-back. */
const DEFAULT_RESET = 0xc06n;
const ALL_WRITE_BACK = 0x0606_0606_0606_0606n;

const isType = (value: bigint): boolean => TYPES.includes(value & 0xffn);

/** False: a reserved bit or type, #GP(0). */
export function mtrrAllows(form: MtrrForm, value: bigint): boolean {
  switch (form) {
    case 'base':
      return isType(value) && (value & ~(ADDRESS | 0xffn)) === 0n;
    case 'mask':
      return (value & ~(ADDRESS | VALID)) === 0n;
    case 'default':
      return isType(value) && (value & ~(0xffn | FIXED_ENABLE | VALID)) === 0n;
    case 'fixed':
      for (let byte = 0n; byte < 8n; byte++) if (!isType(value >> (byte * 8n))) return false;
      return true;
  }
}

export function resetMtrrs(state: VcpuState): void {
  for (let slot = 0; slot < MtrrSlot.fixed; slot++) state.setQuad('mtrr', slot, 0n);
  for (let n = 0; n < MTRR_FIXED; n++) state.setQuad('mtrr', MtrrSlot.fixed + n, ALL_WRITE_BACK);
  state.setQuad('mtrr', MtrrSlot.default, DEFAULT_RESET);
}
