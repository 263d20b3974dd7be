// The framebuffer that an image asks for (Multiboot2 Specification 2.0, 3.1.10): in memory of its own at the end of RAM, which the memory
// map then leaves out, 32 bits a pixel, in the size that is preferred.
import { BootError } from '../boot-error';
import type { BootInput, Framebuffer } from '../plan';

const DEFAULT = { width: 1024, height: 768 } as const;
const MOST = { width: 1920, height: 1200 } as const;
const LEAST = { width: 64, height: 64 } as const;
const DEPTH = 32;
const BYTES = DEPTH / 8;
const ALIGNMENT = 0x10000;

export function chooseFramebuffer(
  { image, memoryBytes, display }: BootInput,
  wanted: { width: number; height: number; depth: number; required: boolean } | undefined,
): Framebuffer | undefined {
  if (wanted === undefined) return undefined;
  if (!display) {
    if (wanted.required) throw BootError.needsPc(image.name, 'requires a framebuffer');
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
