// The setup header of a Linux bzImage: Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header". Offsets are those of the file and of boot_params alike.
import type { ByteSource } from '../../base/byte-source';
import { BootError } from '../boot-error';

export const SETUP_HEADER_START = 0x1f1;
const FIELD = {
  setupSectors: 0x1f1,
  bootFlag: 0x1fe,
  jump: 0x200,
  magic: 0x202,
  version: 0x206,
  loadFlags: 0x211,
  code32Start: 0x214,
  initrdAddrMax: 0x22c,
  relocatable: 0x234,
  xloadFlags: 0x236,
  cmdlineSize: 0x238,
  payloadOffset: 0x248,
  payloadLength: 0x24c,
  prefAddress: 0x258,
  initSize: 0x260,
} as const;
const HEADER_READ = 0x300;
const BOOT_FLAG = 0xaa55;
const HDRS = 0x53726448;
/** 2.06 brought cmdline_size; kernels older than that (2.6.22, 2007) are not x86-64 ones that boot here. */
const OLDEST_VERSION = 0x0206;
const RELOCATABLE_VERSION = 0x020a;
const XLOADFLAGS_VERSION = 0x020c;
const LOADED_HIGH = 0x01;
const XLF_KERNEL_64 = 0x01;
const SECTOR = 512;
const DEFAULT_SETUP_SECTORS = 4;

export interface LinuxHeader {
  /** The bytes from 0x1f1 to the header's end, as boot_params takes them. */
  readonly setup: Uint8Array;
  readonly version: number;
  /** Where in the file the protected-mode kernel begins. */
  readonly kernelOffset: number;
  readonly kernelSize: number;
  readonly has64BitEntry: boolean;
  /** Where it is to be loaded, and how many bytes from there it needs until it has a memory map. */
  readonly loadGpa: number;
  readonly initSize: number;
  /** The highest address that a byte of the initrd may have. */
  readonly initrdMaxGpa: number;
  /** Bytes of the command line, without the zero. */
  readonly commandLineMost: number;
  /** The compressed kernel: offset in the file and size. */
  readonly payload: { readonly offset: number; readonly size: number } | undefined;
}

/** The mark of a Linux kernel with a boot protocol of 2.00 or later. */
export function isBzImage(image: ByteSource): boolean {
  if (image.size < HEADER_READ) return false;
  const bytes = image.read(0, HEADER_READ);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint16(FIELD.bootFlag, true) === BOOT_FLAG && view.getUint32(FIELD.magic, true) === HDRS;
}

export function linuxHeader(image: ByteSource): LinuxHeader {
  const bytes = image.read(0, HEADER_READ);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u8 = (at: number): number => view.getUint8(at);
  const u32 = (at: number): number => view.getUint32(at, true);
  const version = view.getUint16(FIELD.version, true);
  if (version < OLDEST_VERSION || (u8(FIELD.loadFlags) & LOADED_HIGH) === 0) {
    throw BootError.unfit(
      image.name,
      `is a Linux kernel of boot protocol ${version >> 8}.${String(version & 0xff).padStart(2, '0')}${version < OLDEST_VERSION ? '' : ' that is loaded low (zImage)'}`,
      'take a bzImage of Linux 2.6.22 or later (protocol 2.06)',
    );
  }
  const kernelOffset = ((u8(FIELD.setupSectors) || DEFAULT_SETUP_SECTORS) + 1) * SECTOR;
  if (kernelOffset >= image.size) throw BootError.truncated(image.name, kernelOffset + 1, image.size);
  const kernelSize = image.size - kernelOffset;
  const relocatable = version >= RELOCATABLE_VERSION && u8(FIELD.relocatable) !== 0;
  const preferred = Number(view.getBigUint64(FIELD.prefAddress, true));
  const payload = { offset: kernelOffset + u32(FIELD.payloadOffset), size: u32(FIELD.payloadLength) };
  const payloadEnd = payload.offset + payload.size;
  if (payloadEnd > image.size) throw BootError.truncated(image.name, payloadEnd, image.size);
  return {
    setup: bytes.subarray(SETUP_HEADER_START, FIELD.magic + u8(FIELD.jump + 1)),
    version,
    kernelOffset,
    kernelSize,
    has64BitEntry: version >= XLOADFLAGS_VERSION && (view.getUint16(FIELD.xloadFlags, true) & XLF_KERNEL_64) !== 0,
    loadGpa: relocatable ? preferred : u32(FIELD.code32Start),
    initSize: Math.max(version >= RELOCATABLE_VERSION ? u32(FIELD.initSize) : 0, kernelSize),
    initrdMaxGpa: u32(FIELD.initrdAddrMax),
    commandLineMost: u32(FIELD.cmdlineSize),
    payload: payload.size === 0 ? undefined : payload,
  };
}
