// Comparisons, for those who only drive hosts.
export { type Measures, measuresOf } from '../compare/measure';
export { outcomeByTraps, outcomeUnder, replacement } from '../compare/outcomes';
export { type CompareReport, type CompareRow, compareReport, type DifferencePart } from '../compare/report';
export { parseSide, type Side, sideName, sideText } from '../compare/sides';
export type { SiteCount } from '../compare/site-counter';
