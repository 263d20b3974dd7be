// What the machine knows of the CPU engine: guest memory, vCPUs that run for a budget, and where they stop. Both tiers stand behind it.
import type { SavedValue } from '../base/saved';
import type { CpuHost } from '../x86/cpu';
import type { InsnRow } from '../x86/insn/row';
import type { CpuModel } from '../x86/models/cpu-model';
import type { VcpuState } from '../x86/vcpu-state';
import type { LiveRegion, RegionReport } from './jit/region-profile';
import type { KnownStack } from './stack-table';
import type { FirstWrite } from './write-log';

/** Why `run` returned. The vCPU's state is exact and between two instructions (or two REP iterations). */
export type EngineReturn =
  /** The budget is used up. */
  | { kind: 'budget' }
  /** Next is an instruction that crosses the border to the host (I/O, MSR, CPUID, hypercall, time, MMIO, a modelled event): it has NOT run. The machine lets earlier pCPUs catch up, then calls `runBorder`. */
  | { kind: 'border' }
  /** HLT (or MWAIT) retired and nothing wakes it yet: S.activity says which. */
  | { kind: 'halted' }
  /** Triple fault: the chain of exceptions, first one first, at the guilty instruction; S.activity is shutdown. */
  | { kind: 'shutdown'; chain: readonly FaultRecord[] }
  /** Before an instruction on which a debugger stop point may lie: the machine evaluates it, sets S.resumeFlag and goes on, or stops.
   * `again`: it was passed before, and the instruction was interrupted then and goes on now. */
  | { kind: 'stop-point'; rip: bigint; linear: bigint; gpa: number; again: boolean }
  /** The host wants an exception or interrupt to wait (CpuHost.beforeDelivery): the next run delivers it, whatever its budget. */
  | { kind: 'held' }
  /** `requestLeave` was called: after the instruction that was running. */
  | { kind: 'left' }
  /** The instruction, or the delivery of an exception or interrupt at it, is valid but not supported yet; not run. */
  | { kind: 'unimplemented'; text: string; rip: bigint };

export interface FaultRecord {
  vector: number;
  errorCode: number | undefined;
  /** CR2 where the vector is #PF. */
  address: bigint | undefined;
  cs: number;
  rip: bigint;
}

/** A place in memory that a debugger watches; physical ones also see other linear addresses of the place. */
export interface Watchpoint {
  id: number;
  space: 'linear' | 'physical';
  /** As a 64-bit number, whatever the mode. */
  address: bigint;
  length: number;
  reads: boolean;
  writes: boolean;
}

export interface WatchPiece {
  gpa: number;
  bytes: Uint8Array;
}

export interface WatchHit {
  id: number;
  /** undefined: a device, the hypervisor or the user wrote. */
  vcpu: number | undefined;
  write: boolean;
  /** Of the instruction. */
  rip: bigint;
  /** Where in the watchpoint's space `before` begins. */
  address: bigint;
  /** The place as it was before, or of a long one the part that was touched; empty where it is no RAM. */
  before: readonly WatchPiece[];
}

/** Guest-physical memory of one VM: the only door through which device, hypercall, loader and debugger writes go (they invalidate decoded code). */
export interface VmMemory {
  /** The wasm memory's buffer: state, TLBs, records, RAM. Shared between threads unless configured otherwise. */
  readonly buffer: ArrayBufferLike;
  readonly wasm: WebAssembly.Memory;
  /** Bytes of RAM now, and the maximum reserved for hotplug. */
  readonly ramSize: number;
  readonly maxRamSize: number;
  /** Undefined where any byte is not RAM (or an overlay). A copy. */
  read(gpa: number, length: number): Uint8Array | undefined;
  write(gpa: number, bytes: Uint8Array): boolean;
  /** A page of RAM by its number, wherever the guest has it, if at all. `offset` and `length` stay within it. */
  readPage(page: number, offset: number, length: number): Uint8Array;
  writePage(page: number, offset: number, bytes: Uint8Array): void;
  /** All of RAM becomes zeroes: what a reboot does. */
  clear(): void;
  /** Frame table entry of a guest frame (see FrameKind). */
  frame(gfn: number): number;
  setFrame(gfn: number, entry: number): void;
  /** How often what is at a guest frame has changed: set back with the host to where it was. Nothing of it is a guest's state. */
  frameChanges: number;
  /** Offset in `buffer` of a RAM byte, or undefined. */
  offsetOf(gpa: number): number | undefined;
}

