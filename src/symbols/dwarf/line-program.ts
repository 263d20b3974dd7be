// Runs a line number program (DWARF 5, 6.2.5).

import { DwarfCursor } from './cursor';
import { type LineHeader, oldFile, parseLineHeader } from './line-header';
import {
  LineRows,
  type LineSequence,
  type LineTable,
  ROW_BASIC_BLOCK,
  ROW_END_SEQUENCE,
  ROW_EPILOGUE_BEGIN,
  ROW_IS_STMT,
  ROW_PROLOGUE_END,
} from './line-table';
import type { DwarfSection } from './section';
import type { DwarfSections } from './sections';

const DW_LNS = {
  extended: 0,
  copy: 1,
  advance_pc: 2,
  advance_line: 3,
  set_file: 4,
  set_column: 5,
  negate_stmt: 6,
  set_basic_block: 7,
  const_add_pc: 8,
  fixed_advance_pc: 9,
  set_prologue_end: 10,
  set_epilogue_begin: 11,
  set_isa: 12,
} as const;

const DW_LNE = { end_sequence: 1, set_address: 2, define_file: 3, set_discriminator: 4 } as const;

/** Reads only what one program needs: 12 bytes for its length, then its bytes. */
function window(section: DwarfSection, offset: number): DwarfCursor {
  const probe = new DwarfCursor(section.window(offset, Math.min(12, section.size - offset)));
  const length = probe.initialLength();
  return new DwarfCursor(section.window(offset, probe.offset + length));
}

export function readLineHeader(sections: DwarfSections, section: DwarfSection, offset: number, addressSize: number): LineHeader {
  return section.parse('a line table header', () => parseLineHeader(sections, window(section, offset), addressSize));
}

export function readLineTable(
  sections: DwarfSections,
  section: DwarfSection,
  offset: number,
  addressSize: number,
  keep: (sequence: LineSequence) => boolean,
): LineTable {
  return section.parse('a line table', () => {
    const cursor = window(section, offset);
    const header = parseLineHeader(sections, cursor, addressSize);
    cursor.offset = header.programStart;
    const rows = new LineRows();
    run(cursor, header, rows);
    return rows.finish(header, keep);
  });
}

class State {
  address = 0n;
  file = 1;
  line = 1;
  column = 0;
  flags: number;
  discriminator = 0;

  constructor(private readonly defaultIsStmt: boolean) {
    this.flags = defaultIsStmt ? ROW_IS_STMT : 0;
  }

  reset(): void {
    Object.assign(this, new State(this.defaultIsStmt));
  }

  emit(rows: LineRows, extra = 0): void {
    rows.push(this.address, this.file, this.line >>> 0, this.column, this.flags | extra, this.discriminator);
    this.flags &= ROW_IS_STMT;
    this.discriminator = 0;
  }
}

function run(cursor: DwarfCursor, header: LineHeader, rows: LineRows): void {
  const { opcodeBase, lineBase, lineRange, opcodeLengths } = header;
  const unit = BigInt(header.minInstructionLength);
  const mask = (address: bigint): bigint => BigInt.asUintN(64, address);
  const state = new State(header.defaultIsStmt);
  while (cursor.offset < header.end) {
    const opcode = cursor.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      state.address = mask(state.address + BigInt(Math.floor(adjusted / lineRange)) * unit);
      state.line += lineBase + (adjusted % lineRange);
      state.emit(rows);
      continue;
    }
    switch (opcode) {
      case DW_LNS.extended:
        extended(cursor, header, state, rows);
        break;
      case DW_LNS.copy:
        state.emit(rows);
        break;
      case DW_LNS.advance_pc:
        state.address = mask(state.address + cursor.ulebBig() * unit);
        break;
      case DW_LNS.advance_line:
        state.line += cursor.sleb();
        break;
      case DW_LNS.set_file:
        state.file = cursor.uleb();
        break;
      case DW_LNS.set_column:
        state.column = cursor.uleb();
        break;
      case DW_LNS.negate_stmt:
        state.flags ^= ROW_IS_STMT;
        break;
      case DW_LNS.set_basic_block:
        state.flags |= ROW_BASIC_BLOCK;
        break;
      case DW_LNS.const_add_pc:
        state.address = mask(state.address + BigInt(Math.floor((255 - opcodeBase) / lineRange)) * unit);
        break;
      case DW_LNS.fixed_advance_pc:
        state.address = mask(state.address + BigInt(cursor.u16()));
        break;
      case DW_LNS.set_prologue_end:
        state.flags |= ROW_PROLOGUE_END;
        break;
      case DW_LNS.set_epilogue_begin:
        state.flags |= ROW_EPILOGUE_BEGIN;
        break;
      default:
        // Unknown or of no interest: the header says how many LEB128 operands to pass over.
        for (let count = opcodeLengths[opcode] ?? 0; count > 0; count--) cursor.skipLeb();
    }
  }
}

function extended(cursor: DwarfCursor, header: LineHeader, state: State, rows: LineRows): void {
  const length = cursor.uleb();
  const next = cursor.offset + length;
  if (next > cursor.end) throw new RangeError(`an extended opcode of ${length} bytes`);
  if (length === 0) return;
  const opcode = cursor.u8();
  if (opcode === DW_LNE.end_sequence) {
    state.emit(rows, ROW_END_SEQUENCE);
    state.reset();
  } else if (opcode === DW_LNE.set_address) state.address = cursor.unsigned(length - 1);
  else if (opcode === DW_LNE.define_file) header.files.push(oldFile(cursor, cursor.cstring(), header.directories));
  else if (opcode === DW_LNE.set_discriminator) state.discriminator = cursor.uleb();
  cursor.offset = next;
}
