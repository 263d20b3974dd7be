// Makes types out of DIEs (DWARF 5, chapter 5). One object per DIE, its references resolved when looked at.

import { CPP_LANGUAGES, DW_AT, DW_ATE, DW_LANG_Rust } from './dwarf/attributes';
import type { Die } from './dwarf/die';
import { DW_TAG } from './dwarf/tags';
import { typeName } from './type-name';
import {
  type ArrayType,
  arraySize,
  type CompositeType,
  type DataType,
  type Enumerator,
  type EnumType,
  type Member,
  sizeOf,
  strip,
  VOID,
} from './types';
import { readVariants } from './variants';

/** Finds the definition of a structure that a unit only declares: by kind and name, in any unit. */
export type FindDefinition = (declared: Die, name: string) => Die | undefined;

type CompositeKind = CompositeType['kind'];

export class TypeReader {
  private readonly known = new Map<number, DataType>();

  constructor(
    private readonly findDefinition: FindDefinition,
    /** "kernel::" of a type in a namespace or class. */
    private readonly scopeOf: (die: Die) => string,
  ) {}

  /** The type a DIE says it has; no DW_AT_type is void. */
  typeOf(die: Die): DataType {
    for (const at of die.chain()) {
      if (at.has(DW_AT.type)) {
        const type = at.reference(DW_AT.type);
        return type ? this.read(type) : { kind: 'unknown', name: '', reason: 'its type is not in this file' };
      }
    }
    return VOID;
  }

  read(die: Die): DataType {
    let type = this.known.get(die.offset);
    if (!type) {
      type = this.make(die);
      this.known.set(die.offset, type);
    }
    return type;
  }

  private make(die: Die): DataType {
    const name = die.string(DW_AT.name) ?? '';
    // Described in a type unit; DWARF 4 says no more here.
    const elsewhere = die.has(DW_AT.signature) ? die.reference(DW_AT.signature) : undefined;
    if (elsewhere && elsewhere.offset !== die.offset && !elsewhere.has(DW_AT.signature)) return this.read(elsewhere);
    switch (die.tag) {
      case DW_TAG.base_type:
        return { kind: 'base', name, size: byteSize(die) ?? 0, encoding: die.unsigned(DW_AT.encoding) ?? DW_ATE.unsigned };
      case DW_TAG.pointer_type:
        return this.pointer(die, 'pointer');
      case DW_TAG.reference_type:
        return this.pointer(die, 'reference');
      case DW_TAG.rvalue_reference_type:
        return this.pointer(die, 'rvalue');
      case DW_TAG.const_type:
        return this.qualified(die, 'const');
      case DW_TAG.volatile_type:
        return this.qualified(die, 'volatile');
      case DW_TAG.restrict_type:
        return this.qualified(die, 'restrict');
      case DW_TAG.atomic_type:
        return this.qualified(die, '_Atomic');
      case DW_TAG.typedef:
      case DW_TAG.template_alias:
        return lazy(die, { kind: 'typedef' as const, name: this.scopeOf(die) + name }, { target: () => this.typeOf(die) });
      case DW_TAG.structure_type:
        return this.composite(die, 'struct', name);
      case DW_TAG.union_type:
        return this.composite(die, 'union', name);
      case DW_TAG.class_type:
      case DW_TAG.interface_type:
        return this.composite(die, 'class', name);
      case DW_TAG.enumeration_type:
        return this.enumeration(die, name);
      case DW_TAG.array_type:
        return this.array(die);
      case DW_TAG.ptr_to_member_type:
        return {
          kind: 'base',
          name: `${typeName(this.typeOf(die))} ::*`,
          size: byteSize(die) ?? die.unit.addressSize,
          encoding: DW_ATE.unsigned,
        };
      case DW_TAG.subroutine_type:
        return this.subroutine(die);
      case DW_TAG.unspecified_type:
        return name === 'void' ? VOID : { kind: 'unknown', name, reason: 'the language leaves it unspecified' };
      default:
        return { kind: 'unknown', name, reason: `a type described by tag 0x${die.tag.toString(16)} is not supported yet` };
    }
  }

