// The BPF Type Format (Documentation/bpf/btf.rst): a table of C's types in little space, which Linux keeps of itself in .BTF, where /sys/kernel/btf/vmlinux has it.
// One pass finds where each type's record begins; names are indexed when the first is asked for.

import { stringAt } from '../../formats/elf-symbols';
import { spokenTypeKey } from '../type-key';

export const BTF = {
  int: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  forward: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  func: 12,
  prototype: 13,
  variable: 14,
  section: 15,
  float: 16,
  declarationTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

const MAGIC = 0xeb9f;
const RECORD = 12;
/** Bytes behind a record: fixed ones, and for each of its members. */
const EXTRA: Readonly<Record<number, readonly [number, number]>> = {
  [BTF.int]: [4, 0],
  [BTF.pointer]: [0, 0],
  [BTF.array]: [12, 0],
  [BTF.struct]: [0, 12],
  [BTF.union]: [0, 12],
  [BTF.enum]: [0, 8],
  [BTF.forward]: [0, 0],
  [BTF.typedef]: [0, 0],
  [BTF.volatile]: [0, 0],
  [BTF.const]: [0, 0],
  [BTF.restrict]: [0, 0],
  [BTF.func]: [0, 0],
  [BTF.prototype]: [0, 8],
  [BTF.variable]: [4, 0],
  [BTF.section]: [0, 12],
  [BTF.float]: [0, 0],
  [BTF.declarationTag]: [4, 0],
  [BTF.typeTag]: [0, 0],
  [BTF.enum64]: [0, 12],
};

export interface BtfRecord {
  readonly kind: number;
  readonly name: string;
  /** How many members follow. */
  readonly count: number;
  readonly flag: boolean;
  /** Bytes, or the type it refers to. */
  readonly sizeOrType: number;
  /** Where its members begin in the table. */
  readonly members: number;
}

export class BtfTable {
  private readonly starts: readonly number[];
  private types: Map<string, number> | undefined;
  private functions: Map<string, number> | undefined;
  private variables: Map<string, number> | undefined;
  private enumerators: Map<string, number> | undefined;

  private constructor(
    readonly view: DataView,
    private readonly strings: Uint8Array,
    typesAt: number,
    typesEnd: number,
  ) {
    const starts = [0];
    for (let at = typesAt; at < typesEnd; ) {
      starts.push(at);
      const info = view.getUint32(at + 4, true);
      const extra = EXTRA[(info >>> 24) & 31];
      if (!extra) throw new RangeError(`BTF kind ${(info >>> 24) & 31} of type ${starts.length - 1}`);
      at += RECORD + extra[0] + extra[1] * (info & 0xffff);
    }
    this.starts = starts;
  }

  /** undefined: no BTF, or one that is damaged or of a kind not known. */
  static of(bytes: Uint8Array): BtfTable | undefined {
    try {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (view.getUint16(0, true) !== MAGIC || view.getUint8(2) !== 1) return undefined;
      const header = view.getUint32(4, true);
      const word = (at: number): number => view.getUint32(at, true);
      const stringsAt = header + word(16);
      const typesAt = header + word(8);
      return new BtfTable(view, bytes.subarray(stringsAt, stringsAt + word(20)), typesAt, typesAt + word(12));
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** undefined: void, or no such type. */
  record(id: number): BtfRecord | undefined {
    const at = id > 0 ? this.starts[id] : undefined;
    if (at === undefined) return undefined;
    const info = this.view.getUint32(at + 4, true);
    return {
      kind: (info >>> 24) & 31,
      name: this.text(this.view.getUint32(at, true)),
      count: info & 0xffff,
      flag: info >>> 31 === 1,
      sizeOrType: this.view.getUint32(at + 8, true),
      members: at + RECORD,
    };
  }

  text(offset: number): string {
    return offset === 0 ? '' : stringAt(this.strings, offset);
  }

  /** By a key as `typeKey` makes it: "struct task_struct", "u32". */
  typeNamed(key: string): number | undefined {
    this.types ??= this.index((record) => (record.name === '' ? undefined : keyOf(record)));
    return this.types.get(key);
  }

  functionNamed(name: string): number | undefined {
    this.functions ??= this.index(({ kind, name: own }) => (kind === BTF.func ? own : undefined));
    return this.functions.get(name);
  }

  variableNamed(name: string): number | undefined {
    this.variables ??= this.index(({ kind, name: own }) => (kind === BTF.variable ? own : undefined));
    return this.variables.get(name);
  }

  /** The enumeration that has an enumerator. */
  enumerationWith(name: string): number | undefined {
    if (!this.enumerators) {
      this.enumerators = new Map();
      for (let id = 1; id < this.starts.length; id++) {
        const record = this.record(id)!;
        const step = record.kind === BTF.enum ? 8 : record.kind === BTF.enum64 ? 12 : 0;
        for (let i = 0; step > 0 && i < record.count; i++) {
          const each = this.text(this.view.getUint32(record.members + i * step, true));
          if (!this.enumerators.has(each)) this.enumerators.set(each, id);
        }
      }
    }
    return this.enumerators.get(name);
  }

  /** The first of each key. */
  private index(keyOfRecord: (record: BtfRecord) => string | undefined): Map<string, number> {
    const found = new Map<string, number>();
    for (let id = 1; id < this.starts.length; id++) {
      const key = keyOfRecord(this.record(id)!);
      if (key !== undefined && !found.has(key)) found.set(key, id);
    }
    return found;
  }
}

function keyOf({ kind, name }: BtfRecord): string | undefined {
  switch (kind) {
    case BTF.struct:
      return `struct ${name}`;
    case BTF.union:
      return `union ${name}`;
    case BTF.enum:
    case BTF.enum64:
      return `enum ${name}`;
    case BTF.int:
    case BTF.float:
    case BTF.typedef:
      return spokenTypeKey(name);
    default:
      return undefined;
  }
}
