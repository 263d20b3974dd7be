// The ELF kernel inside of a bzImage, as a file: for entries by PVH, and for QEMU, which unpacks none.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryByteSource } from '../../../src/base/byte-source';
import { linuxHeader } from '../../../src/boot/linux/header';
import { unpack } from '../../../src/formats/unpack/unpack';
import { scratchFolder } from '../../support/scratch';
import type { LinuxGuest } from './packages';

export function vmlinuxOf({ kernel }: LinuxGuest): string {
  const image = new MemoryByteSource(kernel, readFileSync(kernel));
  const { payload } = linuxHeader(image);
  const path = join(scratchFolder(), 'vmlinux');
  writeFileSync(path, unpack(kernel, image.read(payload!.offset, payload!.size)).bytes);
  return path;
}
