// Makes the index of a file's names in one pass over .debug_info, unit by unit; of a type only the first definition is kept.

import { DW_AT } from '../dwarf/attributes';
import type { DebugInfo } from '../dwarf/info';
import { DW_TAG } from '../dwarf/tags';
import type { Unit } from '../dwarf/unit';
import { typeKey } from '../type-key';
import type { UnitIndex } from '../unit-index';
import { PairColumns } from './columns';
import { NAME_KINDS, type NameColumns, type NameIndexData, type NameKind, TEXT_KEY } from './name-index';
import { SHAPE } from './shapes';
import type { NamePlace, UnitScan } from './unit-scan';

const KIND_OF_TAG: ReadonlyMap<number, NameKind> = new Map([
  [DW_TAG.structure_type, 'struct'],
  [DW_TAG.class_type, 'struct'],
  [DW_TAG.union_type, 'union'],
  [DW_TAG.enumeration_type, 'enum'],
  [DW_TAG.typedef, 'plain'],
  [DW_TAG.base_type, 'plain'],
]);

/** `indexOf` is for units of languages in which names nest: their DIEs are looked at one by one. */
export function buildNames(info: DebugInfo, scan: UnitScan, indexOf: (unit: Unit) => UnitIndex): NameIndexData {
  return new Builder(info, scan, indexOf).build();
}

class Builder {
  private readonly columns = new Map<NameKind, PairColumns>(NAME_KINDS.map((kind) => [kind, new PairColumns()]));
  private readonly texts = new Map<string, number>();
  /** By place in .debug_str: bits of the kinds of types already known. */
  private readonly knownTypes: Uint8Array;
  private readonly knownTexts = new Set<string>();

  constructor(
    private readonly info: DebugInfo,
    private readonly scan: UnitScan,
    private readonly indexOf: (unit: Unit) => UnitIndex,
  ) {
    this.knownTypes = new Uint8Array(info.sections.optional('.debug_str')?.size ?? 0);
  }

  build(): NameIndexData {
    for (const unit of this.info.units) {
      if (unit.holdsType) continue;
      const bytes = unit.peek();
      if (this.scan.opensFlat(unit, bytes)) this.flat(unit, bytes);
      else this.nested(unit);
    }
    const columns = Object.fromEntries(
      [...this.columns].map(([kind, pairs]) => {
        const { keys, values } = pairs.sorted();
        return [kind, { keys, dies: values }];
      }),
    ) as unknown as Record<NameKind, NameColumns>;
    return { columns, texts: [...this.texts.keys()] };
  }

  private flat(unit: Unit, bytes: Uint8Array): void {
    const { scan } = this;
    let enumeration = 0;
    scan.walk((offset, code, attributes) => {
      const tag = scan.tag(code);
      const kind = KIND_OF_TAG.get(tag);
      if (kind !== undefined) {
        if (scan.isDeclaration(code, attributes)) return false;
        const at = scan.stringOffset(code, attributes);
        const place = at < 0 ? scan.name(code, attributes) : undefined;
        const isNew = at < 0 ? this.namedType(kind, tag, unit, offset, place, bytes) : this.type(kind, tag, unit, offset, at, bytes);
        enumeration = offset;
        // An enumeration without a name is met again and again: its enumerators tell whether they are known.
        return tag === DW_TAG.enumeration_type && (isNew || (at < 0 && !place));
      }
      if (tag === DW_TAG.enumerator) this.enumerator(unit, offset, code, attributes, enumeration, bytes);
      else if (tag === DW_TAG.subprogram || tag === DW_TAG.variable) {
        if (scan.isDeclaration(code, attributes)) return false;
        const at = scan.stringOffset(code, attributes);
        const key = at >= 0 ? at : this.keyOf(unit, offset, scan.name(code, attributes), bytes);
        const what = tag === DW_TAG.variable ? 'global' : scan.has(code, SHAPE.code) ? 'function' : 'abstract';
        if (key !== undefined) this.columns.get(what)!.push(key, unit.offset + offset);
      }
      return false;
    });
  }

