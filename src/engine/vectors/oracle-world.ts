// The oracle's world on the engine, laid once: page tables, descriptor tables with an IDT whose handlers halt, and the system registers that user code cannot change.
import { Seg } from '../../x86/layout';
import type { VectorMachine } from './machine';
import { CODE, DATA } from './vector';

/** Guest-physical places. */
const GDT = 0x8000;
const IDT = 0x9000;
const TSS = 0xa000;
const PML4 = 0x1_0000;
const PDPT_USER = 0x1_1000;
const PD_USER = 0x1_2000;
const PT_CODE = 0x1_3000;
const PT_DATA = 0x1_4000;
const PDPT_KERNEL = 0x1_5000;
const PD_KERNEL = 0x1_6000;
export const HANDLERS = 0x2_0000;
const STACK_TOP = 0x3_1000;
export const CODE_GPA = 0x10_0000;
export const DATA_GPA = 0x10_1000;
/** Where the kernel's half maps physical 0. */
export const KERNEL = 0xffff_8000_0000_0000n;

/** Selectors as Linux has them: 32-bit code, data, 64-bit code of user level. */
export const USER_CS32 = 0x23;
export const USER_DS = 0x2b;
export const USER_CS64 = 0x33;
const KERNEL_CS = 0x10;
export const BREAKPOINT = 3;
export const SYSTEM_CALL = 0x80;
/** Gates that user code may name: INT3, INTO, and Linux's system call. */
const USER_GATES = [BREAKPOINT, 4, SYSTEM_CALL];
/** Handlers behind all vectors': where SYSCALL and SYSENTER lead. */
export const SYSCALL_ENTRY = 256;
export const SYSENTER_ENTRY = 257;
/** PE MP ET NE WP AM PG; PAE PGE OSFXSR OSXMMEXCPT FSGSBASE OSXSAVE; SCE LME LMA NXE; x87, SSE and AVX state. */
const CR0 = 0x8005_0033n;
const CR4 = 0x5_06a0n;
const EFER = 0xd01n;
const XCR0 = 7n;
const XD = 1n << 63n;
const HALT = 0xf4;

const quad = (value: bigint): Uint8Array => new Uint8Array(new BigUint64Array([BigInt.asUintN(64, value)]).buffer);

function layMemory(machine: VectorMachine): void {
  const put = (table: number, index: number, value: bigint): void => {
    machine.write(table + index * 8, quad(value));
  };
  put(PML4, 0, BigInt(PDPT_USER) | 7n);
  put(PML4, 256, BigInt(PDPT_KERNEL) | 3n);
  put(PDPT_USER, 0, BigInt(PD_USER) | 7n);
  put(PD_USER, CODE >>> 21, BigInt(PT_CODE) | 7n);
  put(PD_USER, DATA >>> 21, BigInt(PT_DATA) | 7n);
  put(PT_CODE, 0, BigInt(CODE_GPA) | 7n);
  put(PT_DATA, 0, XD | BigInt(DATA_GPA) | 7n);
  put(PT_DATA, 1, XD | BigInt(DATA_GPA + 0x1000) | 7n);
  put(PDPT_KERNEL, 0, BigInt(PD_KERNEL) | 3n);
  put(PD_KERNEL, 0, 0x83n);
  put(GDT, KERNEL_CS >> 3, 0x00af_9b00_0000_ffffn);
  put(GDT, USER_CS32 >> 3, 0x00cf_fb00_0000_ffffn);
  put(GDT, USER_DS >> 3, 0x00cf_f300_0000_ffffn);
  put(GDT, USER_CS64 >> 3, 0x00af_fb00_0000_ffffn);
  machine.write(HANDLERS, new Uint8Array((SYSENTER_ENTRY + 1) * 16).fill(HALT));
  for (let vector = 0; vector < 256; vector++) {
    const handler = KERNEL + BigInt(HANDLERS + vector * 16);
    const type = USER_GATES.includes(vector) ? 0xeen : 0x8en;
    const low = (handler & 0xffffn) | (BigInt(KERNEL_CS) << 16n) | (type << 40n) | (((handler >> 16n) & 0xffffn) << 48n);
    put(IDT, vector * 2, low);
    put(IDT, vector * 2 + 1, handler >> 32n);
  }
  machine.write(TSS + 4, quad(KERNEL + BigInt(STACK_TOP)));
  // The I/O map lies beyond the limit: no port is allowed.
  machine.write(TSS + 102, Uint8Array.of(0xff, 0xff));
}

export function layWorld(machine: VectorMachine): void {
  layMemory(machine);
  const { state } = machine;
  state.setU64('cr0', CR0);
  state.setU64('cr3', BigInt(PML4));
  state.setU64('cr4', CR4);
  state.setU64('efer', EFER);
  state.setU64('xcr0', XCR0);
  const handlers = KERNEL + BigInt(HANDLERS);
  for (const field of ['lstar', 'cstar'] as const) state.setU64(field, handlers + BigInt(SYSCALL_ENTRY * 16));
  state.setU64('sysenterEip', handlers + BigInt(SYSENTER_ENTRY * 16));
  state.setU64('sysenterCs', BigInt(KERNEL_CS));
  state.setU64('star', BigInt(KERNEL_CS) << 32n);
  state.setU64('gdtrBase', KERNEL + BigInt(GDT));
  state.setU32('gdtrLimit', 0x7f);
  state.setU64('idtrBase', KERNEL + BigInt(IDT));
  state.setU32('idtrLimit', 0xfff);
  state.setSegment(Seg.ldtr, { selector: 0, access: 0x1_0000, limit: 0, base: 0n });
  state.setSegment(Seg.tr, { selector: 0x40, access: 0x8b, limit: 0x67, base: KERNEL + BigInt(TSS) });
}
