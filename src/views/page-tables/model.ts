// The Page tables panel without its drawing: how an address is cut into indexes, every step of a walk in words, and the map of ranges (SDM vol 3, 4.3 to 4.5).
import type { MappedRangesAnswer, WalkAnswer } from '../../protocol/requests';
import { fromHex } from '../../protocol/wire';
import { t } from '../kit/texts';

export interface PageTablesPanelState {
  address: string;
  filter: string;
  permission: Permission;
  view: MapView;
  /** Whose tables are compared with the vCPU's: a number or an expression. */
  otherCr3: string;
}
export type Permission = 'all' | 'writable' | 'executable' | 'user' | 'writable and executable' | 'huge pages';
export const permissions: readonly Permission[] = ['all', 'writable', 'executable', 'user', 'writable and executable', 'huge pages'];
export const mapViews = {
  map: { text: t('Map'), title: t('Everything that is mapped, in runs of equal permissions') },
  unsafe: { text: t('Unsafe'), title: t('Mappings that a kernel should not have') },
  aliases: { text: t('Aliases'), title: t('Frames that are mapped at more than one address') },
  changes: { text: t('Changes'), title: t('What has changed since the stop before') },
  compare: { text: t('Compare'), title: t('Two address spaces side by side: where they differ') },
} as const;
export type MapView = keyof typeof mapViews;
export const initialState: PageTablesPanelState = { address: 'rip', filter: '', permission: 'all', view: 'map', otherCr3: '' };

export interface AddressPart {
  name: string;
  /** "47:39" */
  bits: string;
  value: string;
}

/** Index fields, high to low: names and lowest bits. */
const layouts: Record<string, readonly (readonly [string, number, number])[]> = {
  '5-level': [
    ['PML5', 56, 48],
    ['PML4', 47, 39],
    ['PDPT', 38, 30],
    ['PD', 29, 21],
    ['PT', 20, 12],
  ],
  '4-level': [
    ['PML4', 47, 39],
    ['PDPT', 38, 30],
    ['PD', 29, 21],
    ['PT', 20, 12],
  ],
  PAE: [
    ['PDPT', 31, 30],
    ['PD', 29, 21],
    ['PT', 20, 12],
  ],
  '32-bit': [
    ['PD', 31, 22],
    ['PT', 21, 12],
  ],
};

const field = (address: bigint, high: number, low: number) => (address >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);

/** The parts of the linear address that this walk used; what lies below the last table is the offset in the page. */
export function addressParts({ linear, mode, steps }: Pick<WalkAnswer, 'linear' | 'mode' | 'steps'>): AddressPart[] {
  const address = fromHex(linear);
  const used = (layouts[mode] ?? []).slice(0, Math.max(1, steps.length));
  const parts = used.map(([name, high, low]) => ({ name, bits: `${high}:${low}`, value: String(field(address, high, low)) }));
  const low = used.at(-1)?.[2] ?? 32;
  return [...parts, { name: 'offset', bits: `${low - 1}:0`, value: `0x${field(address, low - 1, 0).toString(16)}` }];
}

export interface StepView {
  title: string;
  entry: string;
  outcome: string;
  good: boolean;
  bits: { name: string; position: string; value: string; meaning: string; set: boolean }[];
}

const outcomes: Record<string, string> = {
  table: t('points to the next table'),
  page: t('maps the page'),
  'not-present': t('is not present: a page fault'),
  'reserved-bits': t('has reserved bits set: a page fault with RSVD'),
  unreadable: t('lies where there is no memory'),
};

export const stepsView = ({ steps }: Pick<WalkAnswer, 'steps'>): StepView[] =>
  steps.map(({ name, index, entryGpa, value, outcome, bits }) => ({
    title: `${name} [${index}]`,
    entry: t('{0} at {1}', value, entryGpa),
    outcome: outcomes[outcome] ?? outcome,
    good: outcome === 'table' || outcome === 'page',
    bits: bits.map((bit) => ({
      name: bit.name,
      position: bit.width === 1 ? String(bit.bit) : `${bit.bit + bit.width - 1}:${bit.bit}`,
      value: bit.width > 4 ? `0x${bit.value.toString(16)}` : String(bit.value),
      meaning: bit.meaning,
      set: bit.value !== 0,
    })),
  }));

export function resultText({ linear, mode, cr3, result, problem, symbol }: WalkAnswer): string {
  const what = symbol ? `${linear} (${symbol})` : linear;
  if (!result) return t('{0} cannot be translated: {1}', what, problem ?? t('no mapping'));
  const how = mode === 'none' ? t('paging is off') : t('{0} paging, CR3 {1}', mode, cr3);
  return t(
    '{0} → physical {1}, {2} page, {3} ({4})',
    what,
    result.gpa,
    sizeText(result.pageSize),
    result.flags.join(' ') || t('no flags'),
    how,
  );
}

/** "4 KiB", "2 MiB", "1 GiB"; whole numbers of the largest unit that fits. */
export function sizeText(bytes: number | bigint): string {
  let size = BigInt(bytes);
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (unit < units.length - 1 && size >= 1024n && size % 1024n === 0n) {
    size /= 1024n;
    unit++;
  }
  return `${size} ${units[unit]}`;
}

export type Range = MappedRangesAnswer['ranges'][number];

const permits: Record<Permission, (range: Pick<Range, 'flags' | 'pageSize'>) => boolean> = {
  all: () => true,
  writable: ({ flags }) => flags.includes('writable'),
  executable: ({ flags }) => flags.includes('executable'),
  user: ({ flags }) => flags.includes('user'),
  'writable and executable': ({ flags }) => flags.includes('writable') && flags.includes('executable'),
  'huge pages': ({ pageSize }) => pageSize > 4096,
};

export function filterRanges(
  ranges: readonly Range[],
  { filter, permission }: Pick<PageTablesPanelState, 'filter' | 'permission'>,
): Range[] {
  const wanted = filter.trim().toLowerCase();
  return ranges.filter(
    (range) => permits[permission](range) && `${range.start} ${range.end} ${range.gpa} ${range.symbol}`.toLowerCase().includes(wanted),
  );
}

/** "rwx" in the manner of a memory map; the letters are explained by a title. */
export const permissionLetters = (flags: readonly string[]): string =>
  `r${flags.includes('writable') ? 'w' : '-'}${flags.includes('executable') ? 'x' : '-'} ${flags.includes('user') ? 'user' : 'kernel'}${flags.includes('global') ? ' global' : ''}`;

export const rangeSize = ({ start, end }: Pick<Range, 'start' | 'end'>): string => sizeText(fromHex(end) - fromHex(start));

/** Digits in full, so that columns line up: "ffff8000 00100000". */
export const addressText = (hex: string): string =>
  fromHex(hex)
    .toString(16)
    .padStart(16, '0')
    .replace(/^(.{8})/, '$1 ');
