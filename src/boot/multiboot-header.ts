// The Multiboot 1 header of an image: search and checks (Multiboot Specification 0.6.96, 3.1).
import type { ByteSource } from '../base/byte-source';
import { BootError } from './boot-error';
import type { AddressFields } from './load-by-addresses';

const MAGIC = 0x1badb002;
/** The header lies wholly within the first 8192 bytes, at a multiple of 4. */
const SEARCHED = 8192;
const MINIMUM_SIZE = 12;
const ADDRESS_FIELDS_END = 32;
const VIDEO_FIELDS_END = 48;

const FLAG_VIDEO = 0x0004;
const FLAG_ADDRESSES = 0x10000;
/** Page-aligned modules, memory information, video mode: the required features that are defined. */
const KNOWN_REQUIRED = 0x0007;
const REQUIRED = 0xffff;
const VIDEO_LINEAR = 0;

export interface MultibootHeader {
  readonly fileOffset: number;
  readonly addresses: (AddressFields & { readonly entryAddr: number }) | undefined;
  /** 3.1.4: a mode is asked for; `linear`: of graphics, 0 is no preference. */
  readonly video: { readonly linear: boolean; readonly width: number; readonly height: number; readonly depth: number } | undefined;
}

/** The offset of the header, or undefined. */
function findHeader(view: DataView): number | undefined {
  for (let at = 0; at + MINIMUM_SIZE <= view.byteLength; at += 4) {
    if (view.getUint32(at, true) !== MAGIC) continue;
    const sum = MAGIC + view.getUint32(at + 4, true) + view.getUint32(at + 8, true);
    if (sum % 0x1_0000_0000 === 0) return at;
  }
  return undefined;
}

export function multibootHeader(image: ByteSource): MultibootHeader | undefined {
  const head = image.read(0, Math.min(SEARCHED, image.size));
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const fileOffset = findHeader(view);
  if (fileOffset === undefined) return undefined;
  const flags = view.getUint32(fileOffset + 4, true);
  const unknown = flags & REQUIRED & ~KNOWN_REQUIRED;
  if (unknown !== 0)
    throw BootError.badMultiboot(image.name, `it requires features 0x${unknown.toString(16)}, which version 0.6.96 does not define`);
  const size = flags & FLAG_VIDEO ? VIDEO_FIELDS_END : flags & FLAG_ADDRESSES ? ADDRESS_FIELDS_END : MINIMUM_SIZE;
  if (fileOffset + size > head.length) throw BootError.truncated(image.name, fileOffset + size, image.size);
  const field = (offset: number): number => view.getUint32(fileOffset + offset, true);
  const addresses =
    flags & FLAG_ADDRESSES
      ? { headerAddr: field(12), loadAddr: field(16), loadEndAddr: field(20), bssEndAddr: field(24), entryAddr: field(28) }
      : undefined;
  return { fileOffset, addresses, video: flags & FLAG_VIDEO ? videoFields(field) : undefined };
}

function videoFields(field: (offset: number) => number): NonNullable<MultibootHeader['video']> {
  return { linear: field(32) === VIDEO_LINEAR, width: field(36), height: field(40), depth: field(44) };
}
