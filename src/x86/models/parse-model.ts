// The text of a CPU model: NAME[,+feature][,-feature][,vendor=NAME], as launch.json's `cpu` and the command line's `--cpu` take it.
import { didYouMean } from '../../base/did-you-mean';
import { UserError } from '../../base/user-error';
import { INSN_ROWS } from '../insn/rows';
import { availableFeatures, missingParts } from './available';
import { CpuModel } from './cpu-model';
import { FEATURES, type FeatureRow, featureRow, type ModelLevel } from './features.rows';
import { VENDORS, type VendorRow } from './vendors.rows';

const LEVELS: readonly ModelLevel[] = ['v1', 'v2', 'v3', 'max'];
const NAMES: Readonly<Record<string, ModelLevel>> = { 'x86-64-v1': 'v1', 'x86-64-v2': 'v2', 'x86-64-v3': 'v3', max: 'max' };
export const CPU_MODEL_NAMES: readonly string[] = Object.keys(NAMES);

const list = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
const near = (given: string, known: readonly string[], otherwise: string): string => {
  const found = didYouMean(given, known);
  return found === undefined ? otherwise : `; did you mean "${found}"?`;
};
const spellings = (): string[] => FEATURES.flatMap(({ name, aliases }) => [name, ...aliases]);

export const cpuModelErrors = {
  model: (given: string) =>
    new UserError('cpu-model', `there is no CPU model "${given}"${near(given, CPU_MODEL_NAMES, `; there are ${list(CPU_MODEL_NAMES)}`)}`),
  flag: (given: string) =>
    new UserError('cpu-flag', `there is no CPU feature "${given}"${near(given, spellings(), '; see the list in README.md')}`),
  edit: (given: string) => {
    const sign = featureRow(given) === undefined ? '' : `; write "+${given}" or "-${given}"`;
    return new UserError('cpu-edit', `"${given}" is no change to a CPU model: give "+feature", "-feature" or "vendor=NAME"${sign}`);
  },
  missing: (name: string, lacks: readonly string[]) =>
    new UserError(
      'cpu-not-implemented',
      `the CPU feature "${name}" is not implemented yet: ${lacks.slice(0, 4).join(', ')}${lacks.length > 4 ? ' …' : ''}`,
    ),
  fixed: (name: string) => new UserError('cpu-fixed', `an x86-64 CPU cannot do without "${name}"`),
  needs: (name: string, need: string) =>
    new UserError('cpu-needs', `the CPU feature "${name}" needs "${need}": add "+${need}", or take "${name}" away with "-${name}"`),
  vendor: (given: string) => {
    const ids = VENDORS.map(({ id }) => id);
    return new UserError('cpu-vendor', `there is no CPU vendor "${given}"${near(given, ids, `; there are ${list(ids)}`)}`);
  },
} as const;

/** Takes a feature away, with all that builds on it. */
function without(features: Set<string>, name: string): void {
  features.delete(name);
  for (const row of FEATURES) if (row.needs.includes(name) && features.has(row.name)) without(features, row.name);
}

function editedRow(name: string): FeatureRow {
  const row = featureRow(name.toLowerCase());
  if (row === undefined) throw cpuModelErrors.flag(name);
  return row;
}

function add(features: Set<string>, available: ReadonlySet<string>, name: string): void {
  const row = editedRow(name);
  if (!available.has(row.name)) {
    const missing = missingParts(INSN_ROWS);
    const cause = [row.name, ...row.needs].find((each) => missing.has(each));
    throw cpuModelErrors.missing(row.name, cause === undefined || cause === row.name ? (missing.get(row.name) ?? row.needs) : [cause]);
  }
  features.add(row.name);
}

/** `hypervisor`: the guest sees one, so what would mislead it there is left out unless asked for. */
export function parseCpuModel(text: string, hypervisor: boolean): CpuModel {
  const [name = '', ...edits] = text.split(',').map((word) => word.trim());
  const level = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  if (level === undefined) throw cpuModelErrors.model(name);
  const available = availableFeatures(INSN_ROWS);
  const features = new Set<string>();
  for (const row of FEATURES) {
    const has = LEVELS.indexOf(row.level) <= LEVELS.indexOf(level) && available.has(row.name);
    if (has && !(row.notUnderHypervisor && hypervisor)) features.add(row.name);
  }
  let vendor: VendorRow | undefined = VENDORS[0];
  for (const edit of edits) {
    if (edit.startsWith('+')) add(features, available, edit.slice(1));
    else if (edit.startsWith('-')) {
      const row = editedRow(edit.slice(1));
      if (row.fixed) throw cpuModelErrors.fixed(row.name);
      without(features, row.name);
    } else if (edit.startsWith('vendor=')) {
      vendor = VENDORS.find(({ id }) => id === edit.slice('vendor='.length));
      if (vendor === undefined) throw cpuModelErrors.vendor(edit.slice('vendor='.length));
    } else throw cpuModelErrors.edit(edit);
  }
  for (const row of FEATURES) {
    if (!features.has(row.name)) continue;
    for (const need of row.needs) if (!features.has(need)) throw cpuModelErrors.needs(row.name, need);
  }
  return new CpuModel(features, vendor as VendorRow);
}
