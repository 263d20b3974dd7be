// Multiboot2 Specification 2.0: loading by ELF program headers or by address tags, boot information, machine state (3.3 to 3.6).
import { ElfFile } from '../../formats/elf';
import { BootError } from '../boot-error';
import { checkEntry, elfSegments, highestEnd, physicalEntry } from '../elf-image';
import { dataSegment, gdtSegment, protectedEntry } from '../entry-state';
import { chooseFramebuffer, memoryMapWith } from '../framebuffer';
import { BOOT_STRINGS } from '../layout';
import { type LoadedKernel, loadByAddresses } from '../load-by-addresses';
import { placeModules } from '../place-modules';
import type { BootInput, BootPlan } from '../plan';
import { type Multiboot2Header, multiboot2Header } from './header';
import { BootInformation, INFORMATION } from './information';
import { loadSections } from './sections';

/** 3.3: EAX at entry. */
const BOOTLOADER_MAGIC = 0x36d76289;
const ALWAYS_GIVEN: readonly number[] = [
  INFORMATION.commandLine,
  INFORMATION.loaderName,
  INFORMATION.module,
  INFORMATION.basicMemory,
  INFORMATION.memoryMap,
  // Nothing was booted from a BIOS device: there is none to tell of.
  INFORMATION.bootDevice,
  INFORMATION.elfSections,
];
const OF_A_PC: readonly number[] = [INFORMATION.framebuffer];
const OF_ACPI: readonly number[] = [INFORMATION.oldRsdp, INFORMATION.newRsdp];
/** load_addr of the address tag: the file is loaded from its beginning. */
const FROM_START = 0xffffffff;

export function planMultiboot2(input: BootInput): BootPlan {
  const { image } = input;
  const header = multiboot2Header(image);
  if (header === undefined) throw BootError.noMultiboot2Header(image.name);
  checkRequests(input, header);
  const framebuffer = chooseFramebuffer(input, header.framebuffer);
  const ramEnd = framebuffer?.gpa ?? input.memoryBytes;
  const left = { ...input, memoryBytes: ramEnd };
  const kernel = loadKernel(left, header);
  checkEntry(image.name, kernel.entry, kernel.segments);
  const sections = loadSections(left, highestEnd(kernel.segments));
  const modules = placeModules(left, sections?.endGpa ?? highestEnd(kernel.segments), 'behind-kernel', 1);

  const information = new BootInformation()
    .texts(input.commandLine)
    .modules(modules)
    .memory(ramEnd, memoryMapWith(input.memoryBytes, framebuffer));
  if (input.display) information.framebuffer(framebuffer);
  if (sections !== undefined) information.elfSections(sections.headers);
  if (input.acpi !== undefined) information.rsdp(input.acpi.rsdp);
  return {
    protocol: 'multiboot2',
    why: `Multiboot 2: a header at file offset 0x${header.fileOffset.toString(16)}, loaded by ${kernel.how}.`,
    segments: [
      ...kernel.segments,
      ...(sections?.segments ?? []),
      ...modules.map(({ segment }) => segment),
      gdtSegment(),
      dataSegment('Multiboot 2 information', BOOT_STRINGS.start, information.bytes()),
      ...(input.acpi?.segments ?? []),
    ],
    entry: protectedEntry(kernel.entry, BOOTLOADER_MAGIC, BOOT_STRINGS.start),
    ...(framebuffer && { framebuffer }),
    notes: header.framebuffer !== undefined && framebuffer === undefined ? [`${image.name} asks for a framebuffer; there is none.`] : [],
  };
}

/** 3.1.3: what the image cannot do without must be known and there. */
function checkRequests({ image, display, acpi }: BootInput, header: Multiboot2Header): void {
  if (header.consoleRequired && !display) throw BootError.needsPc(image.name, 'requires a console of its own (tag 4)');
  for (const { type, required } of header.requests) {
    if (!required || ALWAYS_GIVEN.includes(type) || (display && OF_A_PC.includes(type)) || (acpi && OF_ACPI.includes(type))) continue;
    if (OF_A_PC.includes(type)) throw BootError.needsPc(image.name, `requires boot information of type ${type}`);
    throw BootError.badMultiboot(
      image.name,
      `it requires boot information of type ${type}, which is not there; set the optional flag of its information request tag`,
    );
  }
}

function loadKernel(input: BootInput, header: Multiboot2Header): LoadedKernel {
  const { image, memoryBytes } = input;
  const { addresses, entry, fileOffset } = header;
  if (addresses !== undefined) {
    if (entry === undefined) throw BootError.badMultiboot(image.name, 'it has an address tag (2) and no entry address tag (3); add one');
    const loadAddr = addresses.loadAddr === FROM_START ? addresses.headerAddr - fileOffset : addresses.loadAddr;
    return loadByAddresses(input, fileOffset, { ...addresses, loadAddr }, entry);
  }
  if (!ElfFile.isElf(image)) {
    throw BootError.badMultiboot(image.name, 'the file is not ELF and the header has no address tag; add tags 2 and 3');
  }
  const elf = ElfFile.open(image);
  return {
    segments: elfSegments(elf, memoryBytes),
    entry: entry ?? physicalEntry(elf),
    how: `its ELF${elf.header.is64 ? '64' : '32'} program headers`,
  };
}
