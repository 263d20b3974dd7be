// What a system instruction's TypeScript helper sees: one vCPU with its state, its memory as it addresses it, its TLB and the host around it.
import type { CpuFault } from './fault';
import type { AddressSpec } from './general/effective-address';
import type { CpuModel } from './models/cpu-model';
import type { Delivery } from './system/delivery';
import type { VcpuState } from './vcpu-state';

/** Who accesses: `current` is the running code, `unaligned` too, but never checked for alignment; `system` is an implicit supervisor access (descriptor tables, TSS, IDT, delivery at a new CPL 0). */
export type Privilege = 'system' | 'user' | 'current' | 'unaligned';

/** Memory by linear address, through the architectural TLB and the page walker (fills it, sets A and D). Throws CpuFault #PF (or #GP where not canonical); wraps at 4 GiB outside long mode. */
export interface LinearMemory {
  read(linear: bigint, size: 1 | 2 | 4 | 8, privilege: Privilege): bigint;
  write(linear: bigint, size: 1 | 2 | 4 | 8, value: bigint, privilege: Privilege): void;
  /** Raises what a write of `length` bytes would raise, and writes nothing: the commit rule's probe. */
  probeWrite(linear: bigint, length: number, privilege: Privilege): void;
  /** Whole areas, page by page and in the order of their addresses; alignment is not checked. */
  readBytes(linear: bigint, into: Uint8Array): void;
  writeBytes(linear: bigint, bytes: Uint8Array): void;
}

/** Guest-physical memory below the paging unit: page walks, VMM-side structures. Non-RAM reads as all ones. */
export interface PhysicalMemory {
  read64(gpa: number): bigint;
  read32(gpa: number): number;
  write64(gpa: number, value: bigint): void;
  write32(gpa: number, value: number): void;
}

export interface TlbControl {
  /** MOV to CR3 and the like: everything but global entries (unless `global`). */
  flushAll(global: boolean): void;
  flushPage(linear: bigint): void;
  /** All but global entries of one PCID. */
  flushContext(pcid: number): void;
  /** One address of one PCID, unless global. */
  flushPageOf(pcid: number, linear: bigint): void;
  /** CR3's PCID, CR4.PCIDE or PKRU has changed in the state. */
  contextChanged(): void;
}

/** Something of the CPU that an execution model may turn into a VM exit, or that a trace wants to see. */
export type CpuEventKind =
  | 'exception'
  | 'interrupt'
  | 'nmi'
  | 'iret'
  | 'task-switch'
  | 'cr-read'
  | 'cr-write'
  | 'dr-access'
  | 'descriptor-table'
  | 'invlpg'
  | 'wbinvd'
  | 'clts'
  | 'lmsw'
  | 'popf-if'
  | 'cli-sti'
  | 'swapgs'
  | 'xsetbv'
  | 'sensitive';

export interface CpuidResult {
  eax: number;
  ebx: number;
  ecx: number;
  edx: number;
}

