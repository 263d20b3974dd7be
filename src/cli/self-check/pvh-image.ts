// A guest made by hand: an ELF64 image with one load segment and the PVH note (type 18, Xen public/elfnote.h), for 32-bit code at 1 MiB.

export const LOAD_GPA = 0x10_0000;
const EHDR = 64;
const PHDR = 56;
const NOTE = 20;
const XEN_ELFNOTE_PHYS32_ENTRY = 18;

/** `code` is loaded at and entered at LOAD_GPA. */
export function pvhImage(code: Uint8Array): Uint8Array {
  const noteAt = EHDR + 2 * PHDR;
  const codeAt = Math.ceil((noteAt + NOTE) / 16) * 16;
  const bytes = new Uint8Array(codeAt + code.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(LOAD_GPA), true);
  view.setBigUint64(32, BigInt(EHDR), true);
  view.setUint16(52, EHDR, true);
  view.setUint16(54, PHDR, true);
  view.setUint16(56, 2, true);
  const segment = (index: number, type: number, offset: number, gpa: number, length: number) => {
    const at = EHDR + index * PHDR;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, 7, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, BigInt(gpa), true);
    view.setBigUint64(at + 24, BigInt(gpa), true);
    view.setBigUint64(at + 32, BigInt(length), true);
    view.setBigUint64(at + 40, BigInt(length), true);
    view.setBigUint64(at + 48, 4n, true);
  };
  segment(0, 1, codeAt, LOAD_GPA, code.length);
  segment(1, 4, noteAt, 0, NOTE);
  view.setUint32(noteAt, 4, true);
  view.setUint32(noteAt + 4, 4, true);
  view.setUint32(noteAt + 8, XEN_ELFNOTE_PHYS32_ENTRY, true);
  bytes.set([0x58, 0x65, 0x6e, 0], noteAt + 12);
  view.setUint32(noteAt + 16, LOAD_GPA, true);
  bytes.set(code, codeAt);
  return bytes;
}
