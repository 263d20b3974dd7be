// The processor state that PVH and Multiboot 1 share, and the GDT behind it.
import { BOOT_GDT_GPA } from './layout';
import type { BootSegment, CpuEntryState } from './plan';
import { StructWriter } from './struct-writer';

const CODE_SELECTOR = 0x08;
const DATA_SELECTOR = 0x10;
/** SDM vol 3, 3.4.5: base 0, limit 0xfffff pages, present, accessed; 32-bit code (0x9b) or data (0x93). */
const FLAT_LOW = 0x0000ffff;
const CODE_HIGH = 0x00cf9b00;
const DATA_HIGH = 0x00cf9300;
const GDT_SIZE = 24;

export function protectedEntry(eip: number, eax: number, ebx: number): CpuEntryState {
  return {
    mode: 'protected32',
    eip,
    eax,
    ebx,
    codeSelector: CODE_SELECTOR,
    dataSelector: DATA_SELECTOR,
    gdtBaseGpa: BOOT_GDT_GPA,
    gdtLimit: GDT_SIZE - 1,
  };
}

export function gdtSegment(): BootSegment {
  const { bytes } = new StructWriter(GDT_SIZE).u32(0, 0, FLAT_LOW, CODE_HIGH, FLAT_LOW, DATA_HIGH);
  return { what: 'boot GDT', gpa: BOOT_GDT_GPA, bytes, zeroTo: BOOT_GDT_GPA + GDT_SIZE };
}

/** A structure of the protocol at its place. */
export function dataSegment(what: string, gpa: number, bytes: Uint8Array): BootSegment {
  return { what, gpa, bytes, zeroTo: gpa + bytes.length };
}
