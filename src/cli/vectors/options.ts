// The options of `vectors`.
import type { Tier } from '../../engine/cpu-engine';
import { parseCpuModel } from '../../x86/models/parse-model';
import { type OptionRow, option } from '../args/option';
import { parseArguments } from '../args/parse';
import { nonEmpty, oneOf } from '../args/values';
import { cliErrors } from '../errors';

export interface VectorsOptions {
  tier: Tier;
  cpu: string;
  help: boolean;
}

export const VECTORS_OPTIONS: readonly OptionRow<VectorsOptions>[] = [
  option(
    'tier',
    {
      value: 'interpreter|auto|jit',
      mustBe: '"interpreter", "auto" or "jit"',
      doc: 'What runs the instructions: interpreter; jit compiles them all.',
    },
    oneOf('interpreter', 'auto', 'jit'),
  ),
  option('cpu', { value: 'MODEL', mustBe: 'a CPU model', doc: 'CPU model, as for run: max.' }, nonEmpty),
  option('help', { doc: 'Show this.' }, () => true),
];

export function parseVectors(argv: readonly string[]): VectorsOptions {
  const options: VectorsOptions = { tier: 'interpreter', cpu: 'max', help: false };
  const [extra] = parseArguments('vectors', VECTORS_OPTIONS, argv, options);
  if (extra !== undefined) throw cliErrors.extraArgument(extra);
  parseCpuModel(options.cpu, false);
  return options;
}
