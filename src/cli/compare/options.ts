// The options of `compare`: those of `run` that describe the guest and its host, which sides, and how the report is written.

import { LAUNCH_LIMITS } from '../../dap/launch/defaults';
import { parseSide, type Side } from '../../machine/compare/sides';
import { COST_NAMES } from '../../machine/control/costs';
import { type OptionRow, option } from '../args/option';
import { integer, nonEmpty } from '../args/values';
import { RUN_OPTIONS } from '../run/options';
import { defaultRunOptions, type RunOptions } from '../run/run-options';

export interface CompareOptions extends RunOptions {
  sides: Side[];
  vcpuCounts: number[] | undefined;
  sites: boolean;
  json: string | undefined;
  input: string | undefined;
}

export const defaultCompareOptions = (): CompareOptions => ({
  ...defaultRunOptions(),
  sides: [
    { hypervisor: 'none', model: 'hw' },
    { hypervisor: 'kvm', model: 'hw' },
  ],
  vcpuCounts: undefined,
  sites: false,
  json: undefined,
  input: undefined,
});

/** What only one run can be asked for. */
const OF_ONE_RUN: ReadonlySet<string> = new Set([
  'hypervisor',
  'model',
  'costs',
  'vcpus',
  'record',
  'replay',
  'save-at',
  'from',
  'history',
  'trace',
  'stats',
  'regions',
  'profile',
  'profile-every',
]);

function list<T>(text: string, one: (part: string) => T | undefined): T[] | undefined {
  const parts = text.split(',').map(one);
  return parts.length > 0 && parts.every((part) => part !== undefined) ? (parts as T[]) : undefined;
}

export const COMPARE_OPTIONS: readonly OptionRow<CompareOptions>[] = [
  option(
    'sides',
    {
      value: 'HYPERVISOR:COSTS,…',
      mustBe: `two or more of none, kvm or xen, each with the name of a cost table (none:hw), separated by commas; the tables are ${COST_NAMES.join(', ')}`,
      doc: 'What is compared: the interface shown, and the table of exit costs with its execution model (--costs of run lists them): none:hw,kvm:hw.',
    },
    (text) => {
      const sides = list(text, parseSide);
      return sides !== undefined && sides.length >= 2 ? sides : undefined;
    },
  ),
  option(
    'vcpuCounts',
    {
      name: 'vcpus',
      value: 'N[,N…]',
      mustBe: `whole numbers from 1 to ${LAUNCH_LIMITS.vcpus}, separated by commas`,
      doc: 'Virtual CPUs; of several numbers the scaling is printed: 1.',
    },
    (text) => list(text, integer(1, LAUNCH_LIMITS.vcpus)),
  ),
  option(
    'sites',
    {
      doc: 'Count privileged and sensitive instructions by site, too, and say what becomes of them; --symbols FILE names more than the image does.',
    },
    () => true,
  ),
  option('json', { value: 'FILE', mustBe: 'the path of a file', doc: 'Write the report as JSON, too.' }, nonEmpty),
  option('input', { value: 'TEXT', mustBe: 'a text', doc: 'What is typed into the console of every run; \\n is a line end.' }, nonEmpty),
  ...(RUN_OPTIONS.filter(({ name }) => !OF_ONE_RUN.has(name)) as readonly OptionRow<CompareOptions>[]),
];
