// A table of texts in a section that folds: the first column names the row.
import { element } from '../kit/client/dom';
import { Section } from '../kit/client/section';

export class TextTable {
  private readonly table: HTMLTableElement;
  private readonly section: Section;
  readonly node: HTMLElement;

  constructor(id: string, label: string, folded: boolean, toggled: (open: boolean) => void) {
    this.table = element('table', { class: 'times', id, attributes: { 'aria-label': label } });
    this.section = new Section(id, [this.table], !folded, toggled);
    this.node = this.section.node;
  }

  /** No rows: the section is not there. */
  show(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): void {
    this.section.show(rows.length === 0 ? undefined : title);
    const head = columns.map((name, i) => element('th', { class: i ? 'head' : 'head name', attributes: { scope: 'col' } }, name));
    const body = rows.map(([first = '', ...cells]) =>
      element(
        'tr',
        { attributes: { 'data-row': first } },
        element('th', { class: 'name', attributes: { scope: 'row' } }, first),
        ...cells.map((cell, i) => element('td', { attributes: { 'data-column': columns[i + 1] ?? '' } }, cell)),
      ),
    );
    this.table.replaceChildren(element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body));
  }
}
