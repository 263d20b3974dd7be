// The Memory panel without its drawing: what it remembers, how bytes and words are written, and what a person types for them. Little-endian throughout.
import type { MemoryPlace } from '../../protocol/memory';
import type { Hex } from '../../protocol/wire';
import type { PanelWish } from '../kit/protocol';
import { t } from '../kit/texts';

export type SpaceChoice = 'virtual' | 'in CR3' | 'linear' | 'physical';
export const spaceChoices: readonly { choice: SpaceChoice; text: string; title: string }[] = [
  {
    choice: 'virtual',
    text: t('virtual'),
    title: t("In the vCPU's page tables of now; before paging, symbols are where they were loaded"),
  },
  { choice: 'in CR3', text: t('virtual in CR3'), title: t('In the page tables that you name: a number or an expression') },
  { choice: 'linear', text: t('linear'), title: t('Exactly what the CPU makes of the address, also before paging') },
  { choice: 'physical', text: t('guest-physical'), title: t('Guest-physical memory') },
];

export const wordSizes = [1, 2, 4, 8] as const;
export type WordSize = (typeof wordSizes)[number];
export const rowSizes = [4, 8, 16, 32] as const;
export type RowSize = (typeof rowSizes)[number];

export interface MemoryPanelState {
  /** What was typed. */
  text: string;
  /** Where that is, or was when it was last known. */
  address: Hex;
  space: SpaceChoice;
  /** What was typed for CR3, and what that is. */
  cr3: string;
  root: Hex | null;
  follow: boolean;
  size: WordSize;
  columns: RowSize | 'fit';
  /** First and last byte that are selected. */
  from: Hex;
  to: Hex;
}
export const initialState: MemoryPanelState = {
  ...{ text: t('rsp'), address: '0x0', space: 'virtual', cr3: '', root: null },
  ...{ follow: true, size: 1, columns: 'fit', from: '0x0', to: '0x0' },
};

export const placeOf = ({ space, root }: Pick<MemoryPanelState, 'space' | 'root'>, vcpu: number): MemoryPlace => ({
  vcpu,
  space: space === 'in CR3' ? 'virtual' : space,
  cr3: space === 'in CR3' ? root : null,
});

/** What is remembered after another part of the editor asked for an address. */
export const stateOfWish = ({ at, space = 'virtual', cr3 }: PanelWish): Pick<MemoryPanelState, 'text' | 'space' | 'cr3'> => ({
  text: at,
  space: cr3 !== undefined && space === 'virtual' ? 'in CR3' : space,
  cr3: cr3 ?? '',
});

/** One past the last address. */
export const endOf = (space: SpaceChoice): bigint => 1n << (space === 'physical' ? 46n : 64n);

/** Bytes of a row: what was chosen, or the most that fit beside address and text. `widthCh`: of the whole row, in characters. */
export function columnsOf({ columns, size }: Pick<MemoryPanelState, 'columns' | 'size'>, widthCh: number): RowSize {
  if (columns !== 'fit') return Math.max(columns, size) as RowSize;
  const fitting = rowSizes.filter((bytes) => bytes >= size && widthOf(bytes, size) <= widthCh);
  return fitting.at(-1) ?? (Math.max(rowSizes[0], size) as RowSize);
}

/** Characters of a row: address, words with a blank before each, text. */
export const widthOf = (bytes: RowSize, size: WordSize): number => 17 + 1 + (bytes / size) * (2 * size + 1) + 2 + bytes;

export const addressText = (address: bigint): string =>
  address
    .toString(16)
    .padStart(16, '0')
    .replace(/^(.{8})/, '$1 ');

/** Not known yet, and not readable. */
export const UNKNOWN = -2;
export const UNREADABLE = -1;

const digits = (byte: number): string => (byte === UNKNOWN ? '··' : byte === UNREADABLE ? '??' : byte.toString(16).padStart(2, '0'));

/** The digits of a word, most significant first. */
export const wordText = (bytes: readonly number[]): string => bytes.map(digits).reverse().join('');

export const characterOf = (byte: number): string =>
  byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : byte === UNREADABLE ? ' ' : byte === UNKNOWN ? ' ' : '.';

/** As many bytes as the word has: hexadecimal as shown, or with "0x"; "'a'" a character; "#" before a decimal number. Undefined: none of these, or too large. */
export function parseWord(text: string, size: WordSize): Uint8Array | undefined {
  const plain = text.trim().replace(/[\s_]/g, '');
  const character = /^'(.)'?$/u.exec(text.trim())?.[1];
  let value: bigint;
  if (character !== undefined) value = BigInt(character.codePointAt(0) ?? 0);
  else if (/^#-?\d+$/.test(plain)) value = BigInt(plain.slice(1));
  else if (/^-?(0x)?[0-9a-f]+$/i.test(plain)) value = (plain.startsWith('-') ? -1n : 1n) * BigInt(`0x${plain.replace(/^-?(0x)?/i, '')}`);
  else return undefined;
  const bits = BigInt(8 * size);
  if (value >= 1n << bits || value < -(1n << (bits - 1n))) return undefined;
  let rest = BigInt.asUintN(8 * size, value);
  return Uint8Array.from({ length: size }, () => {
    const byte = Number(rest & 0xffn);
    rest >>= 8n;
    return byte;
  });
}

export function littleEndian(bytes: readonly number[]): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** The numbers that begin at a place, for the line below: as far as its bytes are readable. */
export function numbersAt(bytes: readonly number[]): { name: string; text: string }[] {
  const known = bytes.findIndex((byte) => byte < 0);
  const there = known < 0 ? bytes.length : known;
  return wordSizes
    .filter((size) => size <= there)
    .map((size) => {
      const value = littleEndian(bytes.slice(0, size));
      const signed = BigInt.asIntN(8 * size, value);
      const negative = signed < 0n ? ` ${signed}` : '';
      return { name: `u${8 * size}`, text: `0x${value.toString(16)} ${value}${negative}` };
    });
}
