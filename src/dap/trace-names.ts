// What an event is called in lists: the reason of an exit, the name of a hypercall, else its kind. Looked up without making an object of the record.
import { describeHypercall } from '../pv/describe.rows';
import { EXIT_REASON_ROWS } from '../trace/exits.rows';
import type { TracePeek } from '../trace/reader';
import { EVENT_ROWS, INTERFACE_NAMES, TraceKind } from '../trace/rows';

export const kindName = ({ kind }: Pick<TracePeek, 'kind'>): string => EVENT_ROWS[kind]?.name ?? `kind ${kind}`;

/** Equal for events that have one name. */
export function nameKey({ kind, first, second }: TracePeek): number {
  if (kind === TraceKind['vm-exit']) return kind + 256 * first;
  return kind === TraceKind.hypercall ? kind + 256 * (first + 16 * second) : kind;
}

export function eventName(peek: TracePeek): string {
  if (peek.kind === TraceKind['vm-exit']) return EXIT_REASON_ROWS[peek.first]?.name ?? `reason ${peek.first}`;
  if (peek.kind === TraceKind.hypercall) return describeHypercall(INTERFACE_NAMES[peek.first] ?? '', peek.second, []).name;
  return kindName(peek);
}
