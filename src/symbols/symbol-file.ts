// Everything a debugger asks of one ELF file: functions, lines, inlined calls, variables, types, unwinding, symbols.
//
// Opening reads the ELF header and the section table; the rest is read on need and kept. All addresses in and out are the guest's:
// the file's plus `slide`, which may change when the guest's load address becomes known (answers made before keep the old one).
// Stepping by line: run while the pc stays in stepRange; where it leaves, stop if lineAt(pc) is a statement whose `start` is the pc,
// else go on with the range of where it is.

import type { ByteSource } from '../base/byte-source';
import { ElfFile } from '../formats/elf';
import { ET_REL } from '../formats/elf-constants';
import { DebugData } from './debug-data';
import { DW_AT } from './dwarf/attributes';
import type { Die } from './dwarf/die';
import { dieRanges } from './dwarf/ranges';
import { DwarfSections, hasCodeAt } from './dwarf/section';
import type { UnwindRow } from './dwarf/unwind-row';
import { ElfIndex, isColdPart, type PlacedSymbol, sourceNameOf } from './elf-index';
import type { FramePort, FrameSite } from './frame-evaluator';
import { lineStarts, linesWithCode } from './line-breakpoints';
import { lineExtent, lineRowAt } from './line-lookup';
import { type Location, type LocationPort, OPTIMIZED_OUT, subLocation, unavailable } from './location';
import { directoryOf, type SourceMap } from './paths';
import { prologueEnd } from './prologue';
import { inlinedCopies, scopeFrames } from './scopes';
import { SourcePaths } from './source-paths';
import type { SymbolError } from './symbol-error';
import type {
  AddressRange,
  BreakpointLocation,
  FunctionInfo,
  LineBreakpoints,
  LineEntry,
  LogicalFrame,
  SourcePosition,
  SymbolPlace,
} from './symbol-model';
import { spokenTypeKey } from './type-key';
import { type DataType, sizeOf } from './types';
import type { UnitFunction } from './unit-index';
import { cfaOf } from './unwind';
import { Variable, type VariableSource, variablesOf } from './variable';

export interface SymbolFileOptions {
  readonly source: ByteSource;
  /** Added to every address of the file. */
  readonly slide?: bigint;
  /** What relative compile directories count from; by default the folder in the source's name. */
  readonly imageDirectory?: string;
  readonly sourceMap?: SourceMap;
  /** For object files (kernel modules): where the guest's loader put each section, by name. Others are laid out from 0. */
  readonly sectionAddresses?: ReadonlyMap<string, bigint>;
}

export class SymbolFile {
  /** Guest address minus address in the file. */
  slide: bigint;
  private readonly sections: DwarfSections;
  private readonly elfIndex: ElfIndex;
  private readonly sourcePaths: SourcePaths;
  private debugData: DebugData | undefined;
  private readonly variableSource: VariableSource;

  private constructor(
    readonly elf: ElfFile,
    options: SymbolFileOptions,
  ) {
    this.slide = options.slide ?? 0n;
    this.sections = new DwarfSections(elf);
    this.elfIndex = new ElfIndex(elf);
    this.sourcePaths = new SourcePaths(options.imageDirectory ?? directoryOf(options.source.name), options.sourceMap ?? {});
    this.variableSource = this.makeVariableSource();
  }

  static open(options: SymbolFileOptions): SymbolFile {
    const elf = ElfFile.open(options.source);
    const isObject = elf.header.type === ET_REL;
    return new SymbolFile(isObject ? elf.placed(options.sectionAddresses ?? new Map()) : elf, options);
  }

  get name(): string {
    return this.elf.name;
  }

  get buildId(): string | undefined {
    return this.elf.buildId;
  }

  get addressSize(): 4 | 8 {
    return this.elf.header.is64 ? 8 : 4;
  }

  hasDebugInfo(): boolean {
    return this.data.problem === undefined;
  }

  /** What to tell a user whose file has no debug information ("compile with -g") or one that cannot be used (compressed, split). */
  missingDebugInfo(): SymbolError | undefined {
    return this.data.problem;
  }

  /** Whether an address lies in one of the file's loaded sections. */
  covers(address: bigint): boolean {
    return hasCodeAt(this.elf, this.toFile(address));
  }

  // Symbols of the ELF table

  symbolAt(address: bigint): SymbolPlace | undefined {
    const at = this.toFile(address);
    const symbol = this.elfIndex.at(at);
    return symbol && { ...this.place(symbol), offset: at - symbol.address };
  }

  symbolAddress(name: string): bigint | undefined {
    const symbol = this.elfIndex.named(name)[0];
    return symbol && this.toGuest(symbol.address);
  }

