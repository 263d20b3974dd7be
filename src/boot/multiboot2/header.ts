// The Multiboot 2 header of an image: search, checks and tags (Multiboot2 Specification 2.0, 3.1).
import type { ByteSource } from '../../base/byte-source';
import { BootError } from '../boot-error';
import type { AddressFields } from '../load-by-addresses';

const MAGIC = 0xe85250d6;
/** The header lies wholly within the first 32768 bytes, at a multiple of 8. */
const SEARCHED = 32768;
const FIXED_SIZE = 16;
const ARCHITECTURE_I386 = 0;
const TAG_HEADER_SIZE = 8;
const OPTIONAL = 1;
const TAG = {
  end: 0,
  informationRequest: 1,
  address: 2,
  entryAddress: 3,
  flags: 4,
  framebuffer: 5,
  moduleAlignment: 6,
  efiBootServices: 7,
  efiI386Entry: 8,
  efiAmd64Entry: 9,
  relocatable: 10,
} as const;
/** Bytes a tag has at least. */
const TAG_SIZE: Readonly<Record<number, number>> = {
  [TAG.address]: 24,
  [TAG.entryAddress]: 12,
  [TAG.flags]: 12,
  [TAG.framebuffer]: 20,
};
const CONSOLE_REQUIRED = 1;

export interface Multiboot2Header {
  readonly fileOffset: number;
  readonly requests: readonly { readonly type: number; readonly required: boolean }[];
  readonly addresses: AddressFields | undefined;
  readonly entry: number | undefined;
  /** 0: no preference. */
  readonly framebuffer: { readonly width: number; readonly height: number; readonly depth: number; readonly required: boolean } | undefined;
  /** One of the consoles that the specification knows must be there. */
  readonly consoleRequired: boolean;
}

const pad8 = (size: number): number => Math.ceil(size / 8) * 8;

/** The offset of the header, or undefined. */
function findHeader(view: DataView): number | undefined {
  for (let at = 0; at + FIXED_SIZE <= view.byteLength; at += 8) {
    if (view.getUint32(at, true) !== MAGIC) continue;
    const sum = [0, 4, 8, 12].reduce((total, offset) => total + view.getUint32(at + offset, true), 0);
    if (sum % 0x1_0000_0000 === 0) return at;
  }
  return undefined;
}

export function multiboot2Header(image: ByteSource): Multiboot2Header | undefined {
  const head = image.read(0, Math.min(SEARCHED, image.size));
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const fileOffset = findHeader(view);
  if (fileOffset === undefined) return undefined;
  const refuse = (what: string) => BootError.badMultiboot(image.name, what);
  const architecture = view.getUint32(fileOffset + 4, true);
  if (architecture !== ARCHITECTURE_I386)
    throw refuse(`it is for architecture ${architecture}; 0 is i386, which x86-64 kernels use as well`);
  const end = fileOffset + view.getUint32(fileOffset + 8, true);
  if (end > view.byteLength) throw BootError.truncated(image.name, end, image.size);
  return readTags(view, fileOffset, end, refuse);
}

function readTags(view: DataView, fileOffset: number, end: number, refuse: (what: string) => BootError): Multiboot2Header {
  const requests: { type: number; required: boolean }[] = [];
  let addresses: AddressFields | undefined;
  let entry: number | undefined;
  let framebuffer: Multiboot2Header['framebuffer'];
  let consoleRequired = false;
  for (let at = fileOffset + FIXED_SIZE; ; ) {
    if (at + TAG_HEADER_SIZE > end) throw refuse('its tags have no end tag (type 0, size 8); check header_length');
    const type = view.getUint16(at, true);
    const required = (view.getUint16(at + 2, true) & OPTIONAL) === 0;
    const size = view.getUint32(at + 4, true);
    if (type === TAG.end) break;
    if (size < (TAG_SIZE[type] ?? TAG_HEADER_SIZE) || at + size > end) throw refuse(`its tag ${type} has the wrong size ${size}`);
    const field = (index: number): number => view.getUint32(at + TAG_HEADER_SIZE + 4 * index, true);
    switch (type) {
      case TAG.informationRequest:
        for (let index = 0; TAG_HEADER_SIZE + 4 * (index + 1) <= size; index++) requests.push({ type: field(index), required });
        break;
      case TAG.address:
        addresses = { headerAddr: field(0), loadAddr: field(1), loadEndAddr: field(2), bssEndAddr: field(3) };
        break;
      case TAG.entryAddress:
        entry = field(0);
        break;
      case TAG.flags:
        consoleRequired = required && (field(0) & CONSOLE_REQUIRED) !== 0;
        break;
      case TAG.framebuffer:
        framebuffer = { width: field(0), height: field(1), depth: field(2), required };
        break;
      // Modules are on pages always; the image is loaded where it is linked.
      case TAG.moduleAlignment:
      case TAG.relocatable:
      // 3.1.8 to 3.1.10: of effect on EFI platforms only.
      case TAG.efiBootServices:
      case TAG.efiI386Entry:
      case TAG.efiAmd64Entry:
        break;
      default:
        if (required)
          throw refuse(`it requires tag ${type}, which version 2.0 does not define; set the tag's optional flag, or boot without it`);
    }
    at += pad8(size);
  }
  return { fileOffset, requests, addresses, entry, framebuffer, consoleRequired };
}
