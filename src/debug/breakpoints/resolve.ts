// From what a person wants to what the machine must look for: linked addresses, and the physical ones where code runs before paging.
import { countOf } from '../../base/count-of';
import { UserError } from '../../base/user-error';
import { EVENT_FIELDS } from '../../machine/control/stop-types';
import type { HitRule, LogPart, Program } from '../../machine/control/types';
import { hypercallsNamed } from '../../pv/rows';
import { type DataType, strip } from '../../symbols/types';
import { isInteger, isSigned } from '../c/number';
import { debugErrors } from '../debug-error';
import { registerPart } from '../registers/names';
import type { AddressMap } from '../run/address-map';
import type { Symbols } from '../symbols';
import type { Breakpoint, ResolvedPlace } from './breakpoint';
import { type CompileScope, compileCondition, compileScalar } from './compile';
import { parseHitCondition } from './hit-condition';
import { type LogPiece, parseLogMessage } from './log-message';
import { probe } from './probe';
import { both, type WantedStop } from './stop-points';

/** CR3, and which of its bits count. */
export interface Tables {
  readonly cr3: bigint;
  readonly mask: bigint;
}

export interface ResolveContext {
  readonly symbols: Symbols;
  readonly addresses: AddressMap;
  readonly registers: (name: string) => boolean;
  /** As the vCPU sees it that a person looks at: a page walk, and its CR3 with the bits of it that tell its page tables from others. */
  readonly translate: (linear: bigint) => Promise<number | undefined>;
  readonly tables: () => Promise<Tables>;
  /** A condition with words of the guest's operating system, which only a stopped guest can tell. */
  readonly isLate: (condition: string) => boolean;
}

/** Fills in the breakpoint and tells which stop points it needs; none where it cannot be. */
export async function resolveBreakpoint(breakpoint: Breakpoint, context: ResolveContext): Promise<WantedStop[]> {
  breakpoint.verified = false;
  breakpoint.message = undefined;
  breakpoint.lateCondition = undefined;
  breakpoint.lateLog = undefined;
  breakpoint.lateHitRule = undefined;
  try {
    const { options } = breakpoint;
    const rule = filled(options.hitCondition) ? parseHitCondition(options.hitCondition) : undefined;
    const stops = counted(breakpoint, rule, await resolve(breakpoint, context));
    breakpoint.verified = stops.length > 0;
    return stops;
  } catch (error) {
    // Also a damaged symbol file: the breakpoint says so.
    if (!(error instanceof UserError)) throw error;
    breakpoint.message = error.message;
    return [];
  }
}

const filled = (text: string | undefined): text is string => text !== undefined && text.trim() !== '';

/** The engine counts, unless one of the places has a condition that it cannot tell: then everything of this breakpoint is decided where that is. */
function counted(breakpoint: Breakpoint, rule: HitRule | undefined, stops: WantedStop[]): WantedStop[] {
  if (rule === undefined) return stops;
  if (breakpoint.lateCondition === undefined) return stops.map((stop) => ({ ...stop, hits: rule }));
  breakpoint.lateHitRule = rule;
  if (filled(breakpoint.options.logMessage)) breakpoint.lateLog = parseLogMessage(breakpoint.options.logMessage);
  return stops.map(({ log: _log, ...stop }) => stop);
}

