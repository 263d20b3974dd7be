// Types as a debugger shows them, from a BTF table; each is made once, what it refers to when it is looked at.

import {
  arraySize,
  type BaseType,
  type CompositeType,
  type DataType,
  type Enumerator,
  type EnumType,
  type FunctionType,
  type Member,
  VOID,
} from '../types';
import { BTF, type BtfRecord, BtfTable } from './btf-table';

/** DWARF's encodings. */
const ATE = { boolean: 2, float: 4, signed: 5, signedChar: 6, unsigned: 7, unsignedChar: 8 } as const;
const SIGNED = 1;
const BOOL = 4;
const POINTER_BYTES = 8;
const QUALIFIERS = { [BTF.const]: 'const', [BTF.volatile]: 'volatile', [BTF.restrict]: 'restrict' } as const;

export class BtfTypes {
  private readonly known = new Map<number, DataType>();

  private constructor(private readonly table: BtfTable) {}

  static of(bytes: Uint8Array): BtfTypes | undefined {
    const table = BtfTable.of(bytes);
    return table && new BtfTypes(table);
  }

  named(key: string): DataType | undefined {
    return this.optional(this.table.typeNamed(key));
  }

  /** With parameters and result. */
  ofFunction(name: string): DataType | undefined {
    return this.optional(this.table.functionNamed(name));
  }

  /** Linux keeps those of per-CPU variables only. */
  ofVariable(name: string): DataType | undefined {
    return this.optional(this.table.variableNamed(name));
  }

  enumerator(name: string): { readonly value: bigint; readonly type: DataType } | undefined {
    const type = this.optional(this.table.enumerationWith(name));
    const found = type?.kind === 'enum' ? type.enumerators.find((each) => each.name === name) : undefined;
    return type && found && { value: found.value, type };
  }

  private optional(id: number | undefined): DataType | undefined {
    return id === undefined ? undefined : this.type(id);
  }

  private type(id: number): DataType {
    let type = this.known.get(id);
    if (!type) {
      type = this.make(id);
      this.known.set(id, type);
    }
    return type;
  }

  private make(id: number): DataType {
    const record = this.table.record(id);
    if (!record) return id === 0 ? VOID : { kind: 'unknown', name: '', reason: `BTF has no type ${id}` };
    const target = record.sizeOrType;
    const type = (): DataType => this.type(target);
    switch (record.kind) {
      case BTF.int:
        return this.integer(record);
      case BTF.float:
        return { kind: 'base', name: record.name, size: target, encoding: ATE.float };
      case BTF.pointer:
        return {
          kind: 'pointer',
          flavour: 'pointer',
          size: POINTER_BYTES,
          get target() {
            return type();
          },
        };
      case BTF.typedef:
        return {
          kind: 'typedef',
          name: record.name,
          get target() {
            return type();
          },
        };
      case BTF.const:
      case BTF.volatile:
      case BTF.restrict:
        return {
          kind: 'qualified',
          qualifier: QUALIFIERS[record.kind],
          get target() {
            return type();
          },
        };
      case BTF.array:
        return this.array(record);
      case BTF.struct:
      case BTF.union:
        return this.composite(record);
      case BTF.forward:
        return this.forward(record);
      case BTF.enum:
      case BTF.enum64:
        return this.enumeration(record);
      case BTF.prototype:
        return this.prototype(record);
      case BTF.func:
      case BTF.variable:
      case BTF.typeTag:
        return this.type(target);
      default:
        return { kind: 'unknown', name: record.name, reason: `BTF kind ${record.kind} is no type` };
    }
  }

  private word(at: number): number {
    return this.table.view.getUint32(at, true);
  }

  private integer({ name, sizeOrType: size, members }: BtfRecord): BaseType {
    const flags = (this.word(members) >>> 24) & 15;
    const isSigned = (flags & SIGNED) !== 0;
    // gcc's char carries no mark of being one.
    const encoding = (flags & BOOL) !== 0 ? ATE.boolean : name === 'char' ? ATE.signedChar : isSigned ? ATE.signed : ATE.unsigned;
    const isByte = size === 1 && / char$/.test(name);
    return { kind: 'base', name, size, encoding: isByte ? (isSigned ? ATE.signedChar : ATE.unsignedChar) : encoding };
  }

  private array({ members }: BtfRecord): DataType {
    const count = this.word(members + 8);
    const inner = this.type(this.word(members));
    // [] and [0] are the same here.
    const own = count === 0 ? undefined : count;
    const element = inner.kind === 'array' ? inner.element : inner;
    const dimensions = [own, ...(inner.kind === 'array' ? inner.dimensions : [])];
    return { kind: 'array', element, dimensions, size: arraySize(element, dimensions) };
  }

  private composite(record: BtfRecord): CompositeType {
    const read = (): Member[] => Array.from({ length: record.count }, (_, i) => this.member(record, record.members + i * 12));
    let members: Member[] | undefined;
    return {
      kind: record.kind === BTF.union ? 'union' : 'struct',
      name: record.name,
      size: record.sizeOrType,
      get members() {
        members ??= read();
        return members;
      },
    };
  }

  private member({ flag }: BtfRecord, at: number): Member {
    const target = this.word(at + 4);
    const place = this.word(at + 8);
    const of = (): DataType => this.type(target);
    const bits = flag ? place >>> 24 : 0;
    return {
      name: this.table.text(this.word(at)),
      get type() {
        return of();
      },
      bitOffset: flag ? place & 0xff_ffff : place,
      bitSize: bits === 0 ? undefined : bits,
      inherited: false,
    };
  }

  /** Its definition, where there is one. */
  private forward({ name, flag }: BtfRecord): DataType {
    const kind = flag ? 'union' : 'struct';
    return this.named(`${kind} ${name}`) ?? { kind, name, size: undefined, members: [] };
  }

  private enumeration({ kind, name, count, flag, sizeOrType: size, members }: BtfRecord): EnumType {
    const isWide = kind === BTF.enum64;
    const enumerators = Array.from({ length: count }, (_, i): Enumerator => {
      const at = members + i * (isWide ? 12 : 8);
      const low = this.word(at + 4);
      const wide = isWide ? (BigInt(this.word(at + 8)) << 32n) | BigInt(low) : BigInt(low);
      const bits = isWide ? 64 : 32;
      return { name: this.table.text(this.word(at)), value: flag || !isWide ? signedWhere(wide, bits, flag) : wide };
    });
    return { kind: 'enum', name, size, signed: flag, enumerators };
  }

  private prototype(record: BtfRecord): FunctionType {
    const ids = Array.from({ length: record.count }, (_, i) => this.word(record.members + i * 8 + 4));
    const variadic = ids.at(-1) === 0;
    const parameters = variadic ? ids.slice(0, -1) : ids;
    return {
      kind: 'function',
      result: this.type(record.sizeOrType),
      parameters: parameters.map((id) => this.type(id)),
      variadic,
      prototyped: true,
    };
  }
}

const signedWhere = (value: bigint, bits: number, isSigned: boolean): bigint => (isSigned ? BigInt.asIntN(bits, value) : value);
