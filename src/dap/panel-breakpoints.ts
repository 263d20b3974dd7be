// Breakpoints that panels set: on memory, on an interrupt vector. Those on memory are the debug console's, too: what one sets the other shows and deletes.
import type { Breakpoint, BreakpointSubject } from '../debug/breakpoints/breakpoint';
import type { WantedBreakpoint } from '../debug/breakpoints/table';
import { debugErrors } from '../debug/debug-error';
import { rootMask } from '../debug/memory/tables-root';
import type { PanelBreakpoint, PanelBreakpointsAnswer } from '../protocol/memory';
import { placeAt } from './data-place';
import { dapErrors } from './errors';
import type { Guest } from './guest';
import { parseReference } from './memory-reference';
import { guestSpace } from './memory-space';
import { subjectText } from './repl/breakpoint-commands';
import { CONSOLE_GROUP as CONSOLE, setAndTell } from './told-breakpoints';

const COMMAND = 'hyperscope/panelBreakpoints';
const VECTORS = 256;
/** Exceptions are those below, but for NMI. */
const FIRST_INTERRUPT = 32;
const NMI = 2;
const PHYSICAL_END = 1n << 46n;
/** A vector has a group of its own: an exception and INT n with its number. */
const groupOfVector = (vector: number): string => `vector ${vector}`;
const vectorOfGroup = (group: string): number | null => (/^vector \d+$/.test(group) ? Number(group.slice(7)) : null);

export function listBreakpoints(guest: Guest): PanelBreakpointsAnswer['breakpoints'] {
  const { breakpoints } = guest;
  const row = (breakpoint: Breakpoint, text: string, vector: number | null): PanelBreakpointsAnswer['breakpoints'][number] => ({
    id: breakpoint.id,
    text: breakpoint.options.condition === undefined || vector !== null ? text : `${text} if ${breakpoint.options.condition}`,
    verified: breakpoint.verified,
    message: breakpoint.message ?? '',
    vector,
  });
  const vectors = Array.from({ length: VECTORS }, (_, vector) => vector).flatMap((vector) => {
    const [first] = breakpoints.group(groupOfVector(vector));
    return first ? [row(first, `vector 0x${vector.toString(16)}`, vector)] : [];
  });
  return [...breakpoints.group(CONSOLE).map((each) => row(each, subjectText(each.subject), null)), ...vectors];
}

export async function addBreakpoint(guest: Guest, wanted: PanelBreakpoint): Promise<void> {
  if (wanted.kind === 'vector') {
    const { vector } = wanted;
    if (!Number.isInteger(vector) || vector < 0 || vector >= VECTORS) throw dapErrors.badArgument(COMMAND, `${vector} is no vector`);
    const options = { condition: `vector == ${vector}` };
    const classes = vector < FIRST_INTERRUPT && vector !== NMI ? (['fault', 'interrupt'] as const) : (['interrupt'] as const);
    await setAndTell(
      guest,
      groupOfVector(vector),
      classes.map((each) => ({ subject: { kind: 'event', class: each }, options })),
    );
  } else {
    const added = await dataBreakpoint(guest, wanted);
    await setAndTell(guest, CONSOLE, [...guest.breakpoints.group(CONSOLE), added]);
  }
}

export async function removeBreakpoint(guest: Guest, id: number): Promise<void> {
  const { breakpoints } = guest;
  const groups = [CONSOLE, ...Array.from({ length: VECTORS }, (_, vector) => groupOfVector(vector))];
  const group = groups.find((name) => breakpoints.group(name).some((each) => each.id === id));
  if (group === undefined) throw dapErrors.badArgument(COMMAND, `no breakpoint of a panel has the number ${id}`);
  const rest = vectorOfGroup(group) === null ? breakpoints.group(group).filter((each) => each.id !== id) : [];
  await setAndTell(guest, group, rest);
}

async function dataBreakpoint(guest: Guest, wanted: Extract<PanelBreakpoint, { kind: 'data' }>): Promise<WantedBreakpoint> {
  const { space, length, access, cr3 } = wanted;
  const address = parseReference(COMMAND, wanted.address);
  if (!['read', 'write', 'access'].includes(access)) throw dapErrors.badArgument(COMMAND, `"${String(access)}" is no access`);
  if (!Number.isSafeInteger(length)) throw dapErrors.badArgument(COMMAND, '"length" is no number');
  if (space === 'physical' && address + BigInt(length) > PHYSICAL_END)
    throw debugErrors.cannotWatch(wanted.address, 'no machine has so much memory.');
  const { place } = await guestSpace(COMMAND, guest, wanted);
  const label = `${space === 'physical' ? 'physical ' : ''}${(space !== 'physical' && guest.describe(address)) || `0x${address.toString(16)}`}`;
  // An address that lies elsewhere before paging is watched at its physical place.
  const moved = place(address) !== address;
  const found = placeAt(address, length, label, guest, !moved);
  const subject: BreakpointSubject = { kind: 'data', ...found, space: space === 'physical' ? 'physical' : found.space, access };
  if (space !== 'virtual' || cr3 === null) return { subject, options: {} };
  const mask = rootMask((await guest.control.registers(guest.vm, wanted.vcpu)).values);
  const root = parseReference(COMMAND, cr3) & mask;
  return { subject, options: { condition: `($cr3 & 0x${mask.toString(16)}) == 0x${root.toString(16)}` } };
}
