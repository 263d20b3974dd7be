// Flags and descriptors of the usual transfers between 64-bit code of a kernel, as run/quick-transfers.ts and emit/iret-emitter.ts know them.
import { Access } from '../x86/system/bits';

export const Flag = { TF: 0x100, IF: 0x200, NT: 0x4000, RF: 0x1_0000, VM: 0x2_0000, AC: 0x4_0000 } as const;
export const IOPL = 0x3000;
/** CF PF AF ZF SF TF DF OF NT RF AC ID: what IRETQ loads at any level. VIF and VIP besides at CPL 0. */
export const RETURNED = 0x4dd5 | 0x1_0000 | 0x4_0000 | 0x20_0000;
export const VIRTUAL = 0x18_0000;
/** Present, code, accessed, 64 bits, not conforming. */
export const CODE = Access.present | Access.codeOrData | Access.code | Access.accessed | Access.L;
export const CODE_MASK = CODE | Access.DB | Access.conforming;
export const DATA = Access.present | Access.codeOrData | Access.writable | Access.accessed;
export const DATA_MASK = DATA | Access.code;
export const GRANULARITY = 1 << 23;
