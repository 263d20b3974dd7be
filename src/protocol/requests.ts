// Every custom request between the extension (panels, trees, terminal) and the debug adapter: name, arguments, answer. Version them together.
import type { CompareAnswer, CompareArguments, CompareExportArguments } from './compare';
import type { DescriptorsAnswer } from './descriptors';
import type { DevicesAnswer } from './devices';
import type { LinuxAnswer, LinuxArguments } from './linux';
import type {
  ChangeMemoryArguments,
  MemoryAddressAnswer,
  MemoryAddressArguments,
  MemoryAnswer,
  MemoryArguments,
  PanelBreakpointsAnswer,
  PanelBreakpointsArguments,
} from './memory';
import type {
  ProfileAnswer,
  ProfileArguments,
  ProfileExportArguments,
  ProfileLinesAnswer,
  ProfileLinesArguments,
  ProfileTreeAnswer,
  ProfileTreeArguments,
} from './profile';
import type { RegionAnswer, RegionArguments, RegionsAnswer, RegionsArguments } from './regions';
import type { ScheduleAnswer, ScheduleArguments } from './schedule';
import type { Hex } from './wire';

export const PROTOCOL_VERSION = 1;

/** A vCPU of the session's VM; thread id in DAP is vcpu + 1. */
export interface VcpuArguments {
  vcpu: number;
}

export interface RegisterRow {
  name: string;
  value: Hex;
  /** Bits in the register. */
  width: number;
  /** Decoded: flag letters, descriptor type, control bits. Empty when there is nothing to say. */
  text: string;
  changed: boolean;
  /** At the stop before, where it has changed since. */
  before?: Hex;
  /** Named bits, lowest first; each can be set by its name: "cr0.WP". */
  bits?: { name: string; low: number; high: number; value: number }[];
  readOnly: boolean;
}
export interface RegisterGroup {
  name: 'General' | 'Flags' | 'Segments' | 'Control' | 'MSRs' | 'x87' | 'SSE' | 'AVX' | 'Local APIC' | 'Paravirt';
  registers: RegisterRow[];
}
export interface RegistersAnswer {
  vcpu: number;
  mode: string;
  cpl: number;
  activity: string;
  groups: RegisterGroup[];
}

export interface WalkArguments extends VcpuArguments {
  /** A number or an expression ("rip", "$cr2", "main"). */
  address: string;
}
export interface WalkAnswer {
  linear: Hex;
  mode: string;
  cr3: Hex;
  steps: {
    name: string;
    entryGpa: Hex;
    value: Hex;
    index: number;
    outcome: string;
    bits: { name: string; bit: number; width: number; value: number; meaning: string }[];
  }[];
  result: { gpa: Hex; pageSize: number; flags: string[] } | null;
  problem: string | null;
  symbol: string;
}
export interface MappedRangesArguments extends VcpuArguments {
  start: Hex;
  limit: number;
  /** Other tables than the vCPU's: a number or an expression. */
  cr3?: string;
}
export interface MappedRangesAnswer {
  /** Whose tables these are. */
  cr3: Hex;
  /** The same for all that is read at one stop. */
  moment: string;
  ranges: { start: Hex; end: Hex; gpa: Hex; pageSize: number; flags: string[]; symbol: string }[];
  next: Hex | null;
}

export interface TraceArguments {
  /** First sequence number wanted; -1: the newest `limit` that match. */
  from: number;
  limit: number;
  kinds?: string[];
  vcpu?: number;
  /** Text that must occur in name or arguments. */
  filter?: string;
}
export interface TraceRow {
  seq: number;
  kind: string;
  vcpu: number;
  virtualNs: number;
  durationNs: number;
  /** "SEND_IPI", "IO_INSTRUCTION", … */
  name: string;
  /** Decoded arguments and result, for people. */
  args: string;
  result: string;
  rip: Hex;
  /** Calling source line, once asked for by `hyperscope/locate`. */
}
export interface TraceAnswer {
  first: number;
  end: number;
  dropped: number;
  /** Where to go on: everything before it has been searched. */
  next: number;
  rows: TraceRow[];
}
export type TraceColumn = 'time' | 'vcpu' | 'event' | 'arguments' | 'result' | 'latency' | 'from';
/** Which events a list shows. */
export interface TraceSelection {
  kinds?: string[];
  vcpu?: number;
  /** In name or arguments; "a|b": one of them, "!a": not. */
  text?: string;
  /** As typed over the columns: texts as above; "> 2us", "1ms..2ms"; "0,2-3". */
  columns?: Partial<Record<TraceColumn, string>>;
}
export interface TraceRowsArguments {
  selection: TraceSelection;
  /** Number of the first row wanted; -1: the newest. Rows keep their numbers while older ones are dropped. */
  from: number;
  limit: number;
}
export interface TraceRowsAnswer {
  /** Oldest event still there, one past the newest, and how many were overwritten. */
  first: number;
  end: number;
  dropped: number;
  /** Events before this one were looked at: the list grows while it is less than `end`. */
  searched: number;
  firstRow: number;
  endRow: number;
  /** Number of rows[0]. */
  from: number;
  /** null: overwritten meanwhile. */
  rows: (TraceRow | null)[];
}
export interface TraceGroup {
  kind: string;
  name: string;
  count: number;
  totalNs: number;
  leastNs: number;
  medianNs: number;
  p90Ns: number;
  p99Ns: number;
  mostNs: number;
}
export interface TraceGroupsAnswer {
  searched: number;
  end: number;
  groups: TraceGroup[];
}
export type TraceFormat = 'csv' | 'json' | 'chrome';
export interface TraceExportArguments {
  selection: TraceSelection;
  format: TraceFormat;
  path: string;
}

