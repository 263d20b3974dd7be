// The header of a line number program, versions 2 to 5 (DWARF 5, 6.2.4): directories and files, without running the program.

import type { DwarfCursor } from './cursor';
import { DW_FORM, readForm } from './forms';
import type { DwarfSections } from './sections';

export interface LineFile {
  readonly name: string;
  /** As written: relative to the compile directory unless absolute; undefined is the compile directory. */
  readonly directory: string | undefined;
  /** Lower-case hexadecimal, if the producer wrote one. */
  readonly md5: string | undefined;
}

export interface LineHeader {
  readonly version: number;
  readonly dwarf64: boolean;
  readonly addressSize: number;
  readonly minInstructionLength: number;
  readonly defaultIsStmt: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly opcodeLengths: readonly number[];
  /** By the number that rows and DW_AT_decl_file use: from 0 in DWARF 5, from 1 before. Files defined while running are appended. */
  readonly files: (LineFile | undefined)[];
  readonly directories: readonly string[];
  /** Where the program starts and ends, in the section. */
  readonly programStart: number;
  readonly end: number;
}

const DW_LNCT = { path: 1, directory_index: 2, timestamp: 3, size: 4, MD5: 5 } as const;

/** `addressSize` is the unit's, for versions that do not write it here. Throws RangeError on damage. */
export function parseLineHeader(sections: DwarfSections, cursor: DwarfCursor, addressSizeOfUnit: number): LineHeader {
  const length = cursor.initialLength();
  const end = cursor.offset + length;
  if (end > cursor.end) throw new RangeError(`program ends at ${end}, the section at ${cursor.end}`);
  const { dwarf64 } = cursor;
  const version = cursor.u16();
  if (version < 2 || version > 5) throw new RangeError(`line table version ${version}`);
  let addressSize = addressSizeOfUnit;
  if (version >= 5) {
    addressSize = cursor.u8();
    cursor.u8(); // segment selector size
  }
  const headerLength = cursor.sectionOffset();
  const programStart = cursor.offset + headerLength;
  const minInstructionLength = cursor.u8();
  if (version >= 4) cursor.u8(); // maximum operations per instruction: 1 where there is no VLIW
  const defaultIsStmt = cursor.u8() !== 0;
  const lineBase = cursor.i8();
  const lineRange = cursor.u8();
  if (lineRange === 0) throw new RangeError('line_range is 0');
  const opcodeBase = cursor.u8();
  const opcodeLengths = [0];
  for (let i = 1; i < opcodeBase; i++) opcodeLengths.push(cursor.u8());
  cursor.addressSize = addressSize;
  const { directories, files } = version >= 5 ? entryTables(sections, cursor) : oldTables(cursor);
  return {
    version,
    dwarf64,
    addressSize,
    minInstructionLength,
    defaultIsStmt,
    lineBase,
    lineRange,
    opcodeBase,
    opcodeLengths,
    files,
    directories,
    programStart,
    end,
  };
}

function oldTables(cursor: DwarfCursor): { directories: string[]; files: (LineFile | undefined)[] } {
  const directories = [''];
  for (let name = cursor.cstring(); name !== ''; name = cursor.cstring()) directories.push(name);
  const files: (LineFile | undefined)[] = [undefined];
  for (let name = cursor.cstring(); name !== ''; name = cursor.cstring()) files.push(oldFile(cursor, name, directories));
  return { directories, files };
}

/** The rest of a file entry of versions 2 to 4, also of DW_LNE_define_file. */
export function oldFile(cursor: DwarfCursor, name: string, directories: readonly string[]): LineFile {
  const directory = cursor.uleb();
  cursor.skipLeb();
  cursor.skipLeb();
  return { name, directory: directory === 0 ? undefined : directories[directory], md5: undefined };
}

function entryTables(sections: DwarfSections, cursor: DwarfCursor): { directories: string[]; files: LineFile[] } {
  const directories = entries(sections, cursor).map((entry) => entry.path);
  const files = entries(sections, cursor).map(({ path, directory, md5 }) => ({
    name: path,
    directory: directory === 0 ? undefined : directories[directory],
    md5,
  }));
  return { directories, files };
}

interface Entry {
  path: string;
  directory: number;
  md5: string | undefined;
}

function entries(sections: DwarfSections, cursor: DwarfCursor): Entry[] {
  const formats: { type: number; form: number }[] = [];
  for (let count = cursor.u8(); count > 0; count--) formats.push({ type: cursor.uleb(), form: cursor.uleb() });
  const count = cursor.uleb();
  if (count > 0 && !formats.some(({ form }) => form !== DW_FORM.flag_present && form !== DW_FORM.implicit_const)) {
    throw new RangeError('file entries without contents');
  }
  const list: Entry[] = [];
  for (let i = 0; i < count; i++) {
    const entry: Entry = { path: '', directory: 0, md5: undefined };
    for (const { type, form } of formats) readContent(sections, cursor, type, form, entry);
    list.push(entry);
  }
  return list;
}

function readContent(sections: DwarfSections, cursor: DwarfCursor, type: number, form: number, entry: Entry): void {
  const value = readForm(cursor, form, 0n, { version: 5, dwarf64: cursor.dwarf64, addressSize: cursor.addressSize });
  if (type === DW_LNCT.path) {
    if (value.class === 'string') entry.path = value.value;
    else if (value.class === 'stringOffset') {
      const section = sections.require(value.section, '.debug_line');
      entry.path = section.parse('a file name', () => section.cursor(value.offset).cstring());
    }
  } else if (type === DW_LNCT.directory_index && value.class === 'constant') entry.directory = Number(value.value);
  else if (type === DW_LNCT.MD5 && value.class === 'block') {
    entry.md5 = Array.from(value.bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}
