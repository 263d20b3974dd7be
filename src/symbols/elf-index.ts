// The ELF symbol table by address and by name: all there is for code without debug information, and the fast way to a function's name.

import type { ElfFile } from '../formats/elf';
import { isFunction } from './index/symbol-rank';
import { SymbolTable } from './index/symbol-table';

/** A symbol with the place it covers; a symbol without size reaches to the next one. */
export interface PlacedSymbol {
  readonly name: string;
  readonly address: bigint;
  readonly end: bigint;
  readonly isFunction: boolean;
  /** The symbol's own size; 0 where none was written. */
  readonly size: bigint;
}

/** What gcc appends to a function it split or specialised; the source knows only the name before it. */
const CLONE_SUFFIX = /\.(cold|part|constprop|isra|lto_priv|llvm|localalias)(\.\d+)?(?=\.|$)/g;
const DOT = 0x2e;
/** How far back an enclosing symbol is looked for. */
const ENCLOSING = 32;

export function sourceNameOf(symbol: string): string {
  return symbol.replace(CLONE_SUFFIX, '') || symbol;
}

export function isColdPart(symbol: string): boolean {
  return /\.cold(\.\d+)?$/.test(symbol);
}

export class ElfIndex {
  private loaded: SymbolTable | undefined;
  private readonly known = new Map<string, readonly PlacedSymbol[]>();
  /** Behind the last symbol. */
  private end: bigint | undefined;

  constructor(private readonly elf: ElfFile) {}

  private get table(): SymbolTable {
    this.loaded ??= new SymbolTable(this.elf);
    return this.loaded;
  }

  /** Names that begin with a text, sorted. */
  names(prefix: string, limit: number): string[] {
    const names = new Set<string>();
    for (const at of this.table.beginning(prefix)) names.add(this.table.name(at));
    return [...names].sort().slice(0, limit);
  }

  /** Symbols of exactly this name, absolute ones too. */
  named(name: string): readonly PlacedSymbol[] {
    if (name === '') return [];
    const placed = [...this.table.beginning(name, (next) => next === 0)].map((at) => this.placed(at));
    const absolute = this.table.absolute(name).map((address) => ({ name, address, end: address, isFunction: false, size: 0n }));
    return [...placed, ...absolute];
  }

  /** Code of a function of the source, under whatever names its clones and parts have. */
  ofSource(name: string): readonly PlacedSymbol[] {
    let found = this.known.get(name);
    if (!found) {
      const symbols = [...this.table.beginning(name, (next) => next === 0 || next === DOT)].map((at) => this.placed(at));
      found = symbols.filter((symbol) => symbol.isFunction && sourceNameOf(symbol.name) === name);
      this.known.set(name, found);
    }
    return found;
  }

  /** The symbol that covers an address. */
  at(address: bigint): PlacedSymbol | undefined {
    const found = this.indexAt(address);
    return found < 0 ? undefined : this.placed(found);
  }

  /** Whether there is one. No name is read for it, and most words that are no addresses are told at once. */
  has(address: bigint): boolean {
    this.end ??= this.lastEnd();
    return address < this.end && this.indexAt(address) >= 0;
  }

  private lastEnd(): bigint {
    const { table } = this;
    let last = 0n;
    for (const { address, size } of this.elf.sections) if (address + BigInt(size) > last) last = address + BigInt(size);
    for (let i = 0; i < table.length; i++) {
      const end = table.address(i) + table.size(i);
      if (end > last) last = end;
    }
    // A symbol of no size at the very end covers its own address.
    return last + 1n;
  }

  private indexAt(address: bigint): number {
    const { table } = this;
    const after = table.after(address);
    if (after === 0) return -1;
    const nearest = table.address(after - 1);
    let found = -1;
    // The best name of the nearest address comes first there; if it does not reach, an enclosing symbol may.
    for (let i = after - 1; i >= 0 && i >= after - ENCLOSING; i--) {
      const start = table.address(i);
      if (found >= 0 && start !== nearest) break;
      // Linux's per-CPU data is linked at 0 and never there: a small number is none of its symbols.
      if (table.section(i)?.name === '.data..percpu') return -1;
      const end = this.endOf(i);
      if (address < end || (start === address && end === address)) found = i;
    }
    return found;
  }

  /** Where functions begin in [from, to). */
  functionStarts(from: bigint, to: bigint): bigint[] {
    const { table } = this;
    const starts: bigint[] = [];
    for (let i = table.after(from - 1n); i < table.length && table.address(i) < to; i++)
      if (this.isFunction(i)) starts.push(table.address(i));
    return starts;
  }

  private isFunction(at: number): boolean {
    return isFunction(this.table.type(at), this.table.section(at)?.flags ?? 0);
  }

  private placed(at: number): PlacedSymbol {
    const { table } = this;
    const address = table.address(at);
    const size = table.size(at);
    return { name: table.name(at), address, end: this.endOf(at), isFunction: this.isFunction(at), size };
  }

  private endOf(at: number): bigint {
    const size = this.table.size(at);
    return size > 0n ? this.table.address(at) + size : this.reach(at);
  }

  /** A symbol without size goes on to the next address that has one, within its section. */
  private reach(at: number): bigint {
    const { table } = this;
    const address = table.address(at);
    const section = table.section(at);
    const limit = section ? section.address + BigInt(section.size) : address;
    const next = table.after(address);
    const toNext = next < table.length && table.address(next) < limit ? table.address(next) : limit;
    return toNext > address ? toNext : address;
  }
}
