// What a host shows of itself: registers, trace, history, run states, statistics, screens. Plain, structured-cloneable data.
import type { Moment } from '../history/moment';
import type { Position, VcpuRef } from './run-types';

/** Every register of one vCPU, by the SDM's names. Segment parts are "cs", "cs.base", "cs.limit", "cs.access"; xmm are 128-bit. */
export interface RegisterFile {
  values: Record<string, bigint>;
  /** 'real' | 'virtual-8086' | 'protected16' | 'protected32' | 'compatibility16' | 'compatibility32' | 'long64'. */
  mode: string;
}

export type Space = { kind: 'virtual'; vcpu: number; cr3?: bigint } | { kind: 'linear'; vcpu: number } | { kind: 'physical' };

export interface TraceQuery {
  /** First sequence number wanted. */
  from: number;
  limit: number;
  kinds?: string[];
  vcpu?: number;
  /** True: everything behind this page is kept until the next such query, and the run waits where the ring is full. False: no longer. */
  keep?: boolean;
}

/** A trace event as panels see it: fields by name, no text for people. */
export interface TraceRecord {
  seq: number;
  kind: string;
  vm: number;
  vcpu: number;
  virtualNs: number;
  durationNs: number;
  rip: bigint;
  fields: Record<string, bigint | number | string>;
}

export interface TracePage {
  /** Oldest sequence number still there, and one past the newest. */
  first: number;
  end: number;
  dropped: number;
  records: TraceRecord[];
}

/** What is recorded to go back to. */
export interface HistoryInfo {
  recording: boolean;
  /** This moment is in the past of the run. */
  past: boolean;
  now: Moment;
  /** Earliest moment to go back to. */
  begin: Moment;
  /** As far as the run has come. */
  end: Moment;
  snapshots: number;
  /** Virtual times of the snapshots. */
  snapshotsNs: number[];
  bytes: number;
}

export type RunState = 'running' | 'runnable' | 'blocked' | 'offline';

export interface RunStateBand {
  vm: number;
  vcpu: number;
  state: RunState;
  startNs: number;
  endNs: number;
  /** pCPU while running, -1 otherwise. */
  pcpu: number;
}

export interface VcpuTimes {
  vm: number;
  vcpu: number;
  runningNs: number;
  runnableNs: number;
  blockedNs: number;
  offlineNs: number;
  /** Of runningNs: spent by the hypervisor on this vCPU's behalf. */
  hypervisorNs: number;
}

export interface ExitTotals {
  reason: string;
  count: number;
  virtualNs: number;
}

/** Where a pCPU's time went, up to the host's virtual time. */
export interface PcpuTimes {
  pcpu: number;
  online: boolean;
  vcpusNs: number;
  neighboursNs: number;
  idleNs: number;
}

/** Pay per use: what one VM has had of its host. */
export interface VmUsageTotals {
  vm: number;
  name: string;
  /** CPU time in which its own code ran, … */
  guestCpuNs: number;
  /** … and in which the hypervisor worked on its behalf. */
  hypervisorCpuNs: number;
  /** MiB of memory times ns for which it had them. */
  memoryMibNs: number;
  exits: number;
  consoleBytes: number;
}

/** The clock that a guest makes of a periodic timer's ticks, beside virtual time. */
export interface TickClock {
  vm: number;
  /** -1: of no vCPU. */
  vcpu: number;
  source: 'lapic' | 'pit' | 'rtc' | 'hpet';
  ticks: number;
  /** Of those the ones that the guest has not seen. */
  lost: number;
  behindNs: number;
  /** When it fell behind, or caught up. */
  points: { atNs: number; behindNs: number }[];
}

export interface HostStatistics {
  virtualNs: number;
  instructions: number;
  vcpus: VcpuTimes[];
  exits: ExitTotals[];
  pcpus: PcpuTimes[];
  usage: VmUsageTotals[];
  /** Periodic timers that have ticked. */
  ticks: TickClock[];
  traceDropped: number;
  /** Instructions, dispatches and so on of the engine, by VM. */
  engine: { vm: number; counters: Record<string, number> }[];
}

export interface VcpuInfo extends VcpuRef {
  name: string;
  runState: RunState;
  /** 'running' | 'halted' | 'frozen (FERR#)' | 'wait-for-SIPI' | 'shutdown'. */
  activity: string;
  /** Kept from running by the user; 'gone': taken out of the machine. */
  hold: 'none' | 'held' | 'gone';
  /** All of its VM is held. */
  vmHeld: boolean;
  rip: bigint;
  linearRip: bigint;
  cpl: number;
  mode: string;
  position: Position;
}

/** What a VM's display shows. */
export type ScreenView =
  | { kind: 'none' }
  | {
      kind: 'text';
      columns: number;
      rows: number;
      /** Character (code page 437) and attribute, row by row. */
      cells: Uint8Array;
      cursor: { column: number; row: number; startLine: number; endLine: number } | null;
      cellLines: number;
      blink: boolean;
      /** Red, green, blue of the 16 colours. */
      palette: Uint8Array;
    }
  | { kind: 'framebuffer'; gpa: number; width: number; height: number; pitchBytes: number };
