// The bar that writes the list, or everything, into a file.
import type { TraceFormat } from '../../protocol/requests';
import { element } from '../kit/client/dom';
import { t } from '../kit/texts';

const formats: readonly [TraceFormat, string, string][] = [
  ['csv', 'CSV', 'trace.csv'],
  ['json', 'JSON', 'trace.json'],
  ['chrome', 'Chrome trace', 'chrome-trace.json'],
];

const writtenText = (rows: number): string => `${rows.toLocaleString('en')} ${rows === 1 ? 'event' : 'events'} written`;

export class ExportBar {
  private readonly format = element(
    'select',
    { attributes: { 'aria-label': t('Format') } },
    ...formats.map(([value, text]) => element('option', { attributes: { value } }, text)),
  );
  private readonly scope = element(
    'select',
    { attributes: { 'aria-label': t('Which events') } },
    element('option', { attributes: { value: 'list' } }, t('the events of this list')),
    element('option', { attributes: { value: 'all' } }, t('all events')),
  );
  private readonly told = element('span', { class: 'count', role: 'status' });
  readonly node: HTMLElement;

  /** `write` answers how many events were written; null: no file was chosen. */
  constructor(write: (format: TraceFormat, all: boolean, suggestion: string) => Promise<number | null>) {
    const save = async () => {
      const [format, , suggestion] = formats[this.format.selectedIndex] ?? formats[0]!;
      this.told.textContent = t('writing …');
      const rows = await write(format, this.scope.value === 'all', suggestion).catch((error: Error) => error.message);
      this.told.textContent = rows === null ? '' : typeof rows === 'string' ? rows : writtenText(rows);
    };
    this.node = element(
      'div',
      { class: 'bar', role: 'group', attributes: { 'aria-label': t('Export') } },
      element('span', {}, t('Export')),
      this.scope,
      element('span', {}, t('as')),
      this.format,
      element('button', { on: { click: () => void save() } }, t('Save as…')),
      this.told,
    );
    this.node.hidden = true;
  }
}
