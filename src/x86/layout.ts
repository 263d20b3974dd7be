// Where everything of a VM stands in its one WebAssembly memory. Emitters and TypeScript both read this table; nothing else knows an offset.
//
//   0x0000_1000  the running vCPU's state (swapped in and out of its save area at a vCPU switch: its addresses are constants in decoded records)
//   0x0001_0000  save areas, one per vCPU
//   …            TLBs, frame table, decoded records and block tables (the engine's own, see engine/)
//   0x0800_0000  guest RAM, frame 0 first; the frame table says which guest frame is where

export const PAGE_SIZE = 4096;
/** Offset of guest RAM: constant, 2 MiB-aligned. */
export const RAM_BASE = 0x0800_0000;
/** The running vCPU's state. */
export const STATE = 0x1000;
/** Bytes of one vCPU's state. */
export const STATE_SIZE = 0x1000;
export const MAX_VCPUS = 16;
/** Save area of vCPU n: VCPU_SAVE + n * STATE_SIZE. */
export const VCPU_SAVE = 0x1_0000;
/** One u32 per guest-physical frame below FRAME_TABLE_FRAMES * 4 KiB: offset of the frame in this memory | kind bits (0: hole). */
export const FRAME_TABLE = 0x10_0000;
/** 5 GiB of guest-physical space. */
export const FRAME_TABLE_FRAMES = 0x14_0000;
/** First byte that the engine lays out itself (TLBs, records, block tables), up to RAM_BASE. */
export const ENGINE_ARENA = 0x80_0000;

/** Kind bits of a frame table entry; the upper 20 bits are the frame's offset in this memory. */
export const FrameKind = {
  ram: 1,
  /** Accesses call the device bus; no offset. */
  mmio: 2,
  /** Writes are dropped. */
  readOnly: 4,
  /** Decoded code exists in the frame: writes go the slow way and invalidate it. */
  code: 8,
  pageTable: 0x10,
  dirtyLog: 0x20,
  watched: 0x40,
  shared: 0x80,
  /** A hypervisor-owned page laid over the guest's (hypercall page, shared info). */
  overlay: 0x100,
  /** A page of RAM with `dirtyLog` that nothing has been written to since the memory was made: all zeroes, and not to be looked at (its first use costs a page fault). */
  blank: 0x200,
} as const;

type FieldType = 'u32' | 'u64';
let cursor = 0;
const at = (bytes: number, align = 8): number => {
  cursor = Math.ceil(cursor / align) * align;
  const here = cursor;
  cursor += bytes;
  return here;
};

/** Bytes of one segment register: selector u32 @0, access rights u32 @4 (VMX layout, SDM vol 3 table 25-2; bit 16 unusable), limit u32 @8 (scaled, in bytes), base u64 @16. */
export const SEGMENT_STRIDE = 24;
export const SegmentField = { selector: 0, access: 4, limit: 8, base: 16 } as const;

/** Offsets inside a vCPU's state. u64 unless said. */
export const S = {
  /** rax rcx rdx rbx rsp rbp rsi rdi r8…r15 (encoding order). */
  gpr: at(16 * 8, 64),
  /** Always zero: base or index of an address that has none. */
  zero: at(8),
  /** Scratch of the engine: linear base of the running block, effective addresses. */
  scratch: at(8 * 8),
  rip: at(8),
  /** Materialised RFLAGS; exact whenever TypeScript runs (the engine writes lazy flags back first and then has none pending). */
  rflags: at(8),
  /** Lazy flags (engine's own): operation u32, result, operands. */
  ccOp: at(4, 4),
  ccPad: at(4, 4),
  ccDst: at(8),
  ccSrc: at(8),
  ccAux: at(8),
  /** es cs ss ds fs gs ldtr tr (encoding order for the first six). */
  segments: at(8 * SEGMENT_STRIDE),
  gdtrBase: at(8),
  idtrBase: at(8),
  gdtrLimit: at(4, 4),
  idtrLimit: at(4, 4),
  cr0: at(8),
  cr2: at(8),
  cr3: at(8),
  cr4: at(8),
  xcr0: at(8),
  efer: at(8),
  dr: at(8 * 8),
  /** PAE page-directory-pointer registers, loaded with CR3. */
  pdpte: at(4 * 8),
  star: at(8),
  lstar: at(8),
  cstar: at(8),
  fmask: at(8),
  kernelGsBase: at(8),
  sysenterCs: at(8),
  sysenterEsp: at(8),
  sysenterEip: at(8),
  tscAux: at(8),
  pat: at(8),
  miscEnable: at(8),
  /** Bits of IA32_DEBUGCTL that do something: BTF. */
  debugCtl: at(8),
  /** TSC = host TSC + tscOffset; IA32_TSC_ADJUST moves both. */
  tscOffset: at(8),
  tscAdjust: at(8),
  /** Protection-key rights (RDPKRU, WRPKRU, XSAVE). */
  pkru: at(8),
  /** Bits for DR6 of debug traps that wait for the end of the instruction, or of the MOV SS shadow: B3 to B0, BS, BT. */
  pendingDebug: at(8),
  /** What RDRAND and RDSEED give next follows from it. */
  random: at(8),
  /** Guest-physical line that MONITOR armed | MonitorBit; 0: none. */
  monitor: at(8),
  /** IA32_MTRR_PHYSBASE0, PHYSMASK0, …, PHYSMASK7; the eleven fixed ranges; IA32_MTRR_DEF_TYPE. */
  mtrr: at(28 * 8),
  /** General-purpose counters and their IA32_PERFEVTSELx. */
  pmc: at(4 * 8),
  perfEvtSel: at(4 * 8),
  fixedCtr: at(3 * 8),
  fixedCtrCtrl: at(8),
  perfGlobalCtrl: at(8),
  perfGlobalStatus: at(8),
  /** u32: 1 while a performance counter is enabled. */
  pmuActive: at(4, 4),
  /** u32: current privilege level. */
  cpl: at(4, 4),
  /** u32: decode mode, see ModeBit. Derived by updateMode(); part of every block's key. */
  mode: at(4, 4),
  /** u32: 1 while an interrupt waits (CpuSignals.interruptPending). */
  intrPending: at(4, 4),
  /** u32: 1 while an NMI waits; 1 while NMIs are blocked until IRET. */
  nmiPending: at(4, 4),
  nmiBlocked: at(4, 4),
  /** u32: interrupt shadow after STI (1) or MOV SS / POP SS (2), gone after the next instruction. */
  shadow: at(4, 4),
  /** u32: Activity. */
  activity: at(4, 4),
  /** u32: the debugger's, see ResumeFlag. */
  resumeFlag: at(4, 4),
  /** u32: NumericErrorPin. */
  numericError: at(4, 4),
  /** Instructions retired (each REP iteration and each instruction delivered counts as the manual's retired-instruction event; see engine). */
  retired: at(8),
  /** Virtual ns charged besides one per instruction (PAUSE, VM exits). */
  extraNs: at(8),
  mxcsr: at(4, 4),
  fcw: at(4, 4),
  fsw: at(4, 4),
  /** Abridged tag byte, as FXSAVE keeps it. */
  ftw: at(4, 4),
  fop: at(4, 4),
  /** u32: FCS in the low half, FDS in the high one. */
  fpSegments: at(4, 4),
  fip: at(8),
  fdp: at(8),
  /** Eight 80-bit registers, physical order, 16 bytes apart. */
  st: at(8 * 16, 16),
  /** Sixteen 256-bit registers; XMM is the low half. */
  ymm: at(16 * 32, 32),
  /** Bytes up to here are architectural and go into digests and snapshots (scratch is zeroed first). */
  end: at(0, 64),
  /** i32 (engine's own): virtual ns left in this run. */
  remaining: at(4, 4),
} as const satisfies Record<string, number>;

