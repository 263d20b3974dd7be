// Every guest-physical address that booting uses, and the memory map that guests are told. All numbers are gpa.

/** Conventional memory ends where a PC's extended BIOS data area begins. */
const LOW_RAM_END = 0x9fc00;
const BIOS_START = 0xf0000;
export const HIGH_RAM_START = 0x100000;
/** RAM ends below the hole for devices under 4 GiB. */
export const MAX_RAM_END = 0xe0000000;
const IO_APIC = { start: 0xfec00000, end: 0xfec01000 };
const LOCAL_APIC = { start: 0xfee00000, end: 0xfee01000 };

/** What the boot protocols hand over lies at the end of conventional memory: away from kernels and from usual AP trampolines. */
export const BOOT_DATA = { start: 0x90000, end: 0x9f000 } as const;
export const BOOT_GDT_GPA = 0x90000;
/** hvm_start_info (PVH) or the Multiboot information. */
export const BOOT_INFO_GPA = 0x90100;
export const BOOT_MEMORY_MAP_GPA = 0x90400;
export const BOOT_MODULE_LIST_GPA = 0x91000;
export const BOOT_MODULE_LIST_END = 0x92000;
/** Linux's boot_params ("zero page") takes the module list's place: Linux has an initrd instead. */
export const LINUX_ZERO_PAGE_GPA = BOOT_MODULE_LIST_GPA;
/** Page tables for the 64-bit entry of Linux: behind all the text that its command line can be. */
export const LINUX_PAGE_TABLES_GPA = 0x98000;
/** Command lines and names, zero-terminated, one behind the other. */
export const BOOT_STRINGS = { start: 0x92000, end: 0x9f000 } as const;

/** The ACPI tables, their root pointer first: where firmware has them and systems look for them (ACPI 6.5, 5.2.5.1). */
export const ACPI_AREA = { start: 0xf0000, end: 0x100000 } as const;

export const PAGE_SIZE = 0x1000;

export interface MemoryRange {
  readonly startGpa: number;
  readonly endGpa: number;
  readonly kind: 'ram' | 'reserved';
}

/** As firmware tells it (e820): what is not listed has neither RAM nor a fixed device. */
export function memoryMap(memoryBytes: number, reserved: readonly MemoryRange[] = []): readonly MemoryRange[] {
  const ranges: readonly MemoryRange[] = [
    { startGpa: 0, endGpa: LOW_RAM_END, kind: 'ram' },
    { startGpa: LOW_RAM_END, endGpa: 0xa0000, kind: 'reserved' },
    { startGpa: BIOS_START, endGpa: HIGH_RAM_START, kind: 'reserved' },
    { startGpa: HIGH_RAM_START, endGpa: memoryBytes, kind: 'ram' },
    { startGpa: IO_APIC.start, endGpa: IO_APIC.end, kind: 'reserved' },
    { startGpa: LOCAL_APIC.start, endGpa: LOCAL_APIC.end, kind: 'reserved' },
    ...reserved,
  ];
  return ranges.filter(({ startGpa, endGpa }) => startGpa < endGpa);
}

/** Kibibytes below 1 MiB and from 1 MiB up, as Multiboot and the CMOS tell them. */
export function lowerUpperKib(memoryBytes: number): { lower: number; upper: number } {
  return { lower: LOW_RAM_END / 1024, upper: Math.floor((memoryBytes - HIGH_RAM_START) / 1024) };
}
