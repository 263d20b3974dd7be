// The section headers of an ELF kernel for its boot information (Multiboot2 Specification 2.0, 3.6.8), with symbol and string tables in
// memory behind the kernel. Other sections that are not loaded (debug information) keep the address 0.
import { ElfFile } from '../../formats/elf';
import { PAGE_SIZE } from '../layout';
import type { BootInput, BootSegment } from '../plan';
import type { SectionHeaders } from './information';

const SHT_SYMTAB = 2;
const SHT_STRTAB = 3;
const SHF_ALLOC = 2;
const SIZE = { 32: 40, 64: 64 } as const;
/** Offset of sh_addr, and of e_shoff and e_shstrndx in the file header. */
const OFFSET = { 32: { address: 12, table: 32, names: 50 }, 64: { address: 16, table: 40, names: 62 } } as const;
const align = (gpa: number, to: number): number => Math.ceil(gpa / to) * to;

export interface LoadedSections {
  readonly headers: SectionHeaders;
  readonly segments: readonly BootSegment[];
  readonly endGpa: number;
}

/** Undefined where the image has no sections, or no memory is left for the tables. */
export function loadSections({ image, memoryBytes }: BootInput, kernelEnd: number): LoadedSections | undefined {
  if (!ElfFile.isElf(image)) return undefined;
  const elf = ElfFile.open(image);
  const { sections } = elf;
  if (sections.length === 0) return undefined;
  const bits = elf.header.is64 ? 64 : 32;
  const head = image.read(0, 64);
  const fields = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const { address, table, names } = OFFSET[bits];
  const tableOffset = bits === 64 ? Number(fields.getBigUint64(table, true)) : fields.getUint32(table, true);
  const bytes = image.read(tableOffset, sections.length * SIZE[bits]).slice();
  if (bytes.length < sections.length * SIZE[bits]) return undefined;
  const view = new DataView(bytes.buffer);
  const segments: BootSegment[] = [];
  let gpa = align(kernelEnd, PAGE_SIZE);
  sections.forEach(({ type, flags, offset, size, name }, index) => {
    if ((type !== SHT_SYMTAB && type !== SHT_STRTAB) || (flags & SHF_ALLOC) !== 0 || size === 0) return;
    if (gpa + size > memoryBytes) return;
    segments.push({ what: `section ${name}`, gpa, bytes: image.read(offset, size), zeroTo: gpa + size });
    const at = index * SIZE[bits] + address;
    if (bits === 64) view.setBigUint64(at, BigInt(gpa), true);
    else view.setUint32(at, gpa, true);
    gpa = align(gpa + size, 16);
  });
  const headers = { count: sections.length, entrySize: SIZE[bits], namesIndex: fields.getUint16(names, true), bytes };
  return { headers, segments, endGpa: gpa };
}