  /** The function type of a subprogram DIE. */
  subroutine(die: Die): DataType {
    const parameters = (): readonly DataType[] =>
      die.children.filter((child) => child.tag === DW_TAG.formal_parameter).map((child) => this.typeOf(child));
    return lazy(
      die,
      { kind: 'function' as const, ...(isRust(die) && { rust: true as const }) },
      {
        result: () => this.typeOf(die),
        parameters,
        variadic: () => die.children.some((child) => child.tag === DW_TAG.unspecified_parameters),
        prototyped: () => die.flag(DW_AT.prototyped) || parameters().length > 0,
      },
    );
  }

  private pointer(die: Die, flavour: 'pointer' | 'reference' | 'rvalue'): DataType {
    return lazy(
      die,
      {
        kind: 'pointer' as const,
        flavour,
        size: byteSize(die) ?? die.unit.addressSize,
        ...(isRust(die) && { rust: { name: die.string(DW_AT.name) } }),
      },
      { target: () => this.typeOf(die) },
    );
  }

  private qualified(die: Die, qualifier: 'const' | 'volatile' | 'restrict' | '_Atomic'): DataType {
    return lazy(die, { kind: 'qualified' as const, qualifier }, { target: () => this.typeOf(die) });
  }

  private composite(die: Die, kind: CompositeKind, name: string): DataType {
    const definition = die.flag(DW_AT.declaration) && name !== '' ? this.findDefinition(die, name) : undefined;
    if (definition && definition.offset !== die.offset && !definition.flag(DW_AT.declaration)) return this.read(definition);
    const declared = die.flag(DW_AT.declaration);
    const written = this.written(die, name);
    const variants = isRust(die) && !declared ? die.children.find(({ tag }) => tag === DW_TAG.variant_part) : undefined;
    return lazy(
      die,
      { kind, name, size: declared ? undefined : (byteSize(die) ?? 0), ...(written !== undefined && { written }) },
      { members: () => this.members(die), ...(variants && { variants: () => readVariants(variants, (child) => this.member(child)) }) },
    );
  }

  /** C tells structures, unions and enumerations apart by their tag kinds; other languages write just the name. */
  private written(die: Die, name: string): string | undefined {
    const scope = this.scopeOf(die);
    if (name === '' || (scope === '' && !isRust(die) && !CPP_LANGUAGES.has(die.unit.language))) return undefined;
    return scope + name;
  }

  private members(die: Die): readonly Member[] {
    const members: Member[] = [];
    for (const child of die.children) {
      const inherited = child.tag === DW_TAG.inheritance;
      // A static member of a C++ class is a global, not a part of each object.
      if (!inherited && (child.tag !== DW_TAG.member || child.flag(DW_AT.external) || child.flag(DW_AT.declaration))) continue;
      members.push(this.member(child));
    }
    return members;
  }

  private member(die: Die): Member {
    const inherited = die.tag === DW_TAG.inheritance;
    const type = inherited && (die.unsigned(DW_AT.virtuality) ?? 0) !== 0 ? virtualBase(this.typeOf(die)) : this.typeOf(die);
    const bitSize = die.unsigned(DW_AT.bit_size);
    return { name: die.string(DW_AT.name) ?? '', type, bitOffset: memberOffset(die, type, bitSize), bitSize, inherited };
  }

  private enumeration(die: Die, name: string): EnumType {
    const underlying = die.reference(DW_AT.type);
    const base = underlying ? strip(this.read(underlying)) : undefined;
    const size = byteSize(die) ?? (base ? sizeOf(base) : undefined) ?? 4;
    const signed = base?.kind === 'base' ? base.encoding === DW_ATE.signed || base.encoding === DW_ATE.signed_char : hasNegative(die);
    const written = this.written(die, name);
    return lazy(
      die,
      { kind: 'enum' as const, name, size, signed, ...(written !== undefined && { written }) },
      { enumerators: () => enumerators(die, size, signed) },
    );
  }

  private array(die: Die): DataType {
    const dimensions = die.children
      .filter((child) => child.tag === DW_TAG.subrange_type || child.tag === DW_TAG.enumeration_type)
      .map(dimension);
    const known: readonly (number | undefined)[] = dimensions.length === 0 ? [undefined] : dimensions;
    const array: ArrayType = lazy(
      die,
      { kind: 'array' as const, dimensions: known, ...(isRust(die) && { rust: true as const }) },
      { element: () => this.typeOf(die), size: () => byteSize(die) ?? arraySize(this.typeOf(die), known) },
    );
    return array;
  }
}

