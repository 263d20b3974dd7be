// What the parts behind SymbolFile share: the file, its slide, its DWARF data and symbol table, and translation between the file's
// addresses and the guest's.

import type { ElfFile } from '../formats/elf';
import { DebugData } from './debug-data';
import { DW_AT } from './dwarf/attributes';
import type { Die } from './dwarf/die';
import type { AddressRange } from './dwarf/ranges';
import { DwarfSections } from './dwarf/section';
import { ElfIndex } from './elf-index';
import type { FrameSite } from './frame-evaluator';
import type { IndexStore } from './index/disk-store';
import type { LocationPort } from './location';
import type { SourcePaths } from './source-paths';
import type { SourcePosition } from './symbol-model';
import type { DataType } from './types';
import { cfaOf } from './unwind';
import type { VariableSource } from './variable';

export class FileContext implements VariableSource {
  readonly elfIndex: ElfIndex;
  private debugData: DebugData | undefined;

  constructor(
    readonly elf: ElfFile,
    private readonly sourcePaths: SourcePaths,
    public slide: bigint,
    private readonly indexStore?: IndexStore,
  ) {
    this.elfIndex = new ElfIndex(elf);
  }

  get data(): DebugData {
    this.debugData ??= new DebugData(new DwarfSections(this.elf), this.sourcePaths, this.indexStore);
    return this.debugData;
  }

  get addressSize(): 4 | 8 {
    return this.elf.header.is64 ? 8 : this.data.addressSize;
  }

  private mask(address: bigint): bigint {
    return BigInt.asUintN(this.addressSize * 8, address);
  }

  toFile(address: bigint): bigint {
    return this.mask(address - this.slide);
  }

  toGuest(address: bigint): bigint {
    return this.mask(address + this.slide);
  }

  rangeToGuest({ start, end }: AddressRange): AddressRange {
    return { start: this.toGuest(start), end: this.toGuest(end) };
  }

  /** Where an inlined call was made. */
  callSite(die: Die): SourcePosition | undefined {
    const line = die.unsigned(DW_AT.call_line);
    const index = die.unsigned(DW_AT.call_file);
    const file = index === undefined ? undefined : this.data.linesOf(die.unit)?.path(index);
    return line === undefined || file === undefined ? undefined : { file, line, column: die.unsigned(DW_AT.call_column) ?? 0 };
  }

  declarationOf(die: Die): SourcePosition | undefined {
    const found = die.inherited(DW_AT.decl_line);
    if (!found) return undefined;
    const index = found.die.unsigned(DW_AT.decl_file) ?? die.inheritedUnsigned(DW_AT.decl_file);
    const file = index === undefined ? undefined : this.data.linesOf(found.die.unit)?.path(index);
    return file === undefined ? undefined : { file, line: found.die.unsigned(DW_AT.decl_line) ?? 0, column: 0 };
  }

  typeOf(die: Die): DataType {
    return this.data.types.typeOf(die);
  }

  siteAt(fileAddress: bigint): FrameSite | undefined {
    return this.data.siteAt(fileAddress);
  }

  async cfaAt(fileAddress: bigint, port: LocationPort): Promise<bigint | undefined> {
    const row = this.data.unwindRow(fileAddress);
    return row && cfaOf(row.cfa, port, this.addressSize);
  }
}
