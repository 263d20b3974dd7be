// What the exits of a comparison cost and who says so: the cost tables of its sides, each with its source, and the figure of every exit that happened under it.
import { type Measures, type Side, sideName } from '../../machine/control/compare';
import { costOf, costTableOf } from '../../machine/control/costs';

export interface CostReport {
  /** As users say it. */
  readonly name: string;
  readonly doc: string;
  /** Authors, title, where and when it was published, the machine it is of. */
  readonly source: string;
  /** The sides whose exits cost so much. */
  readonly sides: readonly string[];
  readonly figures: readonly {
    readonly reason: string;
    readonly ns: number;
    readonly basis: 'measured' | 'derived' | 'assumed';
    /** Table or figure of the source. */
    readonly from: string;
  }[];
}

/** `runs`: of each number of vCPUs, one for each side. */
export function costReports(sides: readonly Side[], runs: readonly (readonly Measures[])[]): CostReport[] {
  const tables = [...new Set(sides.map(({ model, costs }) => costTableOf(model, costs)))];
  return tables.map((table) => {
    const own = sides.flatMap((side, i) => (costTableOf(side.model, side.costs) === table ? [i] : []));
    const happened = new Set(runs.flatMap((run) => own.flatMap((i) => run[i]?.exits.map(({ reason }) => reason) ?? [])));
    const figures = [...happened].sort().flatMap((reason) => {
      const cost = costOf(table, reason as Parameters<typeof costOf>[1]);
      return cost === undefined ? [] : [{ reason, ns: cost.ns, basis: cost.figure.basis, from: cost.figure.from }];
    });
    const { name, doc, source } = table;
    return { name, doc, source, sides: own.map((i) => sideName(sides[i]!)), figures };
  });
}

const NAME_WIDTH = 24;
const COST_WIDTH = 10;

/** Figures of round tables are all assumed, and said by their source. */
export function costsText(reports: readonly CostReport[]): string {
  let text = '\nwhat exits cost\n';
  for (const { name, doc, source, figures } of reports) {
    text += `  ${name}: ${doc}\n    source: ${source}\n`;
    for (const { reason, ns, basis, from } of figures)
      if (from !== source)
        text += `    ${reason.padEnd(NAME_WIDTH)}${`${ns.toLocaleString('en')} ns`.padStart(COST_WIDTH)}  ${basis}: ${from}\n`;
  }
  return text;
}
