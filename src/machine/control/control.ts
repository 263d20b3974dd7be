// The typed commands by which a debugger, a command line or another thread drives a host. Two implementations: in process, and over a worker's message port.
import type { Disposable } from '../../base/disposable';
import type { MachineDevices } from './devices-view';
import type { Measured, MeasureWish } from './measure-types';
import type { Learned, ProfileBatch, ProfileOptions } from './profile-types';
import type { CompiledRegion, CompiledRegions } from './region-types';
import type {
  ControlEvent,
  Destination,
  HeldClock,
  HistoryInfo,
  HostStatistics,
  MachineAction,
  MappedRange,
  RegisterFile,
  RunStateBand,
  SchedulingChange,
  SchedulingInfo,
  ScreenView,
  Space,
  StopOn,
  StopPointSpec,
  TracePage,
  TraceQuery,
  TrailStep,
  VcpuInfo,
  Walk,
} from './types';

export interface MachineControl {
  /** Every listener sees every event, in order. */
  onEvent(listener: (event: ControlEvent) => void): Disposable;

  /** Goes on; the host then runs until a stop, an exit or `pause`. Resolves once running. */
  resume(): Promise<void>;
  /** Resolves when stopped (also if it was); the 'stopped' event comes as well. */
  pause(): Promise<void>;
  /** Normal schedule until this vCPU has retired one instruction; resolves with the 'stopped' event sent. */
  stepInstruction(vm: number, vcpu: number): Promise<void>;
  /** Replaces all stop points. Allowed while running; invisible to the guest. */
  setStopPoints(points: readonly StopPointSpec[]): Promise<void>;
  /** 'off': never stop for it. Triple fault and halted-forever stop by default in a debug session. */
  setStopOn(what: StopOn): Promise<void>;

  /** While running these answer from the next slice boundary (a few ms at most); the guest sees nothing. */
  vcpus(): Promise<VcpuInfo[]>;
  registers(vm: number, vcpu: number): Promise<RegisterFile>;
  /** A logged input. Rejects with UserError for a name or value that cannot be. */
  setRegister(vm: number, vcpu: number, name: string, value: bigint): Promise<void>;
  /** As many bytes as are readable from the start; never fills a TLB or sets A/D. */
  readMemory(vm: number, space: Space, address: bigint, length: number): Promise<Uint8Array>;
  /** Bytes written from the start; a logged input. */
  writeMemory(vm: number, space: Space, address: bigint, bytes: Uint8Array): Promise<number>;
  /** Exactly these vCPUs of a VM are kept from running, also while the host runs: a logged input. Their time is offline time, not steal. */
  hold(vm: number, vcpus: readonly number[]): Promise<void>;
  /** Holds all of a VM, also while the host runs, or lets it go on: a logged input. It is offline; its clocks stop, or run on. */
  holdVm(vm: number, held: boolean, clock: HeldClock): Promise<void>;
  /** Takes a vCPU out of its machine for good: a logged input. */
  takeOffline(vm: number, vcpu: number): Promise<void>;
  walk(vm: number, vcpu: number, linear: bigint): Promise<Walk>;
  /** Ranges from `start` on, at most `limit`; `next` is where to go on. With `cr3`, in the tables there instead of the vCPU's own. */
  mappedRanges(
    vm: number,
    vcpu: number,
    start: bigint,
    limit: number,
    cr3?: bigint,
  ): Promise<{ ranges: MappedRange[]; next: bigint | null }>;

  trace(query: TraceQuery): Promise<TracePage>;
  /** The ring itself, for a TraceReader: shared memory, so that looking at many events waits for nobody. */
  traceRing(): Promise<ArrayBufferLike>;
  /** Takes samples from now on; null: no longer. Whoever asks for it reads them: a run waits where too many are unread. */
  profile(options: ProfileOptions | null): Promise<void>;
  /** The samples since the last call. */
  profileSamples(learned?: Learned): Promise<ProfileBatch>;
  /** Counts from now on, for a comparison: once, before the run. */
  measure(wish: MeasureWish): Promise<void>;
  /** What was counted so far. */
  measured(): Promise<Measured>;
  /** Bands that overlap [fromNs, toNs), merged so that at most `limit` come back per vCPU. */
  runStates(fromNs: number, toNs: number, limit: number): Promise<RunStateBand[]>;
  statistics(): Promise<HostStatistics>;
  /** What the engine has compiled of a VM's code; `counting`: from now on with or without counts, for which it is compiled again. */
  compiledRegions(vm: number, counting?: boolean): Promise<CompiledRegions>;
  /** Those with code at this linear address. */
  regionsAt(vm: number, linear: bigint): Promise<CompiledRegion[]>;
  /** Devices and pending events; changes nothing. */
  devices(vm: number): Promise<MachineDevices>;

  /** Terminal input for a VM; a logged input with a virtual-time stamp. */
  input(vm: number, bytes: Uint8Array): Promise<void>;
  /** Keys of a VM's keyboard, as scan codes of set 2; a logged input with a virtual-time stamp. */
  keyboard(vm: number, scanCodes: Uint8Array): Promise<void>;
  /** What a VM's display shows now. */
  screen(vm: number): Promise<ScreenView>;
  /** Presses the VM's power button: a logged input. False: the guest does not listen to it. */
  powerButton(vm: number): Promise<boolean>;
  /** Changes weights, caps, affinity or the number of pCPUs: a logged input. Rejects with UserError for what cannot be. */
  schedule(change: SchedulingChange): Promise<void>;
  /** Restarts one VM, or switches it off: a logged input, which happens when the host runs. */
  machine(vm: number, action: MachineAction): Promise<void>;
  scheduling(): Promise<SchedulingInfo>;
  setPace(pace: 'fast' | 'realtime'): Promise<void>;
  /** Records from now on, so that the run can be gone back through, in at most so many bytes; null: no longer. */
  record(maxBytes: number | null): Promise<void>;
  history(): Promise<HistoryInfo>;
  /** Goes to another moment of the run; resolves once under way, and 'stopped' comes there. Rejects with UserError for a moment that is not known. */
  travel(destination: Destination): Promise<void>;
  /** What a vCPU has run since it had retired so many instructions (as far as it is recorded). Nothing changes, and no event comes. */
  trail(vm: number, vcpu: number, fromRetired: number): Promise<readonly TrailStep[]>;
  /** In the past of the run what would change it is refused, until what came after is forgotten by this. */
  fork(): Promise<void>;
  /** Snapshot of the whole host; only while stopped. */
  save(): Promise<Uint8Array>;
  restore(snapshot: Uint8Array): Promise<void>;
  /** Digest of all guest-visible state: hex. */
  digest(): Promise<string>;
  /** Ends the host; nothing is left running. */
  dispose(): Promise<void>;
}
