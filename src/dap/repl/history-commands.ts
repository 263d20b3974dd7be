// Other moments of the run from the debug console.

import { countOf } from '../../base/count-of';
import { historyErrors } from '../../machine/control/history-errors';
import type { Destination, HistoryInfo } from '../../machine/control/types';
import { placeOfAddress, placeOfExpression } from '../data-place';
import { dapErrors } from '../errors';
import { evaluationScope } from '../evaluation-scope';
import type { Guest } from '../guest';
import { parseDurationNs } from '../launch/values';
import { goAfterAnswer, recordedGuest } from '../travel';
import type { Command } from './commands';

const seconds = (ns: number): string => `${(ns / 1e9).toFixed(9)} s`;
const USAGE = 'goto time 1.5ms | goto exit NUMBER | goto begin | goto end';

function destination(argument: string): Destination {
  const [, kind = '', value = ''] = /^(\w+)\s*(.*)$/.exec(argument.trim()) ?? [];
  if ((kind === 'begin' || kind === 'end') && value === '') return { kind };
  if (kind === 'time') {
    const virtualNs = /^\d+$/.test(value) ? Number(value) : parseDurationNs(value.replaceAll(' ', ''));
    if (virtualNs !== undefined && Number.isSafeInteger(virtualNs)) return { kind: 'time', virtualNs };
  }
  if ((kind === 'exit' || kind === 'event') && /^\d{1,15}$/.test(value)) return { kind: 'event', event: Number(value) };
  throw dapErrors.badArgument('goto', `say where: ${USAGE}`);
}

async function go(guest: Guest, argument: string): Promise<string> {
  await recordedGuest(guest.session, 'goto');
  const to = destination(argument);
  const { begin, end } = await guest.control.history();
  if ((to.kind === 'time' && to.virtualNs > end.reachedNs) || (to.kind === 'event' && to.event >= end.event)) throw historyErrors.ahead();
  goAfterAnswer(guest, () => guest.debugger.past.goToDestination(to));
  const early = (to.kind === 'time' && to.virtualNs < begin.reachedNs) || (to.kind === 'event' && to.event < begin.event);
  return early ? `that is before what is recorded, which begins at ${seconds(begin.reachedNs)}` : `going to ${argument.trim()}`;
}

function text({ recording, past, now, begin, end, snapshots, bytes }: HistoryInfo): string {
  if (!recording) return historyErrors.off().message;
  return [
    `now      ${seconds(now.reachedNs)}, event ${now.event}${past ? ' (in the past)' : ''}`,
    `begin    ${seconds(begin.reachedNs)}, event ${begin.event}`,
    `end      ${seconds(end.reachedNs)}, event ${end.event}`,
    `recorded ${countOf(snapshots, 'snapshot')}, ${(bytes / 2 ** 20).toFixed(1)} MiB`,
  ].join('\n');
}

export const HISTORY_COMMANDS: readonly Command[] = [
  { name: 'goto', usage: USAGE, doc: 'another moment of the run; NUMBER is a row of Hypercalls and Exits', run: go },
  {
    name: 'who-wrote',
    usage: 'who-wrote WHAT',
    doc: 'back to behind what wrote it last: a C lvalue, 0xADDRESS,BYTES or phys:0xADDRESS,BYTES',
    run: async (guest, argument, frameId) => {
      await recordedGuest(guest.session, 'who-wrote');
      const scope = await evaluationScope(guest, frameId);
      const address = /^((?:phys(?:ical)?:)?\s*0x[0-9a-f]{1,16})\s*(?:,\s*(\d{1,8}))?$/i.exec(argument.trim());
      const place = address
        ? await placeOfAddress(address[1] ?? '', Number(address[2] ?? 8), false, scope, guest)
        : await placeOfExpression(argument, false, scope, guest);
      goAfterAnswer(guest, () => guest.debugger.past.lastWrite(place));
      return `looking for the last write of ${place.label}`;
    },
  },
  {
    name: 'history',
    usage: 'history',
    doc: 'what is recorded, and where in it this is',
    run: async (guest) => text(await guest.control.history()),
  },
  {
    name: 'fork',
    usage: 'fork',
    doc: 'in the past: what happened after this moment is forgotten, and may come otherwise',
    run: async (guest) => {
      if (!(await guest.control.history()).past) return 'this is as far as the run has come: nothing is to be forgotten';
      await guest.control.fork();
      return 'forgotten: the run goes on from here';
    },
  },
];
