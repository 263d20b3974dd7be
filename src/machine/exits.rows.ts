// What an exit costs under each execution model, in virtual nanoseconds; null: the event does not exit there. Editable data: figures are round numbers in the
// range measured for KVM on recent hardware (a bare exit and entry about 0.6 µs, to user space and back 1.5 µs more), binary translation and Xen PV;
// costs/published.rows.ts has tables with a source for each figure.
//
// `hw`: hardware-assisted with nested paging, no APIC virtualisation. `trap`: trap and emulate with shadow page tables. `pv`: the guest calls instead of trapping.
import type { ExitReasonName } from '../trace/exits.rows';
import type { CpuEventKind } from '../x86/cpu';

export type ExecutionModel = 'hw' | 'trap' | 'pv';

export interface ExitCostRow {
  readonly reason: ExitReasonName;
  readonly hw: number | null;
  readonly trap: number | null;
  readonly pv: number | null;
}

export const EXIT_COST_ROWS: readonly ExitCostRow[] = [
  { reason: 'exception', hw: null, trap: 700, pv: 300 },
  { reason: 'external-interrupt', hw: 900, trap: null, pv: 400 },
  { reason: 'triple-fault', hw: 600, trap: 600, pv: 600 },
  { reason: 'init', hw: 800, trap: 800, pv: 800 },
  { reason: 'sipi', hw: 800, trap: 800, pv: 800 },
  { reason: 'task-switch', hw: 3000, trap: 3000, pv: 3000 },
  { reason: 'cpuid', hw: 700, trap: 500, pv: 300 },
  { reason: 'hlt', hw: 1500, trap: 1200, pv: 600 },
  { reason: 'invlpg', hw: null, trap: 900, pv: 400 },
  { reason: 'rdtsc', hw: null, trap: 300, pv: null },
  { reason: 'rdtscp', hw: null, trap: 300, pv: null },
  { reason: 'vmcall', hw: 800, trap: 600, pv: 250 },
  { reason: 'cr-access', hw: null, trap: 900, pv: 400 },
  { reason: 'dr-access', hw: null, trap: 500, pv: 300 },
  { reason: 'io', hw: 2000, trap: 1800, pv: 1200 },
  { reason: 'rdmsr', hw: 700, trap: 500, pv: 400 },
  { reason: 'wrmsr', hw: 800, trap: 600, pv: 400 },
  { reason: 'mwait', hw: 1500, trap: 1200, pv: 600 },
  { reason: 'apic-access', hw: 1200, trap: 1100, pv: 1100 },
  { reason: 'gdtr-idtr-access', hw: null, trap: 600, pv: 400 },
  { reason: 'ldtr-tr-access', hw: null, trap: 600, pv: 400 },
  { reason: 'mmio', hw: 2200, trap: 2000, pv: 2000 },
  { reason: 'wbinvd', hw: 900, trap: 900, pv: 900 },
  { reason: 'xsetbv', hw: 700, trap: 500, pv: 400 },
  { reason: 'page-fault', hw: null, trap: 1500, pv: 400 },
  { reason: 'page-table-write', hw: null, trap: 1200, pv: null },
  { reason: 'iret', hw: null, trap: 400, pv: 250 },
  { reason: 'popf-if', hw: null, trap: 250, pv: null },
  { reason: 'cli-sti', hw: null, trap: 200, pv: null },
  { reason: 'swapgs', hw: null, trap: 250, pv: 250 },
  { reason: 'sensitive', hw: null, trap: 300, pv: 300 },
  { reason: 'injection', hw: null, trap: 800, pv: null },
];

/** Which exit an event of the CPU would be (page faults and interrupts are told apart where they are handled). */
export const EVENT_EXITS: Readonly<Record<CpuEventKind, ExitReasonName>> = {
  exception: 'exception',
  interrupt: 'external-interrupt',
  nmi: 'exception',
  iret: 'iret',
  'task-switch': 'task-switch',
  'cr-read': 'cr-access',
  'cr-write': 'cr-access',
  'dr-access': 'dr-access',
  'descriptor-table': 'gdtr-idtr-access',
  invlpg: 'invlpg',
  wbinvd: 'wbinvd',
  clts: 'cr-access',
  lmsw: 'cr-access',
  'popf-if': 'popf-if',
  'cli-sti': 'cli-sti',
  swapgs: 'swapgs',
  xsetbv: 'xsetbv',
  sensitive: 'sensitive',
};
