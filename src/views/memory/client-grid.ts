// The bytes of the Memory panel: rows without end of which only the visible ones are in the page; selection by mouse and keys, editing in place.

import { element } from '../kit/client/dom';
import { t } from '../kit/texts';
import { virtualWindow } from '../kit/virtual-window';
import { type Bytes, hexRow, idOf } from './client-row';
import { columnsOf, endOf, parseWord, type RowSize, type SpaceChoice } from './model';
import { EndlessRows } from './model-endless';

const ROW_PX = 20;

export interface GridView extends Bytes {
  readonly space: SpaceChoice;
  readonly columns: RowSize | 'fit';
  readonly canEdit: boolean;
  /** Rows became visible. */
  seen(): void;
  selected(from: bigint, to: bigint): void;
  write(address: bigint, bytes: Uint8Array): void;
  trouble(text: string): void;
}

export class HexGrid {
  private readonly head = element('div', { class: 'hex-row', role: 'row' });
  private readonly body = element('div', { class: 'hex-rows', role: 'rowgroup' });
  private readonly spacer = element('div', { class: 'spacer', attributes: { 'aria-hidden': 'true' } });
  private readonly probe = element('span', { class: 'probe', attributes: { 'aria-hidden': 'true' } }, '0'.repeat(16));
  readonly node: HTMLElement;
  private rows = new EndlessRows(1n);
  private columns: RowSize = 16;
  private layoutKey = '';
  /** The word at which a selection began, and the one where it ends. */
  private anchor = 0n;
  private cursor = 0n;
  private editing: HTMLInputElement | undefined;

  constructor(private readonly view: GridView) {
    this.node = element('div', {
      class: 'hex',
      id: 'bytes',
      role: 'grid',
      tabIndex: 0,
      attributes: { 'aria-label': t('Bytes'), 'aria-multiselectable': 'true' },
      on: {
        scroll: () => this.scrolled(),
        keydown: (event) => this.key(event),
        pointerdown: (event) => this.point(event, event.shiftKey),
        pointermove: (event) => {
          if (event.buttons === 1) this.point(event, true);
        },
        dblclick: () => this.edit(''),
      },
    });
    this.node.append(element('div', { class: 'hex-titles', role: 'rowgroup' }, this.head), this.spacer, this.body, this.probe);
    new ResizeObserver(() => this.draw()).observe(this.node);
  }

  /** The range that is drawn. */
  get visible(): { from: bigint; to: bigint } {
    const window = this.window;
    const columns = BigInt(this.columns);
    return { from: this.rows.row(window.from) * columns, to: this.rows.row(window.to) * columns };
  }

  get selection(): { from: bigint; to: bigint } {
    const [low, high] = this.anchor < this.cursor ? [this.anchor, this.cursor] : [this.cursor, this.anchor];
    return { from: low, to: high + BigInt(this.view.size) - 1n };
  }

  /** Marks a range; an address that is not on the screen is brought to its top. */
  select(from: bigint, to: bigint, show: boolean): void {
    const size = BigInt(this.view.size);
    this.anchor = from - (from % size);
    this.cursor = to - (to % size);
    if (show) this.show(this.anchor, 'top');
    else this.draw();
  }

  draw(): void {
    this.layout();
    if (this.editing) return;
    const { from, to } = this.window;
    this.body.style.transform = `translateY(${from * ROW_PX}px)`;
    this.body.replaceChildren(...Array.from({ length: to - from }, (_, i) => this.row(this.rows.row(from + i))));
    const active = document.getElementById(idOf(this.cursor));
    if (active) this.node.setAttribute('aria-activedescendant', active.id);
    else this.node.removeAttribute('aria-activedescendant');
    this.view.seen();
  }

  private get charPx(): number {
    return this.probe.getBoundingClientRect().width / 16 || 8;
  }

  private get height(): number {
    return Math.max(0, this.node.clientHeight - ROW_PX);
  }

  private get window(): { from: number; to: number } {
    return virtualWindow(this.node.scrollTop, this.height, ROW_PX, this.rows.count, 6);
  }

  /** Another space, word or width makes other rows; the row on top stays on top. */
  private layout(): void {
    const columns = columnsOf(this.view, Math.floor((this.node.clientWidth - 26) / this.charPx));
    const key = `${this.view.space} ${this.view.size} ${columns}`;
    if (key === this.layoutKey) return;
    const top = this.rows.row(Math.floor(this.node.scrollTop / ROW_PX)) * BigInt(this.columns);
    this.layoutKey = key;
    this.columns = columns;
    this.rows = new EndlessRows(endOf(this.view.space) / BigInt(columns));
    this.spacer.style.height = `${this.rows.count * ROW_PX}px`;
    const last = endOf(this.view.space) - 1n;
    this.node.scrollTop = this.rows.go((top > last ? last : top) / BigInt(columns)) * ROW_PX;
    const { size } = this.view;
    const words = Array.from({ length: columns / size }, (_, i) => {
      const title = (i * size).toString(16);
      return element(
        'span',
        { class: 'cell', role: 'columnheader', attributes: { 'aria-label': `+0x${title}` } },
        title.padStart(2 * size),
      );
    });
    this.head.replaceChildren(
      element('span', { class: 'address', role: 'columnheader' }, 'address'.padEnd(17)),
      ...words,
      element('span', { class: 'text', role: 'columnheader' }, 'text'.padEnd(columns)),
    );
  }

