// One row of the Memory panel: address, words, text; what has changed and what is selected is marked.
import { element } from '../kit/client/dom';
import { t } from '../kit/texts';
import { addressText, characterOf, type RowSize, UNKNOWN, type WordSize, wordText } from './model';

export interface Bytes {
  readonly size: WordSize;
  byte(address: bigint): number;
  /** What it was at the stop before, where it has changed. */
  before(address: bigint): number | undefined;
}

interface RowParts {
  readonly view: Bytes;
  readonly columns: RowSize;
  readonly start: bigint;
  /** First and last byte. */
  readonly selection: { readonly from: bigint; readonly to: bigint };
  readonly cursor: bigint;
}

const hex = (address: bigint): string => `0x${address.toString(16)}`;
/** Of a word's cell. */
export const idOf = (address: bigint): string => `at-${address.toString(16)}`;

const isMarked = ({ selection }: RowParts, address: bigint, size: number): boolean =>
  address <= selection.to && address + BigInt(size) > selection.from;

export function hexRow(parts: RowParts): HTMLElement {
  const { view, columns, start } = parts;
  const words = Array.from({ length: columns / view.size }, (_, i) => wordCell(parts, start + BigInt(i * view.size)));
  const address = element('span', { class: 'address', role: 'rowheader' }, addressText(start));
  return element('div', { class: 'hex-row', role: 'row' }, address, ...words, textCell(parts));
}

function wordCell(parts: RowParts, at: bigint): HTMLElement {
  const { view, cursor } = parts;
  const word = Array.from({ length: view.size }, (_, i) => view.byte(at + BigInt(i)));
  const old = word.map((_byte, i) => view.before(at + BigInt(i)));
  const changed = old.some((byte) => byte !== undefined);
  const marked = isMarked(parts, at, view.size);
  const unread = word.some((byte) => byte < 0);
  const kinds = { cell: true, unknown: unread && word.includes(UNKNOWN), unreadable: unread && !word.includes(UNKNOWN) };
  return element(
    'span',
    {
      class: classes({ ...kinds, changed, marked, current: at === cursor }),
      id: idOf(at),
      role: 'gridcell',
      ...(changed ? { title: t('was {0}', wordText(word.map((byte, i) => old[i] ?? byte))) } : {}),
      attributes: { 'data-at': hex(at), 'aria-selected': String(marked) },
    },
    wordText(word),
  );
}

/** Only what is marked has elements of its own. */
function textCell(parts: RowParts): HTMLElement {
  const { view, columns, start } = parts;
  const text = element('span', { class: 'text', role: 'gridcell', attributes: { 'data-start': hex(start) } });
  for (let i = 0; i < columns; i++) {
    const at = start + BigInt(i);
    const kind = classes({ changed: view.before(at) !== undefined, marked: isMarked(parts, at, 1) });
    const character = characterOf(view.byte(at));
    text.append(kind === '' ? character : element('span', { class: kind }, character));
  }
  return text;
}

const classes = (kinds: Readonly<Record<string, boolean>>): string =>
  Object.entries(kinds)
    .filter(([, is]) => is)
    .map(([name]) => name)
    .join(' ');
