// The state at Linux's entries: Documentation/arch/x86/boot.rst, "32-bit Boot Protocol" and "64-bit Boot Protocol".
import { BOOT_GDT_GPA, LINUX_PAGE_TABLES_GPA, PAGE_SIZE } from '../layout';
import type { BootSegment, CpuEntryState } from '../plan';
import { StructWriter } from '../struct-writer';

/** __BOOT_CS and __BOOT_DS. */
const CODE_SELECTOR = 0x10;
const DATA_SELECTOR = 0x18;
const GDT_SIZE = 32;
/** Flat: base 0, limit 4 GiB, present, accessed; code of 32 or 64 bits, data. */
const FLAT_LOW = 0x0000ffff;
const CODE32_HIGH = 0x00cf9b00;
const CODE64_HIGH = 0x00af9b00;
const DATA_HIGH = 0x00cf9300;
/** The 64-bit entry is so far behind the 32-bit one. */
const ENTRY64_OFFSET = 0x200;
const PRESENT_WRITABLE = 0x03;
const LARGE_PAGE = 0x80;
const LARGE_PAGE_SIZE = 0x200000;
const ENTRIES = 512;
/** Page directories: each maps 1 GiB. */
const DIRECTORIES = 4;

export function linuxEntry(loadGpa: number, zeroPageGpa: number, long: boolean): CpuEntryState {
  return {
    mode: long ? 'long64' : 'protected32',
    eip: loadGpa + (long ? ENTRY64_OFFSET : 0),
    eax: 0,
    ebx: 0,
    esi: zeroPageGpa,
    codeSelector: CODE_SELECTOR,
    dataSelector: DATA_SELECTOR,
    gdtBaseGpa: BOOT_GDT_GPA,
    gdtLimit: GDT_SIZE - 1,
    ...(long && { cr3Gpa: LINUX_PAGE_TABLES_GPA }),
  };
}

export function linuxGdt(long: boolean): BootSegment {
  const { bytes } = new StructWriter(GDT_SIZE).u32(0, 0, 0, 0, FLAT_LOW, long ? CODE64_HIGH : CODE32_HIGH, FLAT_LOW, DATA_HIGH);
  return { what: 'boot GDT', gpa: BOOT_GDT_GPA, bytes, zeroTo: BOOT_GDT_GPA + GDT_SIZE };
}

/** The first 4 GiB, each address at itself, in pages of 2 MiB. */
export function identityMap(): BootSegment {
  const gpa = LINUX_PAGE_TABLES_GPA;
  const tables = new StructWriter((2 + DIRECTORIES) * PAGE_SIZE);
  const [pointers, directories] = [gpa + PAGE_SIZE, gpa + 2 * PAGE_SIZE];
  tables.u64(pointers | PRESENT_WRITABLE).skipTo(PAGE_SIZE);
  for (let i = 0; i < DIRECTORIES; i++) tables.u64((directories + i * PAGE_SIZE) | PRESENT_WRITABLE);
  tables.skipTo(2 * PAGE_SIZE);
  for (let i = 0; i < DIRECTORIES * ENTRIES; i++) tables.u64(i * LARGE_PAGE_SIZE + (PRESENT_WRITABLE | LARGE_PAGE));
  return { what: 'boot page tables', gpa, bytes: tables.bytes, zeroTo: gpa + tables.bytes.length };
}
