// The narrow ports a device is built from. A device never sees the machine: only lines, memory, a clock and timers.
import type { Stateful } from '../base/saved';
import type { DeviceDescription } from './describe';

/** Virtual time in nanoseconds since the host was powered on: a non-negative safe integer (104 days). */
export type VirtualNs = number;

/** An interrupt wire. Level-triggered users hold it; edge users call set(true) then set(false). */
export interface IrqLine {
  set(level: boolean): void;
}

/** Virtual time as the device's caller sees it at this instruction. Never runs backwards. */
export interface Clock {
  nowNs(): VirtualNs;
}

/** A one-shot timer in virtual time. Arming an armed timer moves it. Saved and restored by the owner of the event queue, by name. */
export interface Timer {
  arm(atNs: VirtualNs): void;
  cancel(): void;
  readonly deadlineNs: VirtualNs | undefined;
}

export interface Timers {
  /** `name` is unique within the VM ("pit.channel0", "vcpu1.lapic"). The callback runs at exactly its deadline in virtual time. */
  create(name: string, onExpire: (deadlineNs: VirtualNs) => void): Timer;
}

/** Guest-physical memory as a device or hypercall sees it (through the frame table; writes invalidate code and set the dirty bit). */
export interface GuestMemory {
  /** Bytes at guest-physical `gpa`; undefined where any byte is not RAM. */
  read(gpa: number, length: number): Uint8Array | undefined;
  /** False, and nothing written, where any byte is not RAM. */
  write(gpa: number, bytes: Uint8Array): boolean;
}

/** Port I/O. `size` is 1, 2 or 4 bytes; values are unsigned. `port` is relative to the registered base. */
export interface PortHandler {
  readPort(port: number, size: 1 | 2 | 4): number;
  writePort(port: number, size: 1 | 2 | 4, value: number): void;
  /** See `BusTarget.isPlain`. */
  isPlain?(port: number, write: boolean, value: number): boolean;
}

/** Memory-mapped I/O. `offset` is relative to the registered base; accesses wider than 4 bytes arrive as two. */
export interface MmioHandler {
  readMmio(offset: number, size: 1 | 2 | 4): number;
  writeMmio(offset: number, size: 1 | 2 | 4, value: number): void;
}

/** A device: state that can be saved, and what to do at machine reset. */
export interface Device extends Stateful {
  readonly name: string;
  reset(): void;
  /** For people who look at the machine. */
  describe?(): DeviceDescription;
}

/** Bytes the guest sends to a terminal, a log or the debug console. */
export interface ByteSink {
  write(byte: number): void;
}

/** The CPU's side of the interrupt controllers: what a local APIC (and the PIC through LINT0/ExtINT) does to its vCPU. */
export interface CpuSignals {
  /** INTR changed: true while an interrupt of sufficient priority waits. */
  interruptPending(pending: boolean): void;
  nmi(): void;
  smi(): void;
  /** INIT: reset registers, wait for SIPI. */
  init(): void;
  /** SIPI: start at vector << 12 in real mode, if waiting. */
  startup(vector: number): void;
  /** IGNNE#, until the processor's FERR# goes. */
  ignoreNumericError(): void;
}

/** One VM-wide debug or power request from a device ("exit with this status", "reset", "power off"). */
export interface PowerPort {
  debugExit(value: number): void;
  reset(source: string): void;
  powerOff(source: string): void;
}

/** Which devices a board has: `minimal`, for kernels that know they are in a virtual machine; `pc`, for those that expect a PC. */
export type MachineKind = 'minimal' | 'pc';

/** A device as the firmware's tables tell of it. */
export interface BoardDevice {
  readonly name: string;
  /** ACPI's hardware identifier, "PNP0303"; undefined: the tables do not name it. */
  readonly hid: string | undefined;
  readonly ports: readonly { readonly base: number; readonly size: number }[];
  readonly mmio: readonly { readonly base: number; readonly size: number }[];
  readonly irqs: readonly number[];
}