async function resolve(breakpoint: Breakpoint, context: ResolveContext): Promise<WantedStop[]> {
  const { subject } = breakpoint;
  if (subject.kind === 'hypercall') return hypercalls(breakpoint, subject.name, context);
  if (subject.kind === 'data') {
    const { kind, space, address, length, access } = subject;
    return [{ where: { kind, space, address, length, access }, ...(await attach(breakpoint, eventScope(EVENT_FIELDS.data, context))) }];
  }
  if (subject.kind === 'event') {
    const attached = await attach(breakpoint, eventScope(EVENT_FIELDS[subject.class], context));
    return [{ where: { kind: 'event', class: subject.class }, ...attached }];
  }
  if (subject.kind === 'physical') {
    const linked = context.addresses.toLinked(subject.address);
    breakpoint.places = [placeAt(linked, context.symbols)];
    return [{ where: { kind: 'physical', address: Number(subject.address) }, ...(await attach(breakpoint, codeScope(linked, context))) }];
  }
  const places = placesOf(breakpoint, context.symbols);
  breakpoint.places = places;
  const stops: WantedStop[] = [];
  for (const { address } of places) {
    const attached = await attach(breakpoint, codeScope(address, context));
    if (breakpoint.options.mode === 'physical') {
      stops.push({ where: { kind: 'physical', address: await physicalPlace(address, context) }, ...attached });
      continue;
    }
    if (breakpoint.options.mode === 'address-space') {
      const condition = both(isCurrent(await context.tables()), attached.condition);
      stops.push({ where: { kind: 'linear', address }, ...attached, ...(condition && { condition }) });
      continue;
    }
    stops.push({ where: { kind: 'linear', address }, ...attached });
    const physical = context.addresses.physicalOf(address);
    if (physical === undefined) continue;
    // Where the linked address is mapped, the stop point above speaks.
    const elsewhere: Program = [
      { op: 'register', name: 'rip' },
      { op: 'const', value: address },
      { op: 'binary', operator: 'ne' },
    ];
    const condition = both(elsewhere, attached.condition);
    stops.push({ where: { kind: 'physical', address: Number(physical) }, ...attached, ...(condition && { condition }) });
  }
  return stops;
}

async function physicalPlace(address: bigint, { translate, addresses }: ResolveContext): Promise<number> {
  const found = (await translate(address)) ?? addresses.physicalOf(address);
  if (found === undefined) throw debugErrors.notMapped(address);
  return Number(found);
}

function isCurrent({ cr3, mask }: Tables): Program {
  return [
    { op: 'register', name: 'cr3' },
    { op: 'const', value: mask },
    { op: 'binary', operator: 'and' },
    { op: 'const', value: cr3 & mask },
    { op: 'binary', operator: 'eq' },
  ];
}

function placesOf(breakpoint: Breakpoint, symbols: Symbols): ResolvedPlace[] {
  const { subject } = breakpoint;
  switch (subject.kind) {
    case 'source': {
      const found = symbols.addressesForLine(subject.path, subject.line);
      if (found.locations.length === 0) breakpoint.message = found.reason ?? `There is no code for line ${subject.line}.`;
      return found.locations.map(({ address, file, line, column }) => ({ address, file, line, column }));
    }
    case 'function': {
      const found = symbols.functionBreakpoints(subject.name);
      if (found.length > 0) {
        return found.map(({ address, file, line, column }) => ({ address, file: file || undefined, line: line || undefined, column }));
      }
      if (/[*?]/.test(subject.name) && !subject.name.startsWith('*0x')) return matching(breakpoint, subject.name, symbols);
      const address = addressText(subject.name) ?? symbols.symbolAddress(subject.name);
      if (address === undefined) breakpoint.message = `There is no function "${subject.name}" in the symbols.`;
      return address === undefined ? [] : [placeAt(address, symbols)];
    }
    case 'instruction':
      return [placeAt(subject.address, symbols)];
    default:
      return [];
  }
}

const MOST_MATCHES = 2000;

/** All functions whose name fits "spin_*lock?". */
function matching(breakpoint: Breakpoint, pattern: string, symbols: Symbols): ResolvedPlace[] {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const wanted = new RegExp(`^${source}$`);
  const names = symbols.symbolNames(/^[^*?]*/.exec(pattern)?.[0] ?? '', Number.MAX_SAFE_INTEGER).filter((name) => wanted.test(name));
  const places = names.flatMap((name) =>
    symbols
      .functionBreakpoints(name)
      .map(({ address, file, line, column }) => ({ address, file: file || undefined, line: line || undefined, column })),
  );
  const distinct = [...new Map(places.map((place) => [place.address, place])).values()];
  if (distinct.length === 0) breakpoint.message = `No function's name fits "${pattern}".`;
  else if (distinct.length > MOST_MATCHES) throw debugErrors.tooManyMatches(pattern, distinct.length, MOST_MATCHES);
  else breakpoint.message = `${countOf(distinct.length, 'place')}.`;
  return distinct;
}

