// The selected event in full, and what can be done with it.
import { formatNs } from '../../base/format-ns';
import type { TraceRow } from '../../protocol/requests';
import { element } from '../kit/client/dom';
import { t } from '../kit/texts';
import { type RowPort, rowActions } from './row-actions';

export class Details {
  readonly node = element('section', { class: 'details', id: 'details', attributes: { 'aria-label': t('Selected event') } });
  private shown = '';

  constructor(private readonly port: RowPort) {
    this.node.hidden = true;
  }

  show(row: TraceRow | null | undefined, source: string | undefined): void {
    const key = row ? `${row.seq} ${row.name} ${source ?? ''}` : '';
    // Buttons that are looked at stay the same ones.
    if (key === this.shown) return;
    this.shown = key;
    this.node.hidden = !row;
    if (!row) return;
    const latency = row.durationNs > 0 ? `, ${formatNs(row.durationNs)}` : '';
    const result = row.result === '' ? '' : ` → ${row.result}`;
    this.node.replaceChildren(
      element(
        'p',
        {},
        element('b', {}, row.name),
        t(
          ' event {0}, {1}{2}{3}',
          row.seq.toLocaleString('en'),
          formatNs(row.virtualNs),
          latency,
          row.vcpu < 0 ? '' : `, ${t('vCPU {0}', row.vcpu)}`,
        ),
      ),
      element('p', { class: 'value' }, `${row.args}${result}`),
      element('p', { class: 'value' }, source ? `${row.rip} ${source}` : row.rip),
      element('div', { class: 'bar', role: 'toolbar', attributes: { 'aria-label': t('Actions for the event') } }, ...this.buttons(row)),
    );
  }

  private buttons(row: TraceRow): HTMLElement[] {
    return rowActions.flatMap(({ label, title, act }) => {
      const text = label(row);
      return text === undefined ? [] : [element('button', { title, on: { click: () => act(row, this.port) } }, text)];
    });
  }
}
