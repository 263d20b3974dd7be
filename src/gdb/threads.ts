// Thread ids: vCPU n is thread n + 1; "-1" means all, "0" any. gdb may write a process before it ("p1.2").
import type { VcpuInfo } from '../machine/control/types';

export type ThreadId = 'all' | 'any' | { readonly vcpu: number };

/** Undefined where the text is no thread id. */
export function parseThread(text: string): ThreadId | undefined {
  const bare = /^(?:p[0-9a-f-]+\.)?(-1|[0-9a-f]{1,8})$/i.exec(text)?.[1];
  if (bare === undefined) return undefined;
  if (bare === '-1') return 'all';
  const number = Number.parseInt(bare, 16);
  return number === 0 ? 'any' : { vcpu: number - 1 };
}

export const threadOf = (vcpu: number): string => (vcpu + 1).toString(16);

/** "halted, blocked, long64, CPL 0". */
export function stateText({ activity, runState, mode, cpl }: VcpuInfo): string {
  return `${activity}, ${runState}, ${mode}, CPL ${cpl}`;
}
