// What the machine around a vCPU tells whoever has stop points for events. Everything here is asked and told in the middle of an instruction: nothing may change.
import type { ExitReasonName } from '../trace/exits.rows';
import type { CpuEventKind } from '../x86/cpu';
import type { Delivery } from '../x86/system/delivery';
import type { Vcpu } from './vm/vcpu';

export interface EventWatch {
  /** True: it is to wait, the run stops before it. */
  beforeDelivery(vcpu: Vcpu, delivery: Delivery): boolean;
  /** An event of the CPU, before its effects. */
  happened(vcpu: Vcpu, kind: CpuEventKind, a: bigint | number, b: bigint | number): void;
  /** RDMSR or WRMSR, or I/O, begins. */
  accesses(vcpu: Vcpu, what: 'msr' | 'port', number: number): void;
  /** A hypercall begins. */
  calls(vcpu: Vcpu, nr: number | bigint): void;
  /** Somebody is to be told of exceptions. */
  readonly watchesFaults: boolean;
  /** Somebody is to be told of interrupts. */
  readonly watchesInterrupts: boolean;
  /** Somebody is to be told of exits. */
  readonly watchesExits: boolean;
  /** Each page table that is taken into use is noted, once in a stretch at least. */
  readonly notesPaging: boolean;
  /** Exits have been served while nobody was to be told of them. */
  passed(vcpu: Vcpu, reason: ExitReasonName): void;
  /** An exit has been served. */
  exited(vcpu: Vcpu, reason: ExitReasonName, a0: number | bigint, a1: number | bigint, a2: number | bigint, result: number | bigint): void;
}
