// What the parts behind SymbolFile share: the file, its slide, its DWARF data and symbol table, and translation between the file's
// addresses and the guest's.

import { UserError } from '../base/user-error';
import type { ElfFile } from '../formats/elf';
import { ET_REL, SHT_NOBITS, SHT_SYMTAB } from '../formats/elf-constants';
import { BtfTypes } from './btf/btf-types';
import { DebugData } from './debug-data';
import { DW_AT } from './dwarf/attributes';
import type { Die } from './dwarf/die';
import type { AddressRange } from './dwarf/ranges';
import { DwarfSections } from './dwarf/sections';
import { ElfIndex } from './elf-index';
import type { FrameSite } from './frame-evaluator';
import type { IndexStore } from './index/disk-store';
import type { LocationPort } from './location';
import type { RelatedFileFinder } from './related-files';
import type { SourcePaths } from './source-paths';
import type { SourcePosition } from './symbol-model';
import type { DataType } from './types';
import { cfaOf } from './unwind';
import type { VariableSource } from './variable';

export class FileContext implements VariableSource {
  private debugData: DebugData | undefined;
  private index: ElfIndex | undefined;
  private apart: ElfFile | UserError | undefined;
  /** null: looked for, there is none. */
  private btfTypes: BtfTypes | null | undefined;

  constructor(
    readonly elf: ElfFile,
    private readonly sourcePaths: SourcePaths,
    public slide: bigint,
    private readonly files: RelatedFileFinder,
    private readonly indexStore?: IndexStore,
  ) {}

  /** The file with the debug information, which may be another one than the program. */
  private get debugFile(): ElfFile | UserError {
    this.apart ??= userErrorOr(() => this.files.debugFile());
    return this.apart;
  }

  get data(): DebugData {
    if (!this.debugData) {
      const { debugFile } = this;
      const missing = debugFile instanceof UserError ? debugFile : undefined;
      const sections = new DwarfSections(this.elf, debugFile instanceof UserError ? this.elf : debugFile);
      this.debugData = new DebugData(sections, this.sourcePaths, this.files, this.indexStore, missing);
    }
    return this.debugData;
  }

  /** A stripped program has its symbols in the debug file too. */
  get elfIndex(): ElfIndex {
    if (!this.index) {
      const isStripped = !this.elf.sections.some(({ type }) => type === SHT_SYMTAB);
      this.index = new ElfIndex(isStripped && !(this.debugFile instanceof UserError) ? this.debugFile : this.elf);
    }
    return this.index;
  }

  /** Linux's own types, where nothing better is there. */
  get btf(): BtfTypes | undefined {
    if (this.btfTypes === undefined) {
      // A module's table goes on from the kernel's and says nothing without it.
      const section = this.data.problem && this.elf.header.type !== ET_REL ? this.elf.section('.BTF') : undefined;
      this.btfTypes = (section && section.type !== SHT_NOBITS && BtfTypes.of(this.elf.sectionBytes(section))) || null;
    }
    return this.btfTypes ?? undefined;
  }

  /** What is wrong with the debug information, as far as it is known. */
  get problems(): readonly UserError[] {
    const { problem, missingFiles } = this.data;
    return problem ? [problem] : missingFiles;
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

function userErrorOr<T>(ask: () => T): T | UserError {
  try {
    return ask();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}
