// The DWARF side of one file: units, indexes, line tables and types, each made on first need. Addresses as in the file: no slide.

import { DW_AT } from './dwarf/attributes';
import { CallFrames, type Fde } from './dwarf/call-frame';
import type { Die } from './dwarf/die';
import { DebugInfo } from './dwarf/info';
import { dieRanges } from './dwarf/ranges';
import { type DwarfSections, hasCodeAt, parsing } from './dwarf/section';
import { DW_UT, type Unit } from './dwarf/unit';
import { type UnwindRow, unwindRowOf } from './dwarf/unwind-row';
import type { FrameSite } from './frame-evaluator';
import { splitTypeKey } from './index/build-names';
import type { IndexStore } from './index/disk-store';
import { FileIndex } from './index/file-index';
import { lastPart } from './index/file-names';
import { inlinedCopiesIn } from './index/inlined-copies';
import type { NameKind } from './index/name-index';
import { UnitScan } from './index/unit-scan';
import { rowStarts } from './line-lookup';
import { commonTail, isAbsolutePath, normalizePath, pathKey } from './paths';
import type { SourcePaths } from './source-paths';
import { SymbolError } from './symbol-error';
import { typeKey } from './type-key';
import { TypeReader } from './type-reader';
import { type UnitFunction, UnitIndex } from './unit-index';
import { LineTables, type UnitLines } from './unit-lines';
import { UnitMap } from './unit-map';

export class DebugData {
  readonly types = new TypeReader((declared, name) => this.findDefinition(declared, name));
  private readonly indexes = new Map<Unit, UnitIndex>();
  private readonly lineTables: LineTables;
  private readonly unitMap: UnitMap | undefined;
  private readonly info: DebugInfo | undefined;
  /** Why the file's debug information is not used: there is none, or it is of a kind not supported. ELF symbols still work. */
  readonly problem: SymbolError | undefined;
  private readonly scan: UnitScan | undefined;
  private readonly fileIndex: FileIndex | undefined;
  private frameTables: readonly CallFrames[] | undefined;

  constructor(
    private readonly sections: DwarfSections,
    sourcePaths: SourcePaths,
    store: IndexStore | undefined,
  ) {
    const found = openInfo(sections);
    this.info = found instanceof SymbolError ? undefined : found;
    this.problem = found instanceof SymbolError ? found : undefined;
    this.lineTables = new LineTables(sections, sourcePaths);
    this.scan = this.info && new UnitScan(this.info);
    this.fileIndex = this.info && this.scan && new FileIndex(this.info, this.scan, (unit) => this.index(unit), store);
    this.unitMap = this.info && new UnitMap(this.info, (unit) => this.linesOf(unit)?.table.sequences ?? []);
  }

  /** Units of code and data; those that only hold a type are left to references. */
  get units(): readonly Unit[] {
    return this.info?.units.filter((unit) => unit.header.unitType !== DW_UT.type) ?? [];
  }

  /** A 64-bit kernel packed into a 32-bit ELF file for Multiboot (objcopy -O elf32-i386) keeps its 64-bit debug information. */
  get addressSize(): 4 | 8 {
    const [first] = this.units;
    return (first ? first.addressSize === 8 : this.sections.elf.header.is64) ? 8 : 4;
  }

  unitAt(address: bigint): Unit | undefined {
    return this.unitMap?.unitAt(address);
  }

  die(offset: number): Die | undefined {
    return this.info?.die(offset);
  }

  index(unit: Unit): UnitIndex {
    let index = this.indexes.get(unit);
    if (!index) {
      index = new UnitIndex(unit, this.scan ?? new UnitScan(unit.info));
      this.indexes.set(unit, index);
    }
    return index;
  }

  /** A function's name with the namespaces and classes around it. */
  nameOf(die: Die): string {
    const origin = die.reference(DW_AT.abstract_origin) ?? die;
    return this.index(origin.unit).qualifiedName(origin);
  }

