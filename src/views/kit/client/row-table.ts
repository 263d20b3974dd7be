// A table of moderate length whose rows fold to several lines where the panel is narrow. One Tab stop: arrow keys move between rows, Tab goes on to what is in the row.
import { element } from './dom';

export interface TableRow {
  /** Stays the same while the row does. */
  readonly key: string;
  readonly class?: string;
  readonly title?: string;
  readonly cells: readonly (Node | string)[];
}

export class RowTable {
  private readonly body = element('div', { role: 'rowgroup' });
  readonly node: HTMLElement;
  private active = '';

  constructor(
    label: string,
    kind: string,
    private readonly titles: readonly string[],
  ) {
    const head = element(
      'div',
      { class: 'line head', role: 'row' },
      ...titles.map((title) => element('span', { role: 'columnheader' }, title)),
    );
    this.node = element(
      'div',
      {
        class: `row-table ${kind}`,
        role: 'grid',
        attributes: { 'aria-label': label },
        on: { keydown: (event) => this.key(event), focusin: (event) => this.entered(event) },
      },
      element('div', { role: 'rowgroup' }, head),
      this.body,
    );
  }

  draw(rows: readonly TableRow[]): void {
    const focused = this.body.contains(document.activeElement);
    const place = focused ? document.activeElement?.getAttribute('data-part') : undefined;
    this.node.hidden = rows.length === 0;
    if (!rows.some(({ key }) => key === this.active)) this.active = rows[0]?.key ?? '';
    this.body.replaceChildren(...rows.map((row) => this.line(row)));
    if (!focused) return;
    const line = this.lineOf(this.active);
    (line?.querySelector<HTMLElement>(`[data-part="${place ?? ''}"]`) ?? line)?.focus();
  }

  private line({ key, class: kind = '', title, cells }: TableRow): HTMLElement {
    const line = element(
      'div',
      { class: `line ${kind}`.trim(), role: 'row', attributes: { 'data-key': key }, ...(title ? { title } : {}) },
      ...cells.map((cell, i) =>
        element('span', { role: 'gridcell', class: `c${i}`, attributes: { 'data-title': this.titles[i] ?? '' } }, cell),
      ),
    );
    for (const [i, part] of [...line.querySelectorAll<HTMLElement>('button')].entries()) part.dataset.part = String(i);
    setActive(line, key === this.active);
    return line;
  }

  private lineOf(key: string): HTMLElement | undefined {
    return [...this.body.children].find((each): each is HTMLElement => each instanceof HTMLElement && each.dataset.key === key);
  }

  private entered(event: FocusEvent): void {
    const line = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-key]') : null;
    if (line) this.activate(line);
  }

  private activate(line: HTMLElement): void {
    const old = this.lineOf(this.active);
    if (old && old !== line) setActive(old, false);
    this.active = line.dataset.key ?? '';
    setActive(line, true);
  }

  private key(event: KeyboardEvent): void {
    const lines = [...this.body.children] as HTMLElement[];
    const at = lines.findIndex(({ dataset }) => dataset.key === this.active);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key];
    const line = to === undefined ? undefined : lines[Math.max(0, Math.min(to, lines.length - 1))];
    if (!line) return;
    this.activate(line);
    line.focus();
    event.preventDefault();
  }
}

function setActive(line: HTMLElement, on: boolean): void {
  line.tabIndex = on ? 0 : -1;
  for (const part of line.querySelectorAll<HTMLElement>('button')) part.tabIndex = on ? 0 : -1;
}