  /** Names that begin with a text, sorted, for completion. */
  symbolNames(prefix: string, limit: number): string[] {
    const names = new Set<string>();
    for (const { name } of this.elfIndex.symbols) if (name.startsWith(prefix)) names.add(name);
    return [...names].sort().slice(0, limit);
  }

  // Functions

  functionAt(address: bigint): FunctionInfo | undefined {
    const at = this.toFile(address);
    const found = this.data.functionAt(at);
    if (found) return this.describe(found);
    const symbol = this.elfIndex.at(at);
    return symbol?.isFunction ? this.describeSymbol(symbol) : undefined;
  }

  /** All functions of a name that have code of their own: statics of several units, specialised clones, plain ELF symbols. */
  functionsByName(name: string): FunctionInfo[] {
    const found = new Map<bigint, FunctionInfo>();
    for (const symbol of this.elfIndex.ofSource(name)) {
      if (isColdPart(symbol.name)) continue;
      const debug = this.data.functionAt(symbol.address);
      const info = debug?.ranges.some(({ start }) => start === symbol.address) ? this.describe(debug) : this.describeSymbol(symbol);
      found.set(info.lowAddress, info);
    }
    if (found.size === 0) {
      for (const unit of this.data.units) {
        for (const candidate of this.data.index(unit).functions) {
          if (candidate.name !== name && !candidate.name.endsWith(`::${name}`)) continue;
          const info = this.describe(candidate);
          found.set(info.lowAddress, info);
        }
      }
    }
    return [...found.values()];
  }

  /** Addresses for a breakpoint on a function: behind the prologue of each copy of its own, and at each inlined copy. */
  functionBreakpoints(name: string): BreakpointLocation[] {
    const locations = this.functionsByName(name).map((info) => this.breakpointAt(this.toFile(info.breakpointAddress), info.name, false));
    for (const { unit, origins } of this.data.abstractsNamed(name)) {
      for (const { die } of this.data.index(unit).functions) {
        for (const copy of inlinedCopies(die, origins)) {
          const entry = entryAddress(copy);
          if (entry !== undefined) locations.push(this.breakpointAt(entry, name, true));
        }
      }
    }
    return uniqueByAddress(locations);
  }

  // Lines

  lineAt(address: bigint): LineEntry | undefined {
    const at = this.toFile(address);
    const lines = this.data.linesAt(at);
    const row = lines && lineRowAt(lines, at);
    const file = row && lines.path(row.fileIndex);
    if (!row || file === undefined) return undefined;
    const { line, column, isStmt } = row;
    return { file, line, column, isStmt, start: this.toGuest(row.start), end: this.toGuest(row.end) };
  }

  /** The contiguous code of the line at an address. */
  stepRange(address: bigint): AddressRange | undefined {
    const at = this.toFile(address);
    const lines = this.data.linesAt(at);
    const range = lines && lineExtent(lines, at);
    return range && { start: this.toGuest(range.start), end: this.toGuest(range.end) };
  }

  /** Every source file the debug information names, resolved and mapped. */
  files(): string[] {
    return this.data.files;
  }

  addressesForLine(file: string, line: number): LineBreakpoints {
    const problem = this.missingDebugInfo();
    if (problem) return none(problem.message);
    const match = this.data.matchFile(file);
    if (!match) return none(`${this.name} was not compiled from ${file}; if the file was moved, set sourceMap.`);
    const found = lineStarts(match.matches, line);
    if (!found) return none(`There is no code at or after line ${line} of ${file}.`);
    // Of several runs of the line in one function or inlined copy, the first one is meant, as in gdb and lldb.
    const firstOfInstance = new Map<string, { address: bigint; column: number; name: string | undefined; inlined: boolean }>();
    for (const { address, column } of found.starts) {
      const instance = this.instanceAt(address, match.path, found.line);
      const key = instance?.key ?? `code at ${address}`;
      const known = firstOfInstance.get(key);
      if (known && known.address <= address) continue;
      firstOfInstance.set(key, { address, column, name: instance?.name, inlined: instance?.inlined ?? false });
    }
    const locations = [...firstOfInstance.values()].map(({ address, column, name, inlined }) => ({
      address: this.toGuest(inlined ? address : this.behindPrologue(address)),
      file: match.path,
      line: found.line,
      column,
      functionName: name,
      inlined,
    }));
    return { line: found.line, locations: uniqueByAddress(locations), reason: undefined };
  }

  /** Lines between two (inclusive) where a breakpoint can be. */
  breakpointLines(file: string, from: number, to: number): number[] {
    const match = this.data.matchFile(file);
    return match ? linesWithCode(match.matches, from, to) : [];
  }

  // Frames and variables

