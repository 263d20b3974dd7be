// A linear address translated step by step.
import { evaluateAddress } from '../../debug/c/evaluate';
import { toHex } from '../../protocol/wire';
import { dapErrors } from '../errors';
import { scopeOfVcpu } from '../evaluation-scope';
import type { Guest } from '../guest';
import { custom } from './custom';

export const walk = custom('hyperscope/walk', async (session, { vcpu, address }) => {
  const guest = session.guest('hyperscope/walk');
  await guest.vcpuOfThread(vcpu + 1);
  const linear = await linearOf(guest, vcpu, address);
  const found = await guest.control.walk(guest.vm, vcpu, linear);
  guest.topics.read('pageTables');
  const { result } = found;
  return {
    linear: toHex(found.linear),
    mode: found.mode,
    cr3: toHex(found.cr3),
    steps: found.steps.map(({ name, entryGpa, value, index, outcome, bits }) => ({
      name,
      entryGpa: toHex(entryGpa),
      value: toHex(value),
      index,
      outcome,
      bits,
    })),
    result: result && { gpa: toHex(result.gpa), pageSize: result.pageSize, flags: pageFlags(result) },
    problem: found.problem,
    symbol: guest.describe(linear),
  };
});

/** Expressions need a stopped guest, numbers do not. */
export async function linearOf(guest: Guest, vcpu: number, text: string): Promise<bigint> {
  if (/^\s*0x[0-9a-f]{1,16}\s*$/i.test(text)) return BigInt(text.trim());
  if (guest.debugger.isRunning) throw dapErrors.running('hyperscope/walk');
  return evaluateAddress(text, await scopeOfVcpu(guest, vcpu));
}

export function pageFlags(page: {
  writable: boolean;
  user: boolean;
  executable: boolean;
  global: boolean;
  accessed: boolean;
  dirty: boolean;
}): string[] {
  return [
    page.writable ? 'writable' : 'read-only',
    page.user ? 'user' : 'supervisor',
    page.executable ? 'executable' : 'no-execute',
    ...(page.global ? ['global'] : []),
    ...(page.accessed ? ['accessed'] : []),
    ...(page.dirty ? ['dirty'] : []),
  ];
}