/** Adds getters that compute once. Damaged types can contain themselves: asking again while computing is refused. */
function lazy<Given extends object, Late extends object>(
  die: Die,
  given: Given,
  late: { readonly [K in keyof Late]: () => Late[K] },
): Given & Late {
  for (const key of Object.keys(late) as (keyof Late)[]) {
    let busy = false;
    Object.defineProperty(given, key, {
      enumerable: true,
      configurable: true,
      get(): Late[keyof Late] {
        if (busy) throw die.unit.info.section.malformed(`the type at 0x${die.offset.toString(16)} contains itself`);
        busy = true;
        try {
          const value = late[key]();
          Object.defineProperty(given, key, { value, enumerable: true });
          return value;
        } finally {
          busy = false;
        }
      },
    });
  }
  return given as Given & Late;
}

function isRust(die: Die): boolean {
  return die.unit.language === DW_LANG_Rust;
}

/** Where a virtual base lies only the object's table of virtual functions tells. */
function virtualBase(type: DataType): DataType {
  return { kind: 'unknown', name: typeName(type), reason: `the place of the virtual base ${typeName(type)} is in the object's vtable` };
}

function byteSize(die: Die): number | undefined {
  return die.unsigned(DW_AT.byte_size);
}

/** DWARF 4 of gcc still counts a bit field from the most significant bit of its storage unit (DWARF 3, 5.5.6). */
function memberOffset(die: Die, type: DataType, bitSize: number | undefined): number {
  const dataBitOffset = die.unsigned(DW_AT.data_bit_offset);
  if (dataBitOffset !== undefined) return dataBitOffset;
  const bits = memberByteOffset(die) * 8;
  const fromTop = die.unsigned(DW_AT.bit_offset);
  if (fromTop === undefined || bitSize === undefined) return bits;
  const storage = byteSize(die) ?? sizeOf(type) ?? 4;
  return bits + storage * 8 - fromTop - bitSize;
}

const DW_OP_plus_uconst = 0x23;

function memberByteOffset(die: Die): number {
  const value = die.attribute(DW_AT.data_member_location);
  if (value?.class === 'constant') return Number(BigInt.asIntN(32, value.value));
  if (value?.class !== 'block' || value.bytes[0] !== DW_OP_plus_uconst) return 0;
  let offset = 0;
  for (let i = 1, scale = 1; i < value.bytes.length; i++, scale *= 128) offset += (value.bytes[i]! & 0x7f) * scale;
  return offset;
}

/** Elements of one dimension; an upper bound of all ones is how gcc 4 wrote "none". */
function dimension(die: Die): number | undefined {
  if (die.tag === DW_TAG.enumeration_type) return die.children.length;
  const count = die.unsigned(DW_AT.count);
  if (count !== undefined) return count;
  const bound = die.attribute(DW_AT.upper_bound);
  if (bound?.class !== 'constant') return undefined;
  const bits = bound.size === 0 ? 64 : bound.size * 8;
  if (BigInt.asIntN(bits, bound.value) === -1n && (bound.size === 0 || bound.size >= 4)) return undefined;
  return Number(bound.value) + 1;
}

function hasNegative(die: Die): boolean {
  for (const child of die.walk()) {
    const value = child.attribute(DW_AT.const_value);
    if (value?.class === 'constant' && value.size === 0 && value.value < 0n) return true;
  }
  return false;
}

function enumerators(die: Die, size: number, signed: boolean): readonly Enumerator[] {
  const list: Enumerator[] = [];
  for (const child of die.children) {
    if (child.tag !== DW_TAG.enumerator) continue;
    const value = child.attribute(DW_AT.const_value);
    const raw = value?.class === 'constant' ? value.value : 0n;
    // Compilers write negative values as SLEB128: a fixed-size form narrower than the type is not sign-extended.
    list.push({ name: child.string(DW_AT.name) ?? '', value: signed ? BigInt.asIntN(size * 8, raw) : BigInt.asUintN(size * 8, raw) });
  }
  return list;
}
