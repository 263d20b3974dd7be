// What is counted of a run for a comparison, as another thread gets it. Plain, structured-cloneable data.
import type { CountedName } from '../compare/measure';
import type { SiteCount } from '../compare/site-counter';

export interface MeasureWish {
  /** Privileged and sensitive instructions by place, too: slower. */
  readonly sites: boolean;
  /** Nothing runs once a console has printed this. */
  readonly until?: string;
}

export interface Measured {
  readonly counts: Readonly<Record<CountedName, number>>;
  readonly sites: readonly SiteCount[];
}
