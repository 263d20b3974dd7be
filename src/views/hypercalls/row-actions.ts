// What can be done with an event: one entry each, shown as buttons under the list. The first is also what Enter does.
import type { TraceColumn, TraceRow } from '../../protocol/requests';
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
    label: () => 'Go to source',
    title: 'Opens the source line that called (Enter)',
    act: (row, port) => port.openSource(row),
  },
  {
    label: () => 'Go to this moment',
    title: 'Takes the guest to just before this event, back or forward in the run',
    act: (row, port) => port.goTo(row.seq),
  },
  {
    label: (row) => (breakpointName(row) ? `Break on ${row.name}` : undefined),
    title: 'Adds a function breakpoint for events of this name, or takes it away',
    act: (row, port) => {
      const name = breakpointName(row);
      if (name) port.breakOn(name);
    },
  },
  {
    label: (row) => `Only ${row.name}`,
    title: 'Filters the list by this event',
    act: (row, port) => port.filter({ event: row.name }),
  },
  {
    label: (row) => `Without ${row.name}`,
    title: 'Filters this event out of the list',
    act: (row, port) => port.filter({ event: `!${row.name}` }),
  },
  {
    label: () => 'Show in Time',
    title: 'Shows the moment in the panel Time',
    act: (row, port) => port.show('hyperscope.showTime', `${row.virtualNs}ns`),
  },
  {
    label: () => 'Show code in Memory',
    title: 'Shows the calling instruction in the panel Memory',
    act: (row, port) => port.show('hyperscope.showMemory', row.rip),
  },
];
