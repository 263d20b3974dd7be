// Exceptions as values: vectors, error codes, and the one throwable that instruction helpers use to raise them (SDM vol 3 ch. 7).

export const Vector = {
  DE: 0,
  DB: 1,
  NMI: 2,
  BP: 3,
  OF: 4,
  BR: 5,
  UD: 6,
  NM: 7,
  DF: 8,
  TS: 10,
  NP: 11,
  SS: 12,
  GP: 13,
  PF: 14,
  MF: 16,
  AC: 17,
  MC: 18,
  XM: 19,
  VE: 20,
  CP: 21,
} as const;

/** Page-fault error code bits. */
export const PfError = { present: 1, write: 2, user: 4, reserved: 8, fetch: 16, protectionKey: 32 } as const;

/** Thrown by helpers (never across an architectural change) and caught by the engine, which delivers it at the faulting instruction. */
export class CpuFault {
  /** Raised after a task switch: RIP is the new task's and stays. */
  inNewTask = false;

  constructor(
    readonly vector: number,
    /** undefined: the exception pushes no error code. */
    readonly errorCode?: number,
    /** CR2 for #PF. */
    readonly address?: bigint,
  ) {}
}

export const faults = {
  ud: () => new CpuFault(Vector.UD),
  nm: () => new CpuFault(Vector.NM),
  de: () => new CpuFault(Vector.DE),
  gp: (code = 0) => new CpuFault(Vector.GP, code),
  ss: (code = 0) => new CpuFault(Vector.SS, code),
  np: (code: number) => new CpuFault(Vector.NP, code),
  ts: (code: number) => new CpuFault(Vector.TS, code),
  ac: () => new CpuFault(Vector.AC, 0),
  pf: (address: bigint, code: number) => new CpuFault(Vector.PF, code, address),
} as const;

/** Thrown by a waiting x87 instruction with an unmasked exception pending where CR0.NE is clear: FERR#, not #MF (SDM vol 1 ch. 8.7.2). */
export class NumericError {}
