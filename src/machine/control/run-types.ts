// Where a run is, why it stops and ends, and what a host tells while it runs. Plain, structured-cloneable data.
import type { DataTouch, StopEvent } from './stop-types';

/** Where in a run: everything before it has happened, nothing after. Total order within one VM's history. */
export interface Position {
  vm: number;
  vcpu: number;
  /** Instructions this vCPU has retired. */
  retired: number;
  /** Sequence number of the next trace event of the host. */
  event: number;
  /** Virtual time of this vCPU's pCPU. */
  virtualNs: number;
}

/** What a held VM's clocks do: TSC, kvmclock and timers stop with it, or run on, and kvmclock tells the guest that it was stopped. */
export type HeldClock = 'stops' | 'runs';

export interface VcpuRef {
  vm: number;
  vcpu: number;
}

export interface FaultInfo {
  vector: number;
  name: string;
  errorCode: number | null;
  address: bigint | null;
  cs: number;
  rip: bigint;
}

/** A hypercall as traces and stops show it. */
export interface HypercallInfo {
  interface: string;
  nr: number;
  name: string;
  args: { name: string; value: bigint; text: string }[];
}

export type StopReason =
  | { kind: 'entry' }
  | { kind: 'pause' }
  | { kind: 'step' /** An interrupt or exception was delivered instead of, or right after, the instruction. */; diverted: boolean }
  | { kind: 'breakpoint'; ids: number[] }
  | { kind: 'hypercall'; ids: number[]; call: HypercallInfo }
  | { kind: 'data'; ids: number[]; touches: DataTouch[] }
  | { kind: 'event'; ids: number[]; event: StopEvent }
  | { kind: 'triple-fault'; chain: FaultInfo[] }
  /** `held`: the user keeps vCPUs from running. */
  | { kind: 'halted-forever'; held?: boolean }
  | { kind: 'unimplemented'; text: string; rip: bigint }
  | { kind: 'limit'; what: string }
  /** The run is over; going on says so, and ends it. */
  | { kind: 'exit'; text: string }
  /** Another moment of the run, as wanted; `beginning`: nothing earlier is recorded. */
  | { kind: 'travel'; beginning: boolean };

/** How a run ended for good. `code` is the process exit status of the command line. */
export interface ExitInfo {
  reason: 'debug-exit' | 'power-off' | 'halted-forever' | 'triple-fault' | 'reset' | 'crash' | 'unimplemented' | 'limit';
  code: number;
  text: string;
}

/** Ends that a run stands at first; `exit`: any. */
export interface StopOn {
  tripleFault: boolean;
  haltedForever: boolean;
  exit?: boolean;
}

export interface StopInfo {
  reason: StopReason;
  at: VcpuRef;
  position: Position;
}

export type ConsoleStream = 'serial' | 'debug' | 'screen' | 'hvc';

export type ControlEvent =
  | { kind: 'stopped'; stop: StopInfo }
  | { kind: 'running' }
  | { kind: 'exited'; exit: ExitInfo }
  /** One VM of several has ended; the run goes on. */
  | { kind: 'vm-ended'; vm: number; exit: ExitInfo }
  /** Console output, in order; `stream` 'debug' is port 0xe9, 'screen' the text of a VGA, 'hvc' a paravirtual console. */
  | { kind: 'console'; vm: number; stream: ConsoleStream; bytes: Uint8Array }
  | { kind: 'log'; vm: number; vcpu: number; id: number; text: string }
  /** The run stands at another moment: the console shows this and nothing else. */
  | { kind: 'console-redrawn'; vm: number; bytes: Uint8Array }
  /** Host messages a person should see once (unclaimed port, dropped trace events …). */
  | { kind: 'message'; severity: 'info' | 'warning' | 'error'; text: string }
  /** What runs has come out of its recorded past: what happens from here on is new. */
  | { kind: 'present' }
  /** Samples of a profile are to be read: nothing runs until then. */
  | { kind: 'samples-wait' }
  /** The engine's thread is gone; nothing more comes. */
  | { kind: 'lost'; text: string };
