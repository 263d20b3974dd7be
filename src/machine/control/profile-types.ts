// Samples of a profile as another thread gets them: where a vCPU was, and as much of its stack as is needed to say who called. Plain, structured-cloneable data.
import type { KnownStack } from '../../engine/stack-table';
import type { TraceEvent } from '../../trace/reader';
import { SAMPLED_REGISTERS } from '../../x86/sampled-registers';

/** How a profile is taken. Virtual time or instructions of each vCPU; idle time is none of it. */
export interface ProfileOptions {
  /** Distance of two samples of a vCPU: virtual ns in which it runs, or instructions that it retires. A positive integer. */
  every: number;
  unit: 'ns' | 'instructions';
  /** Bytes of the stack that are kept, from RSP upwards. */
  stackBytes: number;
}

/** What every sample's `registers` are, in this order. */
export const PROFILE_REGISTERS = SAMPLED_REGISTERS;

/** Registers that a stack in 64-bit mode is followed by where plain numbers say how; elsewhere others count as well. */
export const SAME_REGISTERS = ['rip', 'rsp', 'rbp', 'cs', 'cr3'] as const satisfies readonly (typeof PROFILE_REGISTERS)[number][];

export interface ProfileSample {
  vm: number;
  vcpu: number;
  /** Virtual time of the sample point, on the clock of the vCPU's pCPU. */
  atNs: number;
  /** The sample point on the vCPU's own count, a multiple of `every`: rises from sample to sample, and falls only where the run was gone back. */
  ordinal: number;
  /** Sample points that one exit or one slow instruction took, this one included. */
  weight: number;
  cpl: number;
  mode: string;
  /** It is a stack that was learned, of this number: registers and stack are empty. */
  known: number | undefined;
  /** An earlier sample of the batch, by its index, of the same vCPU's or another one's stack: SAME_REGISTERS and the stack are equal. */
  sameAs: number | undefined;
  /** PROFILE_REGISTERS. */
  registers: BigUint64Array;
  /** From RSP on; shorter where it is not mapped. */
  stack: Uint8Array;
  /** The sample point was in the hypervisor, on behalf of this vCPU: of the exit that it handled. */
  host: Pick<TraceEvent, 'kind' | 'fields'> | undefined;
}

/** A stack that the reader of samples need not get again. */
export interface LearnedStack extends KnownStack {
  vm: number;
}

export interface Learned {
  /** VMs whose stacks are all to be forgotten; before the others are learned. */
  forget: readonly number[];
  stacks: readonly LearnedStack[];
}

export interface ProfileBatch {
  samples: ProfileSample[];
  /** Samples are taken now. */
  options: ProfileOptions | null;
}