export interface TranslateResult {
  gpa: number;
  /** Effective permissions of the walk. */
  writable: boolean;
  user: boolean;
  executable: boolean;
}

/** Told of every instruction of the rows that it wants, just before it runs: also of one that then faults, and of each iteration of a repeated one. */
export interface InstructionObserver {
  /** The same for a row each time. */
  wants(row: InsnRow): boolean;
  /** `reg`: of ModRM.reg. The vCPU's state is exact. */
  before(vcpu: number, row: InsnRow, reg: number): void;
}

/** Looks that change nothing but what `sample` gives. */
export interface PeriodicLooks {
  readonly everyNs: number;
  readonly stackBytes: number;
  /** Of one after the other, before `onLook` is called again and before the run returns: where in memory its registers and stack are now, as `sample` puts them, and what it
   * gave; S.cpl and S.mode; `exit`: it lies in an exit, and there are the fields of its event (trace/record-layout.ts), five of them. */
  taken(vcpu: number, at: number, length: number, cpl: number, mode: number, exit: number | undefined): void;
}

export interface CpuEngine {
  readonly memory: VmMemory;
  readonly vcpuCount: number;
  /** State of one vCPU, valid whenever `run` is not on the stack, and inside CpuHost calls for the running one. */
  state(vcpu: number): VcpuState;

  /** Runs at most `budgetNs` virtual ns (one instruction is 1 ns, PAUSE more; what `charge` adds counts too). Stops before border instructions. */
  run(vcpu: number, budgetNs: number, lookNs?: number): EngineReturn;
  /**
   * The same, with border instructions run in place: for when no other pCPU is behind. `wantedNs`: it may end after so much, without what exits take that the
   * engine serves itself; also after TypeScript has run something `mostTrips` times (which depends on what the engine has compiled: of use where an end changes nothing).
   */
  runThrough(vcpu: number, budgetNs: number, wantedNs?: number, mostTrips?: number, lookNs?: number): EngineReturn;
  /** Called once a run has taken the `lookNs` that it was given, between two instructions, as if it had ended there and another had begun: says how long until the next time. */
  onLook: (vcpu: number) => number;
  /** From now on `onLook` says the same distance each time, if time is all that passes, and samples the vCPU: the engine may do both by itself and tell of it later. */
  lookPeriodically(looks: PeriodicLooks | undefined): void;
  /** Asked now and then during a run, which ends soon after it was true: a matter of the host, of use where an end changes nothing. */
  isOver: () => boolean;
  /** Exactly one instruction (or REP iteration, or the delivery of a pending interrupt), border or not. Stop points are not looked at. */
  runBorder(vcpu: number): EngineReturn;

  /** Virtual ns consumed since `run` was entered; exact inside CpuHost calls. */
  consumedNs(): number;
  /** Of them, what exits and deliveries took that the engine served itself; behind `run`. */
  servedNs(): number;
  /** How often the last run let TypeScript run something, which takes the host longer than any instruction. */
  trips(): number;
  /** Instructions retired by this vCPU since power-on (a safe integer). */
  retired(vcpu: number): number;
  /** RIP of the instruction at hand: inside a CpuHost call the one that made it (S.rip may be the next one's already), otherwise S.rip. */
  instructionRip(vcpu: number): bigint;
  /** Adds virtual time to the running vCPU: an exit's cost. */
  charge(ns: number): void;
  /** Ask `run` to return 'left' after the current instruction. */
  requestLeave(): void;

  /** What waits to be delivered is forgotten: the user has moved RIP. */
  dropHeld(vcpu: number): void;

  /** CpuSignals of a vCPU arrive here. `setInterruptPending` takes effect at the next instruction boundary. */
  setInterruptPending(vcpu: number, pending: boolean): void;
  raiseNmi(vcpu: number): void;
  init(vcpu: number): void;
  startup(vcpu: number, vector: number): void;
  /** True when a halted vCPU has a reason to wake (pending and unmasked interrupt, NMI). */
  wakeable(vcpu: number): boolean;

  /** Stop points: `run` returns 'stop-point' before an instruction at one of these. Setting them changes nothing that a guest sees. */
  setStopPoints(linear: readonly bigint[], physical: readonly number[]): void;

  /** Places in memory to watch, instead of all before. Setting them changes nothing that a guest sees. */
  setWatchpoints(watchpoints: readonly Watchpoint[]): void;
  /** What was touched since this was asked last: by the instruction that has just run, or by the host. `run` leaves behind such an instruction. */
  takeWatchHits(): readonly WatchHit[];

