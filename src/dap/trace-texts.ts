// A trace event as a person reads it: name, decoded arguments, result. The rows say what fields mean.
import type { TraceRecord } from '../machine/control/types';
import { describeHypercall, resultText } from '../pv/describe.rows';
import { EXIT_REASON_ROWS } from '../trace/exits.rows';
import { EVENT_ROWS } from '../trace/rows';

interface FieldLike {
  readonly name: string;
  readonly type: string;
  readonly unit?: string;
}

export interface TraceTexts {
  readonly name: string;
  readonly args: string;
  readonly result: string;
}

type Fields = TraceRecord['fields'];
const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

export function traceTexts(record: TraceRecord): TraceTexts {
  const { kind, fields } = record;
  if (kind === 'hypercall') return hypercall(fields);
  if (kind === 'vm-exit') return exit(fields);
  const row = EVENT_ROWS.find(({ name }) => name === kind);
  const known: readonly FieldLike[] = row?.fields ?? Object.keys(fields).map((name) => ({ name, type: 'u64' }));
  return {
    name: kind,
    args: listed(
      known.filter(({ name }) => name !== 'result'),
      fields,
    ),
    result: '',
  };
}

function hypercall(fields: Fields): TraceTexts {
  const of = String(fields.interface ?? '');
  const values = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'].map((name) => BigInt(fields[name] ?? 0));
  const call = describeHypercall(of, Number(fields.nr ?? 0), values);
  return {
    name: call.name,
    args: call.args.map(({ name, text }) => `${name}=${text}`).join(', '),
    result: fields.result === undefined ? '' : resultText(of, BigInt(fields.result)),
  };
}

function exit(fields: Fields): TraceTexts {
  const name = String(fields.reason ?? '');
  const args: readonly FieldLike[] = EXIT_REASON_ROWS.find((row) => row.name === name)?.args ?? [];
  const shown = args.map((field, index) => `${field.name}=${valueText(field, fields[field.name] ?? fields[`a${index}`])}`).join(', ');
  const result = BigInt(fields.result ?? 0);
  return { name, args: shown, result: result === 0n ? '' : hex(result) };
}

function listed(rows: readonly FieldLike[], fields: Fields): string {
  return rows.flatMap((row) => (fields[row.name] === undefined ? [] : [`${row.name}=${valueText(row, fields[row.name])}`])).join(', ');
}

function valueText({ type, unit }: FieldLike, value: bigint | number | string | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  const wide = type === 'u64' || type === 'gpa' || type === 'linear';
  return unit === 'hex' || wide ? hex(value) : String(value);
}
