// Which features exist: every instruction of theirs has a row that names it, what else they need is said to be there, and so for all they build on. Parts
// that are not written yet are thus never offered.
import type { InsnRow } from '../insn/row';
import { FEATURES, type FeatureRow } from './features.rows';
import { FEATURE_INSTRUCTIONS } from './instructions.rows';

/** A row that belongs to several features names them all. */
export const featuresOf = (row: InsnRow): readonly string[] => (row.feature === undefined ? [] : row.feature.split(' '));

/** Names by feature of the instructions that rows implement. */
function instructionsByFeature(rows: readonly InsnRow[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const row of rows) {
    if (row.unimplemented) continue;
    for (const feature of featuresOf(row)) {
      const names = found.get(feature) ?? new Set();
      found.set(feature, names.add(row.name));
    }
  }
  return found;
}

/** What is missing of each feature that is not there: its instructions, or the words "the system part". */
export function missingParts(rows: readonly InsnRow[]): ReadonlyMap<string, readonly string[]> {
  const found = instructionsByFeature(rows);
  const missing = new Map<string, readonly string[]>();
  for (const { name, system } of FEATURES) {
    const wanted = FEATURE_INSTRUCTIONS[name];
    const lacking = (wanted ?? []).filter((instruction) => !found.get(name)?.has(instruction));
    if (wanted === undefined && system === undefined) missing.set(name, ['the system part']);
    else if (lacking.length > 0) missing.set(name, lacking);
  }
  return missing;
}

/** Features that may be offered. */
export function availableFeatures(rows: readonly InsnRow[]): ReadonlySet<string> {
  const missing = missingParts(rows);
  const byName = new Map(FEATURES.map((row) => [row.name, row]));
  const exists = (row: FeatureRow | undefined): boolean =>
    row !== undefined && !missing.has(row.name) && row.needs.every((need) => exists(byName.get(need)));
  return new Set(FEATURES.filter(exists).map(({ name }) => name));
}
