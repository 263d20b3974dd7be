// Tells kernel images from other files by their first bytes: what F5 without a launch.json offers.

/** Bytes of a file's start that `imageKind` wants. */
export const HEAD_BYTES = 4096;

const ET_EXEC = 2;
const ET_DYN = 3;
const EM_386 = 3;
const EM_X86_64 = 62;
const PT_INTERP = 3;

/** 'elf': an x86 executable that needs no dynamic linker; 'bzImage': Linux (boot protocol, "HdrS" at 0x202); undefined: anything else. */
export function imageKind(head: Uint8Array): 'elf' | 'bzImage' | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length >= 0x206 && view.getUint32(0x202, true) === 0x53726448) return 'bzImage';
  if (head.length < 52 || view.getUint32(0) !== 0x7f454c46) return undefined;
  const type = view.getUint16(16, true);
  const machine = view.getUint16(18, true);
  if ((type !== ET_EXEC && type !== ET_DYN) || (machine !== EM_386 && machine !== EM_X86_64)) return undefined;
  return isUserProgram(view) ? undefined : 'elf';
}

/** It names a dynamic linker. Program headers beyond the head are not looked at. */
function isUserProgram(view: DataView): boolean {
  const is64 = view.getUint8(4) === 2;
  if (is64 && view.byteLength < 64) return false;
  const start = is64 ? Number(view.getBigUint64(32, true)) : view.getUint32(28, true);
  const size = view.getUint16(is64 ? 54 : 42, true);
  const count = view.getUint16(is64 ? 56 : 44, true);
  for (let n = 0; n < count; n++) {
    const at = start + n * size;
    if (at + 4 > view.byteLength) return false;
    if (view.getUint32(at, true) === PT_INTERP) return true;
  }
  return false;
}

/** Names that a kernel image may have: what is not source, object, text or archive by its suffix. */
export const mayBeImage = (name: string): boolean => /(^|\/)([^./]+|[^/]+\.(elf|bin|img|kernel|sys|exe|efi|[0-9]+[-.\w]*))$/i.test(name);
