// The built-in initramfs ("initrd": "builtin"): one static program as /init that says on the console that Linux is up, and waits. For kernels without a user space
// of their own. A cpio archive of format "newc" (Documentation/driver-api/early-userspace/buffer-format.rst) with an ELF made here.

export const BUILTIN_INITRD = 'builtin';

const TEXT = 'Linux is up. This is the built-in initramfs: it has no programs; set "initrd" for a user space.\n';
const BASE = 0x400000;
const HEADERS = 64 + 56;
const S_IFDIR = 0o040755;
const S_IFCHR = 0o020600;
const S_IFREG = 0o100755;
const CONSOLE = { major: 5, minor: 1 };

/** write(1, text, length), then pause() for ever. */
function code(textAt: number, length: number): Uint8Array {
  const u32 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
  return Uint8Array.from([
    ...[0xb8, ...u32(1)],
    ...[0xbf, ...u32(1)],
    ...[0xbe, ...u32(textAt)],
    ...[0xba, ...u32(length)],
    ...[0x0f, 0x05],
    ...[0xb8, ...u32(34)],
    ...[0x0f, 0x05],
    ...[0xeb, 0xf7],
  ]);
}

/** ELF64, x86-64, one segment that can be read and executed. */
function program(): Uint8Array {
  const text = new TextEncoder().encode(TEXT);
  const size = code(0, 0).length;
  const body = [...code(BASE + HEADERS + size, text.length), ...text];
  const file = new Uint8Array(HEADERS + body.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(BASE + HEADERS), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true);
  view.setUint32(68, 5, true);
  view.setBigUint64(80, BigInt(BASE), true);
  view.setBigUint64(88, BigInt(BASE), true);
  view.setBigUint64(96, BigInt(file.length), true);
  view.setBigUint64(104, BigInt(file.length), true);
  view.setBigUint64(112, 0x1000n, true);
  file.set(body, HEADERS);
  return file;
}

export function tinyInitramfs(): Uint8Array {
  const parts = [
    entry('dev', 1, S_IFDIR, new Uint8Array(0)),
    entry('dev/console', 2, S_IFCHR, new Uint8Array(0), CONSOLE),
    entry('init', 3, S_IFREG, program()),
    entry('TRAILER!!!', 0, 0, new Uint8Array(0)),
  ];
  const archive = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

function entry(name: string, inode: number, mode: number, data: Uint8Array, device = { major: 0, minor: 0 }): Uint8Array {
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, device.major, device.minor, name.length + 1, 0];
  const head = new TextEncoder().encode(`070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}${name}\0`);
  const aligned = (length: number): number => Math.ceil(length / 4) * 4;
  const out = new Uint8Array(aligned(head.length) + aligned(data.length));
  out.set(head);
  out.set(data, aligned(head.length));
  return out;
}
