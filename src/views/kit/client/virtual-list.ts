// A long list of equal rows of which only the visible ones are in the page. Arrow keys, Page Up/Down, Home and End move; Enter activates.
// The rows stay where they are while the list scrolls and are moved by us, so that a list may be as long as it likes.
import { t } from '../texts';
import { ScrollScale, scrollFor, type VirtualWindow, virtualWindow } from '../virtual-window';
import { element } from './dom';

/** Rows drawn above and below what is visible. */
const overscan = 4;
const titlesPx = 22;

export interface ListRows {
  readonly count: number;
  /** Undefined: not there yet. The cells of the row. */
  cells(index: number): (Node | string)[] | undefined;
  activate?(index: number): void;
  /** Called when other rows become visible. */
  seen?(window: VirtualWindow): void;
  /** The row that the keyboard or the pointer has come to. */
  selected?(index: number): void;
}

/** Rows of a panel that is not wide enough for all columns beside each other: they are higher, and the style sheet (`.narrow`) lays them out. */
export interface NarrowRows {
  belowPx: number;
  rowHeight: number;
}

let lists = 0;

export class VirtualList {
  private readonly spacer = element('div', { class: 'spacer' });
  private readonly body = element('div', { class: 'moved-rows', role: 'rowgroup' });
  private readonly id = `list${lists++}`;
  readonly node: HTMLElement;
  private selection = -1;
  private drawn: VirtualWindow = { from: 0, to: 0 };
  private narrowNow = false;
  private readonly nodes = new Map<number, { node: HTMLElement; key: string }>();
  /** The selected row is in view: then it stays there when the list becomes lower. */
  private selectionSeen = false;

  constructor(
    private readonly rows: ListRows,
    private readonly wideRowHeight: number,
    label: string,
    kind: string,
    private readonly titles: readonly string[],
    private readonly narrow?: NarrowRows,
  ) {
    const head = element(
      'div',
      { class: 'titles', role: 'row' },
      ...titles.map((title) => element('span', { role: 'columnheader', title }, title)),
    );
    this.node = element('div', {
      class: `list ${kind}`,
      role: 'grid',
      tabIndex: 0,
      attributes: { 'aria-label': label },
      on: {
        scroll: () => this.scrolled(),
        keydown: (event) => this.keyed(event),
        // Not `dblclick`: the first click may draw the rows anew, and the second is on another element.
        click: (event) => {
          const index = this.indexOf(event.target);
          this.select(index);
          if (event.detail === 2) this.activate(index);
        },
      },
    });
    this.node.append(head, this.body, this.spacer);
    new ResizeObserver(() => this.resized()).observe(this.node);
  }

  get atEnd(): boolean {
    return this.node.scrollTop + this.node.clientHeight >= this.node.scrollHeight - this.rowHeight;
  }

  scrollToEnd(): void {
    this.node.scrollTop = this.node.scrollHeight;
    this.scrolled();
  }

  get window(): VirtualWindow {
    return this.drawn;
  }

  get selectedIndex(): number {
    return this.selection;
  }

  /** Rows have changed: those that are visible and look different are made anew. */
  draw(): void {
    for (const [index, { node, key }] of this.nodes)
      if (this.key(index) !== key) {
        node.remove();
        this.nodes.delete(index);
      }
    this.place();
  }

  /** So many rows are gone from the beginning; what is seen stays. */
  shift(count: number): void {
    if (count === 0) return;
    this.selection = Math.max(-1, this.selection - count);
    const top = this.scale.toList(this.node.scrollTop) - count * this.rowHeight;
    this.node.scrollTop = this.scale.toScroll(Math.max(0, top));
  }

  select(index: number): void {
    if (index < 0 || this.rows.count === 0) return;
    this.selection = Math.min(index, this.rows.count - 1);
    this.bringToView(this.selection);
    this.draw();
    this.rows.selected?.(this.selection);
  }

  private bringToView(row: number): void {
    const { scale } = this;
    const to = scrollFor(row, scale.toList(this.node.scrollTop), this.height, this.rowHeight);
    if (to !== undefined) this.node.scrollTop = scale.toScroll(to);
  }

