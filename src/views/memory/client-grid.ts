// The bytes of the Memory panel: rows without end of which only the visible ones are in the page; selection by mouse and keys, editing in place.
import { element } from '../kit/client/dom';
import { virtualWindow } from '../kit/virtual-window';
import {
  addressText,
  characterOf,
  columnsOf,
  endOf,
  parseWord,
  type RowSize,
  type SpaceChoice,
  UNKNOWN,
  type WordSize,
  wordText,
} from './model';
import { EndlessRows } from './model-endless';

const ROW_PX = 20;

export interface GridView {
  readonly space: SpaceChoice;
  readonly size: WordSize;
  readonly columns: RowSize | 'fit';
  byte(address: bigint): number;
  before(address: bigint): number | undefined;
  readonly canEdit: boolean;
  /** Rows became visible. */
  seen(): void;
  selected(from: bigint, to: bigint): void;
  write(address: bigint, bytes: Uint8Array): void;
  trouble(text: string): void;
}

export class HexGrid {
  private readonly head = element('div', { class: 'hex-row titles', role: 'row' });
  private readonly body = element('div', { class: 'rows', role: 'rowgroup' });
  private readonly spacer = element('div', { class: 'spacer', attributes: { 'aria-hidden': 'true' } });
  private readonly probe = element('span', { class: 'probe', attributes: { 'aria-hidden': 'true' } }, '0'.repeat(64));
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
      class: 'list hex',
      id: 'bytes',
      role: 'grid',
      tabIndex: 0,
      attributes: { 'aria-label': 'Bytes', 'aria-multiselectable': 'true' },
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
    this.node.append(element('div', { role: 'rowgroup' }, this.head), this.spacer, this.body, this.probe);
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

  private get height(): number {
    return Math.max(0, this.node.clientHeight - ROW_PX);
  }

  private get window(): { from: number; to: number } {
    return virtualWindow(this.node.scrollTop, this.height, ROW_PX, this.rows.count, 6);
  }

  /** Another space, word or width makes other rows; the row on top stays on top. */
  private layout(): void {
    const charPx = this.probe.getBoundingClientRect().width / 64 || 8;
    const columns = columnsOf(this.view, Math.floor((this.node.clientWidth - 26) / charPx));
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
    const { view, columns } = this;
    const start = row * BigInt(columns);
    const selection = this.selection;
    const bytes = Array.from({ length: columns }, (_, i) => view.byte(start + BigInt(i)));
    const marked = (address: bigint, size: number) => address <= selection.to && address + BigInt(size) > selection.from;
    const cells = Array.from({ length: columns / view.size }, (_, i) => {
      const at = start + BigInt(i * view.size);
      const word = bytes.slice(i * view.size, (i + 1) * view.size);
      const old = word.map((_byte, k) => view.before(at + BigInt(k)));
      const changed = old.some((byte) => byte !== undefined);
      const kind = word.some((byte) => byte < 0) ? (word.includes(UNKNOWN) ? ' unknown' : ' unreadable') : '';
      const isMarked = marked(at, view.size);
      return element(
        'span',
        {
          class: `cell${kind}${changed ? ' changed' : ''}${isMarked ? ' marked' : ''}${at === this.cursor ? ' current' : ''}`,
          id: idOf(at),
          role: 'gridcell',
          ...(changed ? { title: `was ${wordText(word.map((byte, k) => old[k] ?? byte))} at the last stop` } : {}),
          attributes: { 'data-at': `0x${at.toString(16)}`, 'aria-selected': String(isMarked) },
        },
        wordText(word),
      );
    });
    const text = element('span', { class: 'text', role: 'gridcell' });
    for (const [i, byte] of bytes.entries()) {
      const at = start + BigInt(i);
      const kind = `${view.before(at) === undefined ? '' : ' changed'}${marked(at, 1) ? ' marked' : ''}`;
      const character = characterOf(byte);
      if (kind) text.append(element('span', { class: kind.trim(), attributes: { 'data-at': `0x${at.toString(16)}` } }, character));
      else text.append(character);
    }
    return element(
      'div',
      { class: 'hex-row', role: 'row' },
      element('span', { class: 'address', role: 'rowheader' }, addressText(start)),
      ...cells,
      text,
    );
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
    const at = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-at]')?.dataset.at : undefined;
    if (at === undefined || this.editing || event.button > 0) return;
    const size = BigInt(this.view.size);
    const address = BigInt(at) - (BigInt(at) % size);
    if (address === this.cursor && extend) return;
    this.cursor = address;
    if (!extend) this.anchor = address;
    this.draw();
    this.tell();
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
      view.trouble('Memory can be changed while the guest is stopped: pause it first.');
      return;
    }
    const input = element('input', {
      class: 'edit',
      attributes: { 'aria-label': `New value at 0x${at.toString(16)}`, size: String(2 * view.size) },
    });
    input.value = typed || (cell.textContent ?? '').trim();
    const end = (keep: boolean, step: bigint) => {
      if (this.editing !== input) return;
      this.editing = undefined;
      const bytes = keep ? parseWord(input.value, view.size) : undefined;
      this.node.focus();
      if (keep && !bytes)
        view.trouble(
          `"${input.value}" is no value of ${view.size} byte${view.size === 1 ? '' : 's'}: hexadecimal digits, #decimal or 'character.`,
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

const idOf = (address: bigint): string => `at-${address.toString(16)}`;
