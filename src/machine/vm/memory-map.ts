// Where guest-physical memory is: RAM from 0 on, and device pages in the hole below 4 GiB.
import { UserError } from '../../base/user-error';
import type { VmMemory } from '../../engine/cpu-engine';
import { FRAME_TABLE_FRAMES, FrameKind, PAGE_SIZE } from '../../x86/layout';

/** RAM ends here at the latest: one WebAssembly memory of 4 GiB holds it and what the engine needs, and devices have their hole above. */
export const MAX_RAM = 0xe000_0000;

export const memoryErrors = {
  tooLarge: (bytes: number) =>
    new UserError(
      'memory-too-large',
      `memory of ${Math.ceil(bytes / 2 ** 20)} MiB is more than a VM can have (${Math.floor(MAX_RAM / 2 ** 20)} MiB): lower memory or maxMemory`,
    ),
  notPages: (bytes: number) =>
    new UserError('memory-not-pages', `memory of ${bytes} bytes is not a multiple of 4 KiB: choose another size`),
  tooSmall: (bytes: number) => new UserError('memory-too-small', `memory of ${bytes} bytes is too small for any guest: give at least 1M`),
} as const;

export function checkMemory(memory: number, maxMemory: number): void {
  if (memory % PAGE_SIZE !== 0) throw memoryErrors.notPages(memory);
  if (memory < 0x10_0000) throw memoryErrors.tooSmall(memory);
  if (Math.max(memory, maxMemory) > MAX_RAM) throw memoryErrors.tooLarge(Math.max(memory, maxMemory));
}

export function mapDevicePage(memory: VmMemory, gpa: number): void {
  const gfn = Math.floor(gpa / PAGE_SIZE);
  if (gfn < FRAME_TABLE_FRAMES) memory.setFrame(gfn, FrameKind.mmio);
}
