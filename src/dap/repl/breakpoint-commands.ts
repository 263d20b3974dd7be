// Breakpoints from the debug console, for what an editor's views have no place for: patterns, physical places, one address space, every write.
import { countOf } from '../../base/count-of';
import type { Breakpoint, BreakpointOptions, BreakpointSubject } from '../../debug/breakpoints/breakpoint';
import type { DataAccess } from '../../machine/control/stop-types';
import { breakpointSubject } from '../breakpoint-place';
import { placeOfAddress, placeOfExpression } from '../data-place';
import { dapErrors } from '../errors';
import { evaluationScope } from '../evaluation-scope';
import type { Guest } from '../guest';
import { CONSOLE_GROUP, setAndTell } from '../told-breakpoints';
import type { Command } from './commands';

/** "-p -s LOCATION if CONDITION": options, the rest, the condition. */
function parse(argument: string): { options: Set<string>; rest: string; condition: string | undefined } {
  const options = new Set<string>();
  let rest = argument.trim();
  for (let match = /^-([a-z])\s+/.exec(rest); match; match = /^-([a-z])\s+/.exec(rest)) {
    options.add(match[1] ?? '');
    rest = rest.slice(match[0].length);
  }
  const [, place = rest, condition] = /^(.*?)\s+if\s+(.*)$/s.exec(rest) ?? [];
  return { options, rest: place.trim(), condition };
}

async function add(guest: Guest, subject: BreakpointSubject, options: BreakpointOptions): Promise<string> {
  const set = await setAndTell(guest, CONSOLE_GROUP, [...guest.breakpoints.group(CONSOLE_GROUP), { subject, options }]);
  const added = set.at(-1);
  return added ? describe(added, guest) : '';
}

function describe(breakpoint: Breakpoint, guest: Guest): string {
  const { id, verified, message, options, places } = breakpoint;
  const [place] = places;
  const at = place ? ` at ${guest.symbols.describe(place.address) || `0x${place.address.toString(16)}`}` : '';
  const more = [options.mode, options.condition && `if ${options.condition}`, options.logMessage && `log "${options.logMessage}"`, message];
  return [`${id}  ${subjectText(breakpoint.subject)}${at}${verified ? '' : ' (not set)'}`, ...more.filter(Boolean)].join(', ');
}

export function subjectText(subject: BreakpointSubject): string {
  switch (subject.kind) {
    case 'source':
      return `${subject.path}:${subject.line}`;
    case 'function':
      return subject.name;
    case 'instruction':
      return `0x${subject.address.toString(16)}`;
    case 'physical':
      return `physical 0x${subject.address.toString(16)}`;
    case 'data':
      return `${subject.label}, ${countOf(subject.length, 'byte')}, ${subject.access}`;
    case 'event':
      return subject.class;
    case 'hypercall':
      return `hypercall ${subject.name ?? '(any)'}`;
  }
}

const modeOf = (options: ReadonlySet<string>): BreakpointOptions['mode'] =>
  options.has('p') ? 'physical' : options.has('s') ? 'address-space' : undefined;

function accessOf(options: ReadonlySet<string>): DataAccess {
  if (options.has('r')) return 'read';
  if (options.has('a')) return 'access';
  return options.has('w') ? 'write' : 'change';
}

export const BREAKPOINT_COMMANDS: readonly Command[] = [
  {
    name: 'break',
    usage: 'break [-p|-s] PLACE [if COND]',
    doc: 'function, pattern*, file:line, 0xADDRESS, phys:0xADDRESS or hypercall:NAME; -p physical, -s this address space only',
    run: async (guest, argument) => {
      const { options, rest, condition } = parse(argument);
      if (rest === '') throw dapErrors.badArgument('break', 'say where: break PLACE');
      return add(guest, breakpointSubject(rest), { condition, mode: modeOf(options) });
    },
  },
  {
    name: 'log',
    usage: 'log PLACE TEXT',
    doc: 'prints TEXT with {expressions} whenever PLACE is reached, and goes on',
    run: async (guest, argument) => {
      const [, place = '', logMessage = ''] = /^(\S+)\s+(.*)$/s.exec(argument.trim()) ?? [];
      if (place === '') throw dapErrors.badArgument('log', 'say where and what: log PLACE TEXT');
      return add(guest, breakpointSubject(place), { logMessage });
    },
  },
  {
    name: 'watch',
    usage: 'watch [-r|-w|-a] [-p] WHAT [if COND]',
    doc: 'a C lvalue, or 0xADDRESS,BYTES or phys:0xADDRESS,BYTES; stops on change, -r read, -w every write, -a any access',
    run: async (guest, argument, frameId) => {
      const { options, rest, condition } = parse(argument);
      const scope = await evaluationScope(guest, frameId);
      const address = /^((?:phys(?:ical)?:)?\s*0x[0-9a-f]{1,16})\s*(?:,\s*(\d{1,8}))?$/i.exec(rest);
      const place = address
        ? await placeOfAddress(address[1] ?? '', Number(address[2] ?? 8), options.has('p'), scope, guest)
        : await placeOfExpression(rest, options.has('p'), scope, guest);
      return add(guest, { kind: 'data', ...place, access: accessOf(options) }, { condition });
    },
  },
  {
    name: 'breakpoints',
    usage: 'breakpoints',
    doc: 'all breakpoints, with their numbers',
    run: async (guest) => guest.breakpoints.all.map((each) => describe(each, guest)).join('\n') || 'none',
  },
  {
    name: 'delete',
    usage: 'delete NUMBER',
    doc: 'one that was set here',
    run: async (guest, argument) => {
      const id = Number(argument);
      const own = guest.breakpoints.group(CONSOLE_GROUP);
      if (!own.some((each) => each.id === id))
        throw dapErrors.badArgument('delete', `no breakpoint of the console has the number ${argument.trim()}`);
      await setAndTell(
        guest,
        CONSOLE_GROUP,
        own.filter((each) => each.id !== id),
      );
      return `deleted ${id}`;
    },
  },
];
