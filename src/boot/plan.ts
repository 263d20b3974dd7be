// What booting is: data. A boot protocol makes a plan from an image; the machine writes its segments to memory and starts the first vCPU.
import type { ByteSource } from '../base/byte-source';
import type { MemoryRange } from './layout';

export type BootProtocol = 'pvh' | 'multiboot' | 'multiboot2' | 'linux' | 'linux32';

export interface BootModule {
  readonly source: ByteSource;
  /** Its command line; empty where none was given. */
  readonly args: string;
}

export interface BootInput {
  readonly image: ByteSource;
  readonly protocol: BootProtocol | 'auto';
  readonly modules: readonly BootModule[];
  readonly commandLine: string;
  /** A compressed Linux kernel is unpacked here instead of by itself, and entered by PVH. */
  readonly fastBoot?: boolean;
  readonly memoryBytes: number;
  /** More that is not free, in the order of addresses, above the local APIC. */
  readonly reserved?: readonly MemoryRange[];
  /** The machine has a display: text mode, and a framebuffer where the image asks for one. */
  readonly display?: boolean;
  /** Firmware tables of the machine; undefined: it has none. */
  readonly acpi?: AcpiTables;
}

/** ACPI tables at their place, and the root pointer to them. */
export interface AcpiTables {
  readonly rsdpGpa: number;
  /** The root pointer itself. */
  readonly rsdp: Uint8Array;
  readonly segments: readonly BootSegment[];
}

/** A linear framebuffer in guest memory: 32 bits a pixel, blue in the lowest byte, then green and red. */
export interface Framebuffer {
  readonly gpa: number;
  readonly width: number;
  readonly height: number;
  readonly pitchBytes: number;
}

/** Bytes to write at `gpa`; memory behind them is zeroed up to `zeroTo` (not included). */
export interface BootSegment {
  readonly what: string;
  readonly gpa: number;
  readonly bytes: Uint8Array;
  readonly zeroTo: number;
}

/**
 * Flat 32-bit protected mode without paging: CR0 = PE | ET, CR4 = 0, EFLAGS = 2, IDT empty, LDTR null, TR a busy 32-bit TSS with base 0
 * and limit 0x67 (PVH asks for it), registers not named are 0. Or 64-bit mode: the same with PG, PAE, LME and LMA, and the page tables at CR3.
 */
export interface CpuEntryState {
  readonly mode: 'protected32' | 'long64';
  readonly eip: number;
  readonly eax: number;
  readonly ebx: number;
  readonly esi?: number;
  /** Of 64-bit mode. */
  readonly cr3Gpa?: number;
  /** Base 0, limit 4 GiB, execute/read, 32-bit or 64-bit as the mode. */
  readonly codeSelector: number;
  /** DS, ES, SS, FS, GS: base 0, limit 4 GiB, read/write. */
  readonly dataSelector: number;
  /** PVH and Multiboot promise no GDT, but one with these selectors is there, as after the common loaders. */
  readonly gdtBaseGpa: number;
  readonly gdtLimit: number;
}

export interface BootPlan {
  readonly protocol: BootProtocol;
  /** One sentence: why this protocol, for the log. */
  readonly why: string;
  readonly segments: readonly BootSegment[];
  readonly entry: CpuEntryState;
  readonly framebuffer?: Framebuffer;
  /** What a user may want to know: requests of the image that were not granted. */
  readonly notes: readonly string[];
}
