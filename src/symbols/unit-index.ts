// What one unit defines, by name: found by one pass over its outer DIEs, on first need.

import { DW_AT } from './dwarf/attributes';
import type { Die } from './dwarf/die';
import { type AddressRange, dieRanges } from './dwarf/ranges';
import { hasCodeAt } from './dwarf/section';
import { DW_TAG } from './dwarf/tags';
import type { Unit } from './dwarf/unit';
import { SHAPE } from './index/shapes';
import type { UnitScan } from './index/unit-scan';
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
  private readonly codeDies: Die[] = [];
  private readonly abstractDies: Die[] = [];
  private readonly variableDies: Die[] = [];
  private readonly typeDies: { readonly die: Die; readonly prefix: string }[] = [];
  /** "kernel::" and the like of functions and variables declared inside namespaces and classes, by DIE. */
  private readonly scopes = new Map<number, string>();
  private functionList: readonly UnitFunction[] | undefined;
  private sorted: (AddressRange & { readonly holder: UnitFunction })[] | undefined;
  private abstractMap: Map<string, Die[]> | undefined;
  private globalMap: Map<string, Die[]> | undefined;
  private typeMap: Map<string, Die> | undefined;

  constructor(
    readonly unit: Unit,
    scan: UnitScan,
  ) {
    if (scan.opensFlat(unit, unit.peek())) this.gather(scan);
    else this.visit(unit.root, '', 0);
  }

  get functions(): readonly UnitFunction[] {
    if (!this.functionList) {
      const { elf } = this.unit.info.sections;
      this.functionList = this.codeDies.flatMap((die) => {
        const ranges = dieRanges(die).filter((range) => hasCodeAt(elf, range.start));
        return ranges.length > 0 ? [{ die, name: this.qualifiedName(die), ranges }] : [];
      });
    }
    return this.functionList;
  }

  /** Functions that exist only as inlined copies, and the abstract sides of others. */
  abstracts(name: string): readonly Die[] {
    return this.abstractEntries().get(name) ?? [];
  }

  globals(name: string): readonly Die[] {
    return this.globalEntries().get(name) ?? [];
  }

  /** A definition, by C's tag kind and name: "struct task", "enum state", or a plain name for typedefs and base types. */
  type(key: string): Die | undefined {
    return this.typeEntries().get(key);
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
    if (this.scopes.size > 0) for (const at of die.chain()) scope = this.scopes.get(at.offset) ?? scope;
    return scope + (die.inheritedString(DW_AT.name) ?? '');
  }

  /** "kernel::" of a type in a namespace or class; empty outside. */
  scopeOf(die: Die): string {
    return this.scopes.get(die.offset) ?? '';
  }

  abstractEntries(): ReadonlyMap<string, readonly Die[]> {
    if (!this.abstractMap) {
      this.abstractMap = new Map();
      for (const die of this.abstractDies) for (const key of this.namesOf(die)) add(this.abstractMap, key, die);
    }
    return this.abstractMap;
  }

  globalEntries(): ReadonlyMap<string, readonly Die[]> {
    if (!this.globalMap) {
      this.globalMap = new Map();
      for (const die of this.variableDies) this.addGlobal(this.globalMap, die);
    }
    return this.globalMap;
  }

  typeEntries(): ReadonlyMap<string, Die> {
    if (!this.typeMap) {
      this.typeMap = new Map();
      for (const { die, prefix } of this.typeDies) {
        const name = die.string(DW_AT.name);
        const key = name === undefined ? undefined : typeKey(die.tag, prefix + name);
        if (key !== undefined && !this.typeMap.has(key)) this.typeMap.set(key, die);
      }
    }
    return this.typeMap;
  }

  /** With the names inside: those of C++'s scoped ones and Rust's are asked for with the enumeration's. */
  *enumerations(): Generator<{ readonly die: Die; readonly scope: string; readonly own: string; readonly names: readonly string[] }> {
    for (const { die, prefix } of this.typeDies) {
      if (die.tag !== DW_TAG.enumeration_type) continue;
      const own = die.string(DW_AT.name);
      const names: string[] = [];
      for (const child of die.walk()) if (child.tag === DW_TAG.enumerator) names.push(child.string(DW_AT.name) ?? '');
      yield { die, scope: prefix, own: own === undefined ? '' : `${own}::`, names };
    }
  }

  /** A unit in which nothing nests: the DIEs worth looking at are known by their abbreviations. */
  private gather(scan: UnitScan): void {
    const { unit } = this;
    const offsets: number[] = [];
    scan.outer((offset, code, attributes) => {
      const tag = scan.tag(code);
      const isNamed = tag === DW_TAG.subprogram || tag === DW_TAG.variable;
      if (!isNamed && !(NAMED_TYPES.has(tag) && scan.has(code, SHAPE.name))) return;
      if (!scan.has(code, SHAPE.declaration) || !scan.isDeclaration(code, attributes)) offsets.push(offset);
    });
    for (const offset of offsets) {
      const die = unit.dieAt(offset, undefined);
      if (die) this.addDie(die, '');
    }
  }

  private visit(parent: Die, prefix: string, depth: number): void {
    if (depth > MAX_NESTING) return;
    for (const die of parent.walk()) {
      const isNamed = die.tag === DW_TAG.subprogram || die.tag === DW_TAG.variable;
      if (!die.flag(DW_AT.declaration)) this.addDie(die, prefix);
      if (prefix !== '' && (isNamed || die.tag === DW_TAG.member || NAMED_TYPES.has(die.tag))) this.scopes.set(die.offset, prefix);
      if (die.abbrev.hasChildren && SCOPES.has(die.tag)) {
        const name = die.string(DW_AT.name) ?? '';
        this.visit(die, name === '' ? prefix : `${prefix}${name}::`, depth + 1);
      }
    }
  }

  private addDie(die: Die, prefix: string): void {
    if (die.tag === DW_TAG.variable) this.variableDies.push(die);
    else if (die.tag === DW_TAG.subprogram) {
      // Link-time optimisation of gcc writes no DW_AT_inline.
      if (die.has(DW_AT.low_pc) || die.has(DW_AT.ranges)) this.codeDies.push(die);
      else this.abstractDies.push(die);
    } else if (NAMED_TYPES.has(die.tag)) this.typeDies.push({ die, prefix });
  }

  private namesOf(die: Die): ReadonlySet<string> {
    return new Set([die.inheritedString(DW_AT.name) ?? '', this.qualifiedName(die)]);
  }

  private addGlobal(map: Map<string, Die[]>, die: Die): void {
    if (die.inheritedString(DW_AT.name) === undefined) return;
    for (const key of this.namesOf(die)) {
      // A definition without a place was optimised out, unless another DIE of the unit completes it.
      const known = map.get(key) ?? [];
      const placed = die.has(DW_AT.location) || die.has(DW_AT.const_value);
      if (!placed && known.length > 0) continue;
      map.set(key, placed ? [...known.filter((other) => other.has(DW_AT.location) || other.has(DW_AT.const_value)), die] : [die]);
    }
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