  private enumerator(unit: Unit, offset: number, code: number, attributes: number, enumeration: number, bytes: Uint8Array): void {
    const at = this.scan.stringOffset(code, attributes);
    const bit = 1 << NAME_KINDS.indexOf('enumerator');
    if (at >= 0) {
      if ((this.knownTypes[at]! & bit) !== 0) return;
      this.knownTypes[at]! |= bit;
    }
    const key = at >= 0 ? at : this.keyOf(unit, offset, this.scan.name(code, attributes), bytes);
    if (key !== undefined) this.columns.get('enumerator')!.push(key, unit.offset + enumeration);
  }

  /** Whether it is the first of its name. */
  private type(kind: NameKind, tag: number, unit: Unit, offset: number, at: number, bytes: Uint8Array): boolean {
    const bit = 1 << NAME_KINDS.indexOf(kind);
    if ((this.knownTypes[at]! & bit) !== 0) return false;
    this.knownTypes[at]! |= bit;
    // Integers have several spellings.
    if (tag === DW_TAG.base_type) this.namedType(kind, tag, unit, offset, { kind: 'stringOffset', at }, bytes);
    else this.columns.get(kind)!.push(at, unit.offset + offset);
    return true;
  }

  private namedType(kind: NameKind, tag: number, unit: Unit, offset: number, place: NamePlace | undefined, bytes: Uint8Array): boolean {
    const name = place && this.text(unit, offset, place, bytes);
    if (name === undefined) return false;
    const key = tag === DW_TAG.base_type ? typeKey(tag, name) : name;
    if (this.knownTexts.has(`${kind} ${key}`)) return false;
    this.knownTexts.add(`${kind} ${key}`);
    this.columns.get(kind)!.push(this.textKey(key), unit.offset + offset);
    return true;
  }

  private nested(unit: Unit): void {
    const index = this.indexOf(unit);
    const add = (kind: NameKind, name: string, die: number): void => this.columns.get(kind)!.push(this.textKey(name), die);
    for (const [key, die] of index.typeEntries()) {
      const [kind, name] = splitTypeKey(key);
      add(kind, name, die.offset);
    }
    for (const { die, scope, own, names } of index.enumerations()) {
      for (const name of names) {
        const spellings = new Set([name, ...tailsOf(scope, name), ...tailsOf(`${scope}${own}`, name)]);
        for (const spelling of spellings) add('enumerator', spelling, die.offset);
      }
    }
    for (const [name, dies] of index.abstractEntries()) for (const die of dies) add('abstract', name, die.offset);
    for (const [name, dies] of index.globalEntries()) for (const die of dies) add('global', name, die.offset);
    for (const { name, die } of index.functions)
      for (const spelling of new Set([name, ...tails(name)])) add('function', spelling, die.offset);
  }

  private keyOf(unit: Unit, offset: number, place: NamePlace | undefined, bytes: Uint8Array): number | undefined {
    if (!place) return undefined;
    if (place.kind === 'stringOffset') return place.at;
    const text = this.text(unit, offset, place, bytes);
    return text === undefined ? undefined : this.textKey(text);
  }

  private text(unit: Unit, offset: number, place: NamePlace, bytes: Uint8Array): string | undefined {
    if (place.kind === 'inline') {
      const end = bytes.indexOf(0, place.at);
      return new TextDecoder().decode(bytes.subarray(place.at, end < 0 ? bytes.length : end));
    }
    if (place.kind === 'stringOffset') return this.info.string('.debug_str', place.at);
    return unit.dieAt(offset, undefined)?.inheritedString(DW_AT.name);
  }

  private textKey(text: string): number {
    let id = this.texts.get(text);
    if (id === undefined) {
      id = this.texts.size;
      this.texts.set(text, id);
    }
    return TEXT_KEY + id;
  }
}

/** "struct task" and its like; a plain name is a typedef's or a base type's. */
export function splitTypeKey(key: string): [NameKind, string] {
  const [, kind, name] = /^(struct|union|enum) (.*)$/.exec(key) ?? [];
  return kind === undefined || name === undefined ? ['plain', key] : [kind as NameKind, name];
}

/** With what is around it: "Mode::on", "kernel::Mode::on". */
function tailsOf(prefix: string, name: string): string[] {
  return prefix === '' ? [] : [prefix + name, ...tails(prefix + name)];
}

/** "a::b::c" is also asked for as "b::c" and "c". */
function tails(name: string): string[] {
  const parts = name.split('::');
  return parts.slice(1).map((_, i) => parts.slice(i + 1).join('::'));
}
