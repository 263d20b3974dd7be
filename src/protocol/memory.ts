// The Memory panel's requests: which memory, its bytes, changing them, and breakpoints that panels set.
import type { Hex } from './wire';

/** virtual: as the debugger's expressions mean it (before paging, linked addresses are where they were loaded); linear: exactly what the CPU makes of it. */
export type MemorySpace = 'virtual' | 'linear' | 'physical';

export interface MemoryPlace {
  vcpu: number;
  space: MemorySpace;
  /** Root of the page tables for virtual addresses; null: those that the vCPU has now. */
  cr3: Hex | null;
}

export interface MemoryAddressArguments {
  vcpu: number;
  /** A number, a register, a symbol, a C expression, or one behind a segment: "ss:rsp". */
  text: string;
  /** The same for the page tables; empty: those of now. */
  cr3: string;
}
export interface MemoryAddressAnswer {
  address: Hex;
  cr3: Hex | null;
  symbol: string;
}

export interface MemoryArguments extends MemoryPlace {
  address: Hex;
  length: number;
}
export interface MemoryAnswer {
  address: Hex;
  length: number;
  /** What can be read, in order; between the pieces nothing can. */
  pieces: {
    offset: number;
    /** base64 */
    bytes: string;
    /** base64: the same bytes at the stop before, where they were looked at then and differ. */
    before: string | null;
  }[];
}

export interface ChangeMemoryArguments extends MemoryPlace {
  address: Hex;
  /** base64 */
  bytes: string;
}

/** What a panel can break on. */
export type PanelBreakpoint =
  | ({ kind: 'data'; address: Hex; length: number; access: 'read' | 'write' | 'access' } & MemoryPlace)
  /** An interrupt or exception with this vector, before it is delivered. */
  | { kind: 'vector'; vector: number };
export interface PanelBreakpointsArguments {
  add?: PanelBreakpoint;
  /** By its id in the answer. */
  remove?: number;
}
export interface PanelBreakpointsAnswer {
  breakpoints: {
    id: number;
    /** "counter, 4 bytes, write"; "vector 0x20" */
    text: string;
    verified: boolean;
    message: string;
    /** Of those on a vector. */
    vector: number | null;
  }[];
}
