// One unit of .debug_info: its header (DWARF 5, 7.5.1), the bases its root DIE gives, and its DIEs on demand.

import type { Abbrev, AbbrevTable } from './abbrev';
import { DW_AT } from './attributes';
import { DwarfCursor, type DwarfFormat } from './cursor';
import { Die } from './die';
import { type AttributeValue, type FormContext, fixedSizeOf, skipForm } from './forms';
import type { DebugInfo } from './info';
import { type DwarfSection, parsing } from './section';

export const DW_UT = { compile: 1, type: 2, partial: 3, skeleton: 4, split_compile: 5, split_type: 6 } as const;

export interface UnitHeader extends FormContext {
  /** Of the header, counted from the first unit of the files that belong together; units of .debug_types are counted on behind .debug_info. */
  readonly offset: number;
  readonly end: number;
  readonly unitType: number;
  readonly abbrevOffset: number;
  /** Of the root DIE, from the unit's start. */
  readonly firstDie: number;
  readonly typeSignature: bigint | undefined;
  /** What a skeleton and its split unit know each other by; DWARF 4 has it in the root DIE. */
  readonly dwoId: bigint | undefined;
  /** Of the type's DIE, from the unit's start; type units only. */
  readonly typeOffset: number;
}

/** Reads the header at the cursor; `offset` is what the unit is known by. Type units of DWARF 4 have a section of their own and no unit type. */
export function parseUnitHeader(cursor: DwarfCursor, offset: number, inTypes: boolean): UnitHeader {
  const length = cursor.initialLength();
  const end = offset + (cursor.dwarf64 ? 12 : 4) + length;
  const { dwarf64 } = cursor;
  const version = cursor.u16();
  if (version < 2 || version > 5) return { ...EMPTY, offset, end, version, dwarf64 };
  let unitType: number = inTypes ? DW_UT.type : DW_UT.compile;
  let addressSize: number;
  let abbrevOffset: number;
  if (version >= 5) {
    unitType = cursor.u8();
    addressSize = cursor.u8();
    abbrevOffset = cursor.sectionOffset();
  } else {
    abbrevOffset = cursor.sectionOffset();
    addressSize = cursor.u8();
  }
  let typeSignature: bigint | undefined;
  let typeOffset = 0;
  if (unitType === DW_UT.type || unitType === DW_UT.split_type) {
    typeSignature = cursor.u64();
    typeOffset = cursor.sectionOffset();
  }
  const dwoId = unitType === DW_UT.skeleton || unitType === DW_UT.split_compile ? cursor.u64() : undefined;
  return { offset, end, version, dwarf64, addressSize, unitType, abbrevOffset, firstDie: cursor.offset, typeSignature, dwoId, typeOffset };
}

const EMPTY = {
  addressSize: 8,
  unitType: DW_UT.compile,
  abbrevOffset: 0,
  firstDie: 0,
  typeSignature: undefined,
  dwoId: undefined,
  typeOffset: 0,
};

export class Unit implements FormContext {
  private loaded: Uint8Array | undefined;
  private abbrevTable: AbbrevTable | undefined;
  private rootDie: Die | undefined;
  private shared: DwarfCursor | undefined;
  /** Bytes of the attributes of an abbreviation's DIEs, -1 where they vary. */
  private readonly fixedSizes = new Map<Abbrev, number>();
  readonly version: number;
  readonly dwarf64: boolean;
  readonly addressSize: number;
  readonly offset: number;

  constructor(
    readonly info: DebugInfo,
    readonly header: UnitHeader,
    private readonly section: DwarfSection,
    /** Offset of the section's first unit among all units. */
    private readonly sectionBase: number,
    /** Of a split unit: what the program's file keeps of it. */
    readonly skeleton: Unit | undefined,
  ) {
    this.version = header.version;
    this.dwarf64 = header.dwarf64;
    this.addressSize = header.addressSize;
    this.offset = header.offset;
  }

  get root(): Die {
    this.rootDie ??= this.dieAt(this.header.firstDie, undefined) ?? this.refuse('it has no root DIE');
    return this.rootDie;
  }

  private refuse(what: string): never {
    throw this.info.section.malformed(`unit at 0x${this.offset.toString(16)}: ${what}`);
  }

  private get bytes(): Uint8Array {
    if (!this.loaded) {
      this.loaded = this.read(this.size);
      this.info.keep(this);
    }
    return this.loaded;
  }

  /** Forgets the bytes, to be read again when a DIE is looked at. */
  release(): void {
    this.loaded = undefined;
    this.shared = undefined;
  }

  /** The unit's bytes for a pass over all units: not kept. */
  peek(most = this.size): Uint8Array {
    return this.loaded ?? this.read(Math.min(most, this.size));
  }

  private read(length: number): Uint8Array {
    return this.parse('the unit', () => this.section.window(this.offset - this.sectionBase, length));
  }

  get size(): number {
    return this.header.end - this.offset;
  }

  /** The unit's one cursor, moved to an offset from the unit's start: millions of DIEs are passed over. Not to be kept across calls. */
  cursor(offset: number): DwarfCursor {
    this.shared ??= new DwarfCursor(this.bytes).using(this as DwarfFormat);
    this.shared.offset = offset;
    return this.shared;
  }

