// The Multiboot 2 boot information: a total size, then tags at multiples of 8 (Multiboot2 Specification 2.0, 3.6).
import { BootError } from '../boot-error';
import { framebufferFields } from '../framebuffer';
import { BOOT_STRINGS, lowerUpperKib, type MemoryRange } from '../layout';
import type { PlacedModule } from '../place-modules';
import type { Framebuffer } from '../plan';
import { StructWriter } from '../struct-writer';

export const INFORMATION = {
  commandLine: 1,
  loaderName: 2,
  module: 3,
  basicMemory: 4,
  bootDevice: 5,
  memoryMap: 6,
  framebuffer: 8,
  elfSections: 9,
  oldRsdp: 14,
  newRsdp: 15,
} as const;
const END = 0;
const FIXED_SIZE = 8;
const TAG_HEADER_SIZE = 8;
const LOADER_NAME = 'Hyperscope';
const MEMORY_ENTRY_SIZE = 24;
const MEMORY_TYPE = { ram: 1, reserved: 2 } as const;
/** An RSDP of ACPI 1.0 is its first 20 bytes. */
const OLD_RSDP_SIZE = 20;

export interface SectionHeaders {
  readonly count: number;
  readonly entrySize: number;
  readonly namesIndex: number;
  readonly bytes: Uint8Array;
}

const utf8 = new TextEncoder();
const text = (value: string): Uint8Array => utf8.encode(`${value.replaceAll('\0', ' ')}\0`);

export class BootInformation {
  private readonly tags: { type: number; bytes: Uint8Array }[] = [];

  private add(type: number, bytes: Uint8Array): this {
    this.tags.push({ type, bytes });
    return this;
  }

  texts(commandLine: string): this {
    return this.add(INFORMATION.commandLine, text(commandLine)).add(INFORMATION.loaderName, text(LOADER_NAME));
  }

  modules(modules: readonly PlacedModule[]): this {
    for (const { segment, args, baseName } of modules) {
      const name = text(args === '' ? baseName : args);
      const bytes = new Uint8Array(8 + name.length);
      bytes.set(new StructWriter(8).u32(segment.gpa, segment.gpa + segment.bytes.length).bytes);
      bytes.set(name, 8);
      this.add(INFORMATION.module, bytes);
    }
    return this;
  }

  memory(ramEnd: number, ranges: readonly MemoryRange[]): this {
    const { lower, upper } = lowerUpperKib(ramEnd);
    const map = new StructWriter(8 + ranges.length * MEMORY_ENTRY_SIZE).u32(MEMORY_ENTRY_SIZE, 0);
    for (const { startGpa, endGpa, kind } of ranges) map.u64(startGpa, endGpa - startGpa).u32(MEMORY_TYPE[kind], 0);
    return this.add(INFORMATION.basicMemory, new StructWriter(8).u32(lower, upper).bytes).add(INFORMATION.memoryMap, map.bytes);
  }

  /** Undefined: text mode. */
  framebuffer(framebuffer: Framebuffer | undefined): this {
    return this.add(INFORMATION.framebuffer, framebufferFields(framebuffer, 2));
  }

  elfSections({ count, entrySize, namesIndex, bytes }: SectionHeaders): this {
    const fields = new Uint8Array(12 + bytes.length);
    fields.set(new StructWriter(12).u32(count, entrySize, namesIndex).bytes);
    fields.set(bytes, 12);
    return this.add(INFORMATION.elfSections, fields);
  }

  rsdp(rsdp: Uint8Array): this {
    return this.add(INFORMATION.oldRsdp, rsdp.slice(0, OLD_RSDP_SIZE)).add(INFORMATION.newRsdp, rsdp);
  }

  bytes(): Uint8Array {
    const all = [...this.tags, { type: END, bytes: new Uint8Array(0) }];
    const sizes = all.map(({ bytes }) => TAG_HEADER_SIZE + bytes.length);
    const total = sizes.reduce((at, size) => at + Math.ceil(size / 8) * 8, FIXED_SIZE);
    const most = BOOT_STRINGS.end - BOOT_STRINGS.start;
    if (total > most) throw BootError.textTooLong('The boot information (command line, modules, section headers)', total, most);
    const information = new StructWriter(total).u32(total, 0);
    let at = FIXED_SIZE;
    all.forEach(({ type, bytes }, index) => {
      information.skipTo(at).u32(type, sizes[index]!);
      information.bytes.set(bytes, at + TAG_HEADER_SIZE);
      at += Math.ceil(sizes[index]! / 8) * 8;
    });
    return information.bytes;
  }
}
