// A vmlinux among the symbol files: where its own build-id is linked, how far KASLR can move it, and what its banner says.
import { SHT_NOBITS } from '../../formats/elf-constants';
import type { SymbolFile } from '../../symbols/symbol-file';

/** __START_KERNEL_map, and the range below the modules in which the kernel image lies (Documentation/arch/x86/x86_64/mm.rst). */
export const KERNEL_MAP = 0xffff_ffff_8000_0000n;
export const KERNEL_RANGE = 0x4000_0000n;
/** CONFIG_PHYSICAL_ALIGN: what KASLR moves by. */
export const KASLR_STEP = 0x20_0000n;

export interface KernelFile {
  readonly file: SymbolFile;
  readonly buildId: string;
  /** The notes of the image: linked address and bytes; the build-id is among them. */
  readonly notes: { readonly address: bigint; readonly bytes: Uint8Array };
  /** [start, end) of the linked text. */
  readonly text: { readonly start: bigint; readonly end: bigint };
}

/** The first of the files that is an x86-64 Linux kernel with a build-id. */
export function kernelFile(files: readonly SymbolFile[]): KernelFile | undefined {
  for (const file of files) {
    const { buildId, elf, slide } = file;
    const notes = elf.section('.notes') ?? elf.section('.note.gnu.build-id');
    if (buildId === undefined || !notes || notes.type === SHT_NOBITS || !elf.header.is64 || notes.address < KERNEL_MAP) continue;
    const start = file.symbolAddress('_text');
    const end = file.symbolAddress('_etext');
    if (start === undefined || end === undefined || file.symbolAddress('start_kernel') === undefined) continue;
    return {
      file,
      buildId,
      notes: { address: notes.address, bytes: elf.sectionBytes(notes) },
      text: { start: start - slide, end: end - slide },
    };
  }
  return undefined;
}

/** "Linux version 6.1.0-56-cloud-amd64 (…) …": what a vmlinux's linux_banner says, for comparing with a bzImage's header. */
export function releaseOf(file: SymbolFile): string | undefined {
  const at = file.symbolAddress('linux_banner');
  const { elf } = file;
  const section =
    at === undefined
      ? undefined
      : elf.sections.find(
          ({ address, size, type }) => type !== SHT_NOBITS && at - file.slide >= address && at - file.slide < address + BigInt(size),
        );
  if (at === undefined || !section) return undefined;
  const bytes = elf.source.read(section.offset + Number(at - file.slide - section.address), 256);
  return /^Linux version (\S+)/.exec(new TextDecoder().decode(bytes))?.[1];
}
