// One vCPU of the real engine arranged as the oracle arranges its process: code and data windows at CPL 3, nothing beside them; every exception ends in a HLT.
import type { CpuEngine } from '../../src/engine/cpu-engine';
import type { CpuHost } from '../../src/x86/cpu';
import { Activity, Seg } from '../../src/x86/layout';
import { updateMode } from '../../src/x86/system/mode';
import type { VcpuState } from '../../src/x86/vcpu-state';
import { CODE, DATA, DATA_SIZE } from './vector';

export const RAM = 0x10_0000;
const PML4 = 0x1000;
const IDT = 0x1_0000;
const GDT = 0x1_1000;
const TSS = 0x1_2000;
const HANDLERS = 0x1_3000;
const STACK_TOP = 0x1_6000;
export const CODE_GPA = 0x2_0000;
export const DATA_GPA = 0x2_1000;
/** Supervisor alias of physical memory, where a vector never points. */
const KERNEL = 0xffff_f000_0000_0000n;
const TABLE = 0x7n;
const NX = 1n << 63n;

/** A host for code that never crosses the border to it. */
export const quietHost = (): CpuHost => ({
  portIn: () => 0xff,
  portOut: () => undefined,
  mmioRead: () => 0xff,
  mmioWrite: () => undefined,
  readMsr: () => undefined,
  writeMsr: () => false,
  cpuid: () => ({ eax: 0, ebx: 0, ecx: 0, edx: 0 }),
  hostTsc: () => 0n,
  hypercall: () => false,
  acknowledgeInterrupt: () => undefined,
  readTpr: () => 0,
  writeTpr: () => undefined,
  event: () => undefined,
});

const words = (...values: bigint[]): Uint8Array => {
  const view = new DataView(new ArrayBuffer(values.length * 8));
  values.forEach((value, i) => {
    view.setBigUint64(i * 8, BigInt.asUintN(64, value), true);
  });
  return new Uint8Array(view.buffer);
};

/** Page tables, IDT, GDT and TSS in guest memory. */
const furnish = (engine: CpuEngine): void => {
  const put = (gpa: number, ...values: bigint[]): void => void engine.memory.write(gpa, words(...values));
  const entry = (table: number, index: number, value: bigint): void => put(table + index * 8, value);
  // 0x1000 PML4; 0x2000 PDPT, 0x3000 code PD, 0x4000 data PD, 0x5000 code PT, 0x6000 data PT; 0x7000 kernel PDPT, 0x8000 kernel PD
  entry(PML4, 0, 0x2000n | TABLE);
  entry(0x2000, 0, 0x3000n | TABLE);
  entry(0x3000, CODE >>> 21, 0x5000n | TABLE);
  entry(0x3000, DATA >>> 21, 0x6000n | TABLE);
  entry(0x5000, 0, BigInt(CODE_GPA) | TABLE);
  for (let page = 0; page < DATA_SIZE >> 12; page++) entry(0x6000, page, BigInt(DATA_GPA + page * 4096) | TABLE | NX);
  entry(PML4, Number((KERNEL >> 39n) & 511n), 0x7000n | 3n);
  entry(0x7000, 0, 0x8000n | 3n);
  entry(0x8000, 0, 0x83n);
  for (let vector = 0; vector < 256; vector++) {
    const handler = KERNEL + BigInt(HANDLERS + vector * 16);
    const dpl = vector === 3 ? 3n : 0n;
    const low = (handler & 0xffffn) | (0x10n << 16n) | ((0x8en | (dpl << 5n)) << 40n) | (((handler >> 16n) & 0xffffn) << 48n);
    put(IDT + vector * 16, low, handler >> 32n);
    engine.memory.write(HANDLERS + vector * 16, Uint8Array.of(0xf4));
  }
  // as Linux has them: null, null, kernel code 64 (0x10), null, user code 32 (0x23), user data (0x2b), user code 64 (0x33)
  put(GDT, 0n, 0n, 0x00af_9b00_0000_ffffn, 0n, 0x00cf_fb00_0000_ffffn, 0x00cf_f300_0000_ffffn, 0x00af_fb00_0000_ffffn);
  const rsp0 = KERNEL + BigInt(STACK_TOP);
  engine.memory.write(TSS + 4, words(rsp0));
};

const flat = { limit: 0xffff_ffff, base: 0n };

/** Registers of the system; general registers, RIP and flags are the vector's. */
export const enterUser = (state: VcpuState, wide: boolean): void => {
  state.setU64('cr0', 0x8005_0033n);
  state.setU64('cr3', BigInt(PML4));
  state.setU64('cr4', 0x620n);
  state.setU64('efer', 0xd00n);
  state.setU64('idtrBase', KERNEL + BigInt(IDT));
  state.setU32('idtrLimit', 0xfff);
  state.setU64('gdtrBase', KERNEL + BigInt(GDT));
  state.setU32('gdtrLimit', 0x37);
  state.setSegment(Seg.cs, { selector: wide ? 0x33 : 0x23, access: wide ? 0xa0fb : 0xc0fb, ...flat });
  for (const segment of [Seg.ss, Seg.ds, Seg.es]) state.setSegment(segment, { selector: 0x2b, access: 0xc0f3, ...flat });
  for (const segment of [Seg.fs, Seg.gs]) state.setSegment(segment, { selector: 0, access: wide ? 0xc0f3 : 0x1_0000, ...flat });
  state.setSegment(Seg.ldtr, { selector: 0, access: 0x1_0000, limit: 0, base: 0n });
  state.setSegment(Seg.tr, { selector: 0x40, access: 0x8b, limit: 0x67, base: KERNEL + BigInt(TSS) });
  state.setU32('cpl', 3);
  state.setU32('activity', Activity.running);
  state.setU32('shadow', 0);
  state.setU32('mxcsr', 0x1f80);
  state.setU32('fcw', 0x37f);
  state.setU32('fsw', 0);
  state.setU32('ftw', 0);
  updateMode(state);
};

export interface End {
  vector: number;
  error: bigint | undefined;
  rip: bigint;
  rflags: bigint;
  rsp: bigint;
}

const PUSHES_ERROR = new Set([8, 10, 11, 12, 13, 14, 17, 21]);

/** After the handler's HLT: which vector, and the frame that delivery pushed. */
export const readEnd = (engine: CpuEngine, state: VcpuState): End => {
  const vector = (Number(state.u64('rip') - KERNEL) - 1 - HANDLERS) >> 4;
  const gpa = Number(state.gpr(4) - KERNEL);
  const frame = new DataView(engine.memory.read(gpa, 48)!.buffer);
  const word = (i: number): bigint => frame.getBigUint64(i * 8, true);
  const shift = PUSHES_ERROR.has(vector) ? 1 : 0;
  return { vector, error: shift ? word(0) : undefined, rip: word(shift), rflags: word(shift + 2), rsp: word(shift + 3) };
};

/** Everything of a fresh machine, ready for vectors. */
export const furnished = (engine: CpuEngine): CpuEngine => {
  furnish(engine);
  return engine;
};
