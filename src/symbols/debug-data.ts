// The DWARF side of one file: units, indexes, line tables and types, each made on first need. Addresses as in the file: no slide.

import { UserError } from '../base/user-error';
import { DW_AT } from './dwarf/attributes';
import { CallFrames, type Fde } from './dwarf/call-frame';
import type { Die } from './dwarf/die';
import { DebugFamily, type RelatedFiles } from './dwarf/family';
import type { DebugInfo } from './dwarf/info';
import { dieRanges } from './dwarf/ranges';
import { hasCodeAt, parsing } from './dwarf/section';
import type { DwarfSections } from './dwarf/sections';
import { DW_TAG } from './dwarf/tags';
import type { Unit } from './dwarf/unit';
import { type UnwindRow, unwindRowOf } from './dwarf/unwind-row';
import type { FrameSite } from './frame-evaluator';
import { splitTypeKey } from './index/build-names';
import type { IndexStore } from './index/disk-store';
import { FamilyNames } from './index/family-names';
import { lastPart } from './index/file-names';
import { inlinedCopiesIn } from './index/inlined-copies';
import type { NameKind } from './index/name-index';
import { UnitScan } from './index/unit-scan';
import { rowStarts } from './line-lookup';
import { commonTail, isAbsolutePath, joinPath, normalizePath, pathKey } from './paths';
import type { SourcePaths } from './source-paths';
import { SymbolError } from './symbol-error';
import { typeKey } from './type-key';
import { TypeReader } from './type-reader';
import { type UnitFunction, UnitIndex } from './unit-index';
import { LineTables, type UnitLines } from './unit-lines';
import { UnitMap } from './unit-map';

export class DebugData {
  readonly types = new TypeReader(
    (declared, name) => this.findDefinition(declared, name),
    (die) => this.index(die.unit).scopeOf(die),
  );
  private readonly indexes = new Map<Unit, UnitIndex>();
  private readonly lineTables: LineTables;
  private readonly unitMap: UnitMap | undefined;
  private readonly info: DebugInfo | undefined;
  /** Why the file's debug information is not used: there is none, or it is of a kind not supported. ELF symbols still work. */
  readonly problem: UserError | undefined;
  private readonly family: DebugFamily | undefined;
  private unitList: readonly Unit[] | undefined;
  private readonly names: FamilyNames | undefined;
  private frameTables: readonly CallFrames[] | undefined;

  constructor(
    private readonly sections: DwarfSections,
    sourcePaths: SourcePaths,
    files: RelatedFiles,
    store: IndexStore | undefined,
    /** The debug information lies in another file, which was not found. */
    missing?: UserError,
  ) {
    const found = missing ?? openFamily(sections, files);
    this.family = found instanceof UserError ? undefined : found;
    this.problem = found instanceof UserError ? found : undefined;
    this.info = this.family?.main;
    this.names = this.family && new FamilyNames(this.family, (unit) => this.index(unit), store);
    this.lineTables = new LineTables(sourcePaths);
    this.unitMap = this.info && new UnitMap(this.info, (unit) => this.linesOf(unit)?.table.sequences ?? []);
  }

  /** Units of code and data; those that only hold a type are left to references. */
  get units(): readonly Unit[] {
    this.unitList ??= this.codeUnits.map((unit) => this.complete(unit));
    return this.unitList;
  }

  /** As the program's own file has them: skeletons for split units. */
  private get codeUnits(): readonly Unit[] {
    return this.info?.units.filter((unit) => !unit.holdsType) ?? [];
  }

  private complete(unit: Unit): Unit {
    return this.family?.complete(unit) ?? unit;
  }

  /** Files that belong to the debug information and were not found so far. */
  get missingFiles(): readonly SymbolError[] {
    return this.family?.problems ?? [];
  }

  /** A 64-bit kernel packed into a 32-bit ELF file for Multiboot (objcopy -O elf32-i386) keeps its 64-bit debug information. */
  get addressSize(): 4 | 8 {
    const [first] = this.codeUnits;
    return (first ? first.addressSize === 8 : this.sections.elf.header.is64) ? 8 : 4;
  }

  unitAt(address: bigint): Unit | undefined {
    const unit = this.unitMap?.unitAt(address);
    return unit && this.complete(unit);
  }

  die(offset: number): Die | undefined {
    return this.family?.die(offset);
  }

