// Questions to one unit's line table: which line is at an address, and how far it reaches. Addresses as in the file: no slide.

import type { AddressRange } from './dwarf/ranges';
import type { UnitLines } from './unit-lines';

export interface LineRow {
  readonly fileIndex: number;
  readonly line: number;
  readonly column: number;
  readonly isStmt: boolean;
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * The row that describes an address. Of several rows at one address the last one recommended for breakpoints speaks, as in gdb:
 * optimised code puts the rows of several lines on one instruction. Line 0 is code that belongs to no line.
 */
export function lineRowAt(lines: UnitLines, address: bigint): LineRow | undefined {
  const { table } = lines;
  const last = table.rowAt(address);
  const sequence = table.sequenceAt(address);
  if (last === undefined || !sequence) return undefined;
  let row = last;
  for (let i = last; i >= sequence.first && table.addresses[i] === table.addresses[last]; i--) {
    if (table.isStmt(i)) {
      row = i;
      break;
    }
  }
  if (table.lines[row] === 0) return undefined;
  return {
    fileIndex: table.files[row]!,
    line: table.lines[row]!,
    column: table.columns[row]!,
    isStmt: table.isStmt(row),
    start: table.addresses[last]!,
    end: table.addresses[last + 1]!,
  };
}

/** The contiguous addresses around this one with the same file and line, compiler-made code (line 0) between them included. */
export function lineExtent(lines: UnitLines, address: bigint): AddressRange | undefined {
  const { table } = lines;
  const sequence = table.sequenceAt(address);
  const at = lineRowAt(lines, address);
  let first = table.rowAt(address);
  if (!sequence || first === undefined) return undefined;
  let last = first;
  const same = (row: LineRow | undefined): boolean =>
    row === undefined || (at !== undefined && row.line === at.line && row.fileIndex === at.fileIndex);
  while (first > sequence.first) {
    const before = table.addresses[first - 1]!;
    if (before !== table.addresses[first] && !same(lineRowAt(lines, before))) break;
    first--;
  }
  while (last + 1 < sequence.last) {
    const next = table.addresses[last + 1]!;
    if (!same(lineRowAt(lines, next))) break;
    last++;
  }
  // Behind the last row of the extent the next row at a higher address begins something else.
  return { start: table.addresses[first]!, end: table.addresses[last + 1]! };
}

/** Addresses in [from, to) where a row begins: instructions certainly begin there. */
export function rowStarts(lines: UnitLines, from: bigint, to: bigint): bigint[] {
  const starts: bigint[] = [];
  const { table } = lines;
  for (const sequence of table.sequences) {
    if (sequence.start >= to) break;
    if (sequence.end <= from) continue;
    for (let row = sequence.first; row < sequence.last; row++) {
      const address = table.addresses[row]!;
      if (address >= from && address < to && address !== starts[starts.length - 1]) starts.push(address);
    }
  }
  return starts;
}
