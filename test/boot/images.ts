// Small images made byte by byte, so that boot tests need no compiler, and a guest memory to load them into.
import { MemoryByteSource } from '../../src/base/byte-source';
import type { BootInput, BootPlan } from '../../src/boot/plan';
import type { GuestMemory } from '../../src/devices/ports';

export const MIB = 1024 * 1024;
const PT_LOAD = 1;
const PT_NOTE = 4;

export interface TestSegment {
  readonly vaddr: number | bigint;
  readonly paddr?: number | bigint;
  readonly bytes: Uint8Array;
  readonly memorySize?: number;
  readonly note?: boolean;
}

/** An ELF executable; the first segment's bytes are at file offset 0x100. */
export function elfImage(options: {
  is64: boolean;
  entry: number | bigint;
  segments: readonly TestSegment[];
  machine?: number;
  type?: number;
}) {
  const { is64, segments } = options;
  const headerSize = is64 ? 64 : 52;
  const entrySize = is64 ? 56 : 32;
  const offsets: number[] = [];
  let size = 0x100;
  for (const { bytes } of segments) {
    offsets.push(size);
    size += Math.ceil(bytes.length / 16) * 16;
  }
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, 1, 1]);
  let at = 16;
  const u16 = (value: number) => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const u32 = (value: number) => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const word = (value: number | bigint) => {
    if (!is64) return u32(Number(value));
    view.setBigUint64(at, BigInt(value), true);
    at += 8;
  };
  u16(options.type ?? 2);
  u16(options.machine ?? (is64 ? 62 : 3));
  u32(1);
  word(options.entry);
  word(headerSize);
  word(0);
  u32(0);
  for (const value of [headerSize, entrySize, segments.length, 0, 0, 0]) u16(value);
  segments.forEach(({ vaddr, paddr, bytes, memorySize, note }, index) => {
    const type = note ? PT_NOTE : PT_LOAD;
    const length = memorySize ?? bytes.length;
    u32(type);
    if (is64) u32(7);
    word(offsets[index]!);
    word(vaddr);
    word(paddr ?? vaddr);
    word(bytes.length);
    word(length);
    if (!is64) u32(7);
    word(4);
    file.set(bytes, offsets[index]!);
  });
  return file;
}

export function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setUint32(index * 4, value >>> 0, true);
  });
  return bytes;
}

/** The note XEN_ELFNOTE_PHYS32_ENTRY. */
export function pvhNote(entry: number, is64: boolean): TestSegment {
  return { vaddr: 0, note: true, bytes: is64 ? words(4, 8, 18, 0x6e6558, entry, 0) : words(4, 4, 18, 0x6e6558, entry) };
}

export const MULTIBOOT_MAGIC = 0x1badb002;

export function multibootHeaderBytes(flags: number, ...fields: readonly number[]): Uint8Array {
  return words(MULTIBOOT_MAGIC, flags, -(MULTIBOOT_MAGIC + flags), ...fields);
}

export function bootInput(image: Uint8Array, more: Partial<BootInput> = {}): BootInput {
  return {
    image: new MemoryByteSource('kernel.elf', image),
    protocol: 'auto',
    modules: [],
    commandLine: '',
    memoryBytes: 64 * MIB,
    ...more,
  };
}

export function bootModule(name: string, text: string, args = '') {
  return { source: new MemoryByteSource(name, new TextEncoder().encode(text)), args };
}

/** Guest memory that starts dirty, so that missing zeros are seen. */
export class DirtyMemory implements GuestMemory {
  readonly bytes: Uint8Array;

  constructor(size: number) {
    this.bytes = new Uint8Array(size).fill(0xcc);
  }

  read(gpa: number, length: number): Uint8Array | undefined {
    return gpa + length <= this.bytes.length ? this.bytes.slice(gpa, gpa + length) : undefined;
  }

  write(gpa: number, bytes: Uint8Array): boolean {
    if (gpa + bytes.length > this.bytes.length) return false;
    this.bytes.set(bytes, gpa);
    return true;
  }

  u32(gpa: number): number {
    return new DataView(this.bytes.buffer).getUint32(gpa, true);
  }

  u64(gpa: number): number {
    return Number(new DataView(this.bytes.buffer).getBigUint64(gpa, true));
  }

  text(gpa: number): string {
    return new TextDecoder().decode(this.bytes.subarray(gpa, this.bytes.indexOf(0, gpa)));
  }
}

/** Loaded segments, without what the loader itself adds. */
export function kernelSegments(plan: BootPlan): string[] {
  return plan.segments
    .filter(({ what }) => what.includes('kernel.elf'))
    .map(({ gpa, bytes, zeroTo }) => `${gpa.toString(16)}+${bytes.length.toString(16)}..${zeroTo.toString(16)}`);
}