  index(unit: Unit): UnitIndex {
    let index = this.indexes.get(unit);
    if (!index) {
      index = new UnitIndex(unit, this.scanOf(unit));
      this.indexes.set(unit, index);
    }
    return index;
  }

  private scanOf(unit: Unit): UnitScan {
    return this.names?.scanOf(unit.info) ?? new UnitScan(unit.info);
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
    for (const part of this.unitMap?.unitsIn(from, to) ?? []) {
      const unit = this.complete(part);
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
    for (const offset of this.names?.find(kind, name) ?? []) {
      const unit = this.family?.unitAt(offset);
      if (unit) units.add(unit);
    }
    return [...units];
  }

  globals(name: string, near: bigint | undefined): Die[] {
    return this.unitsNaming('global', name, near).flatMap((unit) => this.index(unit).globals(name));
  }

  /** The enumeration that an enumerator belongs to; of several the one in the unit at `near`. */
  enumerationWith(name: string, near: bigint | undefined): Die | undefined {
    const offsets = this.names?.find('enumerator', name) ?? [];
    const unit = near === undefined ? undefined : this.unitAt(near);
    const own = offsets.find((offset) => unit !== undefined && this.family?.unitAt(offset) === unit);
    const [first] = offsets;
    const found = own ?? first;
    return found === undefined ? undefined : this.die(found);
  }

  /** Variables that are static in a function or a file of this name. */
  *variablesIn(scope: string, name: string): Generator<Die> {
    for (const { die } of this.functionsNamed(scope)) yield* staticsOf(die, name);
    for (const { tables } of this.matchFiles(scope)) {
      for (const { lines } of tables) {
        const { unit } = lines;
        // A header's name means what it declares, which every unit that includes it has.
        if (commonTail(joinPath(unit.compileDirectory, unit.name), normalizePath(scope)) > 0) yield* this.index(unit).globals(name);
      }
    }
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
    for (const offset of this.names?.find(...splitTypeKey(key)) ?? []) return this.die(offset);
    for (const unit of this.family?.typeUnits() ?? []) {
      const found = this.index(unit).type(key);
      if (found) return found;
    }
    return undefined;
  }

  private findDefinition(declared: Die, name: string): Die | undefined {
    const key = typeKey(declared.tag, this.index(declared.unit).scopeOf(declared) + name);
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
    const entries = new Map<string, NamedFile>();
    for (const unit of this.names?.unitsListing(name) ?? []) {
      const lines = this.linesOf(this.complete(unit));
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
    const { names, family } = this;
    const origins = new Map<Unit, Set<number>>();
    for (const offset of names?.find('abstract', name) ?? []) {
      const unit = family?.unitAt(offset);
      if (unit) origins.set(unit, (origins.get(unit) ?? new Set()).add(offset));
    }
    if (!names || origins.size === 0) return [];
    const holds = [...origins.keys()].every((unit) => this.index(unit).functions.length > 0);
    const everywhere = new Set([...origins.values()].flatMap((set) => [...set]));
    const copies = holds
      ? [...origins].flatMap(([unit, set]) => inlinedCopiesIn(unit, this.scanOf(unit), set))
      : this.units.flatMap((unit) => inlinedCopiesIn(unit, this.scanOf(unit), everywhere));
    return copies.filter((die) => dieRanges(die).some(({ start }) => hasCodeAt(this.sections.elf, start)));
  }
}

/** In any block of the function, outermost first. */
function* staticsOf(functionDie: Die, name: string): Generator<Die> {
  const pending = [functionDie];
  for (let die = pending.shift(); die; die = pending.shift()) {
    for (const child of die.children) {
      if (child.tag === DW_TAG.lexical_block) pending.push(child);
      if (child.tag === DW_TAG.variable && child.inheritedString(DW_AT.name) === name && child.inherited(DW_AT.location)) yield child;
    }
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
function openFamily(sections: DwarfSections, files: RelatedFiles): DebugFamily | UserError {
  try {
    const family = new DebugFamily(sections, files);
    const units = family.main?.units ?? [];
    if (units.length === 0) return SymbolError.noDebugInfo(sections.file);
    // Builds are split as a whole or not at all: a look at a few units tells whether their other files are there.
    for (const unit of units.slice(0, 8)) family.complete(unit);
    return family;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}
