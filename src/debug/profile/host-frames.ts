// The hypervisor's own frames: the exit that it handled when the sample was taken, and where that went.
import type { ProfileSample } from '../../machine/control/profile-types';
import { describeHypercall } from '../../pv/describe.rows';
import type { ProfileFrame } from './frames';

type Exit = NonNullable<ProfileSample['host']>;

/** The same for exits that have the same frames. */
export function hostKey({ kind, fields }: Exit): string {
  if (kind === 'hypercall') return `${kind} ${fields.interface} ${fields.nr}`;
  const { reason = kind } = fields;
  for (let i = 0; i < NAMES.length; i++) {
    const value = fields[NAMES[i]!];
    if (value !== undefined) return `${reason} ${NAMES[i]} ${typeof value === 'bigint' ? value & PLACES[i]![1] : value}`;
  }
  return `${reason}`;
}

/** "io port 0x3f8", "SEND_IPI": the exit, and where it went named as in lists. */
export function hostFrames(event: Exit): ProfileFrame[] {
  const frame = (name: string): ProfileFrame => ({ name, kind: 'hypervisor', file: undefined, line: undefined });
  if (event.kind === 'hypercall') {
    const { interface: abi, nr } = event.fields;
    const { name } = describeHypercall(String(abi), Number(nr), []);
    return [frame('vmcall'), frame(name)];
  }
  const { reason, ...fields } = event.fields;
  const exit = frame(String(reason ?? event.kind));
  for (const [name, mask] of PLACES) {
    const value = fields[name];
    if (value === undefined) continue;
    return [exit, frame(typeof value === 'string' ? `${name} ${value}` : `${name} 0x${(BigInt(value) & mask).toString(16)}`)];
  }
  return [exit];
}

const ALL = ~0n;
/** Fields of an exit that say where it went, and which bits of them; others (values, errors) differ from one exit to the next. */
const PLACES: readonly (readonly [string, bigint])[] = [
  ['port', ALL],
  ['msr', ALL],
  ['gpa', ~0xfffn],
  ['offset', ALL],
  ['leaf', ALL],
  ['vector', ALL],
  ['register', ALL],
];
const NAMES = PLACES.map(([name]) => name);