  linesOf(unit: Unit): UnitLines | undefined {
    return this.lineTables.of(unit);
  }

  linesAt(address: bigint): UnitLines | undefined {
    const unit = this.unitAt(address);
    return unit && this.linesOf(unit);
  }

  functionAt(address: bigint): UnitFunction | undefined {
    const unit = this.unitAt(address);
    return unit && this.index(unit).functionAt(address);
  }

  /** Where rows of line tables begin in [from, to), sorted. */
  rowStarts(from: bigint, to: bigint): bigint[] {
    const starts = new Set<bigint>();
    for (const unit of this.unitMap?.unitsIn(from, to) ?? []) {
      const lines = this.linesOf(unit);
      if (lines) for (const address of rowStarts(lines, from, to)) starts.add(address);
    }
    return [...starts].sort((a, b) => (a < b ? -1 : 1));
  }

  siteAt(address: bigint): FrameSite | undefined {
    const found = this.functionAt(address);
    return found && { functionDie: found.die, address };
  }

  /** Units that define a name, the one at `near` first: its statics and types are meant before others of the same name. */
  private unitsNaming(kind: NameKind, name: string, near: bigint | undefined): Unit[] {
    const units = new Set<Unit>();
    const first = near === undefined ? undefined : this.unitAt(near);
    if (first) units.add(first);
    for (const offset of this.fileIndex?.names.find(kind, name) ?? []) {
      const unit = this.info?.unitAt(offset);
      if (unit) units.add(unit);
    }
    return [...units];
  }

  globals(name: string, near: bigint | undefined): Die[] {
    return this.unitsNaming('global', name, near).flatMap((unit) => this.index(unit).globals(name));
  }

  /** Functions with code, also by the last parts of a qualified name. */
  functionsNamed(name: string): UnitFunction[] {
    return this.unitsNaming('function', name, undefined).flatMap((unit) =>
      this.index(unit).functions.filter((candidate) => candidate.name === name || candidate.name.endsWith(`::${name}`)),
    );
  }

  /** The definition of a type by its key; in the unit at `near` first, in type units last. */
  typeDie(key: string, near: bigint | undefined): Die | undefined {
    const first = near === undefined ? undefined : this.unitAt(near);
    const local = first && this.index(first).type(key);
    if (local) return local;
    for (const offset of this.fileIndex?.names.find(...splitTypeKey(key)) ?? []) return this.info?.die(offset);
    for (const unit of this.info?.units ?? []) {
      const found = unit.header.unitType === DW_UT.type ? this.index(unit).type(key) : undefined;
      if (found) return found;
    }
    return undefined;
  }

  private findDefinition(declared: Die, name: string): Die | undefined {
    const inTypeUnit = declared.reference(DW_AT.signature);
    if (inTypeUnit) return inTypeUnit;
    const key = typeKey(declared.tag, name);
    return this.index(declared.unit).type(key) ?? this.typeDie(key, undefined);
  }

  // Files and lines

  /** Every source file that a line table lists; the tables themselves are not kept. */
  get files(): string[] {
    const paths = new Map<string, string>();
    for (const unit of this.units) for (const path of this.lineTables.pathsOf(unit)) paths.set(pathKey(path), path);
    return [...paths.values()].sort();
  }

  /**
   * The files that a path means, with the tables that list them: the one of this path; a relative path means all files that end in it; of
   * others the one with the longest common tail of at least a name and a folder, if that is one only.
   */
  matchFiles(path: string): readonly NamedFile[] {
    const wanted = normalizePath(path);
    const entries = this.filesNamed(lastPart(wanted));
    const exact = entries.get(pathKey(wanted));
    if (exact) return [exact];
    const all = [...entries.values()];
    const parts = pathKey(wanted).split('/').length;
    const ending = isAbsolutePath(wanted) ? [] : all.filter((entry) => commonTail(entry.path, wanted) === parts);
    return ending.length > 0 ? ending : byTail(all, wanted);
  }

