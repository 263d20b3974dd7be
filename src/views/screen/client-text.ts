// Text mode as elements: rows of spans, so that text can be selected and read aloud. Rows that have not changed keep their elements.
import type { TextScreenAnswer } from '../../protocol/requests';
import { element } from '../kit/client/dom';
import { t } from '../kit/texts';
import { colors, cursorShape, type Run, textRows } from './model';

export const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

/** A letter of a fixed-width font is about 0.6 of its size wide. */
const LETTER_WIDTH = 0.602;
const LEAST_PX = 7;
const MOST_PX = 22;

export class TextScreen {
  readonly node = element('div', { class: 'cells', role: 'group', attributes: { 'aria-label': t('Text') } });
  private drawn: string[] = [];
  private columns = 80;

  show(answer: TextScreenAnswer): void {
    this.columns = answer.columns;
    const palette = colors(bytesOf(answer.palette));
    const shape = cursorShape(answer);
    const rows = textRows({ ...answer, cells: bytesOf(answer.cells) });
    const keys = rows.map((runs) => JSON.stringify([palette, shape, runs]));
    this.node.style.background = palette[0]!;
    while (this.node.children.length > rows.length) this.node.lastChild?.remove();
    rows.forEach((runs, index) => {
      if (keys[index] === this.drawn[index]) return;
      const row = element('div', {}, ...runs.map((run) => span(run, palette, shape)));
      const old = this.node.children[index];
      if (old === undefined) this.node.append(row);
      else old.replaceWith(row);
    });
    this.drawn = keys;
  }

  /** As wide as the panel, or in the editor's size. */
  size(widthPx: number, fit: boolean): void {
    const px = Math.max(LEAST_PX, Math.min(MOST_PX, widthPx / (this.columns * LETTER_WIDTH)));
    this.node.style.fontSize = fit ? `${px.toFixed(2)}px` : '';
  }
}

function span(run: Run, palette: string[], shape: ReturnType<typeof cursorShape>): HTMLElement {
  const names = [run.boxed ? 'boxed' : '', run.blink ? 'blink' : '', run.cursor ? `cursor ${shape}` : ''];
  const node = element('span', { class: names.filter((name) => name !== '').join(' ') }, run.text);
  node.style.color = palette[run.foreground]!;
  if (run.background !== 0) node.style.background = palette[run.background]!;
  return node;
}
