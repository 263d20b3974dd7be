// From an image to a plan: which boot protocol, and why. To add a protocol, write its file and give it a row here.
import type { ByteSource } from '../base/byte-source';
import { ElfFile } from '../formats/elf';
import { planFastBoot } from './linux/fast-boot';
import { isBzImage } from './linux/header';
import { planLinux } from './linux/plan';
import { multibootHeader } from './multiboot-header';
import { planMultiboot } from './multiboot1';
import { multiboot2Header } from './multiboot2/header';
import { planMultiboot2 } from './multiboot2/plan';
import type { BootInput, BootPlan, BootProtocol } from './plan';
import { planPvh, pvhEntry } from './pvh';
import { unfitImage } from './unfit-images';

interface BootProtocolRow {
  readonly protocol: BootProtocol;
  readonly title: string;
  /** The image carries this protocol's mark. */
  readonly claims: (image: ByteSource) => boolean;
  readonly plan: (input: BootInput) => BootPlan;
}

/** In the order in which "auto" tries them: PVH says most and takes 64-bit ELF as it is, Multiboot 2 says more than 1. */
export const BOOT_PROTOCOL_ROWS: readonly BootProtocolRow[] = [
  {
    protocol: 'pvh',
    title: 'PVH (ELF note 18)',
    claims: (image) => ElfFile.isElf(image) && pvhEntry(ElfFile.open(image)) !== undefined,
    plan: planPvh,
  },
  {
    protocol: 'linux',
    title: 'Linux (bzImage)',
    claims: isBzImage,
    plan: (input) => planLinux(input, '64-bit if possible'),
  },
  {
    protocol: 'linux32',
    title: 'Linux (bzImage), 32-bit entry',
    claims: isBzImage,
    plan: (input) => planLinux(input, '32-bit'),
  },
  {
    protocol: 'multiboot2',
    title: 'Multiboot 2',
    claims: (image) => multiboot2Header(image) !== undefined,
    plan: planMultiboot2,
  },
  {
    protocol: 'multiboot',
    title: 'Multiboot 1',
    claims: (image) => multibootHeader(image) !== undefined,
    plan: planMultiboot,
  },
];

/** Throws a UserError where the image cannot boot. */
export function planBoot(input: BootInput): BootPlan {
  if (input.fastBoot === true) return planFastBoot(input);
  const row = BOOT_PROTOCOL_ROWS.find(({ protocol, claims }) =>
    input.protocol === 'auto' ? claims(input.image) : protocol === input.protocol,
  );
  if (row === undefined) throw unfitImage(input.image);
  // A protocol that the user chose still deserves the better message where the file is no kernel at all.
  if (input.protocol !== 'auto' && !row.claims(input.image) && !ElfFile.isElf(input.image)) throw unfitImage(input.image);
  return row.plan(input);
}