  /** The calls an address stands in, innermost first; one entry where nothing was inlined, none where there is no debug information. */
  inlineChain(address: bigint): LogicalFrame[] {
    const at = this.toFile(address);
    const found = this.data.functionAt(at);
    if (!found) return [];
    const site: FrameSite = { functionDie: found.die, address: at };
    const info = this.describe(found);
    let position: SourcePosition | undefined = this.lineAt(address);
    return scopeFrames(found.die, at).map(({ die, scopes }, i, all) => {
      const inlined = i < all.length - 1;
      const frame: LogicalFrame = {
        name: inlined ? (die.inheritedString(DW_AT.name) ?? '') : found.name,
        inlined,
        function: info,
        position,
        callSite: inlined ? this.callSite(die) : undefined,
        ranges: inlined ? dieRanges(die).map((range) => this.rangeToGuest(range)) : info.ranges,
        variables: () => variablesOf(this.variableSource, scopes, site),
      };
      position = frame.callSite;
      return frame;
    });
  }

  /** Globals and file statics of a name; those of the unit at `near` first. */
  globals(name: string, near?: bigint): Variable[] {
    const variables: Variable[] = [];
    for (const unit of this.data.unitsFrom(near === undefined ? undefined : this.toFile(near))) {
      for (const die of this.data.index(unit).globals.get(name) ?? [])
        variables.push(new Variable(this.variableSource, die, undefined, 'global', 0));
    }
    return variables;
  }

  /** The address of a pointer that was optimised away leads nowhere, but what it pointed to may be known: where that is. */
  async locateImplicit(location: Extract<Location, { kind: 'implicitPointer' }>, address: bigint, port: FramePort): Promise<Location> {
    const die = this.data.die(location.dieOffset);
    const site = this.data.siteAt(this.toFile(address));
    if (!die) return unavailable('the optimised-out pointer leads outside the debug information');
    const target = new Variable(this.variableSource, die, site, 'local', 0);
    const found = await target.locate(port);
    if (location.byteOffset === 0n || found === OPTIMIZED_OUT) return found;
    const bits = (sizeOf(target.type) ?? this.addressSize) * 8;
    const skip = Number(location.byteOffset) * 8;
    return skip < 0 || skip >= bits
      ? unavailable('the optimised-out pointer points outside its target')
      : subLocation(found, skip, bits - skip);
  }

  /** By C's spelling: "struct task", "enum state", "u32", "unsigned int". */
  typeByName(name: string, near?: bigint): DataType | undefined {
    const key = spokenTypeKey(name);
    for (const unit of this.data.unitsFrom(near === undefined ? undefined : this.toFile(near))) {
      const die = this.data.index(unit).types.get(key);
      if (die) return this.data.types.read(die);
    }
    return undefined;
  }

  /** The function's type, with parameters and result. */
  functionType(address: bigint): DataType | undefined {
    const found = this.data.functionAt(this.toFile(address));
    return found && this.data.types.subroutine(found.die);
  }

  // Unwinding

  /** How to find the caller's registers at an address; undefined where the file has no call frame information for it. */
  unwindRow(address: bigint): UnwindRow | undefined {
    const row = this.data.unwindRow(this.toFile(address));
    return row && { ...row, start: this.toGuest(row.start), end: this.toGuest(row.end) };
  }

  // Inside

  private get data(): DebugData {
    this.debugData ??= new DebugData(this.sections, this.sourcePaths);
    return this.debugData;
  }

  private mask(address: bigint): bigint {
    return BigInt.asUintN(this.addressSize * 8, address);
  }

  private toFile(address: bigint): bigint {
    return this.mask(address - this.slide);
  }

  private toGuest(address: bigint): bigint {
    return this.mask(address + this.slide);
  }

  private rangeToGuest({ start, end }: AddressRange): AddressRange {
    return { start: this.toGuest(start), end: this.toGuest(end) };
  }

  private place({ name, address, end, isFunction }: PlacedSymbol): Omit<SymbolPlace, 'offset'> {
    return { name, address: this.toGuest(address), end: this.toGuest(end), isFunction };
  }

  private describe({ die, name, ranges }: UnitFunction): FunctionInfo {
    const entry = entryAddress(die) ?? ranges[0]!.start;
    const ordered = [...ranges].sort((a, b) => Number(holds(b, entry)) - Number(holds(a, entry)));
    const lines = this.data.linesOf(die.unit);
    const [first] = ordered;
    const linkageName = die.inheritedString(DW_AT.linkage_name);
    const toGuest = (address: bigint): bigint => this.toGuest(address);
    const behind = (): bigint => toGuest(prologueEnd(lines, { start: entry, end: first!.end }));
    return {
      name,
      linkageName: linkageName === name ? undefined : linkageName,
      ranges: ordered.map((range) => this.rangeToGuest(range)),
      lowAddress: this.toGuest(entry),
      get breakpointAddress() {
        return behind();
      },
      declaration: this.declarationOf(die),
      hasDebugInfo: true,
    };
  }

