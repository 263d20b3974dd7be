// What can be done with an event: one entry each, shown as buttons under the list. The first is also what Enter does.

import type { TraceColumn, TraceRow } from '../../protocol/requests';
import { t } from '../kit/texts';
import { breakpointName } from './model';

/** What an action may use of the panel. */
export interface RowPort {
  openSource(row: TraceRow): void;
  breakOn(name: string): void;
  /** Narrows the list down. */
  filter(columns: Partial<Record<TraceColumn, string>>): void;
  /** Takes the guest to just before the event, back or forward in the run. */
  goTo(event: number): void;
  show(command: `hyperscope.show${string}`, at: string): void;
}

export interface RowAction {
  /** Undefined: not for this event. */
  label(row: TraceRow): string | undefined;
  title: string;
  act(row: TraceRow, port: RowPort): void;
}

export const rowActions: readonly RowAction[] = [
  {
    label: () => t('Go to source'),
    title: t('Opens the source line that called (Enter)'),
    act: (row, port) => port.openSource(row),
  },
  {
    label: () => t('Go to this moment'),
    title: t('Takes the guest to just before this event, back or forward in the run'),
    act: (row, port) => port.goTo(row.seq),
  },
  {
    label: (row) => (breakpointName(row) ? t('Break on {0}', row.name) : undefined),
    title: t('Adds a function breakpoint for events of this name, or takes it away'),
    act: (row, port) => {
      const name = breakpointName(row);
      if (name) port.breakOn(name);
    },
  },
  {
    label: (row) => t('Only {0}', row.name),
    title: t('Filters the list by this event'),
    act: (row, port) => port.filter({ event: row.name }),
  },
  {
    label: (row) => t('Without {0}', row.name),
    title: t('Filters this event out of the list'),
    act: (row, port) => port.filter({ event: `!${row.name}` }),
  },
  {
    label: () => t('Show in Time'),
    title: t('Shows the moment in the panel Time'),
    act: (row, port) => port.show('hyperscope.showTime', `${row.virtualNs}ns`),
  },
  {
    label: () => t('Show code in Memory'),
    title: t('Shows the calling instruction in the panel Memory'),
    act: (row, port) => port.show('hyperscope.showMemory', row.rip),
  },
];
