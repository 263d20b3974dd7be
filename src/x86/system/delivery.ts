// What is delivered through the IDT, and the properties of it that decide error codes, RFLAGS.RF and privilege checks (SDM vol 3 ch. 7.3, 7.13, 19.3.1.1).
import { type CpuFault, Vector } from '../fault';
import { Rflags } from './bits';

export interface Delivery {
  vector: number;
  /** 'int1' is INT1 (ICEBP): like an exception, no DPL check. */
  kind: 'exception' | 'interrupt' | 'nmi' | 'int-n' | 'int3' | 'into' | 'int1';
  errorCode?: number | undefined;
  /** CR2 of a page fault. */
  address?: bigint | undefined;
  /** Bits to set in DR6 for #DB. */
  dr6?: bigint | undefined;
}

export const fromFault = (fault: CpuFault): Delivery => ({
  vector: fault.vector,
  kind: 'exception',
  errorCode: fault.errorCode,
  address: fault.address,
});

/** INT n, INT3, INTO: the gate's DPL is checked against CPL, and EXT is 0 in the error codes of a failed delivery. */
export const isSoftware = (d: Delivery): boolean => d.kind === 'int-n' || d.kind === 'int3' || d.kind === 'into';
export const extOf = (d: Delivery): number => (isSoftware(d) ? 0 : 1);

/** Error code that names an IDT entry: vector * 8, IDT bit, EXT. */
export const gateError = (d: Delivery): number => d.vector * 8 + 2 + extOf(d);

/**
 * The flags that are pushed. RF is 1 for faults other than debug exceptions; elsewhere it is what it was: IRET may have set it for the instruction that has
 * not begun, and it is set between two iterations of a string instruction (SDM vol 3 ch. 19.3.1.1).
 */
export function pushedFlags(rflags: bigint, d: Delivery): bigint {
  const fault = d.kind === 'exception' && d.vector !== Vector.DB && d.vector !== Vector.MC;
  return fault ? rflags | Rflags.RF : rflags;
}
