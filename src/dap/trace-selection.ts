// Which events a list shows, as one test on a record: what needs no object is decided first.
import type { TraceSelection } from '../protocol/requests';
import type { TraceEvent, TracePeek } from '../trace/reader';
import { dapErrors } from './errors';
import { listFilter, spanFilter, textFilter } from './trace-filter';
import { eventName, kindName, nameKey } from './trace-names';
import { traceTexts } from './trace-texts';

export interface EventTest {
  /** By numbers and name alone. */
  quick(peek: TracePeek): boolean;
  /** By its texts; undefined: the quick test decides. */
  texts: ((event: TraceEvent) => boolean) | undefined;
}

/** `describe` says which function an address belongs to. */
export function eventTest(selection: TraceSelection, describe: (address: bigint) => string): EventTest {
  const { columns = {} } = selection;
  const readable = <T>(filter: T | undefined | null, column: string, example: string): T | undefined => {
    if (filter === null) throw dapErrors.badArgument(column, `a filter of this column looks like ${example}`);
    return filter;
  };
  const time = readable(spanFilter(columns.time), 'time', '"> 2ms" or "1ms..2ms"');
  const latency = readable(spanFilter(columns.latency), 'latency', '"> 2us" or "1us..2us"');
  const vcpus = readable(listFilter(columns.vcpu), 'vCPU', '"0" or "0,2-3"');
  const kinds = selection.kinds && new Set(selection.kinds);
  const byName = textFilter(columns.event);
  const known = new Map<number, boolean>();
  const named = (peek: TracePeek): boolean => {
    const key = nameKey(peek);
    let fits = known.get(key);
    if (fits === undefined) {
      fits = (kinds === undefined || kinds.has(kindName(peek))) && (byName === undefined || byName(eventName(peek)));
      known.set(key, fits);
    }
    return fits;
  };
  return {
    quick: (peek) =>
      named(peek) &&
      (selection.vcpu === undefined || peek.vcpu === selection.vcpu) &&
      (vcpus === undefined || vcpus(peek.vcpu)) &&
      (time === undefined || time(peek.virtualNs)) &&
      (latency === undefined || latency(peek.durationNs)),
    texts: textTest(selection, describe),
  };
}

function textTest({ text, columns = {} }: TraceSelection, describe: (address: bigint) => string): EventTest['texts'] {
  const anywhere = textFilter(text);
  const args = textFilter(columns.arguments);
  const result = textFilter(columns.result);
  const from = textFilter(columns.from);
  if (!anywhere && !args && !result && !from) return undefined;
  const places = new Map<bigint, string>();
  const placeOf = (rip: bigint): string => {
    let place = places.get(rip);
    if (place === undefined) {
      place = `${describe(rip)} 0x${rip.toString(16)}`;
      places.set(rip, place);
    }
    return place;
  };
  return (event) => {
    const texts = traceTexts(event);
    return (
      (!anywhere || anywhere(`${texts.name} ${texts.args}`)) &&
      (!args || args(texts.args)) &&
      (!result || result(texts.result)) &&
      (!from || from(placeOf(event.rip)))
    );
  };
}
