// Types of the fields of trace events and how a 64-bit slot of a record becomes a value.

/** How a slot is read. `ns`, `size` and the unsigned integers up to 53 bits become numbers, 64-bit values bigints, enumerations their text. */
export type FieldType =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  /** Signed, of small range: ids that may be -1. */
  | 'i32'
  | 'i64'
  | 'bool'
  /** Virtual nanoseconds. */
  | 'ns'
  /** Guest-physical address. */
  | 'gpa'
  /** Linear address. */
  | 'linear'
  /** Index into `texts`. */
  | 'enum';

export interface FieldRow {
  readonly name: string;
  readonly type: FieldType;
  /** For people: "ns", "bytes", "hex". */
  readonly unit?: string;
  /** Of an enumeration, in order. */
  readonly texts?: readonly string[];
}

export type FieldValue = bigint | number | string;

/** The slot at `offset` as the field's type says. */
export function readField(view: DataView, offset: number, field: FieldRow): FieldValue {
  switch (field.type) {
    case 'u64':
    case 'linear':
      return view.getBigUint64(offset, true);
    case 'i64':
      return view.getBigInt64(offset, true);
    case 'i32':
      return view.getInt32(offset, true);
    case 'enum': {
      const index = view.getUint32(offset, true);
      return field.texts?.[index] ?? `#${index}`;
    }
    case 'ns':
    case 'gpa':
      return view.getUint32(offset, true) + view.getInt32(offset + 4, true) * 0x1_0000_0000;
    default:
      return view.getUint32(offset, true);
  }
}
