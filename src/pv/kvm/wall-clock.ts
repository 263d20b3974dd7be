// MSR_KVM_WALL_CLOCK: the wall-clock time at which kvmclock read zero (struct pvclock_wall_clock), written once when the guest asks.
import type { GuestMemory } from '../../devices/ports';
import { readU32, writeU32 } from '../guest-words';

export const WALL_CLOCK_SIZE = 12;

/** Nothing happens where there is no memory. */
export function writeWallClock(memory: GuestMemory, gpa: number, wallClockBaseNs: bigint): void {
  let version = readU32(memory, gpa);
  if (version === undefined) return;
  // The first write may find junk there: make it even, then odd while writing.
  if (version & 1) version++;
  const writing = (version + 1) >>> 0;
  const bytes = new Uint8Array(WALL_CLOCK_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, writing, true);
  view.setUint32(4, Number(BigInt.asUintN(32, wallClockBaseNs / 1_000_000_000n)), true);
  view.setUint32(8, Number(wallClockBaseNs % 1_000_000_000n), true);
  if (!writeU32(memory, gpa, writing) || !memory.write(gpa, bytes)) return;
  writeU32(memory, gpa, (writing + 1) >>> 0);
}
