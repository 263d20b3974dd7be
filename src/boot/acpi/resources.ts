// Resource descriptors, as a device's _CRS gives them (ACPI 6.5, 6.4).
import { type Aml, buffer } from './aml';

const IRQ = 0x22;
const IO = 0x47;
const END_TAG = [0x79, 0x00];
const MEMORY_32_FIXED = [0x86, 0x09, 0x00];
const DWORD_ADDRESS = [0x87, 0x17, 0x00];
const WORD_ADDRESS = [0x88, 0x0d, 0x00];
const KIND = { memory: 0, io: 1, bus: 2 } as const;
/** Producer, positive decode, both ends fixed. */
const FIXED = 0x0c;
const SPECIFIC = { memory: 0x01, io: 0x03, bus: 0x00 } as const;

const little = (value: number, size: number): number[] => Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);

export const irq = (line: number): number[] => [IRQ, ...little(1 << line, 2)];
export const io = (base: number, size: number): number[] => [IO, 0x01, ...little(base, 2), ...little(base, 2), 0x01, size];
export const memory32 = (base: number, size: number): number[] => [...MEMORY_32_FIXED, 0x01, ...little(base, 4), ...little(size, 4)];

/** What a bridge passes on. */
export function window(kind: keyof typeof KIND, first: number, last: number): number[] {
  const [head, size] = kind === 'memory' ? ([DWORD_ADDRESS, 4] as const) : ([WORD_ADDRESS, 2] as const);
  const fields = [0, first, last, 0, last - first + 1].flatMap((value) => little(value, size));
  return [...head, KIND[kind], FIXED, SPECIFIC[kind], ...fields];
}

/** The checksum 0 of the end tag is taken as right. */
export const resources = (...descriptors: readonly number[][]): Aml => buffer([...descriptors.flat(), ...END_TAG]);
