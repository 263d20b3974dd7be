// What can be wrong with an image that is to boot, each as one sentence that says what to do.
import { UserError } from '../base/user-error';

const MIB = 1024 * 1024;
const mib = (bytes: number): number => Math.ceil(bytes / MIB);
const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

export class BootError extends UserError {
  override name = 'BootError';

  static unfit(file: string, what: string, advice: string): BootError {
    return new BootError('boot-unfit-image', `${file} ${what}: ${advice}.`);
  }

  static noPvhNote(file: string): BootError {
    return new BootError(
      'boot-no-pvh',
      `${file} has no PVH entry: add an ELF note of owner "Xen" and type 18 with the 32-bit entry address, or set boot to "auto", "multiboot2" or "multiboot".`,
    );
  }

  static noMultibootHeader(file: string): BootError {
    return new BootError(
      'boot-no-multiboot',
      `${file} has no Multiboot 1 header in its first 8 KiB: put it into the first section that is linked, or set boot to "auto" or "pvh".`,
    );
  }

  static noMultiboot2Header(file: string): BootError {
    return new BootError(
      'boot-no-multiboot2',
      `${file} has no Multiboot 2 header in its first 32 KiB: put it into the first section that is linked, or set boot to "auto".`,
    );
  }

  static needsPc(file: string, what: string): BootError {
    return new BootError('boot-needs-pc', `${file} ${what}, and the machine has none: set machine to "pc".`);
  }

  static tooLarge(file: string, neededBytes: number, memoryBytes: number): BootError {
    return new BootError(
      'boot-too-large',
      `${file} needs ${mib(neededBytes)} MiB of memory and the virtual machine has ${mib(memoryBytes)} MiB: set memory to "${mib(neededBytes)}M" or more.`,
    );
  }

  static notRam(file: string, start: number | bigint, end: number | bigint): BootError {
    return new BootError(
      'boot-not-ram',
      `${file} wants to be loaded at physical addresses ${hex(start)} to ${hex(end)}, where there is no free RAM: link it at 0x100000 or above (a kernel that runs at high virtual addresses sets the physical ones with AT() in its linker script).`,
    );
  }

  static nothingToLoad(file: string): BootError {
    return new BootError(
      'boot-nothing-to-load',
      `${file} has nothing to load: link it with program headers (an ELF executable, not stripped of them).`,
    );
  }

  static entryOutside(file: string, entry: number | bigint): BootError {
    return new BootError(
      'boot-entry',
      `${file} has its entry at ${hex(entry)}, outside of everything it loads: check ENTRY() and the boot header.`,
    );
  }

  static badMultiboot(file: string, what: string): BootError {
    return new BootError('boot-multiboot-header', `${file} has a Multiboot header that cannot be used: ${what}.`);
  }

  static truncated(file: string, needed: number, have: number): BootError {
    return new BootError(
      'boot-truncated',
      `${file} is cut short: its boot header needs ${needed} bytes but the file has ${have}; build or copy it again.`,
    );
  }

  static notBzImage(file: string): BootError {
    return new BootError('boot-no-bzimage', `${file} is no Linux bzImage: set boot to "auto", or to "pvh" for a vmlinux.`);
  }

  static fastBoot(file: string, what: string): BootError {
    return new BootError('boot-fast', `fastBoot cannot be used for ${file}: ${what}.`);
  }

  static initrdUnreachable(file: string, size: number, lowest: number, highest: number): BootError {
    return new BootError(
      'boot-initrd',
      `${file} (${mib(size)} MiB) does not fit between the end of the kernel, ${hex(lowest)}, and the highest address the kernel takes it at, ${hex(highest)}: make it smaller.`,
    );
  }

  static initrdArguments(file: string): BootError {
    return new BootError(
      'boot-initrd-arguments',
      `The module ${file} has arguments, which Linux's boot protocol has no place for: put them into the command line (append).`,
    );
  }

  static textTooLong(what: string, length: number, most: number): BootError {
    return new BootError('boot-text-too-long', `${what} takes ${length} bytes: at most ${most} fit, make them shorter.`);
  }

  static tooManyModules(count: number, most: number): BootError {
    return new BootError('boot-modules', `There are ${count} modules: at most ${most} can be passed; put several files into one archive.`);
  }
}
