// "Fast boot" of a bzImage: its payload is unpacked here, and the ELF kernel inside is entered by PVH. It skips the guest's own decompressor, and with it KASLR.
import { MemoryByteSource } from '../../base/byte-source';
import { ElfFile } from '../../formats/elf';
import { unpack } from '../../formats/unpack/unpack';
import { BootError } from '../boot-error';
import type { BootInput, BootPlan } from '../plan';
import { planPvh, pvhEntry } from '../pvh';
import { isBzImage, linuxHeader } from './header';

export function planFastBoot(input: BootInput): BootPlan {
  const { image, protocol } = input;
  if (!isBzImage(image)) throw BootError.fastBoot(image.name, 'it is no Linux bzImage; leave fastBoot out');
  if (protocol !== 'auto' && protocol !== 'linux' && protocol !== 'pvh')
    throw BootError.fastBoot(image.name, `it enters the kernel by PVH, and boot is "${protocol}"; leave one of them out`);
  const { payload } = linuxHeader(image);
  if (payload === undefined) throw BootError.fastBoot(image.name, 'it does not say where its payload is; boot it without fastBoot');
  const { format, bytes } = unpack(image.name, image.read(payload.offset, payload.size));
  const kernel = new MemoryByteSource(image.name, bytes);
  if (!ElfFile.isElf(kernel) || pvhEntry(ElfFile.open(kernel)) === undefined)
    throw BootError.fastBoot(image.name, 'the kernel inside has no PVH entry (it is built without CONFIG_PVH); boot it without fastBoot');
  const plan = planPvh({ ...input, image: kernel });
  return { ...plan, why: `Fast boot: the ${format} payload is unpacked to ${bytes.length} bytes. ${plan.why}` };
}