/** What of the host the processor may do by itself, because it is no exit there and nobody is told. */
export interface QuickHost {
  /** CLI and STI. */
  readonly interruptFlag: boolean;
  /** IRET. */
  readonly interruptReturn?: boolean;
  /** Exceptions: it is told of each one's first delivery in a run, and of the others' events by `exited` and `delivered`. Only with `exits`. */
  readonly deliveries?: boolean;
  /** #PF, as `deliveries` are. */
  readonly pageFaults?: boolean;
  /** INT n: it is told of each vector's first one in a run. Only with `exits`. */
  readonly softwareInterrupts?: boolean;
  /** INVLPG, and reads of CR0, CR2, CR3 and CR4. */
  readonly invlpg?: boolean;
  readonly controlRead?: boolean;
  /** MOV to CR3; with `notesRoots` it is told of each value's first use since the engine began to log writes. */
  readonly controlWrite?: boolean;
  readonly notesRoots?: boolean;
  readonly swapgs?: boolean;
  /** POPF that changes IF. */
  readonly popFlags?: boolean;
  /** RDTSC and RDTSCP: the time, with so many ticks for each ns. */
  readonly timeStamp: boolean;
  readonly tscPerNs: number;
  /** The time where this vCPU stands, which goes on with `CpuEngine.consumedNs`. */
  localNs(): number;
  /** The latest time that anything was told, which none that is told is earlier than. */
  readonly latestNs: number;
  /** The processor has read this time. */
  hasRead(ns: number): void;
  /** Absent: somebody is to be asked or told at each exit. */
  readonly exits?: QuickExits | undefined;
  /** Exits have happened since the processor last told of them, so many of each kind. */
  exited?(times: (name: QuickExitName) => number): void;
  /** Events of exits and exceptions, in their order: records in its memory, but for their tags. They may be told of earlier than of the exits. */
  logged?(records: Uint8Array, count: number): void;
  /** The same of exits that happened so many times, first at `ns` and then each so much later: of all of them one record, which is the host's to keep. */
  repeated?(record: Uint8Array, times: number, ns: number, stepNs: number): void;
  /** Exceptions were delivered. */
  delivered?(): void;
  /** The access that has just been made, by `portIn` or `portOut`: the next one gives the same value, or does nothing but keep what was written last, as long as
   * the host does nothing else. */
  plainPort?(port: number, size: 1 | 2 | 4, write: boolean, value: number): boolean;
  /** What was written last to such a port, of which nobody was told yet. */
  portWritten?(port: number, size: 1 | 2 | 4, value: number): void;
}

export type QuickExitName = 'cpuid' | 'io' | 'vmcall';

/** Exits that the processor writes the events of: the header word of kind and VM, the vCPU, and of each kind what it costs, and what its records have for a
 * reason; kinds that are no exits, or that somebody is asked at, are absent. */
export interface QuickExits {
  readonly kindAndVm: number;
  /** Of events of exceptions. */
  readonly exceptionKindAndVm: number;
  readonly vcpu: number;
  readonly costs: Readonly<Partial<Record<QuickExitName, { readonly costNs: number; readonly reason: number }>>>;
}

/** The machine around one vCPU. Called at an exact instruction count; charging virtual time is the machine's business. */
export interface CpuHost {
  portIn(port: number, size: 1 | 2 | 4): number;
  portOut(port: number, size: 1 | 2 | 4, value: number): void;
  /** Naturally aligned pieces of 1, 2 or 4 bytes. */
  mmioRead(gpa: number, size: 1 | 2 | 4): number;
  mmioWrite(gpa: number, size: 1 | 2 | 4, value: number): void;
  /** MSRs the CPU does not own (APIC, MTRR if any, KVM …); undefined: #GP(0). */
  readMsr(index: number): bigint | undefined;
  /** False: #GP(0). */
  writeMsr(index: number, value: bigint): boolean;
  cpuid(leaf: number, subleaf: number): CpuidResult;
  /** Bit 11 of IA32_APIC_BASE, asked by the processor itself. Absent: there is no such switch. */
  apicEnabled?(): boolean;
  /** Host time stamp counter at this instruction, before tscOffset. */
  hostTsc(): bigint;
  /** Absent: it is asked for everything. */
  readonly quick?: QuickHost;
  /** `tscOffset` has changed (WRMSR of IA32_TIME_STAMP_COUNTER or IA32_TSC_ADJUST). */
  tscMoved?(): void;
  /** A performance counter has overflowed: the local APIC's LVT entry says what comes. */
  performanceInterrupt?(): void;
  /** FERR# becomes active: an unmasked x87 exception is pending at a waiting instruction, and CR0.NE is clear. Absent: it is not wired. */
  numericError?(): void;
  /** The line that MONITOR armed was written: a vCPU that waits for it goes on. */
  monitorWritten?(): void;
  /** VMCALL or VMMCALL; false: #UD (no hypervisor interface takes it). The machine reads and writes registers through `VcpuState`. */
  hypercall(instruction: 'vmcall' | 'vmmcall'): boolean;
  /** INTA: the vector to deliver, or undefined if the request has gone. */
  acknowledgeInterrupt(): number | undefined;
  /** True: this exception or interrupt is to wait, with the vCPU's state as it is, and is delivered by the next run. Nothing a guest can see comes of it. */
  beforeDelivery?(delivery: Delivery): boolean;
  readTpr(): number;
  writeTpr(value: number): void;
  /** RDMSR or WRMSR of this MSR, or I/O at this port, begins; it may still fault. Going back relies on being told of each, and of each CR3 by `event`. */
  accesses?(what: 'msr' | 'port', number: number): void;
  /** Before the event's effects: an execution model may charge an exit for it. `a`, `b`: event-specific (vector and error code; register number and value …). */
  event(kind: CpuEventKind, a: bigint | number, b: bigint | number): void;
}

