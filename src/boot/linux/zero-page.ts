// struct boot_params, the "zero page": Documentation/arch/x86/zero-page.rst, arch/x86/include/uapi/asm/bootparam.h.
import type { MemoryRange } from '../layout';
import { SETUP_HEADER_START } from './header';

export const ZERO_PAGE_SIZE = 0x1000;
const FIELD = {
  screenInfo: 0x000,
  acpiRsdpAddr: 0x070,
  e820Entries: 0x1e8,
  vidMode: 0x1fa,
  typeOfLoader: 0x210,
  ramdiskImage: 0x218,
  ramdiskSize: 0x21c,
  cmdLinePtr: 0x228,
  e820Table: 0x2d0,
} as const;
const E820_ENTRY_SIZE = 20;
const E820_TYPE = { ram: 1, reserved: 2 } as const;
/** A loader without a number of its own. */
const LOADER_UNDEFINED = 0xff;
const VIDEO_NORMAL = 0xffff;
/** struct screen_info: a VGA in text mode 3, 80 by 25, 16 lines a character, the cursor at the top. */
const TEXT_SCREEN = { mode: [0x06, 3], columns: [0x07, 80], lines: [0x0e, 25], isVga: [0x0f, 1], points: [0x10, 16] } as const;

export interface ZeroPageContents {
  /** The setup header of the image. */
  readonly setup: Uint8Array;
  readonly memoryMap: readonly MemoryRange[];
  readonly commandLineGpa: number;
  readonly initrd: { readonly gpa: number; readonly size: number } | undefined;
  readonly rsdpGpa: number;
  readonly display: boolean;
}

export function zeroPage(contents: ZeroPageContents): Uint8Array {
  const bytes = new Uint8Array(ZERO_PAGE_SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set(contents.setup, SETUP_HEADER_START);
  if (contents.display) for (const [offset, value] of Object.values(TEXT_SCREEN)) bytes[FIELD.screenInfo + offset] = value;
  view.setBigUint64(FIELD.acpiRsdpAddr, BigInt(contents.rsdpGpa), true);
  view.setUint16(FIELD.vidMode, VIDEO_NORMAL, true);
  bytes[FIELD.typeOfLoader] = LOADER_UNDEFINED;
  view.setUint32(FIELD.ramdiskImage, contents.initrd?.gpa ?? 0, true);
  view.setUint32(FIELD.ramdiskSize, contents.initrd?.size ?? 0, true);
  view.setUint32(FIELD.cmdLinePtr, contents.commandLineGpa, true);
  bytes[FIELD.e820Entries] = contents.memoryMap.length;
  contents.memoryMap.forEach(({ startGpa, endGpa, kind }, index) => {
    const at = FIELD.e820Table + index * E820_ENTRY_SIZE;
    view.setBigUint64(at, BigInt(startGpa), true);
    view.setBigUint64(at + 8, BigInt(endGpa - startGpa), true);
    view.setUint32(at + 16, E820_TYPE[kind], true);
  });
  return bytes;
}
