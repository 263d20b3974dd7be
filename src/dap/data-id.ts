// Data breakpoints as clients keep them: a text that says everything, also after a restart. "linear:0x1000:4:counter".
import type { DataSubject } from '../debug/breakpoints/breakpoint';
import type { DataAccess } from '../machine/control/stop-types';

export type DataPlace = Omit<DataSubject, 'kind' | 'access'>;

/** VS Code's menu calls the first "Break on Value Change". */
const ACCESS: Readonly<Record<string, DataAccess>> = { write: 'change', read: 'read', readWrite: 'access' };

export const ACCESS_TYPES = ['write', 'read', 'readWrite'] as const;

export function dataId({ space, address, length, label }: DataPlace): string {
  return `${space}:0x${address.toString(16)}:${length}:${label}`;
}

/** undefined: not one of ours. */
export function dataSubject(id: string, accessType: string | undefined): DataSubject | undefined {
  const match = /^(linear|physical):(0x[0-9a-f]{1,16}):(\d{1,8}):(.*)$/s.exec(id);
  const access = ACCESS[accessType ?? 'write'];
  if (!match || access === undefined || Number(match[3]) === 0) return undefined;
  const space = match[1] === 'physical' ? 'physical' : 'linear';
  return { kind: 'data', space, address: BigInt(match[2] ?? 0), length: Number(match[3]), access, label: match[4] ?? '' };
}
