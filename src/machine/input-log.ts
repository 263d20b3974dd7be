// Inputs from outside, stamped with virtual time: recorded while a run goes on, and given again by a replay. The file is text, one JSON object a line.
import { UserError } from '../base/user-error';
import type { VirtualNs } from '../devices/ports';
import type { HeldClock, MachineAction, SchedulingChange } from './control/types';
import { POLICY_NAMES } from './sched/policies.rows';

/** Where in a run an edit was made: just before this vCPU ran on, having retired so many, at `atNs` of its pCPU; or (vcpu -1) while the host was idle at `atNs`. */
export interface EditStamp {
  vm: number;
  vcpu: number;
  retired: number;
  atNs: VirtualNs;
  /** The vCPU stood at a border instruction, and others had run since it came there. */
  border?: true;
}

export type LoggedInput =
  | { kind: 'console'; vm: number; atNs: VirtualNs; bytes: Uint8Array }
  /** Scan codes of set 2. */
  | { kind: 'keyboard'; vm: number; atNs: VirtualNs; bytes: Uint8Array }
  /** The power button. */
  | { kind: 'power'; vm: number; atNs: VirtualNs; bytes: Uint8Array }
  /** The user restarts a VM, or switches it off. */
  | { kind: 'machine'; vm: number; atNs: VirtualNs; bytes: Uint8Array; action: MachineAction }
  /** Weights, caps, affinity, physical CPUs. */
  | { kind: 'schedule'; vm: number; atNs: VirtualNs; bytes: Uint8Array; change: SchedulingChange }
  | { kind: 'register'; at: EditStamp; vm: number; vcpu: number; name: string; value: bigint }
  | { kind: 'memory'; at: EditStamp; vm: number; gpa: number; bytes: Uint8Array }
  /** From here on these vCPUs of the VM, and no others, are kept from running. */
  | { kind: 'hold'; at: EditStamp; vm: number; vcpus: readonly number[] }
  /** From here on a whole VM is held, and its clocks stop or run on; or goes on. */
  | { kind: 'hold-vm'; at: EditStamp; vm: number; held: boolean; clock: HeldClock }
  /** A vCPU is gone for good. */
  | { kind: 'offline'; at: EditStamp; vm: number; vcpu: number };

/** First line of a log; a run that was gone back in and went on otherwise says where. */
const headerOf = (forkedAtNs: readonly VirtualNs[]): string =>
  JSON.stringify({ 'hyperscope-input-log': 1, ...(forkedAtNs.length > 0 && { forkedAtNs }) });
const HEADER = /^\{"hyperscope-input-log":1(,"forkedAtNs":\[\d+(,\d+)*\])?\}$/;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
function fromHex(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new RangeError('not hexadecimal');
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export const inputLogErrors = {
  notALog: (name: string) => new UserError('input-log-unknown', `${name} is no input log of this version: record it again with --record`),
  badLine: (name: string, line: number) =>
    new UserError('input-log-line', `${name}, line ${line}: not a logged input; the file is damaged`),
} as const;

export function writeInputLog(inputs: readonly LoggedInput[], forkedAtNs: readonly VirtualNs[] = []): string {
  const lines = inputs.map((input) =>
    JSON.stringify(input, (_key, value: unknown) =>
      value instanceof Uint8Array ? hex(value) : typeof value === 'bigint' ? value.toString() : value,
    ),
  );
  return [headerOf(forkedAtNs), ...lines, ''].join('\n');
}

export function parseInputLog(text: string, name: string): LoggedInput[] {
  const [header, ...lines] = text.split('\n');
  if (header === undefined || !HEADER.test(header)) throw inputLogErrors.notALog(name);
  const inputs: LoggedInput[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    try {
      inputs.push(parseLine(JSON.parse(line) as Record<string, unknown>));
    } catch {
      throw inputLogErrors.badLine(name, index + 2);
    }
  }
  return inputs;
}

const integer = (value: unknown): number => {
  if (!Number.isSafeInteger(value)) throw new RangeError('not an integer');
  return value as number;
};

function parseStamp(value: unknown): EditStamp {
  const from = value as Record<string, unknown>;
  const stamp = { vm: integer(from.vm), vcpu: integer(from.vcpu), retired: integer(from.retired), atNs: integer(from.atNs) };
  return from.border === true ? { ...stamp, border: true } : stamp;
}

function parseChange(value: unknown): SchedulingChange {
  const from = value as Record<string, unknown>;
  const change: SchedulingChange = {};
  for (const name of ['vm', 'vcpu', 'weight', 'pcpus'] as const) if (from[name] !== undefined) change[name] = integer(from[name]);
  for (const name of ['cap', 'vcpuCap'] as const) {
    const percent = from[name];
    if (percent === null) change[name] = null;
    else if (percent !== undefined) change[name] = Number(percent);
  }
  if (from.policy !== undefined) {
    const policy = POLICY_NAMES.find((name) => name === from.policy);
    if (policy === undefined) throw new RangeError('unknown policy');
    change.policy = policy;
  }
  if (from.affinity !== undefined) change.affinity = from.affinity === null ? null : (from.affinity as unknown[]).map(integer);
  return change;
}

function parseLine(from: Record<string, unknown>): LoggedInput {
  switch (from.kind) {
    case 'console':
    case 'keyboard':
    case 'power':
      return { kind: from.kind, vm: integer(from.vm), atNs: integer(from.atNs), bytes: fromHex(String(from.bytes)) };
    case 'machine':
      if (from.action !== 'restart' && from.action !== 'switch-off') throw new RangeError('unknown action');
      return { kind: 'machine', vm: integer(from.vm), atNs: integer(from.atNs), bytes: new Uint8Array(0), action: from.action };
    case 'schedule':
      return {
        kind: 'schedule',
        vm: integer(from.vm),
        atNs: integer(from.atNs),
        bytes: new Uint8Array(0),
        change: parseChange(from.change),
      };
    case 'register':
      return {
        kind: 'register',
        at: parseStamp(from.at),
        vm: integer(from.vm),
        vcpu: integer(from.vcpu),
        name: String(from.name),
        value: BigInt(String(from.value)),
      };
    case 'memory':
      return { kind: 'memory', at: parseStamp(from.at), vm: integer(from.vm), gpa: integer(from.gpa), bytes: fromHex(String(from.bytes)) };
    case 'hold':
      if (!Array.isArray(from.vcpus)) throw new RangeError('not a list');
      return { kind: 'hold', at: parseStamp(from.at), vm: integer(from.vm), vcpus: from.vcpus.map(integer) };
    case 'hold-vm': {
      const { held, clock } = from;
      if (typeof held !== 'boolean' || (clock !== 'stops' && clock !== 'runs')) throw new RangeError('not a hold');
      return { kind: 'hold-vm', at: parseStamp(from.at), vm: integer(from.vm), held, clock };
    }
    case 'offline':
      return { kind: 'offline', at: parseStamp(from.at), vm: integer(from.vm), vcpu: integer(from.vcpu) };
    default:
      throw new RangeError('unknown kind');
  }
}