  /** All files of a last name. */
  private filesNamed(name: string): Map<string, NamedFile> {
    const units = this.info?.units ?? [];
    const entries = new Map<string, NamedFile>();
    for (const number of this.fileIndex?.files.unitsOf(name) ?? []) {
      const unit = units[number];
      const lines = unit && this.linesOf(unit);
      for (const { index, path } of lines?.filesNamed(name) ?? []) {
        const key = pathKey(path);
        const entry = entries.get(key) ?? { path, tables: [] };
        const last = entry.tables.at(-1);
        if (last && last.lines === lines) last.indexes.add(index);
        else if (lines) entry.tables.push({ lines, indexes: new Set([index]) });
        entries.set(key, entry);
      }
    }
    return entries;
  }

  // Call frames

  /** .debug_frame says more than .eh_frame where both exist. */
  fdeAt(address: bigint): Fde | undefined {
    if (!this.frameTables) {
      const { addressSize } = this;
      this.frameTables = ['.debug_frame', '.eh_frame'].flatMap((name) => {
        const section = this.sections.optional(name);
        return section ? [new CallFrames(section, addressSize)] : [];
      });
    }
    for (const table of this.frameTables) {
      const fde = table.at(address);
      if (fde) return fde;
    }
    return undefined;
  }

  unwindRow(address: bigint): UnwindRow | undefined {
    const fde = this.fdeAt(address);
    return fde && parsing(this.sections.file, 'call frame information', 'a frame description', () => unwindRowOf(fde, address));
  }

  /** The inlined copies of functions of a name. Link-time optimisation keeps the abstract function in a unit without code. */
  inlinedCopies(name: string): Die[] {
    const { info, scan } = this;
    const origins = new Map<Unit, Set<number>>();
    for (const offset of this.fileIndex?.names.find('abstract', name) ?? []) {
      const unit = info?.unitAt(offset);
      if (unit) origins.set(unit, (origins.get(unit) ?? new Set()).add(offset));
    }
    if (!info || !scan || origins.size === 0) return [];
    const holds = [...origins.keys()].every((unit) => this.index(unit).functions.length > 0);
    const everywhere = new Set([...origins.values()].flatMap((set) => [...set]));
    const copies = holds
      ? [...origins].flatMap(([unit, set]) => inlinedCopiesIn(unit, scan, set))
      : this.units.flatMap((unit) => inlinedCopiesIn(unit, scan, everywhere));
    return copies.filter((die) => dieRanges(die).some(({ start }) => hasCodeAt(this.sections.elf, start)));
  }
}

interface NamedFile {
  readonly path: string;
  readonly tables: { readonly lines: UnitLines; readonly indexes: Set<number> }[];
}

function byTail(entries: readonly NamedFile[], path: string): NamedFile[] {
  let best: NamedFile[] = [];
  let bestTail = 2;
  for (const entry of entries) {
    const tail = commonTail(entry.path, path);
    if (tail === bestTail) best.push(entry);
    else if (tail > bestTail) {
      best = [entry];
      bestTail = tail;
    }
  }
  return best.length === 1 ? best : [];
}

/** The list of units is read here: what is wrong with all of them is known before anything is asked. */
function openInfo(sections: DwarfSections): DebugInfo | SymbolError {
  try {
    const info = DebugInfo.of(sections);
    if (!info || info.units.length === 0) return SymbolError.noDebugInfo(sections.file);
    // DWARF 4 has no unit type for skeletons; a look at the first units is enough, since all of a build are split or none.
    if (info.units.slice(0, 8).some(({ root }) => root.has(DW_AT.GNU_dwo_name))) return SymbolError.split(sections.file);
    return info;
  } catch (error) {
    if (error instanceof SymbolError) return error;
    throw error;
  }
}
