// A text screen as the character codes on it, row by row: blank cells, last rows, and how far one screen is another one scrolled up.

export interface TextSize {
  readonly columns: number;
  readonly rows: number;
}

/** Rows at the top that a kernel may keep in place while the others scroll. */
const MOST_HEADER_ROWS = 2;

export const isBlank = (code: number): boolean => code === 0 || code === 0x20 || code === 0xff;

/** The last row with text; -1: there is none. */
export function lastTextRow(screen: Uint8Array, columns: number): number {
  let at = screen.length - 1;
  while (at >= 0 && isBlank(screen[at]!)) at--;
  return Math.floor(at / columns);
}

/** One past the last character of a row. */
export function lastColumn(screen: Uint8Array, row: number, columns: number): number {
  let end = columns;
  while (end > 0 && isBlank(screen[row * columns + end - 1]!)) end--;
  return end;
}

/** The first `cells` show the same. */
export function sameText(a: Uint8Array, b: Uint8Array, cells: number): boolean {
  for (let i = 0; i < cells; i++) if (a[i] !== b[i] && !(isBlank(a[i]!) && isBlank(b[i]!))) return false;
  return true;
}

/** By how many rows the screen before has moved up to be what is there now, the last row of which is yet to be written; undefined: it has not. */
export function findScroll(before: Uint8Array, now: Uint8Array, { columns, rows }: TextSize): number | undefined {
  const above = columns * (rows - 1);
  if (sameText(before, now, above)) return undefined;
  for (let header = 0; header <= MOST_HEADER_ROWS; header++) {
    const top = header * columns;
    if (!sameText(before, now, top)) return undefined;
    for (let by = 1; by <= rows - header; by++) {
      const kept = Math.min(above, columns * (rows - by));
      if (now.subarray(Math.max(top, kept), above).every(isBlank) && moved(before, now, top, kept, by * columns)) return by;
    }
  }
  return undefined;
}

function moved(before: Uint8Array, now: Uint8Array, from: number, to: number, by: number): boolean {
  for (let i = from; i < to; i++) if (now[i] !== before[i + by] && !(isBlank(now[i]!) && isBlank(before[i + by]!))) return false;
  return true;
}
