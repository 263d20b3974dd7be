// The symbols of everything loaded into a guest: kernel, modules, a bootloader. Files are asked in the order they were added;
// the first that knows an address answers for it, and answers by name come from all.

import type { UnwindRow } from './dwarf/unwind-row';
import type { OrcRow } from './orc';
import type { SymbolFile } from './symbol-file';
import type { AddressRange, BreakpointLocation, FunctionInfo, LineBreakpoints, LineEntry, LogicalFrame, SymbolPlace } from './symbol-model';
import type { DataType } from './types';
import type { Variable } from './variable';

export class SymbolSet {
  private readonly list: SymbolFile[] = [];

  get all(): readonly SymbolFile[] {
    return this.list;
  }

  add(file: SymbolFile): void {
    this.list.push(file);
  }

  remove(file: SymbolFile): void {
    const at = this.list.indexOf(file);
    if (at >= 0) this.list.splice(at, 1);
  }

  hasDebugInfo(): boolean {
    return this.list.some((file) => file.hasDebugInfo());
  }

  /** The file an address belongs to. */
  fileAt(address: bigint): SymbolFile | undefined {
    return this.list.find((file) => file.covers(address));
  }

  symbolAt(address: bigint): SymbolPlace | undefined {
    return this.first((file) => file.symbolAt(address));
  }

  hasSymbolAt(address: bigint): boolean {
    return this.list.some((file) => file.hasSymbolAt(address));
  }

  symbolAddress(name: string): bigint | undefined {
    return this.first((file) => file.symbolAddress(name));
  }

  symbolNames(prefix: string, limit: number): string[] {
    const names = new Set(this.list.flatMap((file) => file.symbolNames(prefix, limit)));
    return [...names].sort().slice(0, limit);
  }

  functionAt(address: bigint): FunctionInfo | undefined {
    return this.first((file) => file.functionAt(address));
  }

  functionsByName(name: string): FunctionInfo[] {
    return this.list.flatMap((file) => file.functionsByName(name));
  }

  functionBreakpoints(name: string): BreakpointLocation[] {
    return this.list.flatMap((file) => file.functionBreakpoints(name));
  }

  lineAt(address: bigint): LineEntry | undefined {
    return this.first((file) => file.lineAt(address));
  }

  stepRange(address: bigint): AddressRange | undefined {
    return this.first((file) => file.stepRange(address));
  }

  instructionStarts(from: bigint, to: bigint): bigint[] {
    const starts = new Set(this.list.flatMap((file) => file.instructionStarts(from, to)));
    return [...starts].sort((a, b) => (a < b ? -1 : 1));
  }

  files(): string[] {
    return [...new Set(this.list.flatMap((file) => file.files()))].sort();
  }

  /** Locations in all files that use the line closest to the wanted one; else the first reason there is none. */
  addressesForLine(file: string, line: number): LineBreakpoints {
    const answers = this.list.map((symbols) => symbols.addressesForLine(file, line));
    const found = answers.filter((answer) => answer.line !== undefined);
    const best = Math.min(...found.map((answer) => answer.line!));
    if (found.length > 0)
      return { line: best, locations: found.filter((a) => a.line === best).flatMap((a) => a.locations), reason: undefined };
    return {
      line: undefined,
      locations: [],
      reason: answers[0]?.reason ?? 'No symbols are loaded: name an ELF image with debug information.',
    };
  }

  breakpointLines(file: string, from: number, to: number): number[] {
    const lines = new Set(this.list.flatMap((symbols) => symbols.breakpointLines(file, from, to)));
    return [...lines].sort((a, b) => a - b);
  }

  inlineChain(address: bigint): LogicalFrame[] {
    for (const file of this.list) {
      const chain = file.inlineChain(address);
      if (chain.length > 0) return chain;
    }
    return [];
  }

  globals(name: string, near?: bigint): Variable[] {
    return this.ordered(near).flatMap((file) => file.globals(name, near));
  }

  /** Statics of a function or a file. */
  variablesIn(scope: string, name: string, near?: bigint): Variable[] {
    return this.ordered(near).flatMap((file) => file.variablesIn(scope, name));
  }

  enumerator(name: string, near?: bigint): { readonly value: bigint; readonly type: DataType } | undefined {
    for (const file of this.ordered(near)) {
      const found = file.enumerator(name, near);
      if (found) return found;
    }
    return undefined;
  }

  functionType(address: bigint): DataType | undefined {
    return this.first((file) => file.functionType(address));
  }

  typeByName(name: string, near?: bigint): DataType | undefined {
    for (const file of this.ordered(near)) {
      const type = file.typeByName(name, near);
      if (type) return type;
    }
    return undefined;
  }

  unwindRow(address: bigint): UnwindRow | undefined {
    return this.first((file) => file.unwindRow(address));
  }

  orcRow(address: bigint): OrcRow | undefined {
    return this.fileAt(address)?.orcRow(address);
  }

  /** The file at `near` first. */
  private ordered(near: bigint | undefined): readonly SymbolFile[] {
    const file = near === undefined ? undefined : this.fileAt(near);
    return file ? [file, ...this.list.filter((other) => other !== file)] : this.list;
  }

  private first<T>(ask: (file: SymbolFile) => T | undefined): T | undefined {
    for (const file of this.list) {
      const answer = ask(file);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }
}
