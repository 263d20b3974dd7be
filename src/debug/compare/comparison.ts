// A whole comparison: each side at each number of vCPUs, and the ways to write it down.
import type { CompareReport, Measures, Side } from '../../machine/control/compare';
import { sideName, sideText } from '../../machine/control/compare';
import { costReports, costsText } from './cost-report';
import { reportText, scalingText } from './report-text';
import { scalingRows } from './scaling';
import type { SiteReport } from './site-report';
import { sitesText } from './sites-text';

export interface ComparedRun {
  readonly vcpus: number;
  /** One for each side. */
  readonly measures: readonly Measures[];
  readonly report: CompareReport;
  readonly sites: SiteReport | undefined;
}

export interface Comparison {
  readonly sides: readonly Side[];
  readonly runs: readonly ComparedRun[];
}

const measuresOf = (runs: readonly ComparedRun[]) => runs.map(({ measures }) => measures);

export function comparisonText({ sides, runs }: Comparison): string {
  let text = '';
  for (const [i, { vcpus, measures, report, sites }] of runs.entries()) {
    if (runs.length > 1) text += `${i > 0 ? '\n' : ''}== ${vcpus} vCPU${vcpus === 1 ? '' : 's'}\n`;
    text += reportText(sides, measures, report);
    if (sites !== undefined) text += sitesText(sides, sites);
  }
  if (runs.length > 1) {
    const counts = runs.map(({ vcpus }) => vcpus);
    text += `\n== scaling\n${scalingText(sides, counts, measuresOf(runs))}`;
  }
  return text + costsText(costReports(sides, measuresOf(runs)));
}

export function comparisonJson({ sides, runs }: Comparison): string {
  const named = sides.map((side) => ({ ...side, name: sideName(side), text: sideText(side) }));
  const scaling =
    runs.length > 1
      ? sides.map((side, i) => ({ side: sideName(side), rows: scalingRows(runs.map(({ measures }) => measures[i]!)) }))
      : undefined;
  return `${JSON.stringify({ sides: named, costs: costReports(sides, measuresOf(runs)), runs, scaling }, null, 2)}\n`;
}

const quoted = (cell: string | number): string => (typeof cell === 'number' ? String(cell) : `"${cell.replaceAll('"', '""')}"`);

/** One line for each number: vcpus, section, what, unit, then a column for each side. */
export function comparisonCsv({ sides, runs }: Comparison): string {
  const lines: (string | number)[][] = [['vcpus', 'section', 'what', 'unit', ...sides.map(sideName)]];
  for (const { vcpus, report, sites } of runs) {
    for (const { name, unit, values } of report.totals) lines.push([vcpus, 'total', name, unit, ...values]);
    for (const { reason, counts, ns } of report.exits) {
      lines.push([vcpus, 'exits', reason, 'count', ...counts]);
      lines.push([vcpus, 'exits', reason, 'ns', ...ns]);
    }
    for (const { name, unit, values } of report.counts) lines.push([vcpus, 'counted', name, unit, ...values]);
    for (const { side, parts } of report.explanations)
      for (const { name, differenceNs, events, differenceCount } of parts) {
        const column = (value: number) => sides.map((_, i) => (i === side ? value : ''));
        lines.push([vcpus, 'difference', name, 'ns', ...column(differenceNs)]);
        if (events !== undefined && differenceCount !== undefined)
          lines.push([vcpus, 'difference', name, events, ...column(differenceCount)]);
      }
    for (const { symbol, address, instruction, counts } of sites?.sites ?? [])
      lines.push([vcpus, 'site', `${instruction} in ${symbol === '' ? address : symbol}`, 'count', ...counts]);
  }
  return lines.map((cells) => `${cells.map(quoted).join(',')}\n`).join('');
}
