// The Screen panel without its drawing: cells as runs of equal colours, colours as texts, and which keys go to the guest.
import { CP437 } from '../../devices/vga/cp437.rows';
import type { TextScreenAnswer } from '../../protocol/requests';

export interface ScreenPanelState {
  /** Text is as wide as the panel; otherwise in the editor's font size. */
  fit: boolean;
}
export const initialState: ScreenPanelState = { fit: true };

export interface Run {
  text: string;
  /** Index into the palette. */
  foreground: number;
  background: number;
  blink: boolean;
  cursor: boolean;
  /** Its width is not that of the font's letters: to be drawn in a box of one cell. */
  boxed: boolean;
}

const isPlain = (character: string): boolean => character >= ' ' && character <= '~';

/** The runs of each row. The cursor's cell and characters that fonts draw in other widths are runs of their own. */
export function textRows({ columns, rows, cells, cursor, blink }: Omit<TextScreenAnswer, 'cells'> & { cells: Uint8Array }): Run[][] {
  return Array.from({ length: rows }, (_, row) => {
    const runs: Run[] = [];
    for (let column = 0; column < columns; column++) {
      const at = 2 * (row * columns + column);
      const attribute = cells[at + 1] ?? 0;
      const cell: Run = {
        text: CP437[cells[at] ?? 0] ?? ' ',
        foreground: attribute & 0x0f,
        background: blink ? (attribute >> 4) & 7 : attribute >> 4,
        blink: blink && (attribute & 0x80) !== 0,
        cursor: cursor?.row === row && cursor.column === column,
        boxed: false,
      };
      cell.boxed = !isPlain(cell.text);
      const last = runs.at(-1);
      if (last !== undefined && joins(last, cell)) last.text += cell.text;
      else runs.push(cell);
    }
    return runs;
  });
}

function joins(last: Run, cell: Run): boolean {
  if (last.cursor || cell.cursor || last.boxed || cell.boxed) return false;
  return last.foreground === cell.foreground && last.background === cell.background && last.blink === cell.blink;
}

/** "#rrggbb" of each colour. */
export function colors(palette: Uint8Array): string[] {
  const hex = (value: number | undefined) => (value ?? 0).toString(16).padStart(2, '0');
  return Array.from({ length: 16 }, (_, i) => `#${hex(palette[3 * i])}${hex(palette[3 * i + 1])}${hex(palette[3 * i + 2])}`);
}

/** A cursor of the lower lines of a cell is drawn as a line; one of at least half of the cell as a block. */
export function cursorShape({ cursor, cellLines }: Pick<TextScreenAnswer, 'cursor' | 'cellLines'>): 'line' | 'block' | 'none' {
  if (cursor === null || cursor.startLine > cursor.endLine) return 'none';
  return cursor.endLine - cursor.startLine + 1 >= cellLines / 2 ? 'block' : 'line';
}

/** Rows of blue, green, red, unused as red, green, blue, opaque. */
export function rgbaOf(bgrx: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(bgrx.length);
  for (let at = 0; at < bgrx.length; at += 4) {
    rgba[at] = bgrx[at + 2]!;
    rgba[at + 1] = bgrx[at + 1]!;
    rgba[at + 2] = bgrx[at]!;
    rgba[at + 3] = 255;
  }
  return rgba;
}

export interface KeyPress {
  code: string;
  ctrlKey: boolean;
  altKey: boolean;
}

/** Ctrl and Alt together give the keyboard back to the editor. */
export const releases = ({ code, ctrlKey, altKey }: KeyPress): boolean => ctrlKey && altKey && /^(Control|Alt)(Left|Right)$/.test(code);

/** Keys that the guest holds down, so that each goes up again: also when the panel loses the focus. */
export class HeldKeys {
  private readonly held = new Set<string>();

  /** Repeats are the guest's own matter to make: a key that is held sends its make code again, as a keyboard does. */
  down(code: string): { code: string; down: boolean }[] {
    this.held.add(code);
    return [{ code, down: true }];
  }

  up(code: string): { code: string; down: boolean }[] {
    return this.held.delete(code) ? [{ code, down: false }] : [];
  }

  releaseAll(): { code: string; down: boolean }[] {
    return [...this.held].flatMap((code) => this.up(code));
  }
}