  private get rowHeight(): number {
    return this.narrow && this.narrowNow ? this.narrow.rowHeight : this.wideRowHeight;
  }

  /** What of the list is under the titles. */
  private get height(): number {
    return Math.max(0, this.node.clientHeight - (this.narrowNow ? 0 : titlesPx));
  }

  private get scale(): ScrollScale {
    return new ScrollScale(this.rows.count, this.rowHeight, this.height);
  }

  private resized(): void {
    this.narrowNow = this.narrow !== undefined && this.node.clientWidth < this.narrow.belowPx;
    this.node.classList.toggle(t('narrow'), this.narrowNow);
    if (this.selectionSeen) this.bringToView(this.selection);
    this.draw();
  }

  private scrolled(): void {
    this.place();
  }

  /** Moves the rows that are there, makes those that are not, and takes away the others. */
  private place(): void {
    const { count } = this.rows;
    const { scale, height, rowHeight, body } = this;
    this.spacer.style.height = `${scale.scrollHeight}px`;
    body.style.height = `${Math.min(height, scale.scrollHeight)}px`;
    body.style.marginBottom = `-${Math.min(height, scale.scrollHeight)}px`;
    this.node.setAttribute('aria-rowcount', String(count));
    const top = scale.toList(this.node.scrollTop);
    const window = virtualWindow(top, height, rowHeight, count, overscan);
    for (const [index, { node }] of this.nodes)
      if (index < window.from || index >= window.to) {
        node.remove();
        this.nodes.delete(index);
      }
    for (let index = window.from; index < window.to; index++) {
      const node = this.nodes.get(index)?.node ?? this.add(index);
      node.style.transform = `translateY(${index * rowHeight - top}px)`;
    }
    this.selectionSeen = scrollFor(this.selection, top, height, rowHeight) === undefined && this.selection >= 0;
    if (this.selection >= window.from && this.selection < window.to)
      this.node.setAttribute('aria-activedescendant', `${this.id}-${this.selection}`);
    else this.node.removeAttribute('aria-activedescendant');
    const moved = window.from !== this.drawn.from || window.to !== this.drawn.to;
    this.drawn = window;
    if (moved) this.rows.seen?.(window);
  }

  private add(index: number): HTMLElement {
    const cells = this.rows.cells(index) ?? ['…'];
    const node = this.row(index, cells);
    this.nodes.set(index, { node, key: this.key(index, cells) });
    return this.body.appendChild(node);
  }

  /** Equal where a row looks the same. */
  private key(index: number, cells = this.rows.cells(index) ?? ['…']): string {
    const texts = cells.map((cell) => (typeof cell === 'string' ? cell : (cell.textContent ?? '')));
    return [index === this.selection, index < this.rows.count, ...texts].join('\0');
  }

  private row(index: number, cells: readonly (Node | string)[]): HTMLElement {
    const selected = index === this.selection;
    return element(
      'div',
      {
        class: selected ? 'row selected' : 'row',
        id: `${this.id}-${index}`,
        role: 'row',
        attributes: { 'aria-rowindex': String(index + 1), 'data-index': String(index), ...(selected ? { 'aria-selected': 'true' } : {}) },
      },
      ...cells.map((cell, column) =>
        element(
          'span',
          {
            role: 'gridcell',
            attributes: { 'data-column': this.titles[column] ?? '' },
            ...(typeof cell === 'string' ? { title: cell } : {}),
          },
          cell,
        ),
      ),
    );
  }

  private indexOf(target: EventTarget | null): number {
    const row = target instanceof Element ? target.closest<HTMLElement>('.row') : null;
    return row ? Number(row.dataset.index) : -1;
  }

  private activate(index: number): void {
    if (index >= 0 && index < this.rows.count) this.rows.activate?.(index);
  }

  private keyed(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.height / this.rowHeight) - 1);
    const moves: Record<string, number> = {
      ArrowDown: this.selection + 1,
      ArrowUp: this.selection - 1,
      PageDown: this.selection + page,
      PageUp: this.selection - page,
      Home: 0,
      End: this.rows.count - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) this.select(Math.max(0, to));
    else if (event.key === 'Enter') this.activate(this.selection);
    else return;
    event.preventDefault();
  }
}