function addressText(text: string): bigint | undefined {
  return /^\*?0x[0-9a-f]{1,16}$/i.test(text) ? BigInt(text.replace('*', '')) : undefined;
}

function placeAt(address: bigint, symbols: Symbols): ResolvedPlace {
  const line = symbols.lineAt(address);
  return { address, file: line?.file, line: line?.line, column: line?.column };
}

async function hypercalls(breakpoint: Breakpoint, name: string | undefined, context: ResolveContext): Promise<WantedStop[]> {
  const attached = await attach(breakpoint, { ...registerScope(context), hypercall: true });
  if (name === undefined) return [{ where: { kind: 'hypercall' }, ...attached }];
  const rows = hypercallsNamed(name);
  if (rows.length === 0) throw debugErrors.unknownHypercall(name);
  return rows.map(({ interface: of, row }) => ({ where: { kind: 'hypercall', interface: of, nr: row.nr }, ...attached }));
}

/** Condition and log message, compiled; what cannot be is left to the stopped guest. */
async function attach(breakpoint: Breakpoint, scope: ScopeOf): Promise<{ condition?: Program; log?: readonly LogPart[] }> {
  const { condition, logMessage } = breakpoint.options;
  const attached: { condition?: Program; log?: readonly LogPart[] } = {};
  if (filled(condition)) {
    const program = scope.isLate(condition) ? undefined : await compileCondition(condition, scope);
    if (program) attached.condition = program;
    else breakpoint.lateCondition = condition;
  }
  if (filled(logMessage)) {
    const pieces = parseLogMessage(logMessage);
    const parts = breakpoint.lateCondition ? undefined : await logParts(pieces, scope);
    if (parts) attached.log = parts;
    else breakpoint.lateLog = pieces;
  }
  return attached;
}

/** undefined: some value is more than a number. */
async function logParts(pieces: readonly LogPiece[], scope: CompileScope): Promise<LogPart[] | undefined> {
  const parts: LogPart[] = [];
  for (const piece of pieces) {
    if ('text' in piece) {
      parts.push({ text: piece.text });
      continue;
    }
    const compiled = await compileScalar(piece.expression, scope);
    const format = compiled && numberFormat(compiled.type, piece.hex);
    if (!compiled || !format) return undefined;
    parts.push({ program: compiled.program, format });
  }
  return parts;
}

function numberFormat(type: DataType, hex: boolean): 'd' | 'u' | 'x' | undefined {
  const plain = strip(type);
  if (plain.kind !== 'base' || !isInteger(plain) || plain.size === 1) return undefined;
  return hex ? 'x' : isSigned(plain) ? 'd' : 'u';
}

interface ScopeOf extends CompileScope {
  readonly isLate: (condition: string) => boolean;
}

function registerScope({ symbols, registers, isLate }: ResolveContext): ScopeOf {
  return {
    isLate,
    pointerSize: symbols.addressSize,
    registers,
    hypercall: false,
    variable: async () => undefined,
    type: (name) => symbols.typeByName(name),
  };
}

/** Where it happens is not known beforehand: what is no register and no number of the event is looked at then. */
function eventScope(event: readonly string[], context: ResolveContext): ScopeOf {
  return {
    ...registerScope(context),
    event,
    variable: async (name) => (registerPart(name.toLowerCase(), context.registers) ? undefined : 'later'),
  };
}

function codeScope(address: bigint, context: ResolveContext): ScopeOf {
  const { symbols } = context;
  return {
    ...registerScope(context),
    type: (name) => symbols.typeByName(name, address),
    variable: async (name) => {
      const [frame] = symbols.inlineChain(address);
      const variable = frame?.variables().find((each) => each.name === name) ?? symbols.globals(name, address)[0];
      if (!variable) return symbols.functionsByName(name).length > 0 || symbols.symbolAddress(name) !== undefined ? 'later' : undefined;
      const place = await probe(variable, symbols.addressSize === 8);
      return place ? { type: variable.type, place } : 'later';
    },
  };
}
