// How hot a line is, in levels that an editor's gutter can show, and what stands beside it.

export interface LineHeat {
  readonly line: number;
  /** Samples that stood in it, and those that were somewhere below a call in it as well. */
  readonly self: number;
  readonly total: number;
}

/** The highest level is the hottest. */
export const LEVELS = 5;
/** Of the hottest line: lines with less have no mark. */
const LEAST = 0.01;

/** 1 to LEVELS by the share of the hottest line, each level twice the one below; 0: cold. */
export function levelOf(self: number, hottest: number): number {
  const part = hottest > 0 ? self / hottest : 0;
  if (part < LEAST) return 0;
  return Math.max(1, Math.min(LEVELS, LEVELS + Math.ceil(Math.log2(part))));
}

export const heatText = ({ self, total }: LineHeat, points: number): string => {
  const percent = (part: number) => `${((100 * part) / Math.max(1, points)).toFixed(1)} %`;
  return self === total || self === 0 ? percent(total) : `${percent(self)} of ${percent(total)}`;
};

/** A bar for the gutter, wider and stronger with the level. */
export function barSvg(level: number): string {
  const width = 3 + level * 2;
  const opacity = (0.25 + 0.15 * level).toFixed(2);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect x="1" y="0" width="${width}" height="16" fill="#e5533d" fill-opacity="${opacity}"/></svg>`;
}
