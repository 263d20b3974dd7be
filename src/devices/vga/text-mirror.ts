// The screen as a stream of text for a terminal: what a kernel writes into text memory leaves in reading order, when it is written.
//
// Characters at or behind the point that has left already are sent at once (blanks only when something follows them in their row, so that
// clearing a screen sends nothing); changes in the row of the point are sent with backspaces. Scrolling is found by what it does: writes go
// back to an upper row and come down to the last one, and the rows then show what stood further down before. Other changes in rows that
// have left are not sent again; if there were any, the end of the run sends the whole screen as it then is.
import type { SavedValue } from '../../base/saved';
import { restoreState, saveState } from '../device-state';
import type { ByteSink } from '../ports';
import { CP437 } from './cp437.rows';
import { findScroll, isBlank, lastColumn, lastTextRow, sameText, type TextSize } from './text-screen';

const utf8 = new TextEncoder();

export class TextMirror {
  private readonly state = {
    columns: 80,
    /** Everything up to here (not included) has left; row -1: a line has been begun that is no longer on the screen. */
    row: 0,
    column: 0,
    /** The row last written; the screen when writes last went back from it to an upper one (empty: they have not), and the point then. */
    lastRow: 0,
    before: new Uint8Array(0),
    beforeCell: 0,
    stale: false,
  };

  constructor(private readonly output: ByteSink) {}

  reset(): void {
    if (this.state.column > 0 || this.state.row < 0) this.send('\n');
    Object.assign(this.state, { columns: 80, row: 0, column: 0, lastRow: 0, before: new Uint8Array(0), beforeCell: 0, stale: false });
  }

  save(): SavedValue {
    return saveState(this.state);
  }

  restore(saved: SavedValue): void {
    restoreState('vga.mirror', this.state, saved);
  }

  /** Before a byte of text memory is written; `cell` counts from the upper left corner, `code` is undefined for an attribute. */
  beforeWrite(cell: number, code: number | undefined, { columns, rows }: TextSize, screen: () => Uint8Array): void {
    const { state } = this;
    if (cell < 0 || cell >= columns * rows) return;
    if (state.columns !== columns) Object.assign(state, { columns, before: new Uint8Array(0) });
    const row = Math.floor(cell / columns);
    if (row < state.lastRow) Object.assign(state, { before: screen(), beforeCell: state.row * columns + state.column });
    else if (row === rows - 1 && state.lastRow < row && state.before.length > 0) this.endPass(screen(), rows);
    state.lastRow = row;
    if (code !== undefined) this.character(row, cell % columns, code, screen);
  }

  /** The start address moved down by whole rows: hardware scrolling. */
  scrolled(by: number, screenBefore: Uint8Array): void {
    this.leave(by, screenBefore);
    this.state.before = new Uint8Array(0);
  }

  /** The end of the run: what has not left, or has changed since. */
  finish(screen: Uint8Array): void {
    const { state } = this;
    this.noteChanges(screen);
    if (state.stale) {
      if (state.column > 0 || state.row < 0) this.send('\n');
      Object.assign(state, { row: 0, column: 0, stale: false });
    }
    const last = lastTextRow(screen, state.columns);
    if (last >= state.row) this.advance(last, lastColumn(screen, last, state.columns), screen);
    if (state.column > 0 || state.row < 0) this.send('\n');
    Object.assign(state, { row: state.row + 1, column: 0 });
  }

  private character(row: number, column: number, code: number, screen: () => Uint8Array): void {
    const { state } = this;
    if (row === state.row && column < state.column) {
      if (state.before.length === 0) this.change(column, code, screen());
    } else if (row < state.row) {
      if (state.before.length === 0 && !isBlank(code) && screen()[row * state.columns + column] !== code) state.stale = true;
    } else if (!isBlank(code)) {
      if (row !== state.row || column !== state.column) this.advance(row, column, screen());
      this.send(CP437[code]!);
      state.column = column + 1;
    }
  }

  /** A change in the line that is being written: an erased last character, a spinner, a line typed anew. */
  private change(column: number, code: number, screen: Uint8Array): void {
    const { state } = this;
    const at = state.row * state.columns;
    if (screen[at + column] === code) return;
    const back = '\b'.repeat(state.column - column);
    if (isBlank(code) && column === state.column - 1) {
      this.send(`${back} \b`);
      state.column = column;
    } else if (!isBlank(code)) {
      const rest = Array.from(screen.subarray(at + column + 1, at + state.column), (each) => CP437[each]).join('');
      this.send(`${back}${CP437[code]}${rest}${'\b'.repeat(rest.length)}${rest}`);
    }
  }

  /** Sends what is on the screen from the point up to a place. */
  private advance(toRow: number, toColumn: number, screen: Uint8Array): void {
    const { state } = this;
    while (state.row < toRow) {
      if (state.row >= 0) this.sendCells(screen, lastColumn(screen, state.row, state.columns));
      this.send('\n');
      Object.assign(state, { row: state.row + 1, column: 0 });
    }
    this.sendCells(screen, toColumn);
  }

  private sendCells(screen: Uint8Array, toColumn: number): void {
    const { state } = this;
    const at = state.row * state.columns;
    for (; state.column < toColumn; state.column++) this.send(CP437[screen[at + state.column]!]!);
  }

  private send(text: string): void {
    for (const byte of utf8.encode(text)) this.output.write(byte);
  }

  /** Writes have come down to the last row again. */
  private endPass(now: Uint8Array, rows: number): void {
    const { state } = this;
    const { before } = state;
    const by = findScroll(before, now, { columns: state.columns, rows });
    if (by === undefined) this.noteChanges(now);
    else this.leave(by, before);
    state.before = new Uint8Array(0);
  }

  private noteChanges(now: Uint8Array): void {
    const { before, beforeCell } = this.state;
    if (before.length > 0 && !sameText(before, now, beforeCell)) this.state.stale = true;
  }

  private leave(by: number, before: Uint8Array): void {
    const { state } = this;
    const last = Math.min(by - 1, lastTextRow(before, state.columns));
    if (last >= state.row) this.advance(last, lastColumn(before, last, state.columns), before);
    state.row -= by;
    if (state.row < 0) Object.assign(state, { row: state.column > 0 ? -1 : 0, column: 0 });
  }
}
