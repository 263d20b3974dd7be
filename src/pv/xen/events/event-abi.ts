// How pending and masked events are told to a guest: by bits of shared_info (2-level), or by words and queues (FIFO).
import type { Port } from './ports';

export interface EventAbi {
  setPending(number: number, port: Port): void;
  clearPending(number: number): void;
  isPending(number: number): boolean;
  isMasked(number: number): boolean;
  unmask(number: number, port: Port): void;
  /** The number may not be used again yet. */
  isBusy(number: number): boolean;
}

/** What both need of the domain. */
export interface EventSurroundings {
  /** vcpu_info says that events are pending, and the vCPU is told. */
  markPending(vcpu: number): void;
  /** An event became pending: whoever polls for it wakes. */
  wakePollers(port: number): void;
}
