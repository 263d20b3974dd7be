// A long list of equal rows of which only the visible ones are in the page. Arrow keys, Page Up/Down, Home and End move; Enter activates.
import { scrollFor, type VirtualWindow, virtualWindow } from '../virtual-window';
import { element } from './dom';

/** Browsers limit an element's height; longer lists are scaled. */
const tallestPx = 8_000_000;

export interface ListRows {
  readonly count: number;
  /** Undefined: not there yet. The cells of the row. */
  cells(index: number): (Node | string)[] | undefined;
  activate?(index: number): void;
  /** Called when other rows become visible. */
  seen?(window: VirtualWindow): void;
}

export class VirtualList {
  private readonly spacer = element('div', { class: 'spacer' });
  private readonly body = element('div', { class: 'rows', role: 'rowgroup' });
  readonly node: HTMLElement;
  private selected = -1;
  private drawn: VirtualWindow = { from: 0, to: 0 };

  constructor(
    private readonly rows: ListRows,
    private readonly rowHeight: number,
    label: string,
    kind: string,
    titles: readonly string[],
  ) {
    const head = element(
      'div',
      { class: 'titles', role: 'row' },
      ...titles.map((title) => element('span', { role: 'columnheader' }, title)),
    );
    this.node = element('div', {
      class: `list ${kind}`,
      role: 'table',
      tabIndex: 0,
      attributes: { 'aria-label': label },
      on: {
        scroll: () => this.draw(),
        keydown: (event) => this.key(event),
        // Not `dblclick`: the first click draws the rows anew, and the second is on another element.
        click: (event) => {
          const index = this.indexOf(event.target);
          this.select(index);
          if (event.detail === 2) this.activate(index);
        },
      },
    });
    this.node.append(head, this.spacer, this.body);
    new ResizeObserver(() => this.draw()).observe(this.node);
  }

  get atEnd(): boolean {
    return this.node.scrollTop + this.node.clientHeight >= this.node.scrollHeight - this.rowHeight;
  }

  scrollToEnd(): void {
    this.node.scrollTop = this.node.scrollHeight;
    this.draw();
  }

  draw(): void {
    const { count } = this.rows;
    const height = Math.min(tallestPx, count * this.rowHeight);
    this.spacer.style.height = `${height}px`;
    this.node.setAttribute('aria-rowcount', String(count));
    const top = this.top;
    const window = virtualWindow(top, this.height, this.rowHeight, count);
    this.body.style.transform = `translateY(${window.from * this.rowHeight - top + this.node.scrollTop}px)`;
    this.body.replaceChildren(...Array.from({ length: window.to - window.from }, (_, i) => this.row(window.from + i)));
    const moved = window.from !== this.drawn.from || window.to !== this.drawn.to;
    this.drawn = window;
    if (moved) this.rows.seen?.(window);
  }

  /** What of the list is under the titles. */
  private get height(): number {
    return Math.max(0, this.node.clientHeight - this.rowHeight);
  }

  get window(): VirtualWindow {
    return this.drawn;
  }

  /** Position in rows × height, however the scroll bar is scaled. */
  private get top(): number {
    const full = this.rows.count * this.rowHeight;
    const { scrollTop } = this.node;
    if (full <= tallestPx) return scrollTop;
    return (scrollTop / (tallestPx - this.height)) * (full - this.height);
  }

  private row(index: number): HTMLElement {
    const cells = this.rows.cells(index) ?? ['…'];
    return element(
      'div',
      {
        class: index === this.selected ? 'row selected' : 'row',
        role: 'row',
        attributes: { 'aria-rowindex': String(index + 1), 'data-index': String(index) },
      },
      ...cells.map((cell) => element('span', { role: 'cell', ...(typeof cell === 'string' ? { title: cell } : {}) }, cell)),
    );
  }

  private indexOf(target: EventTarget | null): number {
    const row = target instanceof Element ? target.closest<HTMLElement>('.row') : null;
    return row ? Number(row.dataset.index) : -1;
  }

  private select(index: number): void {
    if (index < 0 || this.rows.count === 0) return;
    this.selected = Math.min(index, this.rows.count - 1);
    const to = scrollFor(this.selected, this.top, this.height, this.rowHeight);
    if (to !== undefined) this.node.scrollTop += to - this.top;
    this.draw();
  }

  private activate(index: number): void {
    if (index >= 0 && index < this.rows.count) this.rows.activate?.(index);
  }

  private key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.height / this.rowHeight) - 1);
    const moves: Record<string, number> = {
      ArrowDown: this.selected + 1,
      ArrowUp: this.selected - 1,
      PageDown: this.selected + page,
      PageUp: this.selected - page,
      Home: 0,
      End: this.rows.count - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) this.select(Math.max(0, to));
    else if (event.key === 'Enter') this.activate(this.selected);
    else return;
    event.preventDefault();
  }
}
