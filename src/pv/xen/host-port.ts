// What Xen's interface needs of the machine around it: nothing but this. Times are those of the pCPU on which the vCPU in question runs.
import type { GuestMemory, Timer, Timers, VirtualNs } from '../../devices/ports';

/** In the order of Xen's RUNSTATE_* numbers. */
export type XenRunState = 'running' | 'runnable' | 'blocked' | 'offline';

export interface XenRunStates {
  readonly state: XenRunState;
  readonly sinceNs: VirtualNs;
  /** Time in each state, in the order of their numbers, up to `sinceNs`. */
  readonly ns: readonly [number, number, number, number];
}

/** Reasons of SCHEDOP_shutdown by number (public/sched.h). */
export const SHUTDOWN_REASONS = ['poweroff', 'reboot', 'suspend', 'crash', 'watchdog', 'soft_reset'] as const;
export type ShutdownReason = (typeof SHUTDOWN_REASONS)[number];

/** Guest frames and the pages of RAM that are there. Pages have numbers from 0 on. */
export interface XenFrames {
  /** Guest frames that there can be. */
  readonly count: number;
  /** The page at a guest frame, or what else is there. */
  at(gfn: number): number | 'hole' | 'device';
  map(gfn: number, page: number, readOnly: boolean): void;
  unmap(gfn: number): void;
  readPage(page: number, offset: number, length: number): Uint8Array;
  writePage(page: number, offset: number, bytes: Uint8Array): void;
}

export interface XenHost {
  readonly memory: GuestMemory;
  readonly frames: XenFrames;
  /** Pages of RAM; the last ones are Xen's own. */
  readonly pages: number;
  /** vCPUs that may ever exist. */
  readonly vcpuCount: number;
  readonly domainId: number;
  readonly domainName: string;
  /** Frequency of the guest's TSC. */
  readonly tscHz: number;
  /** Unix time of virtual time 0, in ns. */
  readonly wallClockBaseNs: bigint;
  readonly timers: Timers;
  /** What has been done for the domain so far: accesses to its memory and its map, trace events, bytes put out. Lists go on in pieces by it. */
  readonly steps: number;
  readonly memoryMap: readonly { readonly startGpa: number; readonly endGpa: number; readonly kind: 'ram' | 'reserved' }[];

  nowNs(vcpu: number): VirtualNs;
  /** What RDTSC would read on this vCPU now. */
  guestTsc(vcpu: number): bigint;
  runStates(vcpu: number): XenRunStates;

  /** Guest-physical address of a linear one as the vCPU would translate it now. */
  translate(vcpu: number, linear: bigint): { readonly gpa: number; readonly writable: boolean } | undefined;
  /** Where the instruction at hand is: it is to be made again if RIP is put there. */
  instructionRip(vcpu: number): bigint;

  /** Running, runnable or asleep, but not waiting to be started. */
  isUp(vcpu: number): boolean;
  /** The instruction at hand is the last one until the vCPU is woken, or an interrupt comes that it takes. */
  sleep(vcpu: number): void;
  /** Ends `sleep`, and HLT. */
  wake(vcpu: number): void;
  /** Rest of the caller's time goes to whoever waits for its pCPU. */
  yield(vcpu: number): void;
  /** Stops the vCPU until it gets INIT and a start-up IPI. */
  down(vcpu: number): void;
  up(vcpu: number): void;
  raiseNmi(vcpu: number): void;
  flushTlb(vcpu: number): void;

  /** An edge-triggered interrupt into the local APIC; false: it is switched off and takes none. */
  deliverVector(vcpu: number, vector: number): boolean;
  /** The request that `PvInterface.takeInterrupt` answers. */
  setCallbackLine(vcpu: number, level: boolean): void;
  /** A pin of the I/O APIC. */
  setGsi(gsi: number, level: boolean): void;

  /** A byte for the terminal, from the console ring. */
  consoleOutput(byte: number): void;
  /** A byte for the debug console, from console_io. */
  emergencyOutput(byte: number): void;
  /** A byte from the terminal enters the console ring. */
  consoleInput(byte: number): void;
  shutdown(reason: ShutdownReason): void;
  /** A message for people, once each. */
  message(text: string): void;
  /** Records a trace event; fields as in its row. */
  trace(kind: number, vcpu: number, f0?: number | bigint, f1?: number | bigint, f2?: number | bigint, f3?: number | bigint): void;
}

export type { Timer };
