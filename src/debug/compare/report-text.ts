// A comparison as text: columns for the sides, differences to the first one, and what each difference is made of.
import { formatNs } from '../../base/format-ns';
import {
  type CompareReport,
  type CompareRow,
  type DifferencePart,
  type Measures,
  type Side,
  sideName,
  sideText,
} from '../../machine/control/compare';
import { scalingRows } from './scaling';

/** Differences below this part of the first side's value are not explained. */
const WORTH_EXPLAINING = 0.01;
const NAME_WIDTH = 26;
const CELL_WIDTH = 24;

const number = (value: number): string => value.toLocaleString('en');
const change = (value: number, first: number): string =>
  first === 0 ? (value === 0 ? '' : 'new') : `${value >= first ? '+' : ''}${((100 * (value - first)) / first).toFixed(1)} %`;
const line = (name: string, cells: readonly string[]): string =>
  `${name.padEnd(NAME_WIDTH)}${cells.map((cell) => cell.padStart(CELL_WIDTH)).join('')}\n`;
const cell = (text: string, value: number, values: readonly number[], i: number): string =>
  i === 0 ? text : `${text} ${inBrackets(change(value, values[0] ?? 0)).padStart(11)}`;
const inBrackets = (text: string): string => (text === '' ? '' : `(${text})`);
const rowLine = ({ name, unit, values }: CompareRow): string =>
  line(
    name,
    values.map((value, i) => cell(unit === 'ns' ? formatNs(value) : number(value), value, values, i)),
  );

export function reportText(sides: readonly Side[], measures: readonly Measures[], report: CompareReport): string {
  let text = line('', sides.map(sideName));
  for (const row of report.totals) text += rowLine(row);
  text += '\nexits, by reason: how often and how long\n';
  for (const { reason, counts, ns } of report.exits)
    text += line(
      `  ${reason}`,
      counts.map((count, i) => `${number(count)}  ${formatNs(ns[i] ?? 0)}`),
    );
  text += '\ncounted\n';
  for (const row of report.counts) text += rowLine({ ...row, name: `  ${row.name}` });
  for (const { side, differenceNs, parts } of report.explanations) {
    const whole = measures[0]!.elapsedNs * measures[0]!.vcpus;
    text += `\n${sideName(sides[side]!)} (${sideText(sides[side]!)}) takes ${signed(differenceNs)} of vCPU time than ${sideName(sides[0]!)}: `;
    if (Math.abs(differenceNs) < WORTH_EXPLAINING * whole && parts.length === 0) {
      text += 'no difference\n';
      continue;
    }
    text += 'made of\n';
    for (const part of parts) text += partLine(part);
    text += `${'  sum'.padEnd(NAME_WIDTH)}${signedNs(parts.reduce((sum, part) => sum + part.differenceNs, 0)).padStart(CELL_WIDTH)}\n`;
  }
  return text;
}

/** Which total it is a part of, and the events that make it. */
function partLine({ name, total, differenceNs, events, differenceCount }: DifferencePart): string {
  const made = differenceCount === undefined ? '' : `: ${differenceCount > 0 ? '+' : ''}${number(differenceCount)} ${events}`;
  return `${`  ${name}`.padEnd(NAME_WIDTH)}${signedNs(differenceNs).padStart(CELL_WIDTH)}  of ${total}${made}\n`;
}

const signedNs = (ns: number): string => `${ns > 0 ? '+' : ''}${formatNs(ns)}`;
const signed = (ns: number): string => (ns >= 0 ? `${formatNs(ns)} more` : `${formatNs(-ns)} less`);

/** How a guest scales: one block for each side, one column for each number of vCPUs. */
export function scalingText(sides: readonly Side[], counts: readonly number[], table: readonly (readonly Measures[])[]): string {
  let text = '';
  for (const [i, side] of sides.entries()) {
    text += `\n${sideName(side)} (${sideText(side)})\n`;
    text += line(
      '  vCPUs',
      counts.map((count) => String(count)),
    );
    for (const { name, unit, values } of scalingRows(table.map((row) => row[i]!)))
      text += line(
        `  ${name}`,
        values.map((value) => (unit === 'ns' ? formatNs(value) : unit === 'count' ? number(value) : `${value.toFixed(2)} x`)),
      );
  }
  return text;
}
