// The initrd of Linux's boot protocol: all modules behind one another, each on 4 bytes as the kernel's unpacker wants archives, as high in memory as the
// kernel takes it.
import { readExact } from '../../formats/elf';
import { BootError } from '../boot-error';
import { PAGE_SIZE } from '../layout';
import type { BootInput, BootSegment } from '../plan';

const ALIGNMENT = 4;

export function placeInitrd({ image, modules, memoryBytes }: BootInput, lowestGpa: number, highestGpa: number): BootSegment | undefined {
  const withArguments = modules.find(({ args }) => args !== '');
  if (withArguments !== undefined) throw BootError.initrdArguments(withArguments.source.name);
  const offsets: number[] = [];
  let size = 0;
  for (const { source } of modules) {
    offsets.push(size);
    size = Math.ceil((size + source.size) / ALIGNMENT) * ALIGNMENT;
  }
  if (size === 0) return undefined;
  const names = modules.map(({ source }) => source.name).join(' and ');
  const lowest = Math.ceil(lowestGpa / PAGE_SIZE) * PAGE_SIZE;
  if (lowest + size > memoryBytes) throw BootError.tooLarge(`${image.name} with ${names}`, lowest + size, memoryBytes);
  const end = Math.min(memoryBytes, highestGpa + 1);
  const gpa = Math.floor((end - size) / PAGE_SIZE) * PAGE_SIZE;
  if (gpa < lowest) throw BootError.initrdUnreachable(names, size, lowest, highestGpa);
  const bytes = new Uint8Array(size);
  modules.forEach(({ source }, index) => {
    bytes.set(readExact(source, 'the initrd', 0, source.size), offsets[index]);
  });
  return { what: `initrd ${names}`, gpa, bytes, zeroTo: gpa + size };
}
