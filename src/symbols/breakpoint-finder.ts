// Where breakpoints on lines and functions go.

import { dieRanges } from './dwarf/ranges';
import type { FileContext } from './file-context';
import { entryAddress, type FunctionFinder, holds } from './function-finder';
import { type LineStart, lineStarts, linesWithCode } from './line-breakpoints';
import { lineRowAt } from './line-lookup';
import { scopeFrames } from './scopes';
import type { BreakpointLocation, LineBreakpoints } from './symbol-model';

/** One block of one function or inlined copy. */
interface Instance {
  readonly key: string;
  readonly name: string | undefined;
  readonly inlined: boolean;
}

export class BreakpointFinder {
  constructor(
    private readonly context: FileContext,
    private readonly functions: FunctionFinder,
  ) {}

  onFunction(name: string): BreakpointLocation[] {
    const { context } = this;
    const locations = this.functions.named(name).map((info) => this.at(context.toFile(info.breakpointAddress), info.name, false));
    for (const copy of context.data.inlinedCopies(name)) {
      const entry = entryAddress(copy);
      if (entry !== undefined) locations.push(this.at(entry, name, true));
    }
    return uniqueByAddress(locations);
  }

  onLine(file: string, line: number): LineBreakpoints {
    const { context } = this;
    const { problem } = context.data;
    if (problem) return none(problem.message);
    const matches = context.data.matchFiles(file);
    if (matches.length === 0) return none(`${context.elf.name} was not compiled from ${file}; if the file was moved, set sourceMap.`);
    const found = matches.flatMap(({ path, tables }) => {
      const starts = lineStarts(tables, line);
      return starts ? [{ path, ...starts }] : [];
    });
    // A name that several files share means those that have the line itself, else the next one.
    const best = found.reduce((least, each) => Math.min(least, each.line), Number.POSITIVE_INFINITY);
    if (found.length === 0) return none(`There is no code at or after line ${line} of ${file}.`);
    const locations = found.filter((each) => each.line === best).flatMap((each) => this.inFile(each.path, best, each.starts));
    return { line: best, locations: uniqueByAddress(locations), reason: undefined };
  }

  lines(file: string, from: number, to: number): number[] {
    const lines = new Set(this.context.data.matchFiles(file).flatMap(({ tables }) => linesWithCode(tables, from, to)));
    return [...lines].sort((a, b) => a - b);
  }

  private inFile(path: string, line: number, starts: readonly LineStart[]): BreakpointLocation[] {
    return this.firstOfEachInstance(starts, path, line).map(({ start, name, inlined }) => ({
      address: this.context.toGuest(inlined ? start.address : this.behindPrologue(start.address)),
      file: path,
      line,
      column: start.column,
      functionName: name,
      inlined,
    }));
  }

  /** Of several runs of the line in one block of a function or inlined copy, the first one is meant, as in gdb and lldb. */
  private firstOfEachInstance(starts: readonly LineStart[], file: string, line: number): (Instance & { readonly start: LineStart })[] {
    const first = new Map<string, Instance & { readonly start: LineStart }>();
    for (const start of starts) {
      const instance = this.instanceAt(start.address, file, line);
      const known = first.get(instance.key);
      if (!known || start.address < known.start.address) first.set(instance.key, { ...instance, start });
    }
    return [...first.values()];
  }

  /** Where an inlined call begins, the line that calls it is the caller's. */
  private instanceAt(address: bigint, file: string, line: number): Instance {
    const found = this.context.data.functionAt(address);
    if (!found) return { key: `code at ${address}`, name: undefined, inlined: false };
    const frame = scopeFrames(found.die, address).find(({ die }) => {
      if (die === found.die || !dieRanges(die).some(({ start }) => start === address)) return true;
      const site = this.context.callSite(die);
      return site?.line !== line || site.file !== file;
    });
    const die = frame?.die ?? found.die;
    const block = frame?.scopes.at(-1) ?? die;
    const inlined = die !== found.die;
    // A function's hot and cold parts are two copies.
    const part = found.ranges.findIndex((range) => holds(range, address));
    return { key: `${block.offset}/${part}`, name: inlined ? this.context.data.nameOf(die) : found.name, inlined };
  }

  /** A line breakpoint on a function's opening line means its body, as in gdb. */
  private behindPrologue(address: bigint): bigint {
    const found = this.context.data.functionAt(address);
    if (!found) return address;
    const info = this.functions.describe(found);
    const behind = this.context.toFile(info.breakpointAddress);
    return address >= this.context.toFile(info.lowAddress) && address < behind ? behind : address;
  }

  private at(address: bigint, functionName: string, inlined: boolean): BreakpointLocation {
    const lines = this.context.data.linesAt(address);
    const row = lines && lineRowAt(lines, address);
    const file = (row && lines.path(row.fileIndex)) ?? '';
    return { address: this.context.toGuest(address), file, line: row?.line ?? 0, column: row?.column ?? 0, functionName, inlined };
  }
}

function none(reason: string): LineBreakpoints {
  return { line: undefined, locations: [], reason };
}

function uniqueByAddress(locations: readonly BreakpointLocation[]): BreakpointLocation[] {
  const byAddress = new Map(locations.map((location) => [location.address, location]));
  return [...byAddress.values()].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
}
