// kvmclock: the clock page of a vCPU (struct pvclock_vcpu_time_info, Linux arch/x86/include/asm/pvclock-abi.h; Documentation/virt/kvm/x86/msr.rst).
//
// The guest computes system_time + (((tsc - tsc_timestamp) shifted by tsc_shift) * tsc_to_system_mul >> 32), between two reads of an even version.
import type { GuestMemory } from '../../devices/ports';
import { readU8, readU32, writeU32 } from '../guest-words';

export const PVCLOCK_SIZE = 32;
/** Offsets in the structure. */
export const PvclockField = { version: 0, tscTimestamp: 8, systemTime: 16, mul: 24, shift: 28, flags: 29 } as const;
export const PVCLOCK_TSC_STABLE = 1;
export const PVCLOCK_GUEST_STOPPED = 2;
const NSEC_PER_SEC = 1_000_000_000n;

export interface TimeScale {
  /** tsc_to_system_mul: 32.32 fraction. */
  mul: number;
  /** tsc_shift: left if positive. */
  shift: number;
}

/** The scale by which ticks of `tscHz` become nanoseconds, normalised as KVM does it (mul has its top bit set unless exact). */
export function timeScale(tscHz: number): TimeScale {
  let shift = 0;
  let ticks = BigInt(tscHz);
  while (ticks > NSEC_PER_SEC * 2n || ticks >> 32n !== 0n) {
    ticks >>= 1n;
    shift--;
  }
  while (ticks <= NSEC_PER_SEC) {
    ticks <<= 1n;
    shift++;
  }
  return { mul: Number((NSEC_PER_SEC << 32n) / ticks), shift };
}

/** What a guest computes from the structure (pvclock_scale_delta). */
export function scaleDelta(delta: bigint, scale: TimeScale): bigint {
  const shifted = scale.shift < 0 ? delta >> BigInt(-scale.shift) : BigInt.asUintN(64, delta << BigInt(scale.shift));
  return BigInt.asUintN(64, (shifted * BigInt(scale.mul)) >> 32n);
}

export interface PvclockUpdate {
  tsc: bigint;
  systemTimeNs: number;
  scale: TimeScale;
  stable: boolean;
  /** The guest did not run for a while. It clears the flag itself. */
  stopped: boolean;
}

/** Writes the page; the version is odd while it is being written. Returns the new version, or undefined where there is no memory. */
export function writePvclock(memory: GuestMemory, gpa: number, update: PvclockUpdate): number | undefined {
  const old = readU32(memory, gpa + PvclockField.version);
  const oldFlags = readU8(memory, gpa + PvclockField.flags);
  if (old === undefined || oldFlags === undefined) return undefined;
  const writing = ((old + 1) | 1) >>> 0;
  const bytes = new Uint8Array(PVCLOCK_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(PvclockField.version, writing, true);
  view.setBigUint64(PvclockField.tscTimestamp, update.tsc, true);
  view.setBigUint64(PvclockField.systemTime, BigInt(update.systemTimeNs), true);
  view.setUint32(PvclockField.mul, update.scale.mul, true);
  view.setInt8(PvclockField.shift, update.scale.shift);
  view.setUint8(
    PvclockField.flags,
    (update.stable ? PVCLOCK_TSC_STABLE : 0) | (update.stopped ? PVCLOCK_GUEST_STOPPED : oldFlags & PVCLOCK_GUEST_STOPPED),
  );
  if (!writeU32(memory, gpa, writing) || !memory.write(gpa, bytes)) return undefined;
  const version = (writing + 1) >>> 0;
  writeU32(memory, gpa, version);
  return version;
}
