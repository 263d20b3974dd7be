// DWARF expression operations: code, name, operands (DWARF 5, table 7.9, and GNU extensions).

/** How an operand is stored. `block`: ULEB128 length and bytes; `block1`: one byte of length; `unitOffset`: ULEB128 offset of a DIE. */
export type OperandKind =
  | 'u1'
  | 's1'
  | 'u2'
  | 's2'
  | 'u4'
  | 's4'
  | 'u8'
  | 's8'
  | 'uleb'
  | 'sleb'
  | 'address'
  | 'offset'
  | 'block'
  | 'block1';

export interface OperationRow {
  readonly name: string;
  readonly operands: readonly OperandKind[];
}

const row = (name: string, ...operands: OperandKind[]): OperationRow => ({ name, operands });

const ROWS: [number, OperationRow][] = [
  [0x03, row('addr', 'address')],
  [0x06, row('deref')],
  [0x08, row('const1u', 'u1')],
  [0x09, row('const1s', 's1')],
  [0x0a, row('const2u', 'u2')],
  [0x0b, row('const2s', 's2')],
  [0x0c, row('const4u', 'u4')],
  [0x0d, row('const4s', 's4')],
  [0x0e, row('const8u', 'u8')],
  [0x0f, row('const8s', 's8')],
  [0x10, row('constu', 'uleb')],
  [0x11, row('consts', 'sleb')],
  [0x12, row('dup')],
  [0x13, row('drop')],
  [0x14, row('over')],
  [0x15, row('pick', 'u1')],
  [0x16, row('swap')],
  [0x17, row('rot')],
  [0x18, row('xderef')],
  [0x19, row('abs')],
  [0x1a, row('and')],
  [0x1b, row('div')],
  [0x1c, row('minus')],
  [0x1d, row('mod')],
  [0x1e, row('mul')],
  [0x1f, row('neg')],
  [0x20, row('not')],
  [0x21, row('or')],
  [0x22, row('plus')],
  [0x23, row('plus_uconst', 'uleb')],
  [0x24, row('shl')],
  [0x25, row('shr')],
  [0x26, row('shra')],
  [0x27, row('xor')],
  [0x28, row('bra', 's2')],
  [0x29, row('eq')],
  [0x2a, row('ge')],
  [0x2b, row('gt')],
  [0x2c, row('le')],
  [0x2d, row('lt')],
  [0x2e, row('ne')],
  [0x2f, row('skip', 's2')],
  [0x90, row('regx', 'uleb')],
  [0x91, row('fbreg', 'sleb')],
  [0x92, row('bregx', 'uleb', 'sleb')],
  [0x93, row('piece', 'uleb')],
  [0x94, row('deref_size', 'u1')],
  [0x95, row('xderef_size', 'u1')],
  [0x96, row('nop')],
  [0x97, row('push_object_address')],
  [0x98, row('call2', 'u2')],
  [0x99, row('call4', 'u4')],
  [0x9a, row('call_ref', 'offset')],
  [0x9b, row('form_tls_address')],
  [0x9c, row('call_frame_cfa')],
  [0x9d, row('bit_piece', 'uleb', 'uleb')],
  [0x9e, row('implicit_value', 'block')],
  [0x9f, row('stack_value')],
  [0xa0, row('implicit_pointer', 'offset', 'sleb')],
  [0xa1, row('addrx', 'uleb')],
  [0xa2, row('constx', 'uleb')],
  [0xa3, row('entry_value', 'block')],
  [0xa4, row('const_type', 'uleb', 'block1')],
  [0xa5, row('regval_type', 'uleb', 'uleb')],
  [0xa6, row('deref_type', 'u1', 'uleb')],
  [0xa7, row('xderef_type', 'u1', 'uleb')],
  [0xa8, row('convert', 'uleb')],
  [0xa9, row('reinterpret', 'uleb')],
  [0xe0, row('form_tls_address')], // GNU_push_tls_address
  [0xf0, row('nop')], // GNU_uninit
  [0xf2, row('implicit_pointer', 'offset', 'sleb')], // GNU_implicit_pointer
  [0xf3, row('entry_value', 'block')], // GNU_entry_value
  [0xf4, row('const_type', 'uleb', 'block1')], // GNU_const_type
  [0xf5, row('regval_type', 'uleb', 'uleb')], // GNU_regval_type
  [0xf6, row('deref_type', 'u1', 'uleb')], // GNU_deref_type
  [0xf7, row('convert', 'uleb')], // GNU_convert
  [0xf9, row('reinterpret', 'uleb')], // GNU_reinterpret
  [0xfa, row('GNU_parameter_ref', 'u4')],
  [0xfb, row('addrx', 'uleb')], // GNU_addr_index
  [0xfc, row('constx', 'uleb')], // GNU_const_index
  [0xfd, row('GNU_variable_value', 'offset')],
];

for (let i = 0; i < 32; i++) ROWS.push([0x30 + i, row(`lit${i}`)], [0x50 + i, row(`reg${i}`)], [0x70 + i, row(`breg${i}`, 'sleb')]);

export const OPERATIONS: ReadonlyMap<number, OperationRow> = new Map(ROWS);
