// Bits of paging-structure entries (SDM vol 3 ch. 5) and of control registers, as the page walkers in WebAssembly use them.
import { PHYSICAL_ADDRESS_BITS } from '../../x86/system/bits';

export const P = 1;
export const W = 2;
export const U = 4;
export const A = 0x20;
export const D = 0x40;
export const PS = 0x80;
export const G = 0x100;
export const NX = 1n << 63n;
/** Bits 51:MAXPHYADDR. */
export const RESERVED = (1n << 52n) - (1n << BigInt(PHYSICAL_ADDRESS_BITS));
/** Between the PAT bit and the page's address. */
export const RESERVED_2M = 0x001f_e000;
export const RESERVED_1G = 0x3fff_e000;
export const FRAME_NUMBER = 0xff_ffff_ffffn;
/** Bits of a frame number that are an offset in a large page. */
export const SPAN_2M = 0x1ff;
export const SPAN_1G = 0x3_ffff;

export const CR0_WP = 1 << 16;
export const CR4_PAE = 1 << 5;
export const CR4_PGE = 1 << 7;
export const CR4_LA57 = 1 << 12;
export const CR4_SMEP = 1 << 20;
export const CR4_PKE = 1 << 22;
export const EFER_NXE = 1 << 11;