/** One decoded instruction as a TypeScript helper sees it. */
export interface HelperInsn {
  /** Address of the instruction (offset in CS); `state.rip` is already the next one's when a helper runs and is put back if it throws. */
  rip: bigint;
  /** Bytes of the instruction. */
  length: number;
  /** Bytes: 2, 4 or 8 (1 for byte forms). */
  operandSize: 1 | 2 | 4 | 8;
  addressSize: 2 | 4 | 8;
  /** ModRM.reg with REX.R (control and debug register number, segment register number, general register). */
  reg: number;
  /** General register of ModRM.rm with REX.B, or -1 when the operand is memory. */
  rm: number;
  /** Linear address of the memory operand, segment base added; reading it checks limit, type and canonical form for the row's operand. 0n without one. */
  readonly linear: bigint;
  /** How that address is made, where there is a memory operand; see `operandAddress` for operands whose bytes the row does not say. */
  readonly address?: AddressSpec | undefined;
  /** Segment register of the memory operand (Seg). */
  segment: number;
  /** Immediate, sign-extended as the instruction says; far pointers: offset here, selector in `imm2`. */
  imm: bigint;
  imm2: number;
  rep: 'none' | 'rep' | 'repne';
  lock: boolean;
  /** Of a VEX encoding: register in VEX.vvvv, bytes of a vector. The index of `address` may be a vector register. */
  readonly vector?: VectorFields | undefined;
}

interface VectorFields {
  vvvv: number;
  bytes: 16 | 32;
}

/** `refused`: nothing has happened. `done`: the mode is still to be worked out. `sameMode`: it is the one before. */
export const Quick = { refused: 0, done: 1, sameMode: 2 } as const;
export type QuickResult = (typeof Quick)[keyof typeof Quick];

/** Transfers of control in their usual form, without allocation. */
export interface QuickTransfers {
  /** What deliverLong does. */
  deliver(delivery: Delivery): QuickResult;
  /** IRET behind its event. */
  iret(operandSize: number): QuickResult;
}

/** One vCPU, as helpers see it. */
export interface Cpu {
  readonly index: number;
  readonly model: CpuModel;
  readonly state: VcpuState;
  readonly memory: LinearMemory;
  readonly physical: PhysicalMemory;
  readonly tlb: TlbControl;
  readonly host: CpuHost;
  readonly quick?: QuickTransfers;
  /** An exception that a helper raises as a rule: left here instead of thrown, which takes a microsecond. Nothing else may have happened. */
  raised?: CpuFault | undefined;
  /** MONITOR: watches the line of this byte, after the checks of a load. */
  armMonitor(linear: bigint): void;
  /** Recomputes S.mode after CR0, CR4, EFER, a segment register, CPL or RFLAGS.{VM,AC,TF} changed. */
  modeChanged(): void;
}

/** A helper runs a whole instruction: all checks and probes first, then its changes. It may throw CpuFault or NumericError. */
export type Helper = (cpu: Cpu, insn: HelperInsn) => void;
