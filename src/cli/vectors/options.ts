// The options of `vectors`.
import { parseCpuModel } from '../../x86/models/parse-model';
import { type OptionRow, option } from '../args/option';
import { parseArguments } from '../args/parse';
import { nonEmpty, oneOf } from '../args/values';
import { cliErrors } from '../errors';

export interface VectorsOptions {
  tier: 'interpreter';
  cpu: string;
  help: boolean;
}

export const VECTORS_OPTIONS: readonly OptionRow<VectorsOptions>[] = [
  option('tier', { value: 'interpreter', mustBe: '"interpreter"', doc: 'What runs the instructions: interpreter.' }, oneOf('interpreter')),
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
