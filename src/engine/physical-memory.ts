// Guest-physical memory as helpers see it: not RAM reads as all ones and swallows what is written; decoded code learns of writes.
import type { PhysicalMemory } from '../x86/cpu';
import type { EngineMemory } from './vm-memory';

export const physicalMemory = (memory: EngineMemory): PhysicalMemory => ({
  read64: (gpa) => {
    const at = memory.offsetOf(gpa);
    return at === undefined ? 0xffff_ffff_ffff_ffffn : memory.view.getBigUint64(at, true);
  },
  read32: (gpa) => {
    const at = memory.offsetOf(gpa);
    return at === undefined ? 0xffff_ffff : memory.view.getUint32(at, true);
  },
  write64: (gpa, value) => {
    const at = memory.offsetOf(gpa);
    if (at === undefined) return;
    memory.onWrite(at, 8);
    memory.view.setBigUint64(at, value, true);
  },
  write32: (gpa, value) => {
    const at = memory.offsetOf(gpa);
    if (at === undefined) return;
    memory.onWrite(at, 4);
    memory.view.setUint32(at, value, true);
  },
});
