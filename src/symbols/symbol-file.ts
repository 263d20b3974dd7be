// Everything a debugger asks of one ELF file: functions, lines, inlined calls, variables, types, unwinding, symbols.
//
// Opening reads the ELF header and the section table; the rest is read on need and kept. All addresses in and out are the guest's:
// the file's plus `slide`, which may change when the guest's load address becomes known (answers made before keep the old one).
// Stepping by line: run while the pc stays in stepRange; where it leaves, stop if lineAt(pc) is a statement whose `start` is the pc,
// else go on with the range of where it is. Frames that wait for a call are looked up at their return address minus 1.

import type { ByteSource } from '../base/byte-source';
import type { UserError } from '../base/user-error';
import { ElfFile } from '../formats/elf';
import { ET_REL } from '../formats/elf-constants';
import { BreakpointFinder } from './breakpoint-finder';
import { hasCodeAt } from './dwarf/section';
import { FileContext } from './file-context';
import type { FramePort } from './frame-evaluator';
import { FunctionFinder } from './function-finder';
import type { IndexStore } from './index/disk-store';
import { lineExtent, lineRowAt } from './line-lookup';
import { type Location, subLocation, unavailable } from './location';
import { logicalFrames } from './logical-frames';
import { demangled } from './names/demangle';
import { type OrcFormat, type OrcRow, OrcTable } from './orc';
import { directoryOf, type SourceMap } from './paths';
import { type OpenFile, RelatedFileFinder } from './related-files';
import { SourcePaths } from './source-paths';
import { SymbolError } from './symbol-error';
import type { AddressRange, BreakpointLocation, FunctionInfo, LineBreakpoints, LineEntry, LogicalFrame, SymbolPlace } from './symbol-model';
import { spokenTypeKey } from './type-key';
import { type DataType, sizeOf, strip } from './types';
import type { UnwindRow } from './unwind';
import { Variable } from './variable';

export interface SymbolFileOptions {
  readonly source: ByteSource;
  /** Added to every address of the file. */
  readonly slide?: bigint;
  /** What relative compile directories count from; by default the folder in the source's name. */
  readonly imageDirectory?: string;
  readonly sourceMap?: SourceMap;
  /** For object files (kernel modules): where the guest's loader put each section, by name. Others are laid out from 0. A linked file moves as a whole. */
  readonly sectionAddresses?: ReadonlyMap<string, bigint>;
  /** Opens the files that belong to it (.dwo, debug files); without, only the file itself is used. */
  readonly openFile?: OpenFile;
  /** Where such files are looked for, before /usr/lib/debug. */
  readonly debugDirectories?: readonly string[];
  /** Keeps the index of a large file for the next time. */
  readonly indexStore?: IndexStore;
}

export class SymbolFile {
  private readonly functions: FunctionFinder;
  private readonly breakpoints: BreakpointFinder;
  /** null: looked for, there is none. */
  private orcTable: OrcTable | null | undefined;

  private constructor(
    readonly elf: ElfFile,
    private readonly context: FileContext,
  ) {
    this.functions = new FunctionFinder(context);
    this.breakpoints = new BreakpointFinder(context, this.functions);
  }

  static open(options: SymbolFileOptions): SymbolFile {
    const opened = ElfFile.open(options.source);
    const { sectionAddresses = new Map<string, bigint>() } = options;
    const isObject = opened.header.type === ET_REL;
    const elf = isObject ? opened.placed(sectionAddresses) : opened;
    const slide = options.slide ?? 0n;
    const moved = isObject ? 0n : slideOf(opened, sectionAddresses);
    const paths = new SourcePaths(options.imageDirectory ?? directoryOf(options.source.name), options.sourceMap ?? {});
    const search = {
      open: options.openFile ?? (() => undefined),
      directories: options.debugDirectories ?? [],
      mapPath: (path: string) => paths.map(path),
    };
    const files = new RelatedFileFinder(elf, search);
    return new SymbolFile(elf, new FileContext(elf, paths, slide + moved, files, options.indexStore));
  }

  get name(): string {
    return this.elf.name;
  }

  get buildId(): string | undefined {
    return this.elf.buildId;
  }

  get addressSize(): 4 | 8 {
    return this.context.addressSize;
  }

  /** Guest address minus address in the file. */
  get slide(): bigint {
    return this.context.slide;
  }

  set slide(slide: bigint) {
    this.context.slide = slide;
  }

  hasDebugInfo(): boolean {
    return this.missingDebugInfo() === undefined;
  }

