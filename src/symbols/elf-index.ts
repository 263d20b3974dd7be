// The ELF symbol table by address and by name: all there is for code without debug information, and the fast way to a function's name.

import type { ElfFile, ElfSymbol } from '../formats/elf';
import {
  ET_REL,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHN_ABS,
  SHN_LORESERVE,
  SHN_UNDEF,
  STB_GLOBAL,
  STB_LOCAL,
  STT_FILE,
  STT_FUNC,
  STT_GNU_IFUNC,
  STT_NOTYPE,
  STT_OBJECT,
  STT_SECTION,
  STT_TLS,
} from '../formats/elf-constants';

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

export function sourceNameOf(symbol: string): string {
  return symbol.replace(CLONE_SUFFIX, '') || symbol;
}

export function isColdPart(symbol: string): boolean {
  return /\.cold(\.\d+)?$/.test(symbol);
}

export class ElfIndex {
  private sorted: readonly PlacedSymbol[] | undefined;
  private names: Map<string, PlacedSymbol[]> | undefined;
  private sources: Map<string, PlacedSymbol[]> | undefined;

  constructor(private readonly elf: ElfFile) {}

  /** By address, best name first where several symbols share one. */
  get symbols(): readonly PlacedSymbol[] {
    this.sorted ??= this.build();
    return this.sorted;
  }

  /** Symbols of exactly this name, absolute ones too. */
  named(name: string): readonly PlacedSymbol[] {
    if (!this.names) {
      this.names = new Map();
      for (const symbol of this.symbols) append(this.names, symbol.name, symbol);
      for (const { name: absolute, value, section } of this.elf.symbols) {
        if (section === SHN_ABS && absolute !== '')
          append(this.names, absolute, { name: absolute, address: value, end: value, isFunction: false, size: 0n });
      }
    }
    return this.names.get(name) ?? [];
  }

  /** Code of a function of the source, under whatever names its clones and parts have. */
  ofSource(name: string): readonly PlacedSymbol[] {
    if (!this.sources) {
      this.sources = new Map();
      for (const symbol of this.symbols) if (symbol.isFunction) append(this.sources, sourceNameOf(symbol.name), symbol);
    }
    return this.sources.get(name) ?? [];
  }

  /** The symbol that covers an address. */
  at(address: bigint): PlacedSymbol | undefined {
    const { symbols } = this;
    let low = 0;
    let high = symbols.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (symbols[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    const nearest = symbols[low - 1]?.address;
    let found: PlacedSymbol | undefined;
    // The best name of the nearest address comes first there; if it does not reach, an enclosing symbol may.
    for (let i = low - 1; i >= 0 && i >= low - 32; i--) {
      const candidate = symbols[i]!;
      if (found && candidate.address !== nearest) break;
      if (address < candidate.end || (candidate.address === address && candidate.end === address)) found = candidate;
    }
    return found;
  }

  /** Where functions begin in [from, to). */
  functionStarts(from: bigint, to: bigint): bigint[] {
    return this.symbols.filter(({ address, isFunction }) => isFunction && address >= from && address < to).map(({ address }) => address);
  }

  private build(): readonly PlacedSymbol[] {
    const { sections, header } = this.elf;
    const usable = this.elf.symbols.filter((symbol) => isPlace(symbol) && ((sections[symbol.section]?.flags ?? 0) & SHF_ALLOC) !== 0);
    const base = (symbol: ElfSymbol): bigint => (header.type === ET_REL ? (sections[symbol.section]?.address ?? 0n) : 0n);
    const sorted = usable.map((symbol) => ({ symbol, address: symbol.value + base(symbol) }));
    sorted.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : rank(a.symbol) - rank(b.symbol)));
    const placed: PlacedSymbol[] = new Array(sorted.length);
    let nextAddress: bigint | undefined;
    for (let i = sorted.length - 1; i >= 0; i--) {
      const { symbol, address } = sorted[i]!;
      const following = sorted[i + 1]?.address;
      if (following !== undefined && following > address) nextAddress = following;
      const section = sections[symbol.section];
      const limit = section ? section.address + BigInt(section.size) : address;
      const toNext = nextAddress !== undefined && nextAddress < limit ? nextAddress : limit;
      const end = symbol.size > 0n ? address + symbol.size : toNext > address ? toNext : address;
      placed[i] = { name: symbol.name, address, end, isFunction: isFunction(symbol, section?.flags ?? 0), size: symbol.size };
    }
    return placed;
  }
}

/** Labels of hand-written assembly have no type: in a code section they count as functions. */
function isFunction(symbol: ElfSymbol, sectionFlags: number): boolean {
  return symbol.type === STT_FUNC || symbol.type === STT_GNU_IFUNC || (symbol.type === STT_NOTYPE && (sectionFlags & SHF_EXECINSTR) !== 0);
}

function isPlace({ name, type, section }: ElfSymbol): boolean {
  return name !== '' && type !== STT_SECTION && type !== STT_FILE && type !== STT_TLS && section !== SHN_UNDEF && section < SHN_LORESERVE;
}

/** Which of several names of one address a person expects. */
function rank({ type, binding }: ElfSymbol): number {
  const byType = type === STT_FUNC || type === STT_OBJECT || type === STT_GNU_IFUNC ? 0 : 4;
  return byType + (binding === STB_GLOBAL ? 0 : binding === STB_LOCAL ? 2 : 1);
}

function append(map: Map<string, PlacedSymbol[]>, key: string, symbol: PlacedSymbol): void {
  const list = map.get(key);
  if (list) list.push(symbol);
  else map.set(key, [symbol]);
}
