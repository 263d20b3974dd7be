// DWARF 5, table 7.5 (attributes) and GNU extensions. Only those the symbol reader looks at.

export const DW_AT = {
  sibling: 0x01,
  location: 0x02,
  name: 0x03,
  byte_size: 0x0b,
  bit_offset: 0x0c,
  bit_size: 0x0d,
  stmt_list: 0x10,
  low_pc: 0x11,
  high_pc: 0x12,
  language: 0x13,
  comp_dir: 0x1b,
  discr: 0x15,
  discr_value: 0x16,
  const_value: 0x1c,
  producer: 0x25,
  prototyped: 0x27,
  upper_bound: 0x2f,
  abstract_origin: 0x31,
  artificial: 0x34,
  count: 0x37,
  data_member_location: 0x38,
  decl_file: 0x3a,
  decl_line: 0x3b,
  declaration: 0x3c,
  discr_list: 0x3d,
  encoding: 0x3e,
  external: 0x3f,
  frame_base: 0x40,
  specification: 0x47,
  type: 0x49,
  virtuality: 0x4c,
  entry_pc: 0x52,
  ranges: 0x55,
  call_column: 0x57,
  call_file: 0x58,
  call_line: 0x59,
  signature: 0x69,
  data_bit_offset: 0x6b,
  linkage_name: 0x6e,
  str_offsets_base: 0x72,
  addr_base: 0x73,
  rnglists_base: 0x74,
  dwo_name: 0x76,
  call_return_pc: 0x7d,
  call_origin: 0x7f,
  call_parameter: 0x80,
  call_value: 0x7e,
  loclists_base: 0x8c,
  GNU_call_site_value: 0x2111,
  GNU_dwo_name: 0x2130,
  GNU_dwo_id: 0x2131,
  GNU_ranges_base: 0x2132,
  GNU_addr_base: 0x2133,
} as const;

/** DW_LANG_C_plus_plus and its later editions (_11, _14, _17, _20). */
export const CPP_LANGUAGES: ReadonlySet<number> = new Set([0x04, 0x1a, 0x21, 0x2b, 0x2d]);
export const DW_LANG_Rust = 0x1c;

/** DW_LANG_Mips_Assembler: what both assemblers write. */
export const DW_LANG_Mips_Assembler = 0x8001;

/** Base type encodings, table 7.11. */
export const DW_ATE = {
  address: 0x01,
  boolean: 0x02,
  complex_float: 0x03,
  float: 0x04,
  signed: 0x05,
  signed_char: 0x06,
  unsigned: 0x07,
  unsigned_char: 0x08,
  UTF: 0x10,
} as const;
