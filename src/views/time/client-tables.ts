// The tables beside the canvas: times in each state, and steal in equal parts of the span.
import { formatNs } from '../../base/format-ns';
import type { TimeAnswer } from '../../protocol/requests';
import { element } from '../kit/client/dom';
import { t } from '../kit/texts';
import { type Band, clockColumns, clockRows, type Span, stealGraph, tableColumns, tableRows } from './model';

const parts = 10;

function table(id: string, label: string): { node: HTMLTableElement; fill(columns: readonly string[], rows: readonly string[][]): void } {
  const node = element('table', { class: 'times', id, attributes: { 'aria-label': label } });
  return {
    node,
    fill: (columns, rows) =>
      node.replaceChildren(
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ...columns.map((name, i) => element('th', { class: i ? 'head' : 'head name', attributes: { scope: 'col' } }, name)),
          ),
        ),
        element(
          'tbody',
          {},
          ...rows.map(([first = '', ...cells]) =>
            element(
              'tr',
              {},
              element('th', { class: 'name', attributes: { scope: 'row' } }, first),
              ...cells.map((cell, i) => element('td', { attributes: { 'data-column': columns[i + 1] ?? '' } }, cell)),
            ),
          ),
        ),
      ),
  };
}

export class StateTable {
  private readonly table = table('times', t('Run states'));
  readonly node = this.table.node;

  show(answer: TimeAnswer | undefined, bands: readonly Band[], span: Span): void {
    this.table.fill(tableColumns, answer ? tableRows(answer, bands, span) : []);
  }
}

/** The guest's clocks: made of ticks, and the paravirtual one beside them. Hidden where nothing ticks. */
export class ClockTable {
  private readonly table = table('clocks', t('Tick clocks'));
  readonly node = this.table.node;

  show(answer: TimeAnswer | undefined): void {
    const rows = clockRows(answer?.clocks ?? []);
    this.node.hidden = rows.length === 0;
    this.table.fill(clockColumns, rows);
  }
}

export class StealTable {
  private readonly table = table('steal', t('Steal over time'));
  readonly node = element('details', { class: 'more' }, element('summary', {}, t('Steal over time, in numbers')), this.table.node);

  show(answer: TimeAnswer | undefined, span: Span, bands: readonly Band[]): void {
    this.node.hidden = !answer;
    if (!answer) return;
    const graphs = answer.vcpus.map(({ vcpu }) => stealGraph(bands, vcpu, span, parts));
    const step = (span.toNs - span.fromNs) / parts;
    this.table.fill(
      ['from', ...answer.vcpus.map(({ name }) => name)],
      Array.from({ length: parts }, (_, i) => [
        formatNs(span.fromNs + i * step),
        ...graphs.map((graph) => `${(graph[i] ?? 0).toFixed(2)} %`),
      ]),
    );
  }
}
