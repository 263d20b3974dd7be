// The Descriptors panel without its drawing: every entry, segment register and field of the task-state segment in words (SDM vol 3, chapters 3, 6 and 7).
import type { DescriptorRow, DescriptorsAnswer, DescriptorTableAnswer, SegmentRow, TssAnswer } from '../../protocol/descriptors';
import { fromHex, type Hex } from '../../protocol/wire';
import { t } from '../kit/texts';

export interface DescriptorsPanelState {
  filter: string;
  /** Sections that are folded. */
  closed: readonly string[];
}
export const initialState: DescriptorsPanelState = { filter: '', closed: [] };

const hex = (value: number | bigint, digits = 0): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** "0xffff8000 00101000": long addresses in two groups. */
export const addressText = (address: Hex): string => {
  const digits = fromHex(address).toString(16);
  return digits.length <= 8 ? `0x${digits}` : `0x${digits.slice(0, -8)} ${digits.slice(-8)}`;
};

export interface EntryView {
  key: string;
  /** "0x10" a selector, "0x0e" a vector. */
  number: string;
  name: string;
  type: string;
  /** "DPL 3, IST 1, not present". */
  rights: string;
  /** "0x8:0xffff8000 00101000", or base and limit. */
  place: string;
  handler: { symbol: string; address: Hex; path: string | null; line: number | null } | undefined;
  /** Of the IDT. */
  vector: number | undefined;
  /** Where the segment is. */
  base: Hex | undefined;
  raw: string;
  before: string | undefined;
}

export function entryView(table: DescriptorTableAnswer['name'], row: DescriptorRow): EntryView {
  const isVectors = table === 'IDT' || table === 'IVT';
  const { gate, base, limit } = row;
  const rights = [
    ...(table === 'IVT' ? [] : [`DPL ${row.dpl}`]),
    ...(gate?.ist ? [`IST ${gate.ist}`] : []),
    ...(gate?.count ? [`${gate.count} parameters`] : []),
    ...row.flags,
    ...(row.present ? [] : [t('not present')]),
  ];
  const handler = gate?.handler ? { symbol: gate.symbol, address: gate.handler, path: gate.path, line: gate.line } : undefined;
  return {
    key: `${table} ${row.index}`,
    number: isVectors ? hex(row.index, 2) : hex(row.selector ?? 0, 2),
    name: row.name,
    type: row.type,
    rights: rights.join(', '),
    place: gate
      ? `${hex(gate.selector)}:${addressText(gate.offset)}`
      : base && limit
        ? `base ${addressText(base)}, limit ${hex(fromHex(limit))}`
        : '',
    handler,
    vector: isVectors ? row.index : undefined,
    base: base ?? undefined,
    raw: row.raw,
    before: row.before ?? undefined,
  };
}

const matches = (filter: string, ...texts: string[]): boolean => texts.join(' ').toLowerCase().includes(filter.trim().toLowerCase());

export function entriesView(table: DescriptorTableAnswer, filter: string): EntryView[] {
  return table.rows
    .map((row) => entryView(table.name, row))
    .filter((view) => matches(filter, view.number, view.name, view.type, view.rights, view.place, view.handler?.symbol ?? ''));
}

/** "GDT at 0x…, limit 0x3f: 5 of 8 entries are set". */
export function tableTitle({ name, base, limit, missing, count, rows, more }: DescriptorTableAnswer): string {
  const shown = more > 0 ? t(', the first {0} are shown', rows.length) : '';
  const unread = missing > 0 ? t('; {0} bytes of it cannot be read', missing) : '';
  return t(
    '{0} at {1}, limit {2}: {3} of {4} entries are set{5}{6}',
    name,
    addressText(base),
    hex(limit),
    rows.length + more,
    count,
    shown,
    unread,
  );
}

export interface SegmentView {
  name: string;
  selector: string;
  hidden: string;
  memory: string;
  verdict: string;
  bad: boolean;
  changed: boolean;
}

const partsText = ({ base, limit, text }: SegmentRow['hidden']): string =>
  `${text}, base ${addressText(base)}, limit ${hex(fromHex(limit))}`;

export function segmentView(row: SegmentRow): SegmentView {
  const { name, selector, usable, hidden, memory, differences, reason, changed } = row;
  const named = (part: SegmentRow['differences'][number]) => (part === 'access' ? 'rights' : part);
  const verdicts: Record<SegmentRow['reason'], string> = {
    same: t('as in memory'),
    null: t('null selector'),
    nothing: t('its selector names no segment now'),
    msr: t('base set by an MSR'),
    real: t('selector × 16'),
    differs: t('differs from memory: {0}', differences.map(named).join(', ')),
  };
  return {
    name: name.toUpperCase(),
    selector: hex(selector, 4),
    hidden: usable ? partsText(hidden) : reason === 'msr' ? `unusable, base ${addressText(hidden.base)}` : 'unusable',
    memory: memory && reason !== 'same' ? partsText(memory) : '',
    verdict: verdicts[reason],
    bad: reason === 'differs' || (reason === 'nothing' && usable),
    changed,
  };
}

export interface FieldView {
  name: string;
  value: string;
  symbol: string;
  address: Hex | undefined;
  before: string | undefined;
}

export function tssView(tss: TssAnswer, filter: string): FieldView[] {
  return tss.fields
    .map(({ name, value, symbol, before }) => ({
      name,
      value: value === null ? t('beyond the limit') : addressText(value),
      symbol,
      address: value !== null && symbol !== '' ? value : undefined,
      before: before ?? undefined,
    }))
    .filter((field) => matches(filter, field.name, field.value, field.symbol));
}

export const tssTitle = ({ bits, base, limit }: TssAnswer): string =>
  t('{0}-bit TSS at {1}, limit {2}', bits, addressText(base), hex(fromHex(limit)));

/** Which ports a program may use whatever its privilege. */
export function ioMapText({ ioMap: { allowed, missing } }: TssAnswer): string {
  if (missing === 'no-map') return t('I/O map: none, so IN and OUT need CPL ≤ IOPL');
  if (missing === 'unreadable') return t('I/O map: cannot be read');
  if (allowed.length === 0) return t('I/O map: no port is allowed');
  const runs = allowed.slice(0, 32).map(({ from, to }) => (from === to ? hex(from) : `${hex(from)}–${hex(to)}`));
  return t('I/O map: allowed ports {0}{1}', runs.join(', '), allowed.length > 32 ? t(' and {0} more ranges', allowed.length - 32) : '');
}

/** "long64 · 2 segment registers differ from memory". */
export function summary({ mode, segments }: DescriptorsAnswer): string {
  const bad = segments.map(segmentView).filter((view) => view.bad);
  return bad.length === 0 ? mode : t('{0}, not as in memory: {1}', mode, bad.map(({ name }) => name).join(', '));
}