  /** What to tell a user whose file has no debug information ("compile with -g") or one that cannot be used (compressed, split). */
  missingDebugInfo(): UserError | undefined {
    return this.context.data.problem;
  }

  /** What a user should be told about the debug information: none, damaged, or a part of it not found. */
  get problems(): readonly UserError[] {
    return this.context.problems;
  }

  /** Whether an address lies in one of the file's loaded sections. */
  covers(address: bigint): boolean {
    return hasCodeAt(this.elf, this.context.toFile(address));
  }

  // Symbols of the ELF table

  symbolAt(address: bigint): SymbolPlace | undefined {
    const at = this.context.toFile(address);
    const symbol = this.context.elfIndex.at(at);
    if (!symbol) return undefined;
    const { start, end } = this.context.rangeToGuest({ start: symbol.address, end: symbol.end });
    return { name: demangled(symbol.name), address: start, end, offset: at - symbol.address, isFunction: symbol.isFunction };
  }

  hasSymbolAt(address: bigint): boolean {
    return this.context.elfIndex.has(this.context.toFile(address));
  }

  symbolAddress(name: string): bigint | undefined {
    const symbol = this.context.elfIndex.named(name)[0];
    return symbol && this.context.toGuest(symbol.address);
  }

  /** Names that begin with a text, sorted, for completion. */
  symbolNames(prefix: string, limit: number): string[] {
    return this.context.elfIndex.names(prefix, limit);
  }

  // Functions

  functionAt(address: bigint): FunctionInfo | undefined {
    return this.functions.at(address);
  }

  /** All functions of a name that have code of their own: statics of several units, specialised clones, plain ELF symbols. */
  functionsByName(name: string): FunctionInfo[] {
    return this.functions.named(name);
  }

  /** Addresses for a breakpoint on a function: behind the prologue of each copy of its own, and at each inlined copy. */
  functionBreakpoints(name: string): BreakpointLocation[] {
    return this.breakpoints.onFunction(name);
  }

  // Lines

  lineAt(address: bigint): LineEntry | undefined {
    const at = this.context.toFile(address);
    const lines = this.context.data.linesAt(at);
    const row = lines && lineRowAt(lines, at);
    const file = row && lines.path(row.fileIndex);
    if (!row || file === undefined) return undefined;
    const { line, column, isStmt } = row;
    return { file, line, column, isStmt, ...this.context.rangeToGuest(row) };
  }

  /** The contiguous code of the line at an address. */
  stepRange(address: bigint): AddressRange | undefined {
    const at = this.context.toFile(address);
    const lines = this.context.data.linesAt(at);
    const range = lines && lineExtent(lines, at);
    return range && this.context.rangeToGuest(range);
  }

  /** Addresses in [from, to) where instructions certainly begin (line rows and functions): for disassembling backwards. */
  instructionStarts(from: bigint, to: bigint): bigint[] {
    const [low, high] = [this.context.toFile(from), this.context.toFile(to)];
    const starts = new Set([...this.context.data.rowStarts(low, high), ...this.context.elfIndex.functionStarts(low, high)]);
    return [...starts].sort((a, b) => (a < b ? -1 : 1)).map((address) => this.context.toGuest(address));
  }

  /** Every source file the debug information names, resolved and mapped. */
  files(): string[] {
    return this.context.data.files;
  }

  /** Where a breakpoint on a line goes; the next line with code where the line has none. */
  addressesForLine(file: string, line: number): LineBreakpoints {
    return this.breakpoints.onLine(file, line);
  }

  /** Lines between two (inclusive) where a breakpoint can be. */
  breakpointLines(file: string, from: number, to: number): number[] {
    return this.breakpoints.lines(file, from, to);
  }

  // Frames and variables

  /** The calls an address stands in, innermost first; one entry where nothing was inlined, none where there is no debug information. */
  inlineChain(address: bigint): LogicalFrame[] {
    return logicalFrames(this.context, this.functions, this.context.toFile(address), this.lineAt(address));
  }

  /** Globals and file statics of a name; those of the unit at `near` first. */
  globals(name: string, near?: bigint): Variable[] {
    const dies = this.context.data.globals(name, this.optionalToFile(near));
    return dies.map((die) => new Variable(this.context, die, undefined, 'global', 0));
  }

  /** Statics of a function or a file: "calls" in "leaf", "counter" in "main.c". */
  variablesIn(scope: string, name: string): Variable[] {
    return [...this.context.data.variablesIn(scope, name)].map((die) => new Variable(this.context, die, undefined, 'static', 0));
  }

