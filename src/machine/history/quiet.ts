// Whether a stop point can have been met between a snapshot and the next one, from what was noted of that stretch. Never "no" where it may have been.
import { mayHaveFetched } from '../../engine/fetch-log';
import { EXIT_REASON_ROWS } from '../../trace/rows';
import { msrName } from '../border-event';
import { type KnownEvent, mayHold } from '../control/may-hold';
import type { EventClass } from '../control/stop-types';
import type { StopPointSpec } from '../control/types';
import { InterruptName } from '../event-stops';
import { faultName } from '../fault-text';
import type { Host } from '../host';
import { type Note, notesOf } from './event-log';
import { mayHaveRun } from './quiet-code';
import { mayHaveTouched } from './quiet-memory';
import type { Stretch } from './quiet-tables';
import type { Ran, Snapshot } from './store';

const INTERRUPT_NAMES = Object.keys(InterruptName);

/** `index`: of the snapshot that the stretch begins at; `ran`: what was noted in it. */
export function isQuietFor(
  host: Host,
  all: readonly Snapshot[],
  index: number,
  ran: Ran,
  { vm, where, condition }: StopPointSpec,
): boolean {
  const log = ran.events[vm];
  if (log === undefined) return false;
  const stretch: Stretch = { host, all, index, vm: host.vms[vm]!, log };
  switch (where.kind) {
    case 'linear':
      return !mayHaveFetched(ran.fetched[vm]!, where.address);
    case 'physical':
      return !mayHaveRun(stretch, ran.fetched[vm]!, where.address, condition);
    case 'data':
      return !mayHaveTouched(stretch, ran.used[vm]!, where);
    case 'event':
      return notesOf(log, where.class).every((note) => condition !== undefined && !mayHold(condition, knownOf(where.class, note)));
    case 'hypercall':
      return notesOf(log, 'hypercall').every(({ value }) => {
        if (value !== undefined && where.nr !== undefined && value !== where.nr) return true;
        const nr = value === undefined ? undefined : BigInt(value);
        return condition !== undefined && !mayHold(condition, { name: undefined, fields: new Map(), hypercallNr: nr });
      });
  }
}

/** What a note says of its event, as a condition names it. */
function knownOf(kind: EventClass, { name, value }: Note): KnownEvent {
  const known = value === undefined ? undefined : BigInt(value);
  const withValue = (text: string | undefined, ...names: readonly string[]): KnownEvent => ({
    name: text,
    fields: new Map(known === undefined ? [] : names.map((each) => [each, known])),
    hypercallNr: undefined,
  });
  switch (kind) {
    case 'fault':
      return withValue(faultName(name), 'vector');
    case 'interrupt':
      return withValue(INTERRUPT_NAMES[name], 'vector');
    case 'msr':
      return withValue(value === undefined ? undefined : msrName(value), 'msr');
    case 'port':
      return withValue('', 'port');
    case 'exit': {
      const row = EXIT_REASON_ROWS[name]!;
      // The last of two fields of one name is what a condition sees.
      const names = ['a0', ...row.args.slice(0, 1).map((arg) => arg.name)];
      const later: readonly string[] = ['result', 'cpl', 'a1', 'a2', ...row.args.slice(1).map((arg) => arg.name)];
      return withValue(row.name, ...names.filter((each) => !later.includes(each)));
    }
  }
}
