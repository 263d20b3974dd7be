// Bits of the control registers, RFLAGS, EFER and the segment access rights, by the manual's names (SDM vol 3 ch. 2.3, 2.5, 2.2.1; table 25-2).

export const Cr0 = {
  PE: 1n << 0n,
  MP: 1n << 1n,
  EM: 1n << 2n,
  TS: 1n << 3n,
  ET: 1n << 4n,
  NE: 1n << 5n,
  WP: 1n << 16n,
  AM: 1n << 18n,
  NW: 1n << 29n,
  CD: 1n << 30n,
  PG: 1n << 31n,
} as const;

export const Cr4 = {
  VME: 1n << 0n,
  PVI: 1n << 1n,
  TSD: 1n << 2n,
  DE: 1n << 3n,
  PSE: 1n << 4n,
  PAE: 1n << 5n,
  MCE: 1n << 6n,
  PGE: 1n << 7n,
  PCE: 1n << 8n,
  OSFXSR: 1n << 9n,
  OSXMMEXCPT: 1n << 10n,
  UMIP: 1n << 11n,
  LA57: 1n << 12n,
  VMXE: 1n << 13n,
  SMXE: 1n << 14n,
  FSGSBASE: 1n << 16n,
  PCIDE: 1n << 17n,
  OSXSAVE: 1n << 18n,
  SMEP: 1n << 20n,
  SMAP: 1n << 21n,
  PKE: 1n << 22n,
  CET: 1n << 23n,
} as const;

export const Efer = { SCE: 1n << 0n, LME: 1n << 8n, LMA: 1n << 10n, NXE: 1n << 11n } as const;

export const Rflags = {
  CF: 1n << 0n,
  fixed: 1n << 1n,
  PF: 1n << 2n,
  AF: 1n << 4n,
  ZF: 1n << 6n,
  SF: 1n << 7n,
  TF: 1n << 8n,
  IF: 1n << 9n,
  DF: 1n << 10n,
  OF: 1n << 11n,
  IOPL: 3n << 12n,
  NT: 1n << 14n,
  RF: 1n << 16n,
  VM: 1n << 17n,
  AC: 1n << 18n,
  VIF: 1n << 19n,
  VIP: 1n << 20n,
  ID: 1n << 21n,
} as const;

/** Segment access rights (SegmentRegister.access). */
export const Access = {
  type: 0xf,
  accessed: 1,
  /** Data: writable. Code: readable. */
  writable: 2,
  readable: 2,
  /** Data: expand-down. Code: conforming. */
  expandDown: 4,
  conforming: 4,
  code: 8,
  /** S: code or data; clear: system. */
  codeOrData: 0x10,
  dplShift: 5,
  dpl: 0x60,
  present: 0x80,
  L: 0x2000,
  DB: 0x4000,
  G: 0x8000,
  unusable: 0x1_0000,
} as const;

/** System descriptor types (SDM vol 3 table 3-2). */
export const SystemType = {
  tss16Available: 1,
  ldt: 2,
  tss16Busy: 3,
  callGate16: 4,
  taskGate: 5,
  interruptGate16: 6,
  trapGate16: 7,
  tss32Available: 9,
  tss32Busy: 11,
  callGate32: 12,
  interruptGate32: 14,
  trapGate32: 15,
} as const;

/** CPUID 80000008h: guest-physical address bits above these are reserved in CR3 and paging structures. */
export const PHYSICAL_ADDRESS_BITS = 40;

export const dplOf = (access: number): number => (access & Access.dpl) >> Access.dplShift;
