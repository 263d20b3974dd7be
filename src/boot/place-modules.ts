// Where modules go. Multiboot: on pages behind the kernel, as its loaders do, for kernels that map little at first.
// PVH: from the top of memory down, as its loaders do, for kernels that take what follows their image for free memory.
import { readExact } from '../formats/elf';
import { BootError } from './boot-error';
import { BOOT_MODULE_LIST_END, BOOT_MODULE_LIST_GPA, PAGE_SIZE } from './layout';
import type { BootInput, BootSegment } from './plan';

const pageUp = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;

export interface PlacedModule {
  readonly segment: BootSegment;
  readonly args: string;
  /** The file's name without its folders. */
  readonly baseName: string;
}

export function placeModules(
  input: BootInput,
  kernelEnd: number,
  where: 'behind-kernel' | 'top',
  entrySize: number,
): readonly PlacedModule[] {
  const { modules, memoryBytes } = input;
  const most = Math.floor((BOOT_MODULE_LIST_END - BOOT_MODULE_LIST_GPA) / entrySize);
  if (modules.length > most) throw BootError.tooManyModules(modules.length, most);
  const sizes = modules.map(({ source }) => pageUp(source.size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const firstFree = pageUp(kernelEnd);
  const all = [input.image, ...modules.map(({ source }) => source)].map(({ name }) => name).join(' and ');
  if (total > 0 && firstFree + total > memoryBytes) throw BootError.tooLarge(all, firstFree + total, memoryBytes);
  let gpa = where === 'top' ? Math.floor(memoryBytes / PAGE_SIZE) * PAGE_SIZE - total : firstFree;
  return modules.map(({ source, args }, index) => {
    const segment = {
      what: `module ${source.name}`,
      gpa,
      bytes: readExact(source, 'the module', 0, source.size),
      zeroTo: gpa + sizes[index]!,
    };
    gpa += sizes[index]!;
    return { segment, args, baseName: source.name.replace(/^.*[/\\]/, '') };
  });
}