  private row(row: bigint): HTMLElement {
    const { view, columns, selection, cursor } = this;
    return hexRow({ view, columns, selection, cursor, start: row * BigInt(columns) });
  }

  private scrolled(): void {
    const { node } = this;
    const index = Math.floor(node.scrollTop / ROW_PX);
    const moved = this.rows.recentre(index);
    if (moved !== undefined) node.scrollTop += (moved - index) * ROW_PX;
    this.draw();
  }

  private show(address: bigint, where: 'top' | 'near'): void {
    this.layout();
    const row = address / BigInt(this.columns);
    const index = this.rows.indexOf(row);
    const top = Math.floor(this.node.scrollTop / ROW_PX);
    const fits = Math.max(1, Math.floor(this.height / ROW_PX));
    if (index === undefined || (where === 'top' && (index < top || index >= top + fits))) {
      // One row above, so that one sees what is before.
      this.node.scrollTop = Math.max(0, this.rows.go(row) - 1) * ROW_PX;
    } else if (index < top) this.node.scrollTop = index * ROW_PX;
    else if (index >= top + fits) this.node.scrollTop = (index - fits + 1) * ROW_PX;
    this.draw();
  }

  private move(to: bigint, extend: boolean): void {
    const size = BigInt(this.view.size);
    const last = endOf(this.view.space) - size;
    const bounded = to < 0n ? 0n : to > last ? last : to;
    this.cursor = bounded - (bounded % size);
    if (!extend) this.anchor = this.cursor;
    this.show(this.cursor, 'near');
    this.tell();
  }

  private tell(): void {
    const { from, to } = this.selection;
    this.view.selected(from, to);
  }

  private point(event: PointerEvent, extend: boolean): void {
    const at = this.addressAt(event);
    if (at === undefined || this.editing || event.button > 0) return;
    const address = at - (at % BigInt(this.view.size));
    if (address === this.cursor && extend) return;
    this.cursor = address;
    if (!extend) this.anchor = address;
    this.draw();
    this.tell();
  }

  /** Of the word or the character that is pointed at. */
  private addressAt({ target, clientX }: PointerEvent): bigint | undefined {
    const part = target instanceof Element ? target.closest<HTMLElement>('[data-at], [data-start]') : null;
    if (!part) return undefined;
    const { at, start } = part.dataset;
    if (at !== undefined || start === undefined) return at === undefined ? undefined : BigInt(at);
    const index = Math.floor((clientX - part.getBoundingClientRect().left) / this.charPx);
    return BigInt(start) + BigInt(Math.max(0, Math.min(index, this.columns - 1)));
  }

  private key(event: KeyboardEvent): void {
    if (event.target !== this.node || event.altKey) return;
    const { size } = this.view;
    const columns = BigInt(this.columns);
    const page = BigInt(Math.max(1, Math.floor(this.height / ROW_PX) - 1)) * columns;
    const start = this.cursor - (this.cursor % columns);
    const control = event.ctrlKey || event.metaKey;
    const moves: Record<string, bigint> = {
      ArrowLeft: this.cursor - BigInt(size),
      ArrowRight: this.cursor + BigInt(size),
      ArrowUp: this.cursor - columns,
      ArrowDown: this.cursor + columns,
      PageUp: this.cursor - page,
      PageDown: this.cursor + page,
      Home: control ? 0n : start,
      End: control ? endOf(this.view.space) - 1n : start + columns - BigInt(size),
    };
    const to = moves[event.key];
    if (to !== undefined) this.move(to, event.shiftKey);
    else if (!control && (event.key === 'Enter' || event.key === 'F2')) this.edit('');
    else if (!control && /^[0-9a-f'#-]$/i.test(event.key)) this.edit(event.key);
    else return;
    event.preventDefault();
  }

  /** A field in place of the word; what was typed first is in it already. */
  private edit(typed: string): void {
    const { view } = this;
    const at = this.cursor;
    const cell = document.getElementById(idOf(at));
    if (!cell || this.editing) return;
    if (!view.canEdit) {
      view.trouble(t('Memory can be changed while the guest is stopped: pause it first.'));
      return;
    }
    const input = element('input', {
      class: 'edit',
      attributes: { 'aria-label': t('New value at 0x{0}', at.toString(16)), size: String(2 * view.size) },
    });
    input.value = typed || (cell.textContent ?? '').trim();
    const end = (keep: boolean, step: bigint) => {
      if (this.editing !== input) return;
      this.editing = undefined;
      const bytes = keep ? parseWord(input.value, view.size) : undefined;
      this.node.focus();
      if (keep && !bytes)
        view.trouble(
          t(
            '"{0}" is no value of {1} byte{2}: hexadecimal digits, #decimal or \'character.',
            input.value,
            view.size,
            view.size === 1 ? '' : 's',
          ),
        );
      if (bytes) {
        view.write(at, bytes);
        this.move(at + step, false);
      } else this.draw();
    };
    input.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Enter') end(true, BigInt(view.size));
      else if (event.key === 'Tab') end(true, BigInt(event.shiftKey ? -view.size : view.size));
      else if (event.key === 'Escape') end(false, 0n);
      else return;
      event.preventDefault();
    });
    input.addEventListener('blur', () => end(false, 0n));
    this.editing = input;
    cell.replaceChildren(input);
    input.focus();
    if (typed === '') input.select();
  }
}
