// What can be changed of the schedule: for whom, what it is now, and what a typed text means. Knows no vscode.
import { cpuListText, parseCpuList } from '../../base/cpu-list';
import { LAUNCH_LIMITS } from '../../dap/launch/defaults';
import type { ScheduleAnswer, ScheduleArguments } from '../../protocol/schedule';

export type ScheduleChange = NonNullable<ScheduleArguments['change']>;

/** The host, a VM, or one vCPU of a VM that has several. */
export interface Target {
  readonly vm?: number;
  readonly vcpu?: number;
}

export type SettingName = 'weight' | 'cap' | 'vcpuCap' | 'affinity' | 'pcpus' | 'policy';

export interface Setting {
  readonly name: SettingName;
  /** As it would be typed; undefined: none, or all. Where the vCPUs of a VM differ, one text for each that there is. */
  readonly now: readonly (string | undefined)[];
  /** undefined: not such a value. Nothing typed is "none", or "all", where that is an answer. */
  readonly parse: (text: string) => Omit<ScheduleChange, 'vm' | 'vcpu'> | undefined;
}

/** The host, then each VM with its vCPUs; the VM of this name before the others. */
export function targetsOf({ vms }: ScheduleAnswer, first: string | undefined): Target[] {
  const ofVms = vms.map(({ name, vcpus }, vm) => ({
    name,
    targets: [{ vm }, ...(vcpus.length > 1 ? vcpus.map((_, vcpu) => ({ vm, vcpu })) : [])],
  }));
  const own = ofVms.filter(({ name }) => name === first);
  const others = ofVms.filter(({ name }) => name !== first);
  const targets = [...own, ...others].flatMap(({ targets }) => targets);
  return own.length > 0 ? [...targets, {}] : [{}, ...targets];
}

export function settingsOf(schedule: ScheduleAnswer, { vm, vcpu }: Target): Setting[] {
  if (vm === undefined) return [PCPUS(schedule), POLICY(schedule)];
  const { cap, vcpus } = schedule.vms[vm]!;
  const meant = vcpu === undefined ? vcpus : vcpus.slice(vcpu, vcpu + 1);
  const different = (texts: readonly (string | undefined)[]) => [...new Set(texts)];
  return [
    {
      name: 'weight',
      now: different(meant.map(({ weight }) => String(weight))),
      parse: (text) => change('weight', wholeNumber(text, 65_536)),
    },
    ...(vcpu === undefined
      ? [{ name: 'cap', now: [percentText(cap)], parse: (text: string) => change('cap', percent(text)) } as const]
      : []),
    {
      name: 'vcpuCap',
      now: different(meant.map((each) => percentText(each.cap))),
      parse: (text) => change('vcpuCap', percent(text)),
    },
    {
      name: 'affinity',
      now: different(meant.map(({ affinity }) => affinity && cpuListText(affinity)).map((text) => text ?? undefined)),
      parse: (text) => change('affinity', text.trim() === '' ? null : parseCpuList(text, LAUNCH_LIMITS.pcpus)),
    },
  ];
}

const PCPUS = ({ pcpus }: ScheduleAnswer): Setting => ({
  name: 'pcpus',
  now: [String(pcpus)],
  parse: (text) => change('pcpus', wholeNumber(text, LAUNCH_LIMITS.pcpus)),
});

export const POLICY_NAMES: readonly ScheduleAnswer['policy'][] = ['fair', 'round-robin', 'chaos'];
const POLICY = ({ policy }: ScheduleAnswer): Setting => ({
  name: 'policy',
  now: [policy],
  parse: (text) =>
    change(
      'policy',
      POLICY_NAMES.find((name) => name === text),
    ),
});

const change = <N extends SettingName>(name: N, value: ScheduleChange[N] | undefined): ReturnType<Setting['parse']> =>
  value === undefined ? undefined : { [name]: value };

function wholeNumber(text: string, most: number): number | undefined {
  const value = /^\s*\d+\s*$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : undefined;
}

/** null: no cap. */
function percent(text: string): number | null | undefined {
  const [, digits] = /^\s*(\d+(?:\.\d+)?)\s*%?\s*$/.exec(text) ?? [];
  if (digits === undefined) return text.trim() === '' ? null : undefined;
  const value = Number(digits);
  return value >= 1 && value <= 100 * LAUNCH_LIMITS.pcpus ? value : undefined;
}

const percentText = (cap: number | null): string | undefined => (cap === null ? undefined : `${cap}%`);
