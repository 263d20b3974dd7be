// What can be wrong with an ELF file, each as one sentence that says what to do.

import { UserError } from '../base/user-error';

export class ElfError extends UserError {
  override name = 'ElfError';

  /** Most people who see this pointed the setting at a disk image, a script or a compressed kernel. */
  static notElf(file: string): ElfError {
    return new ElfError(
      'elf-not-elf',
      `${file} is not an ELF file: point the setting at the linked kernel image (for Linux: vmlinux, not bzImage).`,
    );
  }

  static truncated(file: string, what: string, needed: number, have: number): ElfError {
    return new ElfError(
      'elf-truncated',
      `${file} is cut short: ${what} needs ${needed} bytes but the file has ${have}; build or copy it again.`,
    );
  }

  static unsupported(file: string, what: string): ElfError {
    return new ElfError('elf-unsupported', `${file} cannot be used: ${what}; build it as a little-endian x86 ELF file.`);
  }

  static malformed(file: string, what: string): ElfError {
    return new ElfError('elf-malformed', `${file} is damaged: ${what}; build or copy it again.`);
  }
}