  /** Moves the cursor over a DIE's attributes. */
  skipAttributes(cursor: DwarfCursor, abbrev: Abbrev): void {
    let size = this.fixedSizes.get(abbrev);
    if (size === undefined) {
      size = fixedSizeOf(abbrev, this);
      this.fixedSizes.set(abbrev, size);
    }
    if (size >= 0) cursor.skip(size);
    else for (const form of abbrev.forms) skipForm(cursor, form, this);
  }

  /** From behind the attributes of a DIE with children: the offset behind its last descendant. For producers without DW_AT_sibling (clang). */
  skipChildren(offset: number): number {
    return this.parse('a DIE of the unit', () => {
      const cursor = this.cursor(offset);
      for (let depth = 1; depth > 0 && cursor.offset < this.size; ) {
        const code = cursor.uleb();
        if (code === 0) {
          depth--;
          continue;
        }
        const abbrev = this.abbrev(code);
        this.skipAttributes(cursor, abbrev);
        if (abbrev.hasChildren) depth++;
      }
      return cursor.offset;
    });
  }

  private abbrev(code: number): Abbrev {
    this.abbrevTable ??= this.info.abbrevs.at(this.header.abbrevOffset);
    return this.abbrevTable.get(code) ?? this.refuse(`abbreviation ${code} does not exist`);
  }

  parse<T>(what: string, body: () => T): T {
    return parsing(this.info.section.file, '.debug_info', `${what} at 0x${this.offset.toString(16)}`, body);
  }

  /** The DIE at an offset from the unit's start; undefined for the null entry that ends a list of children, and at the unit's end. */
  dieAt(offset: number, parent: Die | undefined): Die | undefined {
    return this.parse('a DIE of the unit', () => {
      if (offset >= this.size) return undefined;
      const cursor = this.cursor(offset);
      const code = cursor.uleb();
      if (code === 0) return undefined;
      const attributesAt = cursor.offset;
      return new Die(this, offset, this.abbrev(code), attributesAt, parent);
    });
  }

  /** An attribute of the root DIE that names the start of this unit's part of another section. */
  private base(attribute: number, defaultSize: number): number {
    const value = this.root.attribute(attribute);
    if (value?.class === 'sectionOffset') return value.offset;
    if (value?.class === 'constant') return Number(value.value);
    return defaultSize;
  }

  /** Whether this is what a compiler put into a .dwo file: its references to other sections mean that file's. */
  get isSplit(): boolean {
    return this.info.isSplit;
  }

  /** A unit that holds one type only, found by its signature. */
  get holdsType(): boolean {
    return this.header.unitType === DW_UT.type || this.header.unitType === DW_UT.split_type;
  }

  /** The name of the .dwo file of a skeleton unit. */
  get dwoName(): string | undefined {
    return this.root.string(DW_AT.dwo_name) ?? this.root.string(DW_AT.GNU_dwo_name);
  }

  get dwoId(): bigint | undefined {
    const { dwoId } = this.header;
    if (dwoId !== undefined) return dwoId;
    const value = this.root.attribute(DW_AT.GNU_dwo_id);
    return value?.class === 'constant' ? value.value : undefined;
  }

  /** DWARF 4's split units have tables without headers. */
  get stringOffsetsBase(): number {
    return this.base(DW_AT.str_offsets_base, this.version < 5 ? 0 : this.dwarf64 ? 16 : 8);
  }

  get addressBase(): number {
    if (this.skeleton) return this.skeleton.addressBase;
    if (this.version < 5) return this.base(DW_AT.GNU_addr_base, 0);
    return this.base(DW_AT.addr_base, this.dwarf64 ? 16 : 8);
  }

  /** What DWARF 4's split units count their range lists from; they stay in the program's file. */
  get oldRangesBase(): number {
    return this.skeleton ? this.skeleton.base(DW_AT.GNU_ranges_base, 0) : 0;
  }

  get rangeListsBase(): number {
    return this.base(DW_AT.rnglists_base, this.dwarf64 ? 20 : 12);
  }

  get locationListsBase(): number {
    return this.base(DW_AT.loclists_base, this.dwarf64 ? 20 : 12);
  }

  /** Base of the offsets in the unit's range and location lists. */
  get lowPc(): bigint {
    return (this.skeleton ?? this).root.address(DW_AT.low_pc) ?? 0n;
  }

  resolveString(value: AttributeValue): string | undefined {
    if (value.class === 'string') return value.value;
    if (value.class === 'stringOffset') return this.info.string(value.section, value.offset);
    if (value.class === 'stringIndex') return this.info.indexedString(this, value.index);
    if (value.class === 'supplementaryString') return this.info.supplement?.string('.debug_str', value.offset);
    return undefined;
  }

  resolveAddress(value: AttributeValue): bigint | undefined {
    if (value.class === 'address') return value.value;
    if (value.class === 'addressIndex') return this.info.indexedAddress(this, value.index);
    return undefined;
  }

  get compileDirectory(): string {
    return this.root.string(DW_AT.comp_dir) ?? this.skeleton?.compileDirectory ?? '';
  }

  get name(): string {
    return this.root.string(DW_AT.name) ?? '';
  }

  get language(): number {
    return this.root.unsigned(DW_AT.language) ?? 0;
  }

  get producer(): string {
    return this.root.string(DW_AT.producer) ?? '';
  }
}
