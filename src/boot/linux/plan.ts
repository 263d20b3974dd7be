// Linux's boot protocol with the 32- or 64-bit entry: the guest unpacks its payload itself (Documentation/arch/x86/boot.rst).
import { readExact } from '../../formats/elf';
import { BootError } from '../boot-error';
import { BootStrings } from '../boot-strings';
import { checkFits } from '../elf-image';
import { dataSegment } from '../entry-state';
import { LINUX_ZERO_PAGE_GPA, memoryMap } from '../layout';
import type { BootInput, BootPlan, BootSegment } from '../plan';
import { identityMap, linuxEntry, linuxGdt } from './entry';
import { isBzImage, linuxHeader } from './header';
import { placeInitrd } from './initrd';
import { zeroPage } from './zero-page';

export function planLinux(input: BootInput, wanted: '64-bit if possible' | '32-bit'): BootPlan {
  const { image, commandLine, memoryBytes } = input;
  if (!isBzImage(image)) throw BootError.notBzImage(image.name);
  const header = linuxHeader(image);
  const { loadGpa, kernelOffset, kernelSize, initSize } = header;
  const length = new TextEncoder().encode(commandLine).length;
  if (length > header.commandLineMost) throw BootError.textTooLong('The command line', length, header.commandLineMost);
  checkFits(image.name, BigInt(loadGpa), BigInt(loadGpa + initSize), memoryBytes);
  const initrd = placeInitrd(input, loadGpa + initSize, header.initrdMaxGpa);
  const long = header.has64BitEntry && wanted !== '32-bit';
  const strings = new BootStrings();
  const page = zeroPage({
    setup: header.setup,
    memoryMap: memoryMap(memoryBytes, input.reserved),
    commandLineGpa: strings.add(commandLine),
    initrd: initrd && { gpa: initrd.gpa, size: initrd.bytes.length },
    rsdpGpa: input.acpi?.rsdpGpa ?? 0,
    display: input.display === true,
  });
  const kernel: BootSegment = {
    what: `${image.name} kernel`,
    gpa: loadGpa,
    bytes: readExact(image, 'the kernel', kernelOffset, kernelSize),
    zeroTo: loadGpa + kernelSize,
  };
  const protocol = `${header.version >> 8}.${String(header.version & 0xff).padStart(2, '0')}`;
  return {
    protocol: long ? 'linux' : 'linux32',
    why: `Linux: a bzImage of boot protocol ${protocol}, loaded at 0x${loadGpa.toString(16)} and entered in ${long ? 64 : 32}-bit mode.`,
    segments: [
      kernel,
      ...(initrd === undefined ? [] : [initrd]),
      linuxGdt(long),
      ...(long ? [identityMap()] : []),
      dataSegment('boot_params', LINUX_ZERO_PAGE_GPA, page),
      strings.segment(),
      ...(input.acpi?.segments ?? []),
    ],
    entry: linuxEntry(loadGpa, LINUX_ZERO_PAGE_GPA, long),
    notes: [],
  };
}