  /** A name that an enumeration gives to a number. */
  enumerator(name: string, near?: bigint): { readonly value: bigint; readonly type: DataType } | undefined {
    const die = this.context.data.enumerationWith(name, this.optionalToFile(near));
    const type = die && this.context.data.types.read(die);
    if (type?.kind !== 'enum') return this.context.btf?.enumerator(name);
    const last = name.slice(name.lastIndexOf(':') + 1);
    const found = type.enumerators.find((each) => each.name === last);
    return found && { value: found.value, type };
  }

  /** The address of a pointer that was optimised away leads nowhere, but what it pointed to may be known: where that is. */
  async locateImplicit(location: Extract<Location, { kind: 'implicitPointer' }>, address: bigint, port: FramePort): Promise<Location> {
    const die = this.context.data.die(location.dieOffset);
    if (!die) return unavailable('the optimised-out pointer leads outside the debug information');
    const target = new Variable(this.context, die, this.context.siteAt(this.context.toFile(address)), 'local', 0);
    const found = await target.locate(port);
    if (location.byteOffset === 0n) return found;
    const bits = (sizeOf(target.type) ?? this.addressSize) * 8;
    const skip = Number(location.byteOffset) * 8;
    return skip < 0 || skip >= bits
      ? unavailable('the optimised-out pointer points outside its target')
      : subLocation(found, skip, bits - skip);
  }

  /** By C's spelling: "struct task", "enum state", "u32", "unsigned int"; in other languages tag kinds are not written. */
  typeByName(name: string, near?: bigint): DataType | undefined {
    const { data } = this.context;
    const at = this.optionalToFile(near);
    const key = spokenTypeKey(name);
    const plain = data.typeDie(key, at);
    if (plain) return data.types.read(plain);
    const { btf } = this.context;
    if (btf) return btf.named(key);
    if (/^(struct|union|enum) /.test(key)) return undefined;
    for (const kind of ['struct', 'enum', 'union']) {
      const die = data.typeDie(`${kind} ${key}`, at);
      const type = die && data.types.read(die);
      if (type && 'written' in type && type.written !== undefined) return type;
    }
    return undefined;
  }

  /** The function's type, with parameters and result. */
  functionType(address: bigint): DataType | undefined {
    const found = this.context.data.functionAt(this.context.toFile(address));
    if (found) return this.context.data.types.subroutine(found.die);
    const { btf } = this.context;
    return btf?.ofFunction(this.symbolAt(address)?.name ?? '');
  }

  /** Of a global that only the file's BTF knows. */
  btfVariableType(name: string): DataType | undefined {
    return this.context.btf?.ofVariable(name);
  }

  // Unwinding

  /** How to find the caller's registers at an address; undefined where the file has no call frame information for it. */
  unwindRow(address: bigint): UnwindRow | undefined {
    const row = this.context.data.unwindRow(this.context.toFile(address));
    return row && { ...row, ...this.context.rangeToGuest(row) };
  }

  /** The same from Linux's own tables. */
  orcRow(address: bigint): OrcRow | undefined {
    if (this.orcTable === undefined) this.orcTable = (this.elf.section('.orc_unwind') && OrcTable.of(this.elf, this.orcFormat())) ?? null;
    const row = this.orcTable?.at(this.context.toFile(address));
    return row && { ...row, ...this.context.rangeToGuest(row) };
  }

  private orcFormat(): OrcFormat {
    const entry = this.typeByName('struct orc_entry');
    const plain = entry && strip(entry);
    const members = plain?.kind === 'struct' ? plain.members : [];
    const has = (name: string): boolean => members.some((member) => member.name === name);
    if (has('end')) return has('signal') ? 'signal-and-end' : 'end-flag';
    return has('signal') ? 'type-3-bits' : 'end-flag';
  }

  private optionalToFile(address: bigint | undefined): bigint | undefined {
    return address === undefined ? undefined : this.context.toFile(address);
  }
}

/** A linked file's sections keep their distances: one of them tells where all are. */
function slideOf(elf: ElfFile, addresses: ReadonlyMap<string, bigint>): bigint {
  let slide: bigint | undefined;
  for (const [name, address] of addresses) {
    const section = elf.section(name);
    if (!section) throw SymbolError.noSection(elf.name, name);
    const wanted = BigInt.asUintN(64, address - section.address);
    if (slide !== undefined && slide !== wanted) throw SymbolError.sectionsDisagree(elf.name, name);
    slide = wanted;
  }
  return slide ?? 0n;
}
