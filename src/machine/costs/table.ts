// A named table of what exits cost: for one execution model, from one publication. Which events exit is the model's matter (exits.rows.ts); here is how long they take.
import type { ExitReasonName } from '../../trace/exits.rows';
import type { ExecutionModel } from '../exits.rows';

/** measured: a figure of the source for this very event. derived: made of its figures. assumed: the source has none that fits. */
export type CostBasis = 'measured' | 'derived' | 'assumed';

export interface CostFigure {
  /** Cycles of the processor that the source measured on, or ns. */
  readonly cycles?: number;
  readonly ns?: number;
  readonly basis: CostBasis;
  /** Table or figure of the source, and what is made of it. */
  readonly from: string;
}

export interface CostTable {
  /** As users say it. */
  readonly name: string;
  readonly model: ExecutionModel;
  /** One line for people. */
  readonly doc: string;
  /** Authors, title, where and when it was published, the machine it is of. */
  readonly source: string;
  readonly cyclesPerNs: number;
  readonly figures: Readonly<Partial<Record<ExitReasonName, CostFigure>>>;
  /** Of all other exits. */
  readonly otherwise: CostFigure;
}

/** In whole virtual ns. */
export const figureNs = ({ cyclesPerNs }: Pick<CostTable, 'cyclesPerNs'>, { cycles = 0, ns }: CostFigure): number =>
  ns ?? Math.round(cycles / cyclesPerNs);
