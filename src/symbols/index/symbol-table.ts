// The ELF symbol table as columns, sorted by address: a kernel has a hundred thousand symbols, and of most nobody ever asks the name.

import type { ElfFile, ElfSection } from '../../formats/elf';
import { ET_REL, SHF_ALLOC, SHN_ABS, SHN_XINDEX, SHT_DYNSYM, SHT_SYMTAB, SHT_SYMTAB_SHNDX } from '../../formats/elf-constants';
import { stringAt } from '../../formats/elf-symbols';
import { isPlace, rank } from './symbol-rank';

const EMPTY = new Uint8Array(0);
/** Symbols in one table that sort by number alone: the low half of an address and an index fit a float's 53 bits. */
const MAX_NUMERIC = 2 ** 21;

export class SymbolTable {
  readonly length: number;
  /** Of the symbols that are places, by address, the best name first. */
  private readonly addresses: BigUint64Array;
  private readonly order: Uint32Array;
  private readonly absolutes: readonly number[];
  private readonly view: DataView;
  private readonly is64: boolean;
  private readonly entrySize: number;
  private readonly strings: Uint8Array;
  private readonly extended: DataView | undefined;
  private readonly sections: readonly ElfSection[];

  constructor(elf: ElfFile) {
    const { sections } = elf;
    this.sections = sections;
    this.is64 = elf.header.is64;
    this.entrySize = this.is64 ? 24 : 16;
    const table = sections.find(({ type }) => type === SHT_SYMTAB) ?? sections.find(({ type }) => type === SHT_DYNSYM);
    const strings = table && sections[table.link];
    const bytes = table && strings ? elf.sectionBytes(table) : EMPTY;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.strings = strings ? elf.sectionBytes(strings) : EMPTY;
    const indexes = table && sections.find(({ type, link }) => type === SHT_SYMTAB_SHNDX && link === table.index);
    const words = indexes && elf.sectionBytes(indexes);
    this.extended = words && new DataView(words.buffer, words.byteOffset, words.byteLength);
    const places: number[] = [];
    const absolutes: number[] = [];
    for (let i = 1; (i + 1) * this.entrySize <= bytes.length; i++) {
      const section = this.sectionOf(i);
      if (this.strings[this.nameOffset(i)] === 0) continue;
      if (section === SHN_ABS) absolutes.push(i);
      else if (isPlace(this.typeOf(i), section) && ((sections[section]?.flags ?? 0) & SHF_ALLOC) !== 0) places.push(i);
    }
    this.absolutes = absolutes;
    this.length = places.length;
    const isObject = elf.header.type === ET_REL;
    const addressOf = (symbol: number): bigint => this.value(symbol) + (isObject ? (sections[this.sectionOf(symbol)]?.address ?? 0n) : 0n);
    this.order = this.sorted(Uint32Array.from(places), addressOf);
    this.addresses = BigUint64Array.from(this.order, addressOf);
  }

  address(at: number): bigint {
    return this.addresses[at]!;
  }

  name(at: number): string {
    return stringAt(this.strings, this.nameOffset(this.order[at]!));
  }

  size(at: number): bigint {
    const entry = this.order[at]! * this.entrySize;
    return this.is64 ? this.view.getBigUint64(entry + 16, true) : BigInt(this.view.getUint32(entry + 8, true));
  }

  type(at: number): number {
    return this.typeOf(this.order[at]!);
  }

  section(at: number): ElfSection | undefined {
    return this.sections[this.sectionOf(this.order[at]!)];
  }

  /** The first symbol above an address. */
  after(address: bigint): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.addresses[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Places whose name begins with a text; `ends`: with what may come behind it (0 is the name's end). */
  *beginning(prefix: string, ends?: (next: number) => boolean): Generator<number> {
    const wanted = new TextEncoder().encode(prefix);
    for (let at = 0; at < this.length; at++) {
      const name = this.nameOffset(this.order[at]!);
      if (this.begins(name, wanted) && (!ends || ends(this.strings[name + wanted.length] ?? 0))) yield at;
    }
  }

  /** Values of absolute symbols of a name. */
  absolute(name: string): bigint[] {
    return this.absolutes.filter((symbol) => stringAt(this.strings, this.nameOffset(symbol)) === name).map((symbol) => this.value(symbol));
  }

  private begins(at: number, wanted: Uint8Array): boolean {
    for (let i = 0; i < wanted.length; i++) if (this.strings[at + i] !== wanted[i]) return false;
    return true;
  }

  private nameOffset(symbol: number): number {
    return this.view.getUint32(symbol * this.entrySize, true);
  }

  private typeOf(symbol: number): number {
    return this.view.getUint8(symbol * this.entrySize + (this.is64 ? 4 : 12)) & 15;
  }

  private bindingOf(symbol: number): number {
    return this.view.getUint8(symbol * this.entrySize + (this.is64 ? 4 : 12)) >> 4;
  }

  private sectionOf(symbol: number): number {
    const section = this.view.getUint16(symbol * this.entrySize + (this.is64 ? 6 : 14), true);
    return section === SHN_XINDEX && this.extended ? this.extended.getUint32(symbol * 4, true) : section;
  }

  private value(symbol: number): bigint {
    const entry = symbol * this.entrySize;
    return this.is64 ? this.view.getBigUint64(entry + 8, true) : BigInt(this.view.getUint32(entry + 4, true));
  }

  /** Sorting numbers is many times quicker than comparing pairs: addresses are grouped by their high half. */
  private sorted(places: Uint32Array, addressOf: (symbol: number) => bigint): Uint32Array {
    const byHigh = new Map<bigint, number[]>();
    for (let i = 0; i < places.length; i++) {
      const address = addressOf(places[i]!);
      const high = address >> 32n;
      const group = byHigh.get(high);
      const key = Number(BigInt.asUintN(32, address)) * MAX_NUMERIC + i;
      if (group) group.push(key);
      else byHigh.set(high, [key]);
    }
    if (places.length > MAX_NUMERIC) return places.sort((a, b) => compare(addressOf(a), addressOf(b)) || this.rankOf(a) - this.rankOf(b));
    const order = new Uint32Array(places.length);
    let at = 0;
    for (const high of [...byHigh.keys()].sort(compare)) {
      const keys = Float64Array.from(byHigh.get(high)!).sort();
      for (let i = 0; i < keys.length; ) {
        const low = Math.floor(keys[i]! / MAX_NUMERIC);
        const same: number[] = [];
        for (; i < keys.length && Math.floor(keys[i]! / MAX_NUMERIC) === low; i++) same.push(places[keys[i]! % MAX_NUMERIC]!);
        if (same.length > 1) same.sort((a, b) => this.rankOf(a) - this.rankOf(b));
        for (const symbol of same) order[at++] = symbol;
      }
    }
    return order;
  }

  private rankOf(symbol: number): number {
    return rank(this.typeOf(symbol), this.bindingOf(symbol));
  }
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
