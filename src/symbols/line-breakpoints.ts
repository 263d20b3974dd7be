// Where a breakpoint on a source line goes: one address for each copy of the line, the next line with code where the line has none.

import { ROW_END_SEQUENCE } from './dwarf/line-table';
import type { UnitLines } from './unit-lines';

export interface LineFileMatch {
  readonly lines: UnitLines;
  /** Numbers the file has in this line table. */
  readonly indexes: ReadonlySet<number>;
}

/** A row that begins a run of the line. */
export interface LineStart {
  readonly lines: UnitLines;
  readonly address: bigint;
  readonly column: number;
}

export interface LineStarts {
  /** The line that has code: the wanted one or the next. */
  readonly line: number;
  readonly starts: readonly LineStart[];
}

export function lineStarts(matches: readonly LineFileMatch[], wanted: number): LineStarts | undefined {
  const line = bestLine(matches, wanted);
  return line === undefined ? undefined : { line, starts: matches.flatMap((match) => startsIn(match, line)) };
}

function* statements({ lines, indexes }: LineFileMatch): Generator<number> {
  const { table } = lines;
  for (const { first, last } of table.sequences) {
    for (let row = first; row < last; row++) if (table.isStmt(row) && indexes.has(table.files[row]!)) yield row;
  }
}

function bestLine(matches: readonly LineFileMatch[], wanted: number): number | undefined {
  let best: number | undefined;
  for (const match of matches) {
    for (const row of statements(match)) {
      const line = match.lines.table.lines[row]!;
      if (line >= wanted && line !== 0 && (best === undefined || line < best)) best = line;
      if (best === wanted) return best;
    }
  }
  return best;
}

/** The first row recommended for breakpoints of each run of rows of the line. */
function startsIn(match: LineFileMatch, line: number): LineStart[] {
  const { table } = match.lines;
  const starts: LineStart[] = [];
  for (const { first, last } of table.sequences) {
    let inRun = false;
    for (let row = first; row < last; row++) {
      const ofLine = table.lines[row] === line && match.indexes.has(table.files[row]!) && (table.flags[row]! & ROW_END_SEQUENCE) === 0;
      if (!ofLine) inRun = false;
      else if (!inRun && table.isStmt(row)) {
        inRun = true;
        starts.push({ lines: match.lines, address: table.addresses[row]!, column: table.columns[row]! });
      }
    }
  }
  return starts;
}

/** Lines from `from` to `to` that can hold a breakpoint. */
export function linesWithCode(matches: readonly LineFileMatch[], from: number, to: number): number[] {
  const lines = new Set<number>();
  for (const match of matches) {
    for (const row of statements(match)) {
      const line = match.lines.table.lines[row]!;
      if (line >= from && line <= to && line !== 0) lines.add(line);
    }
  }
  return [...lines].sort((a, b) => a - b);
}