/** Fields that are one u32; every other scalar is u64. */
export const U32_FIELDS: readonly (keyof typeof S)[] = [
  'ccOp',
  'gdtrLimit',
  'idtrLimit',
  'cpl',
  'mode',
  'intrPending',
  'nmiPending',
  'nmiBlocked',
  'shadow',
  'activity',
  'resumeFlag',
  'numericError',
  'pmuActive',
  'mxcsr',
  'fcw',
  'fsw',
  'ftw',
  'fop',
  'fpSegments',
];
export type StateFieldType = FieldType;

export const Gpr = {
  rax: 0,
  rcx: 1,
  rdx: 2,
  rbx: 3,
  rsp: 4,
  rbp: 5,
  rsi: 6,
  rdi: 7,
  r8: 8,
  r9: 9,
  r10: 10,
  r11: 11,
  r12: 12,
  r13: 13,
  r14: 14,
  r15: 15,
} as const;
export const Seg = { es: 0, cs: 1, ss: 2, ds: 3, fs: 4, gs: 5, ldtr: 6, tr: 7 } as const;
export const GPR_NAMES = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
] as const;
export const SEG_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const;

/** Bits of S.mode: what decoding and address computation depend on. */
export const ModeBit = {
  /** 64-bit mode (EFER.LMA and CS.L). */
  code64: 1,
  /** Default operand and address size 32 (CS.D); neither: 16. */
  code32: 2,
  /** SS.B: stack pointer is ESP (ignored in 64-bit mode). */
  stack32: 4,
  protectedMode: 8,
  virtual8086: 0x10,
  longMode: 0x20,
  /** CPL 3: uses the user TLB. */
  user: 0x40,
  /** CS, DS, ES and SS have base 0, limit 4 GiB, are readable/writable and usable: no segment check is needed (always set in 64-bit mode). */
  flat: 0x80,
  paging: 0x100,
  /** CR4.SMAP and not EFLAGS.AC while CPL < 3: supervisor data accesses to user pages fault. */
  smap: 0x200,
  /** CR0.AM, EFLAGS.AC and CPL 3. */
  alignmentCheck: 0x400,
  /** EFLAGS.TF: run one instruction at a time. */
  trap: 0x800,
  /** x87 instructions run: CR0.EM = TS = 0. */
  x87: 0x1000,
  /** SSE instructions run: CR0.EM = TS = 0 and CR4.OSFXSR. */
  sse: 0x2000,
  /** AVX instructions run: CR0.TS = 0, CR4.OSXSAVE, XCR0 bits 1 and 2. */
  avx: 0x4000,
} as const;

/** Values of S.resumeFlag, what RFLAGS.RF is to the processor's own breakpoints. 1: the next instruction's stop points are passed (the run goes on from them). 2: they
 * were passed before; the instruction was interrupted, and IRET has come back to it. */
export const ResumeFlag = { none: 0, passes: 1, again: 2 } as const;

/** Bytes of the line that MONITOR watches, and S.monitor's low bits. */
export const MONITOR_LINE_BYTES = 64;
export const MonitorBit = { armed: 1n, breakOnMasked: 2n, all: 63n } as const;

/** frozen: before a waiting x87 instruction, until an interrupt comes (SDM vol 1 ch. 8.7.2). */
export const Activity = { running: 0, halted: 1, waitForSipi: 2, shutdown: 3, mwait: 4, frozen: 5 } as const;

/** Pins of MS-DOS compatible x87 error reporting (SDM vol 1 ch. 8.7.2, app. D.2): FERR# that the processor asserts, IGNNE# that the board answers with. */
export const NumericErrorPin = { ferr: 1, ignne: 2 } as const;
