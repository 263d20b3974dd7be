// What one unit defines, by name: found by one pass over its outer DIEs, on first need.

import { DW_AT } from './dwarf/attributes';
import type { Die } from './dwarf/die';
import { type AddressRange, dieRanges } from './dwarf/ranges';
import { hasCodeAt } from './dwarf/section';
import { DW_TAG } from './dwarf/tags';
import type { Unit } from './dwarf/unit';
import { typeKey } from './type-key';

/** A function with code of its own. */
export interface UnitFunction {
  readonly die: Die;
  readonly name: string;
  /** As in the file: no slide. */
  readonly ranges: readonly AddressRange[];
}

const SCOPES: ReadonlySet<number> = new Set([
  DW_TAG.namespace,
  DW_TAG.module,
  DW_TAG.structure_type,
  DW_TAG.class_type,
  DW_TAG.union_type,
  DW_TAG.enumeration_type,
]);
const COMPOSITES: ReadonlySet<number> = new Set([DW_TAG.structure_type, DW_TAG.class_type, DW_TAG.union_type, DW_TAG.enumeration_type]);
const NAMED_TYPES: ReadonlySet<number> = new Set([...COMPOSITES, DW_TAG.typedef, DW_TAG.base_type]);
const MAX_NESTING = 32;

export class UnitIndex {
  readonly functions: UnitFunction[] = [];
  private sorted: (AddressRange & { readonly holder: UnitFunction })[] | undefined;
  /** Functions that exist only as inlined copies, and the abstract sides of others, by name. */
  readonly abstracts = new Map<string, Die[]>();
  readonly globals = new Map<string, Die[]>();
  /** Definitions, by C's tag kind and name: "struct task", "enum state", or a plain name for typedefs and base types. */
  readonly types = new Map<string, Die>();
  /** "kernel::" and the like of functions and variables declared inside namespaces and classes, by DIE. */
  private readonly scopes = new Map<number, string>();

  constructor(readonly unit: Unit) {
    const outer: Die[] = [];
    this.visit(unit.root, '', 0, outer);
    // A declaration may come after what completes it: names are made when all scopes are known.
    for (const die of outer) {
      if (die.tag === DW_TAG.subprogram) this.addFunction(die);
      else this.addGlobal(die);
    }
  }

  /** The innermost function whose code holds an address. Functions hardly nest: looking a few ranges back finds an enclosing one. */
  functionAt(address: bigint): UnitFunction | undefined {
    this.sorted ??= this.functions
      .flatMap((holder) => holder.ranges.map(({ start, end }) => ({ start, end, holder })))
      .sort((a, b) => compare(a.start, b.start));
    const { sorted } = this;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]!.start <= address) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0 && i >= low - MAX_NESTING; i--) if (address < sorted[i]!.end) return sorted[i]!.holder;
    return undefined;
  }

  /** A completed or concrete function's scope is where it was declared. */
  qualifiedName(die: Die): string {
    let scope = '';
    for (const at of die.chain()) scope = this.scopes.get(at.offset) ?? scope;
    return scope + (die.inheritedString(DW_AT.name) ?? '');
  }

  private visit(parent: Die, prefix: string, depth: number, outer: Die[]): void {
    if (depth > MAX_NESTING) return;
    for (const die of parent.walk()) {
      const isNamed = die.tag === DW_TAG.subprogram || die.tag === DW_TAG.variable;
      if (isNamed && !die.flag(DW_AT.declaration)) outer.push(die);
      if (NAMED_TYPES.has(die.tag)) this.addType(die, prefix);
      if (prefix !== '' && (isNamed || die.tag === DW_TAG.member)) this.scopes.set(die.offset, prefix);
      if (die.abbrev.hasChildren && SCOPES.has(die.tag)) {
        const name = die.string(DW_AT.name) ?? '';
        this.visit(die, name === '' ? prefix : `${prefix}${name}::`, depth + 1, outer);
      }
    }
  }

  private addFunction(die: Die): void {
    if (die.has(DW_AT.low_pc) || die.has(DW_AT.ranges)) {
      const { elf } = this.unit.info.sections;
      const ranges = dieRanges(die).filter((range) => hasCodeAt(elf, range.start));
      if (ranges.length > 0) this.functions.push({ die, name: this.qualifiedName(die), ranges });
    } else {
      // Link-time optimisation of gcc writes no DW_AT_inline.
      const name = die.inheritedString(DW_AT.name) ?? '';
      for (const key of new Set([name, this.qualifiedName(die)])) add(this.abstracts, key, die);
    }
  }

  private addGlobal(die: Die): void {
    const name = die.inheritedString(DW_AT.name);
    if (name === undefined) return;
    for (const key of new Set([name, this.qualifiedName(die)])) {
      // A definition without a place was optimised out, unless another DIE of the unit completes it.
      const known = this.globals.get(key) ?? [];
      const placed = die.has(DW_AT.location) || die.has(DW_AT.const_value);
      if (!placed && known.length > 0) continue;
      this.globals.set(key, placed ? [...known.filter((other) => other.has(DW_AT.location) || other.has(DW_AT.const_value)), die] : [die]);
    }
  }

  private addType(die: Die, prefix: string): void {
    const name = die.string(DW_AT.name);
    if (name === undefined || die.flag(DW_AT.declaration)) return;
    const key = typeKey(die.tag, prefix + name);
    if (!this.types.has(key)) this.types.set(key, die);
  }
}

function add(map: Map<string, Die[]>, key: string, die: Die): void {
  const list = map.get(key);
  if (list) list.push(die);
  else map.set(key, [die]);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
