// PVH direct boot: Xen's docs/misc/pvh.pandoc and public/arch-x86/hvm/start_info.h, version 1 of the structure.
import { ElfFile, type ElfNote } from '../formats/elf';
import { BootError } from './boot-error';
import { BootStrings } from './boot-strings';
import { checkEntry, elfSegments, highestEnd } from './elf-image';
import { dataSegment, gdtSegment, protectedEntry } from './entry-state';
import { BOOT_INFO_GPA, BOOT_MEMORY_MAP_GPA, BOOT_MODULE_LIST_GPA, memoryMap } from './layout';
import { placeModules } from './place-modules';
import type { BootInput, BootPlan } from './plan';
import { StructWriter } from './struct-writer';

const NOTE_OWNER = 'Xen';
const XEN_ELFNOTE_PHYS32_ENTRY = 18;
const XEN_HVM_START_MAGIC_VALUE = 0x336ec578;
const START_INFO_VERSION = 1;
const START_INFO_SIZE = 56;
const MODLIST_ENTRY_SIZE = 32;
const MEMMAP_ENTRY_SIZE = 24;
const XEN_HVM_MEMMAP_TYPE = { ram: 1, reserved: 2 } as const;

/** The physical address of the 32-bit entry, if the image has one. */
export function pvhEntry(elf: ElfFile): number | undefined {
  const note = elf.notes.find(({ name, type }) => name === NOTE_OWNER && type === XEN_ELFNOTE_PHYS32_ENTRY);
  return note && noteAddress(note);
}

/** The descriptor is 4 bytes or, in 64-bit files, 8. */
function noteAddress({ desc }: ElfNote): number | undefined {
  return desc.length < 4 ? undefined : new DataView(desc.buffer, desc.byteOffset, 4).getUint32(0, true);
}

export function planPvh(input: BootInput): BootPlan {
  const elf = ElfFile.open(input.image);
  const entry = pvhEntry(elf);
  if (entry === undefined) throw BootError.noPvhNote(elf.name);
  const kernel = elfSegments(elf, input.memoryBytes);
  checkEntry(elf.name, entry, kernel);
  const modules = placeModules(input, highestEnd(kernel), 'top', MODLIST_ENTRY_SIZE);
  const strings = new BootStrings();
  const commandLine = strings.add(input.commandLine);

  const list = new StructWriter(modules.length * MODLIST_ENTRY_SIZE);
  for (const { segment, args } of modules) {
    list.u64(segment.gpa, segment.bytes.length, args === '' ? 0 : strings.add(args), 0);
  }
  const ranges = memoryMap(input.memoryBytes, input.reserved);
  const map = new StructWriter(ranges.length * MEMMAP_ENTRY_SIZE);
  for (const { startGpa, endGpa, kind } of ranges) map.u64(startGpa, endGpa - startGpa).u32(XEN_HVM_MEMMAP_TYPE[kind], 0);
  const info = new StructWriter(START_INFO_SIZE)
    .u32(XEN_HVM_START_MAGIC_VALUE, START_INFO_VERSION, 0, modules.length)
    .u64(modules.length === 0 ? 0 : BOOT_MODULE_LIST_GPA, commandLine, input.acpi?.rsdpGpa ?? 0, BOOT_MEMORY_MAP_GPA)
    .u32(ranges.length, 0);

  return {
    protocol: 'pvh',
    why: `PVH: the ELF note XEN_ELFNOTE_PHYS32_ENTRY gives the entry 0x${entry.toString(16)}.`,
    segments: [
      ...kernel,
      ...modules.map(({ segment }) => segment),
      gdtSegment(),
      dataSegment('hvm_start_info', BOOT_INFO_GPA, info.bytes),
      dataSegment('memory map', BOOT_MEMORY_MAP_GPA, map.bytes),
      dataSegment('module list', BOOT_MODULE_LIST_GPA, list.bytes),
      strings.segment(),
      ...(input.acpi?.segments ?? []),
    ],
    entry: protectedEntry(entry, 0, BOOT_INFO_GPA),
    notes: [],
  };
}
