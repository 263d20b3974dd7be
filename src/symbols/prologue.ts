// Where a function breakpoint goes: behind the code that sets up the frame, where parameters have reached their places.

import { DW_LANG_Mips_Assembler } from './dwarf/attributes';
import { type LineTable, ROW_PROLOGUE_END } from './dwarf/line-table';
import type { AddressRange } from './dwarf/ranges';
import type { UnitLines } from './unit-lines';

/** `entry` is the range that starts with the function's first instruction. No slide. */
export function prologueEnd(lines: UnitLines | undefined, entry: AddressRange): bigint {
  if (!lines || lines.unit.language === DW_LANG_Mips_Assembler) return entry.start;
  const { table } = lines;
  const marked = markedEnd(table, entry);
  if (marked !== undefined) return marked;
  // Optimised code of gcc mixes the body into the prologue; its location lists are right from the first instruction.
  if (isOptimised(lines.unit.producer)) return entry.start;
  return secondRow(table, entry) ?? entry.start;
}

/** clang and rustc mark the row. */
function markedEnd(table: LineTable, { start, end }: AddressRange): bigint | undefined {
  for (const row of rowsFrom(table, start, end)) {
    if ((table.flags[row]! & ROW_PROLOGUE_END) !== 0) return table.addresses[row];
  }
  return undefined;
}

/** gcc -O0 gives the frame set-up the row of the opening line; the second row is the body's first. */
function secondRow(table: LineTable, { start, end }: AddressRange): bigint | undefined {
  let entryLine: number | undefined;
  for (const row of rowsFrom(table, start, end)) {
    const line = table.lines[row]!;
    if (!table.isStmt(row) || line === 0) continue;
    if (table.addresses[row] !== start) return table.addresses[row];
    if (entryLine !== undefined && line !== entryLine) return start;
    entryLine = line;
  }
  return undefined;
}

function isOptimised(producer: string): boolean {
  const level = /\s-O(\S*)/g;
  let last: string | undefined;
  for (const match of producer.matchAll(level)) last = match[1];
  return last !== undefined && last !== '0';
}

/** Rows of the sequence with addresses in [start, end). */
function* rowsFrom(table: LineTable, start: bigint, end: bigint): Generator<number> {
  const sequence = table.sequenceAt(start);
  if (!sequence) return;
  let row = sequence.first;
  for (let high = sequence.last; row < high; ) {
    const middle = (row + high) >>> 1;
    if (table.addresses[middle]! < start) row = middle + 1;
    else high = middle;
  }
  for (; row < sequence.last && table.addresses[row]! < end; row++) yield row;
}
