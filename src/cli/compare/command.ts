// `compare IMAGE`: the same guest under several interfaces and cost tables, side by side, to the last exit.
import { loadSymbols } from '../../dap/launch/symbols';
import { type Comparison, comparisonJson, comparisonText } from '../../debug/compare/comparison';
import type { SiteSymbols } from '../../debug/compare/site-names';
import { type SiteReport, siteReport } from '../../debug/compare/site-report';
import type { Measures } from '../../machine/compare/measure';
import { compareReport } from '../../machine/compare/report';
import type { Command } from '../command';
import { OutputFile } from '../files/output-file';
import { optionsHelp } from '../help';
import { parseWithImage } from '../run/parse-run';
import { type MeasuredSide, measureSide } from './measure-side';
import { COMPARE_OPTIONS, type CompareOptions, defaultCompareOptions } from './options';

const USAGE = 'hyperscope compare IMAGE [options]';
/** A side did not come to the same end as the others. */
const DIFFERENT_ENDS = 1;

export const compareCommand: Command = {
  name: 'compare',
  usage: USAGE,
  doc: 'Run a guest fully virtualised and paravirtualised, and print exits, times and what their differences are made of.',
  async run(argv) {
    const options = parseWithImage('compare', COMPARE_OPTIONS, argv, defaultCompareOptions());
    if (options.help) {
      process.stdout.write(optionsHelp(USAGE, COMPARE_OPTIONS));
      return 0;
    }
    return compare(options);
  },
};

async function compare(options: CompareOptions): Promise<number> {
  const { sides } = options;
  const counts = options.vcpuCounts ?? [1];
  const json = options.json === undefined ? undefined : new OutputFile('the report', options.json);
  const symbols = (): SiteSymbols =>
    loadSymbols({ image: options.image, fastBoot: options.fastBoot, symbolFiles: options.symbols.map((file) => ({ file })) });
  const table: Measures[][] = [];
  const sites: SiteReport[] = [];
  for (const vcpus of counts) {
    const row: MeasuredSide[] = [];
    for (const side of sides) row.push(await measureSide(options, side, vcpus, symbols));
    table.push(row.map(({ measures }) => measures));
    if (options.sites)
      sites.push(
        siteReport(
          sides,
          row.map((side) => side.sites),
        ),
      );
  }
  const comparison: Comparison = {
    sides,
    runs: table.map((measures, i) => ({ vcpus: counts[i]!, measures, report: compareReport(measures), sites: sites[i] })),
  };
  process.stdout.write(comparisonText(comparison));
  json?.write(comparisonJson(comparison));
  json?.close();
  return endsAlike(table, (text) => process.stderr.write(`hyperscope: ${text}\n`)) ? 0 : DIFFERENT_ENDS;
}

/** Guests that came to different ends did different work: their figures say little. */
function endsAlike(table: readonly (readonly Measures[])[], say: (text: string) => void): boolean {
  const ends = new Set(table.flat().map(({ ended }) => ended));
  if (ends.size === 1) return true;
  say(`the runs came to different ends (${[...ends].join(', ')}): their figures are not of the same work`);
  return false;
}
