// The MSRs of KVM's interface that work: one entry per row, old and new clock numbers alike. Refused ones have none.
import { gpaOf } from '../guest-words';
import type { KvmHost } from './host-port';
import { setPvEoi } from './pv-eoi';
import { STEAL_RESERVED } from './steal-time';
import type { KvmVcpuData } from './vcpu-data';
import { writeWallClock } from './wall-clock';

/** What an MSR handler may touch. */
export interface KvmMsrContext {
  readonly host: KvmHost;
  readonly vcpu: number;
  readonly data: KvmVcpuData;
  /** MSR_KVM_WALL_CLOCK(_NEW): one for the VM. */
  wallClock: { value: bigint };
  /** Sets the clock page; `old`: through the old MSR number. */
  setSystemTime(value: bigint, old: boolean): void;
  /** Brings the steal area up to date. */
  stealChanged(): void;
}

export interface KvmMsr {
  read(context: KvmMsrContext): bigint;
  /** False: #GP(0). */
  write(context: KvmMsrContext, value: bigint): boolean;
}

const wallClock: KvmMsr = {
  read: (context) => context.wallClock.value,
  write(context, value) {
    context.wallClock.value = value;
    if (value !== 0n) writeWallClock(context.host.memory, gpaOf(value), context.host.wallClockBaseNs);
    return true;
  },
};

const systemTime = (old: boolean): KvmMsr => ({
  read: (context) => context.data.systemTime,
  write(context, value) {
    context.setSystemTime(value, old);
    return true;
  },
});

const stealTime: KvmMsr = {
  read: (context) => context.data.stealTime,
  write(context, value) {
    if (value & STEAL_RESERVED) return false;
    context.data.stealTime = value;
    context.stealChanged();
    return true;
  },
};

const pvEoi: KvmMsr = {
  read: (context) => context.data.pvEoi,
  write: (context, value) => setPvEoi(context.host, context.data, value),
};

const pollControl: KvmMsr = {
  read: (context) => context.data.pollControl,
  write(context, value) {
    if (value & ~1n) return false;
    context.data.pollControl = value;
    return true;
  },
};

/** By the name in the rows. */
export const KVM_MSR_HANDLERS: Readonly<Record<string, KvmMsr>> = {
  MSR_KVM_WALL_CLOCK: wallClock,
  MSR_KVM_SYSTEM_TIME: systemTime(true),
  MSR_KVM_WALL_CLOCK_NEW: wallClock,
  MSR_KVM_SYSTEM_TIME_NEW: systemTime(false),
  MSR_KVM_STEAL_TIME: stealTime,
  MSR_KVM_PV_EOI_EN: pvEoi,
  MSR_KVM_POLL_CONTROL: pollControl,
};
