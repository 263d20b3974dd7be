// The cost tables by name: round ones of each execution model, which hold where no other is asked for, and those of publications.
import { UserError } from '../../base/user-error';
import type { ExitReasonName } from '../../trace/exits.rows';
import { EXIT_COST_ROWS, type ExecutionModel } from '../exits.rows';
import { PUBLISHED_COSTS } from './published.rows';
import { type CostFigure, type CostTable, figureNs } from './table';

const ROUND = 'round numbers of our own, of the order of the published ones';
const round = (model: ExecutionModel, doc: string): CostTable => ({
  name: model,
  model,
  doc,
  source: ROUND,
  cyclesPerNs: 1,
  figures: Object.fromEntries(
    EXIT_COST_ROWS.flatMap((row): [ExitReasonName, CostFigure][] =>
      row[model] === null ? [] : [[row.reason, { ns: row[model], basis: 'assumed', from: ROUND }]],
    ),
  ),
  otherwise: { ns: 0, basis: 'assumed', from: ROUND },
});

export const COST_TABLES: readonly CostTable[] = [
  round('hw', 'Hardware-assisted, today: some 0.7 us a round trip, 2 us to a device model.'),
  round('trap', 'Trap and emulate with shadow page tables.'),
  round('pv', 'The guest calls instead of trapping.'),
  ...PUBLISHED_COSTS,
];
export const COST_NAMES: readonly string[] = COST_TABLES.map(({ name }) => name);

export const costErrors = {
  unknown: (name: string) => new UserError('costs', `there is no cost table "${name}": take ${COST_NAMES.join(', ')}`),
  otherModel: ({ name, model: of }: CostTable, model: ExecutionModel) =>
    new UserError('costs', `the cost table "${name}" is of the execution model "${of}", and "model" is "${model}": make them agree`),
} as const;

export const costTableNamed = (name: string): CostTable => {
  const table = COST_TABLES.find((each) => each.name === name);
  if (table === undefined) throw costErrors.unknown(name);
  return table;
};

export function costTableOf(model: ExecutionModel, name: string = model): CostTable {
  const table = costTableNamed(name);
  if (table.model !== model) throw costErrors.otherModel(table, model);
  return table;
}

/** What an event costs; undefined: it does not exit under the table's model. */
export function costOf(table: CostTable, reason: ExitReasonName): { ns: number; figure: CostFigure } | undefined {
  const row = EXIT_COST_ROWS.find((each) => each.reason === reason);
  if (row === undefined || row[table.model] === null) return undefined;
  const figure = table.figures[reason] ?? table.otherwise;
  return { ns: figureNs(table, figure), figure };
}
