// What becomes of a privileged or sensitive instruction under each way to run a guest's kernel: for people.
import type { SensitivityRow } from '../../x86/insn/sensitivity.rows';
import type { CostTable } from '../costs/table';
import { costOf } from '../costs/tables';

/** Under an execution model, at the costs of a table. */
export function outcomeUnder({ class: kind, exit }: SensitivityRow, table: CostTable): string {
  const cost = exit === undefined ? undefined : costOf(table, exit);
  if (cost !== undefined) return `exits (${exit}, ${cost.ns} ns)`;
  if (table.model === 'trap')
    return kind === 'privileged' ? 'translated: emulated in place' : 'translated: works on the virtual state in place';
  return 'runs natively';
}

/** Where the kernel runs at CPL 3 or 1 and the monitor has nothing but traps: Popek and Goldberg's condition. */
export const outcomeByTraps = ({ class: kind, wrong }: SensitivityRow): string =>
  kind === 'sensitive'
    ? `silently wrong: ${wrong}`
    : kind === 'io'
      ? 'traps (CPL is above IOPL), and is emulated'
      : 'traps, and is emulated';

/** What a paravirtualised kernel does instead. */
export function replacement({ xen, kvm }: SensitivityRow): string {
  const of = [...(xen === undefined ? [] : [`Xen PV: ${xen}`]), ...(kvm === undefined ? [] : [`KVM: ${kvm}`])];
  return of.length === 0 ? 'stays as it is' : of.join('; ');
}
