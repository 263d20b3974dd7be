// The types by which another thread drives a host: configuration, commands, stops, registers. Plain, structured-cloneable data.
import type { Moment } from '../history/moment';
import type { PolicyName } from '../sched/policies.rows';
import type { DataAccess, DataTouch, EventClass, StopEvent } from './stop-types';

export type { MappedRange } from '../../x86/paging/mapped-ranges';
export type { Walk, WalkStep } from '../../x86/paging/walk';
export type { TrailStep } from '../history/journey';
export type { Moment } from '../history/moment';
export type { Destination } from '../history/travel';
export type { PolicyName } from '../sched/policies.rows';

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

export interface VcpuRef {
  vm: number;
  vcpu: number;
}

export interface NeighbourConfig {
  /** Fraction of one pCPU wanted, 0 to 1. */
  duty: number;
  /** True: takes its duty whatever others want; false: demand under fair share. */
  absolute: boolean;
  periodNs: number;
  pcpu: number;
  weight: number;
}

/** What changes while the host runs; a logged input. `null`: none (any more). */
export interface SchedulingChange {
  /** Of this VM; not given: the host. */
  vm?: number;
  /** Only of this vCPU: weight, vcpuCap, affinity. */
  vcpu?: number;
  weight?: number;
  cap?: number | null;
  vcpuCap?: number | null;
  affinity?: number[] | null;
  /** Physical CPUs of the host. */
  pcpus?: number;
}

/** What a user does to a VM of several. */
export type MachineAction = 'restart' | 'switch-off';

export interface SchedulingInfo {
  policy: PolicyName;
  pcpus: number;
  vms: {
    name: string;
    cap: number | null;
    vcpus: { weight: number; cap: number | null; affinity: number[] | null }[];
  }[];
}

export interface ModuleConfig {
  path: string;
  args: string;
  bytes: Uint8Array;
}

/** A file that fw_cfg hands to the guest. */
export interface FwCfgConfig {
  /** "opt/org.example/name" */
  name: string;
  bytes: Uint8Array;
}

export interface VmConfig {
  name: string;
  image: { path: string; bytes: Uint8Array };
  boot: 'auto' | 'pvh' | 'linux' | 'linux32' | 'multiboot' | 'multiboot2';
  /** A bzImage is unpacked by the loader and entered by PVH. */
  fastBoot?: boolean;
  modules: ModuleConfig[];
  append: string;
  memory: number;
  maxMemory: number;
  vcpus: number;
  maxVcpus: number;
  hypervisor: 'kvm' | 'xen' | 'none';
  /** Execution model: which events exit, and at what cost. */
  model: 'hw' | 'trap' | 'pv';
  /** What exits cost: the name of a table of this model; its round one where it is not given. */
  costs?: string;
  cpu: string;
  /** Of each of its vCPUs. */
  weight: number;
  /** Percent of one pCPU that all its vCPUs together may use; not given: no cap. */
  cap?: number;
  /** The same for each of its vCPUs. */
  vcpuCap?: number;
  /** pCPUs that its vCPUs may run on; not given: all. */
  affinity?: number[];
  /** Which devices there are: minimal where not said. */
  machine?: 'minimal' | 'pc';
  /** What the console is: the serial port, the screen and keyboard, or both (typed text then goes to the serial port). Default: both. */
  consoleDevice?: 'serial' | 'vga' | 'both';
  fwCfg?: FwCfgConfig[];
  onReset: 'stop' | 'reboot';
  rtcBaseUnixSeconds: number;
}

export interface HostConfig {
  pcpus: number;
  /** How vCPUs are scheduled; weighted fair where it is not given. */
  policy?: PolicyName;
  neighbours: NeighbourConfig[];
  seed: number;
  vms: VmConfig[];
  /** Stop with reason 'limit' at the latest after so many instructions of all vCPUs. */
  maxInstructions?: number;
  traceCapacity: number;
  sharedMemory: boolean;
  /** How guest code is run: see `Tier` of the engine; interpreter where it is not given. No result depends on it. */
  tier?: 'interpreter' | 'auto' | 'jit';
  /** Compiled code counts and is kept, for people to look at. */
  regionProfile?: boolean;
  /** Compiled code counts its instructions, for the statistics. */
  tierStatistics?: boolean;
}

