// The events of the list by their name, with counts and percentiles of their latency. Enter or a click shows only those.
import type { TraceGroup } from '../../protocol/requests';
import { element } from '../kit/client/dom';
import { t } from '../kit/texts';
import { breakpointName, groupCells, groupColumns } from './model';
import type { RowPort } from './row-actions';

export class Groups {
  private readonly body = element('tbody');
  readonly node = element(
    'div',
    { class: 'groups', id: 'groups' },
    element(
      'table',
      { class: 'times', attributes: { 'aria-label': t('Events by name') } },
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...groupColumns.map((name) => element('th', { class: 'head', attributes: { scope: 'col' } }, name)),
          element('td', { class: 'head' }),
        ),
      ),
      this.body,
    ),
  );

  constructor(private readonly port: RowPort) {}

  show(groups: readonly TraceGroup[]): void {
    const allNs = groups.reduce((sum, { totalNs }) => sum + totalNs, 0);
    this.body.replaceChildren(...groups.map((group) => this.row(group, allNs)));
  }

  private row(group: TraceGroup, allNs: number): HTMLElement {
    const [, ...cells] = groupCells(group, allNs);
    const stop = breakpointName(group);
    const only = element(
      'button',
      { class: 'link', title: t('Shows only {0}', group.name), on: { click: () => this.port.filter({ event: group.name }) } },
      group.name,
    );
    return element(
      'tr',
      {},
      element('th', { class: 'name', attributes: { scope: 'row' } }, only),
      ...cells.map((cell, i) => element('td', { attributes: { 'data-column': groupColumns[i + 1] ?? '' } }, cell)),
      element(
        'td',
        {},
        stop && element('button', { title: t('Break on {0}', group.name), on: { click: () => this.port.breakOn(stop) } }, t('Break')),
      ),
    );
  }
}