  /** A cold part without debug information still belongs to its function. */
  private describeSymbol(symbol: PlacedSymbol): FunctionInfo {
    const name = sourceNameOf(symbol.name);
    const parts = this.elfIndex.ofSource(name);
    const main = isColdPart(symbol.name) ? (parts.find((part) => !isColdPart(part.name)) ?? symbol) : symbol;
    const cold = parts.filter((part) => part !== main && isColdPart(part.name) && sourceNameOf(part.name) === name);
    const ranges = [main, ...cold].map(({ address, end }) => this.rangeToGuest({ start: address, end }));
    const lowAddress = this.toGuest(main.address);
    return { name, linkageName: undefined, ranges, lowAddress, breakpointAddress: lowAddress, declaration: undefined, hasDebugInfo: false };
  }

  private breakpointAt(address: bigint, functionName: string, inlined: boolean): BreakpointLocation {
    const guest = this.toGuest(address);
    const at = this.lineAt(guest);
    return { address: guest, file: at?.file ?? '', line: at?.line ?? 0, column: at?.column ?? 0, functionName, inlined };
  }

  /** Which copy of which function a line at an address belongs to. Where an inlined call begins, the line that calls it is the caller's. */
  private instanceAt(
    address: bigint,
    file: string,
    line: number,
  ): { readonly key: string; readonly name: string; readonly inlined: boolean } | undefined {
    const found = this.data.functionAt(address);
    if (!found) return undefined;
    const frame = scopeFrames(found.die, address).find(({ die }) => {
      if (die === found.die || !dieRanges(die).some(({ start }) => start === address)) return true;
      const site = this.callSite(die);
      return site?.line !== line || site.file !== file;
    });
    const die = frame?.die ?? found.die;
    const inlined = die !== found.die;
    // A function's hot and cold parts are two copies; the parts of an inlined one are not.
    const part = inlined ? '' : dieRanges(die).findIndex((range) => holds(range, address));
    return { key: `${die.offset}/${part}`, name: inlined ? (die.inheritedString(DW_AT.name) ?? '') : found.name, inlined };
  }

  /** A line breakpoint on a function's opening line means its body, as in gdb. */
  private behindPrologue(address: bigint): bigint {
    const found = this.data.functionAt(address);
    if (!found) return address;
    const info = this.describe(found);
    const behind = this.toFile(info.breakpointAddress);
    return address >= this.toFile(info.lowAddress) && address < behind ? behind : address;
  }

  private callSite(die: Die): SourcePosition | undefined {
    const line = die.unsigned(DW_AT.call_line);
    const index = die.unsigned(DW_AT.call_file);
    const file = index === undefined ? undefined : this.data.linesOf(die.unit)?.path(index);
    return line === undefined || file === undefined ? undefined : { file, line, column: die.unsigned(DW_AT.call_column) ?? 0 };
  }

  private declarationOf(die: Die): SourcePosition | undefined {
    const found = this.data.declarationFile(die);
    return found?.file === undefined ? undefined : { file: found.file, line: found.line, column: found.column };
  }

  private makeVariableSource(): VariableSource {
    const file = this;
    return {
      get slide() {
        return file.slide;
      },
      siteAt: (address) => file.data.siteAt(address),
      cfaAt: (address, port) => file.cfaAt(address, port),
      typeOf: (die) => file.data.types.typeOf(die),
      declarationOf: (die) => file.declarationOf(die),
    };
  }

  private async cfaAt(address: bigint, port: LocationPort): Promise<bigint | undefined> {
    const row = this.data.unwindRow(address);
    return row && cfaOf(row.cfa, port, this.addressSize);
  }
}

function none(reason: string): LineBreakpoints {
  return { line: undefined, locations: [], reason };
}

function holds(range: AddressRange, address: bigint): boolean {
  return address >= range.start && address < range.end;
}

/** Where a function or inlined copy is entered: DW_AT_entry_pc (an address, or in DWARF 5 an offset), else its first range. */
function entryAddress(die: Die): bigint | undefined {
  const [first] = dieRanges(die);
  const value = die.attribute(DW_AT.entry_pc);
  if (value?.class === 'constant') return (die.address(DW_AT.low_pc) ?? first?.start ?? 0n) + value.value;
  return (value && die.unit.resolveAddress(value)) ?? first?.start;
}

function uniqueByAddress(locations: readonly BreakpointLocation[]): BreakpointLocation[] {
  const byAddress = new Map(locations.map((location) => [location.address, location]));
  return [...byAddress.values()].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
}
