// What any paravirtual interface is to the machine: CPUID leaves, MSRs, hypercalls, and what happens when a vCPU is scheduled, halts or is reset.
import type { Stateful } from '../base/saved';
import type { CpuidResult } from '../x86/cpu';
import type { VcpuState } from '../x86/vcpu-state';
import type { InterfaceRows } from './types.rows';

/** A hypercall as the calling convention delivers it, before or after its handler ran. */
export interface HypercallFrame {
  /** Name of the interface that takes it. */
  readonly interface: string;
  /** Index in INTERFACE_NAMES (trace/rows): what the trace event stores. */
  readonly interfaceIndex: number;
  readonly nr: bigint;
  readonly args: readonly bigint[];
  readonly cpl: number;
}

export interface HypercallOutcome extends HypercallFrame {
  /** Signed, as the caller reads it. The handler has put it into the guest's register. */
  readonly result: bigint;
}

export interface PvConsole {
  readonly used: boolean;
  readonly isEmpty: boolean;
  push(bytes: Uint8Array): void;
}

export interface PvInterface extends Stateful {
  readonly rows: InterfaceRows;

  /** One of the interface's leaves (cpuidBase to cpuidBase + 0xff), or undefined: not one that exists. */
  cpuid(vcpu: number, leaf: number, subleaf: number): CpuidResult | undefined;

  /** Whether this interface answers for the MSR, refusing included. */
  ownsMsr(index: number): boolean;
  /** Undefined: #GP(0). */
  readMsr(vcpu: number, index: number): bigint | undefined;
  /** False: #GP(0). */
  writeMsr(vcpu: number, index: number, value: bigint): boolean;

  /** What the call at hand would be: for stop points. Changes nothing. */
  decode(state: VcpuState): HypercallFrame;
  /** Runs the call and writes its result register. `vmcall` and `vmmcall` alike. */
  hypercall(vcpu: number, state: VcpuState): HypercallOutcome;

  /** The vCPU got a pCPU; virtual time is that of the switch. */
  scheduledIn(vcpu: number): void;
  /** It lost it; `preempted`: against its will, between two instructions. */
  scheduledOut(vcpu: number, preempted: boolean): void;
  /** HLT is about to block: true where something already wakes it. */
  haltReturns(vcpu: number): boolean;
  /** The guest is about to be left for the host (a VM exit, or an interrupt that arrives): before anything looks at its local APIC. */
  exited(vcpu: number): void;
  /** The guest is about to be entered again: after the last change to its local APIC. */
  entering(vcpu: number): void;
  /** The vCPU's TSC offset changed (WRMSR to IA32_TIME_STAMP_COUNTER or IA32_TSC_ADJUST). */
  tscChanged(vcpu: number): void;
  /** INIT or power-on reset of one vCPU. */
  reset(vcpu: number): void;

  /** What a person may want to see of a vCPU beside MSRs: addresses of areas, numbers. Looking changes nothing. */
  registers?(vcpu: number): Readonly<Record<string, bigint>>;
  /** The VM is switched on or rebooted: memory is cleared, and the image not there yet. */
  powerOn?(): void;
  /** Its vCPUs were kept from running, its clocks ran on, and it goes on now. */
  guestStopped?(): void;
  /** The VM was switched off: nothing that it had under way happens any more. */
  quiet?(): void;
  /** An interrupt is to be delivered: a vector that no local APIC knows of. */
  takeInterrupt?(vcpu: number): number | undefined;
  /** The vCPU sleeps by a hypercall, which was an exit already. */
  sleepsByCall?(vcpu: number): boolean;
  /** Where what is typed goes once the guest has written there. */
  readonly console?: PvConsole;
  /** The guest can be asked by this interface to switch itself off. */
  readonly listensToPowerButton?: boolean;
  pressPowerButton?(): void;
}
