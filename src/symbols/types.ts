// Types of the guest's language, as a debugger shows them. Graphs have cycles, so what a type refers to is a getter.

export interface BaseType {
  readonly kind: 'base';
  readonly name: string;
  readonly size: number;
  /** DW_ATE_… */
  readonly encoding: number;
}

export interface PointerType {
  readonly kind: 'pointer';
  /** `reference` and `rvalue` are C++'s & and &&. */
  readonly flavour: 'pointer' | 'reference' | 'rvalue';
  readonly size: number;
  readonly target: DataType;
  /** Only where the language is not C's: what the compiler calls it. */
  readonly rust?: { readonly name: string | undefined };
}

export interface QualifiedType {
  readonly kind: 'qualified';
  readonly qualifier: 'const' | 'volatile' | 'restrict' | '_Atomic';
  readonly target: DataType;
}

export interface TypedefType {
  readonly kind: 'typedef';
  readonly name: string;
  readonly target: DataType;
}

export interface Member {
  /** Empty for an anonymous structure or union, whose members belong to the parent's names. */
  readonly name: string;
  readonly type: DataType;
  /** From the structure's start; a bit field's own bits, counted from the least significant. */
  readonly bitOffset: number;
  /** Only for bit fields. */
  readonly bitSize: number | undefined;
  /** C++ base class. */
  readonly inherited: boolean;
}

export interface CompositeType {
  readonly kind: 'struct' | 'union' | 'class';
  /** Empty when anonymous. */
  readonly name: string;
  /** undefined: declared somewhere but nowhere defined. */
  readonly size: number | undefined;
  readonly members: readonly Member[];
  /** With namespaces and without a tag kind, in languages where that is how it is written. */
  readonly written?: string;
  /** Rust's enums: only one of the variants is there at a time. */
  readonly variants?: VariantPart;
}

export interface VariantPart {
  /** undefined: there is one variant only. */
  readonly discriminant: Member | undefined;
  readonly variants: readonly Variant[];
}

export interface Variant {
  readonly member: Member;
  /** Discriminants that mean it, inclusive; undefined: all that mean no other. */
  readonly values: readonly { readonly low: bigint; readonly high: bigint }[] | undefined;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly element: DataType;
  /** Outermost dimension first; undefined: not known ([] or a variable-length array). */
  readonly dimensions: readonly (number | undefined)[];
  /** Bytes of the whole, where the dimensions are known. */
  readonly size: number | undefined;
  readonly rust?: true;
}

export interface Enumerator {
  readonly name: string;
  readonly value: bigint;
}

export interface EnumType {
  readonly kind: 'enum';
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly enumerators: readonly Enumerator[];
  readonly written?: string;
}

export interface FunctionType {
  readonly kind: 'function';
  readonly result: DataType;
  readonly parameters: readonly DataType[];
  readonly variadic: boolean;
  /** False for K&R declarations: the parameters are unknown. */
  readonly prototyped: boolean;
  readonly rust?: true;
}

export interface VoidType {
  readonly kind: 'void';
}

/** Damaged, or of a kind the reader does not know; `reason` is for people. */
export interface UnknownType {
  readonly kind: 'unknown';
  readonly name: string;
  readonly reason: string;
}

export type DataType =
  | BaseType
  | PointerType
  | QualifiedType
  | TypedefType
  | CompositeType
  | ArrayType
  | EnumType
  | FunctionType
  | VoidType
  | UnknownType;

export const VOID: VoidType = { kind: 'void' };

const MAX_ALIASES = 32;

/** Without typedefs and qualifiers. */
export function strip(type: DataType): Exclude<DataType, TypedefType | QualifiedType> {
  let at = type;
  for (let i = 0; i < MAX_ALIASES; i++) {
    if (at.kind !== 'typedef' && at.kind !== 'qualified') return at;
    at = at.target;
  }
  return { kind: 'unknown', name: '', reason: 'a type that refers to itself' };
}

/** Bytes of a value; undefined for void, functions, incomplete types and arrays of unknown length. */
export function sizeOf(type: DataType): number | undefined {
  const plain = strip(type);
  switch (plain.kind) {
    case 'base':
    case 'pointer':
    case 'enum':
    case 'struct':
    case 'union':
    case 'class':
    case 'array':
      return plain.size;
    default:
      return undefined;
  }
}

/** The type of an array's elements when its first index is used: rows of a matrix are arrays themselves. */
export function elementOf(array: ArrayType): DataType {
  if (array.dimensions.length <= 1) return array.element;
  const dimensions = array.dimensions.slice(1);
  return { kind: 'array', element: array.element, dimensions, size: arraySize(array.element, dimensions) };
}

export function arraySize(element: DataType, dimensions: readonly (number | undefined)[]): number | undefined {
  let size = sizeOf(element);
  for (const dimension of dimensions) size = size === undefined || dimension === undefined ? undefined : size * dimension;
  return size;
}