export interface LocateArguments {
  address: Hex;
}
export interface LocateAnswer {
  symbol: string;
  path: string | null;
  line: number | null;
}

export interface TimeArguments {
  fromNs: number;
  toNs: number;
  /** Bands per vCPU at most. */
  limit: number;
}
export interface TimeAnswer {
  nowNs: number;
  pcpus: number;
  vcpus: { vcpu: number; name: string; runningNs: number; runnableNs: number; blockedNs: number; offlineNs: number }[];
  /** Clocks that a guest makes of periodic ticks: how far they are behind virtual time, and since when. */
  clocks: { name: string; ticks: number; lost: number; behindNs: number; points: { atNs: number; behindNs: number }[] }[];
  bands: { vcpu: number; state: 'running' | 'runnable' | 'blocked' | 'offline'; startNs: number; endNs: number; pcpu: number }[];
}

export interface ScreenArguments {
  /** `shown` of the last answer that is drawn; 0: nothing is. */
  shown: number;
}
export interface TextScreenAnswer {
  kind: 'text';
  shown: number;
  columns: number;
  rows: number;
  /** base64: character (code page 437) and attribute, row by row. */
  cells: string;
  cursor: { column: number; row: number; startLine: number; endLine: number } | null;
  /** Lines of a character cell, which the cursor's lines count in. */
  cellLines: number;
  /** Bit 7 of an attribute blinks; otherwise it is a bright background. */
  blink: boolean;
  /** base64: red, green, blue of the 16 colours. */
  palette: string;
}
export interface FramebufferAnswer {
  kind: 'framebuffer';
  shown: number;
  width: number;
  height: number;
  /** What has changed since: whole rows from `y` on, 32 bits a pixel (blue, green, red, unused), raw deflate, base64. */
  bands: { y: number; rows: number; pixels: string }[];
  /** More has changed than one answer may carry: ask again. */
  more: boolean;
}
export type ScreenAnswer = { kind: 'none' } | { kind: 'same' } | TextScreenAnswer | FramebufferAnswer;

export interface KeysArguments {
  /** KeyboardEvent.code, in order. */
  keys: { code: string; down: boolean }[];
}

export interface HypercallBreakpointsArguments {
  /** "kvm:SEND_IPI" …; replaces the set. */
  names: string[];
}

export interface InputArguments {
  /** base64 */
  bytes: string;
}

/** A topic's "changed" event comes at most 30 times a second, and the next only after the client's read. */
export type Topic = 'registers' | 'pageTables' | 'trace' | 'time' | 'screen' | 'memory' | 'descriptors' | 'devices' | 'profile' | 'compare';
export interface SubscribeArguments {
  topic: Topic;
  on: boolean;
}

/** A moment of the run, as people count it. */
export interface RunMoment {
  virtualNs: number;
  /** Sequence number of the next trace event. */
  event: number;
}
export interface HistoryAnswer {
  recording: boolean;
  /** This moment is in the past of the run. */
  past: boolean;
  now: RunMoment;
  begin: RunMoment;
  end: RunMoment;
  snapshots: number;
  /** Virtual times of the snapshots, for measurements. */
  snapshotsNs: number[];
  bytes: number;
}
/** `event`: just before what makes this event of the trace. */
export type GoToArguments = { virtualNs: number } | { event: number } | { place: 'begin' | 'end' };
/** A variable (reference of its parent, and its name), a C lvalue, or an address with a length in bytes. */
export interface LastWriteArguments {
  variablesReference?: number;
  name?: string;
  expression?: string;
  frameId?: number;
  address?: string;
  length?: number;
}

/** The other vCPUs are held meanwhile. */
export interface AloneArguments extends VcpuArguments {
  go: 'continue' | 'over' | 'in' | 'out';
  instruction?: boolean;
}

