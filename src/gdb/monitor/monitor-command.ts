// A command of gdb's "monitor" as a row; help is made from the rows.
import { UserError } from '../../base/user-error';
import type { GdbSession } from '../session';

export interface MonitorCommand {
  readonly name: string;
  /** "ADDR", "[N]"; nothing where it takes none. */
  readonly args?: string;
  readonly doc: string;
  /** What to print. Throws UserError for what cannot be. */
  run(session: GdbSession, args: string): Promise<string>;
}

export const monitorErrors = {
  unknown: (name: string, nearest: string | undefined) =>
    new UserError(
      'monitor-unknown',
      `There is no monitor command "${name}"${nearest === undefined ? ': see "monitor help"' : `; did you mean "${nearest}"?`}`,
    ),
  badAddress: (text: string) => new UserError('monitor-address', `"${text}" is no address: give a number such as 0x100000`),
  badCount: (text: string) => new UserError('monitor-count', `"${text}" is no count: give a whole number from 1 to 1000`),
  missing: (what: string) => new UserError('monitor-missing', `${what} is missing: see "monitor help"`),
  badWord: (text: string, words: string) => new UserError('monitor-word', `"${text}" is none of ${words}`),
  unwritable: (path: string, why: string) => new UserError('monitor-unwritable', `cannot write ${path}: ${why}`),
} as const;

const MOST = 1000;

export function addressOf(text: string): bigint {
  if (text === '') throw monitorErrors.missing('the address');
  if (!/^(0x[0-9a-f]{1,16}|\d{1,19})$/i.test(text)) throw monitorErrors.badAddress(text);
  return BigInt.asUintN(64, BigInt(text));
}

export function countOf(text: string, otherwise: number): number {
  if (text === '') return otherwise;
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MOST) throw monitorErrors.badCount(text);
  return count;
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (/^[\d.]+( \w+)?$/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  return lines.join('\n');
}
