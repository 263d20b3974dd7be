// Weights, caps, affinity and physical CPUs from the debug console, and what is done to one VM of several. Each change is a logged input of the run.
import { parseCpuList } from '../../base/cpu-list';
import { didYouMean } from '../../base/did-you-mean';
import { POLICY_NAMES } from '../../machine/control/policies';
import type { SchedulingChange, SchedulingInfo } from '../../machine/control/types';
import { dapErrors } from '../errors';
import type { Guest } from '../guest';
import { LAUNCH_LIMITS } from '../launch/defaults';
import type { Command } from './commands';

const USAGE = 'sched [VM[.VCPU]] [weight=N] [cap=PERCENT|none] [vcpuCap=PERCENT|none] [affinity=0-1,3|all] [pcpus=N] [policy=NAME]';
const KEYS = ['weight', 'cap', 'vcpuCap', 'affinity', 'pcpus', 'policy'] as const;
const OF_HOST: readonly string[] = ['pcpus', 'policy'];
const bad = (text: string) => dapErrors.badArgument('sched', text);

function policyNamed(value: string): (typeof POLICY_NAMES)[number] {
  const policy = POLICY_NAMES.find((name) => name === value);
  if (policy === undefined) throw bad(`there is no policy "${value}": there is ${POLICY_NAMES.join(', ')}`);
  return policy;
}

function cpuList(text: string): number[] {
  const cpus = parseCpuList(text, LAUNCH_LIMITS.pcpus);
  if (cpus === undefined) throw bad(`"${text}" is no list of physical CPUs such as 0-1,3`);
  return cpus;
}

/** `own`: the VM that is meant where none is named. */
export function parseSchedule(argument: string, names: readonly string[], own: number): SchedulingChange {
  const change: SchedulingChange = {};
  for (const word of argument.trim().split(/\s+/)) {
    const equals = word.indexOf('=');
    if (equals < 0) {
      const [name = '', vcpu] = word.split('.');
      change.vm = names.indexOf(name);
      if (change.vm < 0) throw bad(`there is no VM "${name}": there is ${names.join(', ')}`);
      if (vcpu !== undefined) change.vcpu = Number(vcpu);
      continue;
    }
    const key = KEYS.find((each) => each === word.slice(0, equals));
    const value = word.slice(equals + 1);
    if (key === undefined) {
      const near = didYouMean(word.slice(0, equals), KEYS);
      throw bad(`there is no "${word.slice(0, equals)}"${near === undefined ? `: ${USAGE}` : `; did you mean "${near}"?`}`);
    }
    if (key === 'affinity') change.affinity = value === 'all' ? null : cpuList(value);
    else if (key === 'policy') change.policy = policyNamed(value);
    else if (value === 'none' && (key === 'cap' || key === 'vcpuCap')) change[key] = null;
    else if (/^\d+(\.\d+)?%?$/.test(value)) change[key] = Number.parseFloat(value);
    else throw bad(`"${value}" is no number`);
  }
  if (KEYS.some((key) => !OF_HOST.includes(key) && change[key] !== undefined)) change.vm ??= own;
  return change;
}

function text({ policy, pcpus, vms }: SchedulingInfo): string {
  const shown = (percent: number | null): string => (percent === null ? 'none' : `${percent}%`);
  return [
    `policy ${policy}, ${pcpus} physical CPU${pcpus === 1 ? '' : 's'}`,
    ...vms.flatMap(({ name, cap, vcpus }) =>
      vcpus.map(
        ({ weight, cap: own, affinity }, index) =>
          `${name}.${index}  weight ${weight}, cap ${shown(cap)}, vcpuCap ${shown(own)}, affinity ${affinity?.join(',') ?? 'all'}`,
      ),
    ),
  ].join('\n');
}

async function schedule(guest: Guest, argument: string): Promise<string> {
  const { control } = guest;
  if (argument.trim() !== '') {
    const names = (await control.scheduling()).vms.map(({ name }) => name);
    await control.schedule(parseSchedule(argument, names, guest.vm));
    return 'changed: it counts from when the host runs on';
  }
  return text(await control.scheduling());
}

export const SCHEDULE_COMMANDS: readonly Command[] = [
  { name: 'sched', usage: USAGE, doc: 'how vCPUs share the physical CPUs; with settings: changes them', run: schedule },
  {
    name: 'vm',
    usage: 'vm restart | vm off',
    doc: 'restarts this VM, or switches it off, while the others go on',
    run: async (guest, argument) => {
      const action = argument.trim() === 'restart' ? 'restart' : argument.trim() === 'off' ? 'switch-off' : undefined;
      if (action === undefined) throw dapErrors.badArgument('vm', 'say what: vm restart, or vm off');
      await guest.control.machine(guest.vm, action);
      return 'done when the host runs on';
    },
  },
];
