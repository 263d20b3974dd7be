// Multiboot Specification 0.6.96: loading by ELF program headers or by address fields, boot information, machine state (3.2 to 3.4).
import { ElfFile } from '../formats/elf';
import { BootError } from './boot-error';
import { BootStrings } from './boot-strings';
import { checkEntry, elfSegments, highestEnd, physicalEntry } from './elf-image';
import { dataSegment, gdtSegment, protectedEntry } from './entry-state';
import { chooseFramebuffer, type FramebufferWish, framebufferFields, memoryMapWith } from './framebuffer';
import { BOOT_INFO_GPA, BOOT_MEMORY_MAP_GPA, BOOT_MODULE_LIST_GPA, lowerUpperKib, type MemoryRange } from './layout';
import { type LoadedKernel, loadByAddresses } from './load-by-addresses';
import { type MultibootHeader, multibootHeader } from './multiboot-header';
import { placeModules } from './place-modules';
import type { BootInput, BootPlan } from './plan';
import { StructWriter } from './struct-writer';

/** 3.2: EAX at entry. */
const BOOTLOADER_MAGIC = 0x2badb002;
const BOOT_LOADER_NAME = 'Hyperscope';
// 3.3: boot information
const INFO_SIZE = 120;
const INFO_MEMORY = 0x001;
const INFO_COMMAND_LINE = 0x004;
const INFO_MODULES = 0x008;
const INFO_MEMORY_MAP = 0x040;
const INFO_LOADER_NAME = 0x200;
const INFO_FRAMEBUFFER = 0x1000;
const OFFSET = { commandLine: 16, memoryMap: 44, loaderName: 64, framebuffer: 88 } as const;
const MODULE_ENTRY_SIZE = 16;
/** The size field of a memory map entry does not count itself. */
const MEMORY_MAP_ENTRY_SIZE = 20;
const MEMORY_TYPE = { ram: 1, reserved: 2 } as const;

const NO_SCREEN =
  'The Multiboot header asks for video information (flag bit 2): this machine has no screen, the information is not passed; machine "pc" has one.';

/** 3.1.4: a mode of a definite size is required, no preference is a wish; text mode is what there is without a framebuffer. */
function framebufferWish({ video }: MultibootHeader): FramebufferWish | undefined {
  if (!video?.linear) return undefined;
  return { ...video, required: video.width !== 0 && video.height !== 0 };
}

export function planMultiboot(input: BootInput): BootPlan {
  const header = multibootHeader(input.image);
  if (header === undefined) throw BootError.noMultibootHeader(input.image.name);
  const framebuffer = chooseFramebuffer(input, framebufferWish(header));
  const ramEnd = framebuffer?.gpa ?? input.memoryBytes;
  const left = { ...input, memoryBytes: ramEnd };
  const kernel = loadKernel(left, header);
  checkEntry(input.image.name, kernel.entry, kernel.segments);
  const modules = placeModules(left, highestEnd(kernel.segments), 'behind-kernel', MODULE_ENTRY_SIZE);
  const strings = new BootStrings();
  const commandLine = strings.add(input.commandLine);
  const loaderName = strings.add(BOOT_LOADER_NAME);

  const list = new StructWriter(modules.length * MODULE_ENTRY_SIZE);
  for (const { segment, args, baseName } of modules) {
    list.u32(segment.gpa, segment.gpa + segment.bytes.length, strings.add(args === '' ? baseName : args), 0);
  }
  const map = memoryMapBytes(memoryMapWith(input.memoryBytes, framebuffer));
  const { lower, upper } = lowerUpperKib(ramEnd);
  const info = new StructWriter(INFO_SIZE)
    .u32(
      (input.display ? INFO_FRAMEBUFFER : 0) | INFO_MEMORY | INFO_COMMAND_LINE | INFO_MODULES | INFO_MEMORY_MAP | INFO_LOADER_NAME,
      lower,
      upper,
    )
    .skipTo(OFFSET.commandLine)
    .u32(commandLine, modules.length, modules.length === 0 ? 0 : BOOT_MODULE_LIST_GPA)
    .skipTo(OFFSET.memoryMap)
    .u32(map.length, BOOT_MEMORY_MAP_GPA)
    .skipTo(OFFSET.loaderName)
    .u32(loaderName);
  if (input.display) info.skipTo(OFFSET.framebuffer).raw(framebufferFields(framebuffer));

  return {
    protocol: 'multiboot',
    why: `Multiboot 1: a header at file offset 0x${header.fileOffset.toString(16)}, loaded by ${kernel.how}.`,
    segments: [
      ...kernel.segments,
      ...modules.map(({ segment }) => segment),
      gdtSegment(),
      dataSegment('Multiboot information', BOOT_INFO_GPA, info.bytes),
      dataSegment('memory map', BOOT_MEMORY_MAP_GPA, map),
      dataSegment('module list', BOOT_MODULE_LIST_GPA, list.bytes),
      strings.segment(),
      ...(input.acpi?.segments ?? []),
    ],
    entry: protectedEntry(kernel.entry, BOOTLOADER_MAGIC, BOOT_INFO_GPA),
    ...(framebuffer && { framebuffer }),
    notes: header.video !== undefined && !input.display ? [NO_SCREEN] : [],
  };
}

function memoryMapBytes(ranges: readonly MemoryRange[]): Uint8Array {
  const map = new StructWriter(ranges.length * (MEMORY_MAP_ENTRY_SIZE + 4));
  for (const { startGpa, endGpa, kind } of ranges) {
    map
      .u32(MEMORY_MAP_ENTRY_SIZE)
      .u64(startGpa, endGpa - startGpa)
      .u32(MEMORY_TYPE[kind]);
  }
  return map.bytes;
}

function loadKernel(input: BootInput, header: MultibootHeader): LoadedKernel {
  const { image, memoryBytes } = input;
  if (header.addresses !== undefined) return loadByAddresses(input, header.fileOffset, header.addresses, header.addresses.entryAddr);
  if (!ElfFile.isElf(image)) {
    throw BootError.badMultiboot(
      image.name,
      'the file is not ELF and the header has no address fields; set bit 16 of its flags and fill them in',
    );
  }
  const elf = ElfFile.open(image);
  return {
    segments: elfSegments(elf, memoryBytes),
    entry: physicalEntry(elf),
    how: `its ELF${elf.header.is64 ? '64' : '32'} program headers`,
  };
}
