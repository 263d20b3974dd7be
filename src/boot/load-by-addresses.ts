// Loading by the address fields of a Multiboot header (Multiboot Specification 0.6.96, 3.1.3; Multiboot2 Specification 2.0, 3.1.5).
import { BootError } from './boot-error';
import { checkFits } from './elf-image';
import type { BootInput, BootSegment } from './plan';

/** Physical addresses that replace those of the executable format. */
export interface AddressFields {
  readonly headerAddr: number;
  readonly loadAddr: number;
  /** 0: to the end of the file. */
  readonly loadEndAddr: number;
  /** 0: no bss. */
  readonly bssEndAddr: number;
}

export interface LoadedKernel {
  readonly segments: readonly BootSegment[];
  readonly entry: number;
  readonly how: string;
}

/** The file's bytes from the one that belongs at load_addr. */
export function loadByAddresses({ image, memoryBytes }: BootInput, fileOffset: number, fields: AddressFields, entry: number): LoadedKernel {
  const { headerAddr, loadAddr, bssEndAddr } = fields;
  const start = fileOffset - (headerAddr - loadAddr);
  if (loadAddr > headerAddr || start < 0) {
    throw BootError.badMultiboot(image.name, 'load_addr does not fit to header_addr and the place of the header in the file');
  }
  // Without load_end_addr the rest of the file is loaded, but not what follows bss_end_addr (debug information).
  const restOfFile = Math.min(image.size - start, bssEndAddr === 0 ? Number.POSITIVE_INFINITY : bssEndAddr - loadAddr);
  const length = fields.loadEndAddr === 0 ? restOfFile : fields.loadEndAddr - loadAddr;
  if (length <= 0) throw BootError.badMultiboot(image.name, 'load_end_addr or bss_end_addr is not above load_addr');
  if (start + length > image.size) throw BootError.truncated(image.name, start + length, image.size);
  const end = loadAddr + length;
  if (bssEndAddr !== 0 && bssEndAddr < end) throw BootError.badMultiboot(image.name, 'bss_end_addr is below load_end_addr');
  const zeroTo = bssEndAddr === 0 ? end : bssEndAddr;
  checkFits(image.name, BigInt(loadAddr), BigInt(zeroTo), memoryBytes);
  const segment = { what: image.name, gpa: loadAddr, bytes: image.read(start, length), zeroTo };
  return { segments: [segment], entry, how: 'the address fields of the header' };
}
