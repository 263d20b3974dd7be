// ELF notes: {namesz, descsz, type, name, desc}, padded to 4 bytes, or to 8 where the segment's alignment is 8 (gABI, "Note Section").

import { ByteReader } from '../base/byte-reader';
import { NT_GNU_BUILD_ID } from './elf-constants';

export interface ElfNote {
  /** Owner without its terminating zero: "Xen", "GNU", … */
  readonly name: string;
  readonly type: number;
  readonly desc: Uint8Array;
}

const utf8 = new TextDecoder();

/** Throws RangeError when a note passes the end. */
export function parseNotes(bytes: Uint8Array, align: number): ElfNote[] {
  const unit = align === 8 ? 8 : 4;
  const reader = new ByteReader(bytes);
  const notes: ElfNote[] = [];
  while (reader.end - reader.offset >= 12) {
    const nameSize = reader.u32();
    const descSize = reader.u32();
    const type = reader.u32();
    const name = utf8.decode(reader.slice(nameSize)).replace(/\0[\s\S]*$/, '');
    reader.offset = Math.min(roundUp(reader.offset, unit), reader.end);
    const desc = reader.slice(descSize);
    reader.offset = Math.min(roundUp(reader.offset, unit), reader.end);
    notes.push({ name, type, desc });
  }
  return notes;
}

export function buildIdOf(notes: readonly ElfNote[]): string | undefined {
  const note = notes.find(({ name, type }) => name === 'GNU' && type === NT_GNU_BUILD_ID);
  return note && Array.from(note.desc, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
