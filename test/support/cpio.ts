// A writer of "newc" cpio archives, the format of Linux's initramfs (Documentation/driver-api/early-userspace/buffer-format.rst): deterministic, without a file system.
const S_IFDIR = 0o040000;
const S_IFCHR = 0o020000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

const ascii = new TextEncoder();
const hex8 = (value: number): string => value.toString(16).padStart(8, '0');

export class CpioWriter {
  private readonly parts: Uint8Array[] = [];
  private inode = 1;

  directory(name: string): this {
    return this.entry(name, S_IFDIR | 0o755);
  }

  file(name: string, content: Uint8Array | string, permissions = 0o644): this {
    return this.entry(name, S_IFREG | permissions, typeof content === 'string' ? ascii.encode(content) : content);
  }

  link(name: string, target: string): this {
    return this.entry(name, S_IFLNK | 0o777, ascii.encode(target));
  }

  characterDevice(name: string, major: number, minor: number, permissions = 0o600): this {
    return this.entry(name, S_IFCHR | permissions, new Uint8Array(0), major, minor);
  }

  finish(): Uint8Array {
    this.entry('TRAILER!!!', 0);
    return Buffer.concat(this.parts);
  }

  private entry(name: string, mode: number, content: Uint8Array = new Uint8Array(0), major = 0, minor = 0): this {
    const bytesOfName = ascii.encode(`${name}\0`);
    // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
    const fields = [this.inode++, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, bytesOfName.length, 0];
    this.padded(ascii.encode(`070701${fields.map(hex8).join('')}`), bytesOfName);
    this.padded(content);
    return this;
  }

  /** Header with name, and content, each end on a multiple of 4. */
  private padded(...parts: readonly Uint8Array[]): void {
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    this.parts.push(...parts, new Uint8Array(-size & 3));
  }
}
