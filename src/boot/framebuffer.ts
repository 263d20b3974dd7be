// The framebuffer that an image asks for (Multiboot2 Specification 2.0, 3.1.10 and 3.6.12; version 0.6.96, 3.1.4 and 3.3): in memory of its own at the end of RAM, which the memory
// map then leaves out, 32 bits a pixel, in the size that is preferred.
import { BootError } from './boot-error';
import { type MemoryRange, memoryMap } from './layout';
import type { BootInput, Framebuffer } from './plan';
import { StructWriter } from './struct-writer';

const DEFAULT = { width: 1024, height: 768 } as const;
const MOST = { width: 1920, height: 1200 } as const;
const LEAST = { width: 64, height: 64 } as const;
const DEPTH = 32;
const BYTES = DEPTH / 8;
const ALIGNMENT = 0x10000;

export interface FramebufferWish {
  /** 0: no preference. */
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly required: boolean;
}

export function chooseFramebuffer(
  { image, memoryBytes, display }: BootInput,
  wanted: FramebufferWish | undefined,
): Framebuffer | undefined {
  if (wanted === undefined) return undefined;
  if (!display) {
    if (wanted.required) throw BootError.needsPc(image.name, `requires a framebuffer (${wanted.width}x${wanted.height}x${wanted.depth})`);
    return undefined;
  }
  const width = wanted.width === 0 ? DEFAULT.width : clamp(wanted.width, LEAST.width, MOST.width);
  const height = wanted.height === 0 ? DEFAULT.height : clamp(wanted.height, LEAST.height, MOST.height);
  const pitchBytes = width * BYTES;
  const gpa = Math.floor((memoryBytes - pitchBytes * height) / ALIGNMENT) * ALIGNMENT;
  if (gpa < memoryBytes / 2) {
    if (wanted.required)
      throw BootError.tooLarge(`${image.name} with a framebuffer of ${width}x${height}`, 2 * pitchBytes * height, memoryBytes);
    return undefined;
  }
  return { gpa, width, height, pitchBytes };
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** The memory map without the framebuffer's memory. */
export function memoryMapWith(memoryBytes: number, framebuffer: Framebuffer | undefined): readonly MemoryRange[] {
  const map = memoryMap(framebuffer?.gpa ?? memoryBytes);
  if (framebuffer === undefined) return map;
  const reserved: MemoryRange = { startGpa: framebuffer.gpa, endGpa: memoryBytes, kind: 'reserved' };
  return [...map, reserved].sort((a, b) => a.startGpa - b.startGpa);
}

const RGB = 1;
const EGA_TEXT = 2;
/** Position and size of red, green and blue. */
const RGB_FIELDS = [16, 8, 8, 8, 0, 8];
const TEXT_MODE = { gpa: 0xb8000, columns: 80, rows: 25, pitchBytes: 160, bits: 16 } as const;

/** Address, pitch, width, height, bits a pixel, type; both versions have these fields alike up to the colours, which `gap` bytes precede. */
export function framebufferFields(framebuffer: Framebuffer | undefined, gap = 0): Uint8Array {
  const { gpa, columns, rows, pitchBytes, bits } = TEXT_MODE;
  const fields = new StructWriter(22 + gap + (framebuffer === undefined ? 0 : RGB_FIELDS.length));
  if (framebuffer === undefined) fields.u64(gpa).u32(pitchBytes, columns, rows).raw([bits, EGA_TEXT]);
  else {
    fields.u64(framebuffer.gpa).u32(framebuffer.pitchBytes, framebuffer.width, framebuffer.height).raw([DEPTH, RGB]);
    fields.skipTo(22 + gap).raw(RGB_FIELDS);
  }
  return fields.bytes;
}
