// Where guest-physical memory is: RAM below the hole under 4 GiB, the rest of it from 4 GiB on, device pages in the hole.
import { UserError } from '../../base/user-error';
import type { VmMemory } from '../../engine/cpu-engine';
import { FRAME_TABLE_FRAMES, FrameKind, PAGE_SIZE, RAM_BASE } from '../../x86/layout';

/** First address of the hole: RAM beyond it moves up to 4 GiB. */
export const HOLE_GPA = 0xc000_0000;
export const HIGH_RAM_GPA = 0x1_0000_0000;
/** One WebAssembly memory of 4 GiB holds all RAM of a VM besides the engine's own 128 MiB. */
export const MAX_RAM = 0x1_0000_0000 - RAM_BASE;

export interface RamRange {
  gpa: number;
  size: number;
}

export const memoryErrors = {
  tooLarge: (bytes: number) =>
    new UserError(
      'memory-too-large',
      `memory of ${Math.ceil(bytes / 2 ** 20)} MiB is more than a VM can have (${Math.floor(MAX_RAM / 2 ** 20)} MiB): lower memory or maxMemory`,
    ),
  notPages: (bytes: number) => new UserError('memory-not-pages', `memory of ${bytes} bytes is not a multiple of 4 KiB: choose another size`),
  tooSmall: (bytes: number) => new UserError('memory-too-small', `memory of ${bytes} bytes is too small for any guest: give at least 1M`),
} as const;

export function checkMemory(memory: number, maxMemory: number): void {
  if (memory % PAGE_SIZE !== 0) throw memoryErrors.notPages(memory);
  if (memory < 0x10_0000) throw memoryErrors.tooSmall(memory);
  if (Math.max(memory, maxMemory) > MAX_RAM) throw memoryErrors.tooLarge(Math.max(memory, maxMemory));
}

export function ramRanges(ramSize: number): RamRange[] {
  if (ramSize <= HOLE_GPA) return [{ gpa: 0, size: ramSize }];
  return [
    { gpa: 0, size: HOLE_GPA },
    { gpa: HIGH_RAM_GPA, size: ramSize - HOLE_GPA },
  ];
}

/** RAM frames in order; everything else is a hole until a device page is mapped. */
export function mapRam(memory: VmMemory, ramSize: number): void {
  let offset = RAM_BASE;
  for (const range of ramRanges(ramSize)) {
    for (let gpa = range.gpa; gpa < range.gpa + range.size; gpa += PAGE_SIZE, offset += PAGE_SIZE) {
      memory.setFrame(gpa / PAGE_SIZE, (offset | FrameKind.ram) >>> 0);
    }
  }
}

export function mapDevicePage(memory: VmMemory, gpa: number): void {
  const gfn = Math.floor(gpa / PAGE_SIZE);
  if (gfn < FRAME_TABLE_FRAMES) memory.setFrame(gfn, FrameKind.mmio);
}