/** Name → arguments and answer. */
export interface Requests {
  'hyperscope/registers': { arguments: VcpuArguments; answer: RegistersAnswer };
  'hyperscope/setRegister': { arguments: VcpuArguments & { name: string; value: string }; answer: Record<string, never> };
  'hyperscope/walk': { arguments: WalkArguments; answer: WalkAnswer };
  'hyperscope/mappedRanges': { arguments: MappedRangesArguments; answer: MappedRangesAnswer };
  'hyperscope/trace': { arguments: TraceArguments; answer: TraceAnswer };
  'hyperscope/traceRows': { arguments: TraceRowsArguments; answer: TraceRowsAnswer };
  'hyperscope/traceGroups': { arguments: { selection: TraceSelection }; answer: TraceGroupsAnswer };
  'hyperscope/traceExport': { arguments: TraceExportArguments; answer: { rows: number } };
  'hyperscope/locate': { arguments: LocateArguments; answer: LocateAnswer };
  'hyperscope/time': { arguments: TimeArguments; answer: TimeAnswer };
  'hyperscope/screen': { arguments: ScreenArguments; answer: ScreenAnswer };
  'hyperscope/keys': { arguments: KeysArguments; answer: Record<string, never> };
  /** How numbers are shown where the client names no format; then `invalidated` is sent. */
  'hyperscope/numberFormat': { arguments: { hex: boolean }; answer: Record<string, never> };
  'hyperscope/hypercallBreakpoints': { arguments: HypercallBreakpointsArguments; answer: Record<string, never> };
  'hyperscope/input': { arguments: InputArguments; answer: Record<string, never> };
  /** The whole state to a file: `run --from` and the launch setting "snapshot" go on from it. */
  'hyperscope/saveSnapshot': { arguments: { path: string }; answer: { bytes: number } };
  'hyperscope/history': { arguments: Record<string, never>; answer: HistoryAnswer };
  'hyperscope/goTo': { arguments: GoToArguments; answer: Record<string, never> };
  'hyperscope/reverseStepInto': { arguments: VcpuArguments & { instruction?: boolean }; answer: Record<string, never> };
  'hyperscope/reverseStepOut': { arguments: VcpuArguments; answer: Record<string, never> };
  'hyperscope/lastWrite': { arguments: LastWriteArguments; answer: { label: string } };
  /** In the past: whether what came after is to be forgotten, so that the change can be made. */
  'hyperscope/fork': { arguments: { forget: boolean }; answer: Record<string, never> };
  'hyperscope/alone': { arguments: AloneArguments; answer: Record<string, never> };
  'hyperscope/hold': { arguments: VcpuArguments & { held: boolean }; answer: Record<string, never> };
  'hyperscope/schedule': { arguments: ScheduleArguments; answer: ScheduleAnswer };
  'hyperscope/memory': { arguments: MemoryArguments; answer: MemoryAnswer };
  'hyperscope/memoryAddress': { arguments: MemoryAddressArguments; answer: MemoryAddressAnswer };
  'hyperscope/changeMemory': { arguments: ChangeMemoryArguments; answer: Record<string, never> };
  'hyperscope/descriptors': { arguments: VcpuArguments; answer: DescriptorsAnswer };
  'hyperscope/devices': { arguments: Record<string, never>; answer: DevicesAnswer };
  'hyperscope/panelBreakpoints': { arguments: PanelBreakpointsArguments; answer: PanelBreakpointsAnswer };
  'hyperscope/linux': { arguments: LinuxArguments; answer: LinuxAnswer };
  'hyperscope/profile': { arguments: ProfileArguments; answer: ProfileAnswer };
  'hyperscope/profileTree': { arguments: ProfileTreeArguments; answer: ProfileTreeAnswer };
  'hyperscope/profileExport': { arguments: ProfileExportArguments; answer: { points: number } };
  'hyperscope/profileLines': { arguments: ProfileLinesArguments; answer: ProfileLinesAnswer };
  'hyperscope/regions': { arguments: RegionsArguments; answer: RegionsAnswer };
  'hyperscope/region': { arguments: RegionArguments; answer: RegionAnswer };
  'hyperscope/compare': { arguments: CompareArguments; answer: CompareAnswer };
  'hyperscope/compareExport': { arguments: CompareExportArguments; answer: { bytes: number } };
  'hyperscope/subscribe': { arguments: SubscribeArguments; answer: Record<string, never> };
  'hyperscope/statistics': { arguments: Record<string, never>; answer: { text: string; json: unknown } };
}
export type RequestName = keyof Requests;

/** Custom events, adapter to client. */
export interface Events {
  'hyperscope/changed': { topic: Topic; running: boolean };
  /** Console bytes, base64, in order. */
  'hyperscope/console': { bytes: string };
  /** A change was asked for in the past of the run: `hyperscope/fork` answers. */
  'hyperscope/forkAsked': Record<string, never>;
  'hyperscope/state': { running: boolean; virtualNs: number; instructions: number };
  /** The debug console asks for a panel. */
  'hyperscope/show': { command: string; at: string };
}
export type EventName = keyof Events;
