// The catalogue of handlers as numbers, for a section of the interpreter's module: rows in their order with the place of their opcode and their handlers, then
// branches and sequences.
import { assert } from '../base/assert';
import { parseEncoding } from '../x86/decode/table';
import type { OperandBytes } from '../x86/emit/context';
import type { InsnRow } from '../x86/insn/row';
import { type BranchForm, type Form, formOf, type MemoryForm } from './forms';

/** The section's name. */
export const SECTION = 'catalogue';

/** What is packed. */
interface Unpacked {
  count: number;
  rows: readonly { row: InsnRow; variants: readonly { variant: number; number: number }[] }[];
  lookedUp: readonly number[];
  linked: readonly number[];
  sequences: readonly { parts: readonly number[]; handler: number }[];
}

const SIZES: readonly OperandBytes[] = [1, 2, 4, 8, 16, 32];
const MEMORY_FORMS: readonly MemoryForm[] = ['register', 'base', 'index'];

/** A row's form as a number. */
export function variantIndex(size: OperandBytes, memory: MemoryForm, branch: BranchForm): number {
  return SIZES.indexOf(size) * 6 + MEMORY_FORMS.indexOf(memory) * 2 + (branch === 'linked' ? 0 : 1);
}
export const formOfVariant = (row: InsnRow, variant: number): Form =>
  formOf(row, SIZES[Math.floor(variant / 6)]!, MEMORY_FORMS[(variant % 6) >> 1]!, variant & 1 ? 'looked-up' : 'linked');

export function packCatalogue({ count, rows, lookedUp, linked, sequences }: Unpacked): Uint16Array<ArrayBuffer> {
  const numbers: number[] = [count, rows.length];
  for (const { row, variants } of rows) {
    const { map, first, last } = parseEncoding(row);
    numbers.push((map << 8) | first, last, variants.length, ...variants.flatMap(({ variant, number }) => [variant, number]));
  }
  numbers.push(lookedUp.length, ...lookedUp, linked.length, ...linked, sequences.length);
  for (const { parts, handler } of sequences) numbers.push(parts.length, ...parts, handler);
  return Uint16Array.from(numbers);
}

/** A custom section (WebAssembly specification, 5.5.3) with the numbers, to stand behind a module. */
export function catalogueSection(packed: Uint16Array<ArrayBuffer>): Uint8Array {
  const bytes = new Uint8Array(packed.buffer);
  const size = 1 + SECTION.length + bytes.length;
  const length = Uint8Array.of((size & 0x7f) | 0x80, ((size >> 7) & 0x7f) | 0x80, (size >> 14) & 0x7f);
  assert(size < 1 << 21, 'the length of the section has three bytes');
  const section = new Uint8Array(5 + SECTION.length + bytes.length);
  section.set(length, 1);
  section[4] = SECTION.length;
  for (let i = 0; i < SECTION.length; i++) section[5 + i] = SECTION.charCodeAt(i);
  section.set(bytes, 5 + SECTION.length);
  return section;
}
