// The loadable segments of an ELF kernel at their physical addresses (p_paddr), checked against the memory there is.
import type { ElfFile } from '../formats/elf';
import { PT_LOAD } from '../formats/elf-constants';
import { BootError } from './boot-error';
import { BOOT_DATA, HIGH_RAM_START, MAX_RAM_END, memoryMap } from './layout';
import type { BootSegment } from './plan';

/** Sections of an ELF file that are in memory: header order is kept. */
export function elfSegments(elf: ElfFile, memoryBytes: number): readonly BootSegment[] {
  const loads = elf.segments.filter((segment) => segment.type === PT_LOAD && segment.memorySize > 0);
  if (loads.length === 0) throw BootError.nothingToLoad(elf.name);
  return loads.map((segment) => {
    checkFits(elf.name, segment.paddr, segment.paddr + BigInt(segment.memorySize), memoryBytes);
    const gpa = Number(segment.paddr);
    return {
      what: `${elf.name} segment`,
      gpa,
      bytes: elf.segmentBytes(segment).subarray(0, segment.memorySize),
      zeroTo: gpa + segment.memorySize,
    };
  });
}

/** [start, end) must be RAM that the boot data leaves free. */
export function checkFits(file: string, start: bigint, end: bigint, memoryBytes: number): void {
  if (end > BigInt(MAX_RAM_END)) throw BootError.notRam(file, start, end);
  const [startGpa, endGpa] = [Number(start), Number(end)];
  if (startGpa >= HIGH_RAM_START && endGpa > memoryBytes) throw BootError.tooLarge(file, endGpa, memoryBytes);
  const inRam = memoryMap(memoryBytes).some((range) => range.kind === 'ram' && startGpa >= range.startGpa && endGpa <= range.endGpa);
  const overBootData = startGpa < BOOT_DATA.end && endGpa > BOOT_DATA.start;
  if (!inRam || overBootData) throw BootError.notRam(file, start, end);
}

/** Where execution begins, physically: a virtual entry is translated by the segment that holds it, as GRUB does. */
export function physicalEntry(elf: ElfFile): number {
  const { entry } = elf.header;
  const holder = elf.segments.find(
    (segment) => segment.type === PT_LOAD && entry >= segment.vaddr && entry < segment.vaddr + BigInt(segment.memorySize),
  );
  const physical = holder === undefined ? entry : entry - holder.vaddr + holder.paddr;
  if (physical > 0xffffffffn) throw BootError.entryOutside(elf.name, entry);
  return Number(physical);
}

export function checkEntry(file: string, entry: number, segments: readonly BootSegment[]): void {
  if (!segments.some((segment) => entry >= segment.gpa && entry < segment.zeroTo)) throw BootError.entryOutside(file, entry);
}

export function highestEnd(segments: readonly BootSegment[]): number {
  return segments.reduce((end, segment) => Math.max(end, segment.zeroTo), HIGH_RAM_START);
}
