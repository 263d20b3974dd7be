// Writes a plan into guest memory; the machine does this at power-on and again at a reboot.
import { assert } from '../base/assert';
import type { GuestMemory } from '../devices/ports';
import type { BootPlan } from './plan';

const ZEROS = 0x10000;

export function applyBootPlan(plan: BootPlan, memory: GuestMemory): void {
  const zeros = new Uint8Array(ZEROS);
  for (const { what, gpa, bytes, zeroTo } of plan.segments) {
    if (bytes.length > 0) assert(memory.write(gpa, bytes), `${what} at 0x${gpa.toString(16)} is not in RAM`);
    for (let at = gpa + bytes.length; at < zeroTo; at += ZEROS) {
      assert(memory.write(at, zeros.subarray(0, Math.min(ZEROS, zeroTo - at))), `${what}: zeros at 0x${at.toString(16)} are not in RAM`);
    }
  }
}