/** A small expression program, run in the engine's thread when a stop point is reached (conditions, hit counts, log points). Stack machine over unsigned 64-bit values. */
export type ProgramOp =
  | { op: 'const'; value: bigint }
  /** Any name of RegisterFile.values ("rax", "cr3", "cs.base", "cpl"). */
  | { op: 'register'; name: string }
  /** Pops an address, pushes the zero- or sign-extended value; unreadable memory ends the program as "false". */
  | { op: 'load'; space: 'virtual' | 'physical'; size: 1 | 2 | 4 | 8; signed: boolean }
  | { op: 'binary'; operator: BinaryOperator }
  | { op: 'unary'; operator: 'neg' | 'not' | 'lnot' }
  /** Truncates and zero- or sign-extends. */
  | { op: 'extend'; size: 1 | 2 | 4 | 8; signed: boolean }
  /** Field of the hypercall at hand: its number, argument n, or whether its name is the given one. */
  | { op: 'hypercall'; field: 'nr' | 'a0' | 'a1' | 'a2' | 'a3' | 'a4' | 'cpl' }
  | { op: 'hypercall-name-is'; name: string }
  /** A number of the event or touch at hand. */
  | { op: 'event'; field: string }
  /** Without regard to case and a leading "#". */
  | { op: 'event-name-is'; name: string }
  | { op: 'dup' }
  | { op: 'drop' }
  | { op: 'select' };
export type BinaryOperator =
  | 'add'
  | 'sub'
  | 'mul'
  | 'divu'
  | 'divs'
  | 'modu'
  | 'mods'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shru'
  | 'shrs'
  | 'eq'
  | 'ne'
  | 'ltu'
  | 'lts'
  | 'leu'
  | 'les'
  | 'gtu'
  | 'gts'
  | 'geu'
  | 'ges';
export type Program = readonly ProgramOp[];

export interface LogPart {
  text?: string;
  /** Prints the program's value; `format` as in printf without the percent sign. */
  program?: Program;
  format?: 'd' | 'u' | 'x' | 's';
}

/** `multiple`: every so many times. */
export interface HitRule {
  compare: 'equal' | 'below' | 'at-most' | 'above' | 'at-least' | 'multiple';
  count: number;
}

export interface StopPointSpec {
  id: number;
  where:
    | { kind: 'linear'; address: bigint }
    | { kind: 'physical'; address: number }
    /** `interface` and `nr` undefined: every hypercall. Stops before the handler runs, RIP at the instruction. */
    | { kind: 'hypercall'; interface?: string; nr?: number }
    /** Stops behind the instruction that touched it. */
    | { kind: 'data'; space: 'linear' | 'physical'; address: bigint; length: number; access: DataAccess }
    | { kind: 'event'; class: EventClass };
  vm: number;
  /** Only this vCPU. */
  vcpu?: number;
  /** Stop only where it yields non-zero. */
  condition?: Program;
  /** Go on this many times where the condition holds, then stop. */
  ignoreCount?: number;
  /** Stop at these of the times that the condition holds. */
  hits?: HitRule;
  /** The id of the point whose count this one shares: one breakpoint may lie at several places. */
  countsWith?: number;
  /** Log instead of stopping. */
  log?: readonly LogPart[];
  /** Met, too, where an instruction that was interrupted after it had passed goes on: for places to run to. */
  again?: boolean;
  /** Removed when any stop happens (step over, run to cursor). */
  temporary?: boolean;
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
  /** The engine's thread is gone; nothing more comes. */
  | { kind: 'lost'; text: string };

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

export interface HostStatistics {
  virtualNs: number;
  instructions: number;
  vcpus: VcpuTimes[];
  exits: ExitTotals[];
  pcpus: PcpuTimes[];
  usage: VmUsageTotals[];
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