  /** At most one; undefined: nobody. Changes nothing that a guest sees. */
  observe(observer: InstructionObserver | undefined): void;

  /** A snapshot is taken: from now on `onFirstWrite` is told before a page of RAM changes for the first time. Called again: the next snapshot. */
  beginWriteLog(onFirstWrite: FirstWrite): void;
  /** First writes that have not been told yet are told now. */
  settleWriteLog(): void;
  endWriteLog(): void;
  /** From which linear pages instructions may have come since then: for `mayHaveFetched` of fetch-log.ts. */
  fetchLog(): Uint8Array;
  /** One bit for each page of RAM that data may have been read from since then. */
  useLog(): Uint8Array;
  /** Puts a page of RAM back; undefined: zeroes. For restoring a snapshot: nothing is told of it. */
  replacePage(page: number, bytes: Uint8Array | undefined): void;

  /** Page walk as the CPU would do it now, without filling a TLB or setting bits. */
  translate(vcpu: number, linear: bigint): TranslateResult | undefined;
  /** The same by halves of the address, into an object that is there; false: not mapped. */
  translateInto(vcpu: number, lo: number, hi: number, into: TranslateResult): boolean;
  /** Forget decoded code (the whole cache): invisible to the guest. */
  flushCode(): void;
  /** Puts a vCPU's registers (SAMPLED_REGISTERS) and up to so many bytes of its stack from RSP on, as far as it is mapped, to `sampleAt` in its memory. RIP is `back` bytes before where
   * it is. Returns how many bytes; -1: nothing was put there (paging is off or of another kind, or they are too many); -2 - n: nothing was, it is the stack of number n in
   * `stackTable`. Changes nothing that a guest sees. */
  sample(vcpu: number, stackBytes: number, back?: number): number;
  /** Stacks that are not needed again. */
  readonly stackTable: { add(stack: KnownStack): void; clear(): void };
  readonly sampleAt: number;
  /** Drop all TLB entries of a vCPU, as INVEPT does when the frame table changed. Visible to the guest (A and D bits): only at defined points. */
  flushTlb(vcpu: number): void;

  /** vCPU state and TLB; RAM is saved by the machine. */
  saveVcpu(vcpu: number): SavedValue;
  restoreVcpu(vcpu: number, state: SavedValue): void;
  statistics(): EngineStatistics;
  /** Regions made so far, with their counts, where the configuration asks for it. */
  regionReports(): readonly RegionReport[];
  /** Regions that can be entered now. */
  liveRegions(): readonly LiveRegion[];
  /** Whether they count how often they are entered and left: then all are compiled again. The guest cannot tell. */
  countRegions(on: boolean): void;
  readonly countsRegions: boolean;
}

export interface EngineStatistics {
  dispatches: number;
  instructions: number;
  blocksDecoded: number;
  codeInvalidations: number;
  /** Page walks that found a page; of others, some are gone through twice. */
  tlbMisses: number;
  /** PAUSE instructions run. */
  pauses: number;
  /** Of the instructions, those that compiled regions have run, to a block more or less at each entry; 0 unless they count (EngineConfig.tierStatistics). */
  compiledInstructions: number;
  /** Compiled so far, still there, and gone because their code changed or older ones made room; bytes of their modules so far. */
  regionsCompiled: number;
  regionsLive: number;
  regionsDropped: number;
  regionBytes: number;
  /** What planning and compiling took, where the driver has given a clock; V8's own work later is not in it. */
  regionCompileMs: number;
}

/** interpreter: nothing is compiled. auto: what turns out hot. jit: nearly everything, at once (for tests). The guest cannot tell them apart. */
export type Tier = 'interpreter' | 'auto' | 'jit';

export interface EngineConfig {
  vcpus: number;
  ramSize: number;
  maxRamSize: number;
  /** Virtual ns a PAUSE takes. */
  pauseNs: number;
  sharedMemory: boolean;
  /** Of what RDRAND gives; 0 if nothing is said. */
  seed?: number;
  model: CpuModel;
  /** One host per vCPU. */
  hosts: readonly CpuHost[];
  /** interpreter where it is not given. */
  tier?: Tier;
  /** Compiled code counts and is kept, for people to look at; it is slower. */
  regionProfile?: boolean;
  /** Compiled regions count their instructions. */
  tierStatistics?: boolean;
  /** Blocks of one instruction each: for finding the one where tiers differ. */
  singleSteps?: boolean;
}
