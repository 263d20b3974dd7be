// .debug_info of one file: the list of units, DIEs by offset, and the tables units index into (.debug_str, .debug_str_offsets, .debug_addr).

import { stringAt } from '../../formats/elf-symbols';
import { SymbolError } from '../symbol-error';
import { AbbrevTables } from './abbrev';
import { DwarfCursor } from './cursor';
import type { Die } from './die';
import type { DebugFamily } from './family';
import type { DwarfSection } from './section';
import type { DwarfSections } from './sections';
import { parseUnitHeader, Unit } from './unit';

/** Enough for the largest header (DWARF64 type unit). */
const HEADER_WINDOW = 48;
const MIN_UNIT_SIZE = 11;
/** Bytes of units kept at a time: a kernel has more than anybody looks at. */
const MOST_LOADED = 48 * 1024 * 1024;

/** How a file's debug information belongs to a program. */
export interface InfoRole {
  /** Where its offsets begin among those of all files. */
  readonly base: number;
  /** A .dwo file, or one unit's part of a package: the unit of the program it completes; undefined for type units of a package. */
  readonly split?: { readonly skeleton: Unit | undefined };
  /** The section is DWARF 4's .debug_types. */
  readonly inTypes?: boolean;
}

export class DebugInfo {
  readonly abbrevs: AbbrevTables;
  private readonly loaded: Unit[] = [];
  private loadedBytes = 0;
  private unitList: readonly Unit[] | undefined;
  private signatures: Map<bigint, Unit> | undefined;

  constructor(
    readonly sections: DwarfSections,
    readonly section: DwarfSection,
    readonly family: DebugFamily,
    private readonly role: InfoRole,
  ) {
    this.abbrevs = new AbbrevTables(sections.require('.debug_abbrev', '.debug_info'));
  }

  get isSplit(): boolean {
    return this.role.split !== undefined;
  }

  /** The file that holds what several programs share (dwz). */
  get supplement(): DebugInfo | undefined {
    return this.family.supplementOf(this);
  }

  get units(): readonly Unit[] {
    if (!this.unitList) {
      const { base, inTypes = false } = this.role;
      const types = inTypes ? undefined : this.sections.get('.debug_types');
      this.unitList = [...this.scan(this.section, base, inTypes), ...(types ? this.scan(types, base + this.section.size, true) : [])];
    }
    return this.unitList;
  }

  private scan(section: DwarfSection, base: number, inTypes: boolean): Unit[] {
    return section.parse('a unit header', () => this.scanUnits(section, base, inTypes));
  }

  private scanUnits(section: DwarfSection, base: number, inTypes: boolean): Unit[] {
    const units: Unit[] = [];
    let at = 0;
    while (at + MIN_UNIT_SIZE <= section.size) {
      const header = parseUnitHeader(new DwarfCursor(section.window(at, Math.min(HEADER_WINDOW, section.size - at))), base + at, inTypes);
      const end = header.end - base;
      if (end > section.size) throw new RangeError(`unit at ${at} ends at ${end}, the section at ${section.size}`);
      if (end <= at) throw section.malformed(`unit at 0x${at.toString(16)} has no length`);
      if (header.version < 2 || header.version > 5) {
        throw SymbolError.unsupported(this.section.file, `DWARF version ${header.version}`, 'compile with -gdwarf-5 or -gdwarf-4');
      }
      if (header.addressSize !== 4 && header.addressSize !== 8) throw section.malformed(`addresses of ${header.addressSize} bytes`);
      units.push(new Unit(this, header, section, base, this.role.split?.skeleton));
      at = end;
    }
    return units;
  }

  /** A unit's bytes have been read: those read longest ago make room. */
  keep(unit: Unit): void {
    this.loaded.push(unit);
    this.loadedBytes += unit.size;
    while (this.loadedBytes > MOST_LOADED && this.loaded.length > 1) {
      const oldest = this.loaded.shift()!;
      this.loadedBytes -= oldest.size;
      oldest.release();
    }
  }

  /** The unit that holds an offset. */
  unitAt(offset: number): Unit | undefined {
    const { units } = this;
    let low = 0;
    let high = units.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (units[middle]!.header.end <= offset) low = middle + 1;
      else high = middle;
    }
    const unit = units[low];
    return unit && offset >= unit.offset ? unit : undefined;
  }

  /** By its identity, in this file. */
  die(offset: number): Die | undefined {
    const unit = this.unitAt(offset);
    return unit && offset - unit.offset >= unit.header.firstDie ? unit.dieAt(offset - unit.offset, undefined) : undefined;
  }

  /** By its offset in this file's .debug_info. */
  dieAt(sectionOffset: number): Die | undefined {
    return this.die(this.identityAt(sectionOffset));
  }

  identityAt(sectionOffset: number): number {
    return this.role.base + sectionOffset;
  }

  typeBySignature(signature: bigint): Die | undefined {
    return this.ownTypeBySignature(signature) ?? this.family.typeBySignature(signature, this);
  }

  ownTypeBySignature(signature: bigint): Die | undefined {
    if (!this.signatures) {
      this.signatures = new Map();
      for (const unit of this.units) if (unit.header.typeSignature !== undefined) this.signatures.set(unit.header.typeSignature, unit);
    }
    const unit = this.signatures.get(signature);
    return unit?.dieAt(unit.header.typeOffset, undefined);
  }

  string(name: '.debug_str' | '.debug_line_str', offset: number): string {
    return stringAt(this.sections.require(name, '.debug_info').bytes(), offset);
  }

  indexedString(unit: Unit, index: number): string {
    const section = this.sections.require('.debug_str_offsets', '.debug_info');
    const size = unit.dwarf64 ? 8 : 4;
    const offset = section.parse('a string offset', () =>
      section
        .cursor(unit.stringOffsetsBase + index * size)
        .using(unit)
        .sectionOffset(),
    );
    return this.string('.debug_str', offset);
  }

  indexedAddress(unit: Unit, index: number): bigint {
    const section = this.sections.require('.debug_addr', '.debug_info');
    return section.parse('an address', () =>
      section
        .cursor(unit.addressBase + index * unit.addressSize)
        .using(unit)
        .address(),
    );
  }
}
