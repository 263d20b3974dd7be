// Functions by address and by name, from DWARF where there is any, else from the ELF symbol table.

import { DW_AT } from './dwarf/attributes';
import type { Die } from './dwarf/die';
import { type AddressRange, dieRanges } from './dwarf/ranges';
import { isColdPart, type PlacedSymbol, sourceNameOf } from './elf-index';
import type { FileContext } from './file-context';
import { demangled } from './names/demangle';
import { prologueEnd } from './prologue';
import type { FunctionInfo } from './symbol-model';
import type { UnitFunction } from './unit-index';

export class FunctionFinder {
  constructor(private readonly context: FileContext) {}

  at(address: bigint): FunctionInfo | undefined {
    const at = this.context.toFile(address);
    const found = this.context.data.functionAt(at);
    if (found) return this.describe(found);
    const symbol = this.context.elfIndex.at(at);
    return symbol?.isFunction ? this.describeSymbol(symbol) : undefined;
  }

  /** The symbol table knows every name of a C program; names with scopes are searched for in the units. */
  named(name: string): FunctionInfo[] {
    const { data, elfIndex } = this.context;
    const found = new Map<bigint, FunctionInfo>();
    for (const symbol of elfIndex.ofSource(name)) {
      if (isColdPart(symbol.name)) continue;
      const debug = data.functionAt(symbol.address);
      const info = debug?.ranges.some(({ start }) => start === symbol.address) ? this.describe(debug) : this.describeSymbol(symbol);
      found.set(info.lowAddress, info);
    }
    if (found.size > 0) return [...found.values()];
    for (const candidate of data.functionsNamed(name)) {
      const info = this.describe(candidate);
      found.set(info.lowAddress, info);
    }
    return [...found.values()];
  }

  describe({ die, name, ranges }: UnitFunction): FunctionInfo {
    const { context } = this;
    const entry = entryAddress(die) ?? ranges[0]!.start;
    const ordered = [...ranges].sort((a, b) => Number(holds(b, entry)) - Number(holds(a, entry)));
    const linkageName = die.inheritedString(DW_AT.linkage_name);
    const behind = (): bigint => context.toGuest(prologueEnd(context.data.linesOf(die.unit), { start: entry, end: ordered[0]!.end }));
    return {
      name,
      linkageName: linkageName === name ? undefined : linkageName,
      ranges: ordered.map((range) => context.rangeToGuest(range)),
      lowAddress: context.toGuest(entry),
      get breakpointAddress() {
        return behind();
      },
      declaration: context.declarationOf(die),
      hasDebugInfo: true,
    };
  }

  /** A cold part without debug information still belongs to its function. */
  private describeSymbol(symbol: PlacedSymbol): FunctionInfo {
    const { context } = this;
    const name = sourceNameOf(symbol.name);
    const parts = context.elfIndex.ofSource(name);
    const main = isColdPart(symbol.name) ? (parts.find((part) => !isColdPart(part.name)) ?? symbol) : symbol;
    const cold = parts.filter((part) => part !== main && isColdPart(part.name));
    const ranges = [main, ...cold].map(({ address, end }) => context.rangeToGuest({ start: address, end }));
    const lowAddress = context.toGuest(main.address);
    const called = demangled(name);
    return {
      name: called,
      linkageName: called === name ? undefined : name,
      ranges,
      lowAddress,
      breakpointAddress: lowAddress,
      declaration: undefined,
      hasDebugInfo: false,
    };
  }
}

export function holds(range: AddressRange, address: bigint): boolean {
  return address >= range.start && address < range.end;
}

/** Where a function or inlined copy is entered: DW_AT_entry_pc (an address, or in DWARF 5 an offset), else its first range. */
export function entryAddress(die: Die): bigint | undefined {
  const [first] = dieRanges(die);
  const value = die.attribute(DW_AT.entry_pc);
  if (value?.class === 'constant') return (die.address(DW_AT.low_pc) ?? first?.start ?? 0n) + value.value;
  return (value && die.unit.resolveAddress(value)) ?? first?.start;
}
