// What a row of a paravirtual interface is: data that drives handlers, decoding in traces, breakpoint lists, hover help and documentation.

/** 'works', or refused to the guest in the interface's own way (error value, #GP, feature bit off). */
export type PvState = 'works' | 'refused';

/** How an argument is to be read. */
export type ArgumentType =
  | 'u64'
  | 'flags'
  | 'gpa'
  /** Address in the caller's address space: where a structure or a list is. */
  | 'pointer'
  /** Number of pages, bytes, events. */
  | 'count'
  /** Local APIC id of a vCPU. */
  | 'apic-id'
  /** Set of ids, relative to another argument. */
  | 'bitmap'
  /** Low half of an interrupt command register. */
  | 'icr'
  | 'enum';

export interface ArgumentRow {
  readonly name: string;
  readonly type: ArgumentType;
  readonly doc?: string;
  /** Of an enumeration: text of each value. */
  readonly texts?: Readonly<Record<number, string>>;
}

/** What the first argument of a call selects. */
export interface CommandRow {
  readonly nr: number;
  /** As in the header: "EVTCHNOP_send". */
  readonly symbol: string;
  readonly doc: string;
  readonly state: PvState;
  /** Its structure has the same layout for 32-bit and 64-bit callers, or there is none. */
  readonly narrow?: true;
  /** Where it is refused with something else than "no such call". */
  readonly refusal?: number;
}

/** Of Xen: kinds of guests that have the call. */
export type GuestKind = 'pv' | 'pvh' | 'hvm';

export interface HypercallRow {
  readonly nr: number;
  /** "KICK_CPU": what breakpoints and traces call it. */
  readonly name: string;
  /** "KVM_HC_KICK_CPU": in the header. */
  readonly symbol: string;
  readonly args: readonly ArgumentRow[];
  /** Who may call it. */
  readonly caller: 'CPL 0' | 'any CPL';
  readonly doc: string;
  /** What a result of 0 or more says. */
  readonly result: string;
  readonly state: PvState;
  /** Name of the feature row that must be shown to the guest. */
  readonly feature?: string;
  readonly commands?: readonly CommandRow[];
  /** All where it is not said. */
  readonly guests?: readonly GuestKind[];
}

export interface MsrRow {
  readonly index: number;
  readonly name: string;
  readonly access: 'read-write' | 'write' | 'read';
  readonly doc: string;
  readonly state: PvState;
  readonly feature?: string;
  readonly bits?: readonly { readonly low: number; readonly high: number; readonly name: string; readonly doc: string }[];
}

export interface FeatureRow {
  readonly name: string;
  readonly symbol: string;
  /** Leaf relative to the interface's base, and register. */
  readonly leaf: number;
  readonly register: 'eax' | 'ebx' | 'ecx' | 'edx';
  readonly bit: number;
  readonly doc: string;
  readonly state: PvState;
}

export interface CpuidLeafRow {
  /** Relative to the interface's base. */
  readonly leaf: number;
  readonly name: string;
  readonly doc: string;
}

export interface ErrorRow {
  readonly value: number;
  readonly name: string;
  readonly doc: string;
}

export interface InterfaceRows {
  /** As in traces and stop points: "kvm". */
  readonly name: string;
  readonly title: string;
  readonly cpuidBase: number;
  readonly cpuid: readonly CpuidLeafRow[];
  readonly features: readonly FeatureRow[];
  readonly msrs: readonly MsrRow[];
  readonly hypercalls: readonly HypercallRow[];
  /** Negative results. */
  readonly errors: readonly ErrorRow[];
}
