// Which units list a source file: the headers of all line tables passed over once (DWARF 5, 6.2.4), keeping only the files' last names.

import { DwarfCursor } from '../dwarf/cursor';
import { DW_FORM, skipForm } from '../dwarf/forms';
import { parseLineHeader } from '../dwarf/line-header';
import type { DwarfSection } from '../dwarf/section';
import type { DwarfSections } from '../dwarf/sections';
import { PairColumns } from './columns';
import { lowerBound } from './name-index';

export interface FileNamesData {
  /** Last parts of paths, in lower case. */
  readonly names: readonly string[];
  /** Parallel: number of a name (sorted), number of a unit that lists such a file. */
  readonly keys: Uint32Array;
  readonly units: Float64Array;
}

const DW_LNCT_path = 1;

export class FileNames {
  private readonly numbers: ReadonlyMap<string, number>;

  constructor(readonly data: FileNamesData) {
    this.numbers = new Map(data.names.map((name, i) => [name, i]));
  }

  /** Numbers of units that list a file of this last name. */
  unitsOf(name: string): number[] {
    const key = this.numbers.get(name.toLowerCase());
    const { keys, units } = this.data;
    const found: number[] = [];
    if (key !== undefined) for (let i = lowerBound(keys, key); i < keys.length && keys[i] === key; i++) found.push(units[i]!);
    return found;
  }
}

/** `lineOffsets`: of each unit's line table, or undefined. */
export function buildFileNames(sections: DwarfSections, lineOffsets: readonly (number | undefined)[], addressSize: number): FileNamesData {
  const section = sections.optional('.debug_line');
  const pass = new Pass(sections);
  for (const [unit, offset] of lineOffsets.entries())
    if (section && offset !== undefined) section.parse('a line table header', () => pass.table(section, offset, unit, addressSize));
  return pass.finish();
}

export function lastPart(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

class Pass {
  private readonly pairs = new PairColumns();
  private readonly numbers = new Map<string, number>();
  /** By offset in .debug_line_str. */
  private readonly byOffset = new Map<number, number>();
  /** The last unit told for a name. */
  private readonly told: number[] = [];

  constructor(private readonly sections: DwarfSections) {}

  finish(): FileNamesData {
    const { keys, values } = this.pairs.sorted();
    return { names: [...this.numbers.keys()], keys, units: values };
  }

  table(section: DwarfSection, offset: number, unit: number, addressSize: number): void {
    const probe = new DwarfCursor(section.window(offset, Math.min(32, section.size - offset)));
    const length = probe.initialLength();
    const afterLength = probe.offset;
    if (offset + afterLength + length > section.size) throw new RangeError(`program at ${offset} passes the section's end`);
    const version = probe.u16();
    if (version >= 5) probe.skip(2);
    const headerLength = probe.sectionOffset();
    const cursor = new DwarfCursor(section.window(offset, probe.offset + headerLength));
    cursor.dwarf64 = probe.dwarf64;
    if (version >= 5) this.entries(cursor, probe.offset, unit);
    else {
      // The length field speaks of more than the header: a whole window for the old format, which has few files.
      const whole = new DwarfCursor(section.window(offset, afterLength + length));
      for (const file of parseLineHeader(this.sections, whole, addressSize).files) if (file) this.add(this.number(file.name), unit);
    }
  }

  private entries(cursor: DwarfCursor, start: number, unit: number): void {
    cursor.offset = start + 5;
    cursor.skip(cursor.u8() - 1);
    this.list(cursor, undefined);
    this.list(cursor, unit);
  }

  private list(cursor: DwarfCursor, unit: number | undefined): void {
    const formats: { type: number; form: number }[] = [];
    for (let count = cursor.u8(); count > 0; count--) formats.push({ type: cursor.uleb(), form: cursor.uleb() });
    const context = { version: 5, dwarf64: cursor.dwarf64, addressSize: 8 };
    for (let count = formats.length === 0 ? 0 : cursor.uleb(); count > 0; count--) {
      for (const { type, form } of formats) {
        if (type === DW_LNCT_path && unit !== undefined) this.add(this.pathNumber(cursor, form), unit);
        else skipForm(cursor, form, context);
      }
    }
    if (formats.length === 0) cursor.uleb();
  }

  private pathNumber(cursor: DwarfCursor, form: number): number {
    if (form === DW_FORM.string) return this.number(cursor.cstring());
    const name = form === DW_FORM.line_strp ? '.debug_line_str' : form === DW_FORM.strp ? '.debug_str' : undefined;
    if (name === undefined) throw new RangeError(`a file name of form 0x${form.toString(16)}`);
    const offset = cursor.sectionOffset();
    const key = name === '.debug_str' ? -1 - offset : offset;
    let number = this.byOffset.get(key);
    if (number === undefined) {
      number = this.number(this.sections.require(name, '.debug_line').cursor(offset).cstring());
      this.byOffset.set(key, number);
    }
    return number;
  }

  private number(path: string): number {
    const name = lastPart(path).toLowerCase();
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(name, number);
    }
    return number;
  }

  private add(name: number, unit: number): void {
    if (this.told[name] === unit) return;
    this.told[name] = unit;
    this.pairs.push(name, unit);
  }
}
