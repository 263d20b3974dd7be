// The filters a client shows under its breakpoints, one row each. They are known before launch.json is, so a condition says which of a class is meant.
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { BreakpointSubject } from '../debug/breakpoints/breakpoint';
import { EVENT_FIELDS, type EventClass } from '../machine/control/stop-types';

interface FilterRow {
  readonly filter: 'hypercall' | EventClass;
  readonly label: string;
  readonly description: string;
  readonly example: string;
}

const FILTER_ROWS: readonly FilterRow[] = [
  {
    filter: 'hypercall',
    label: 'Hypercall',
    description: 'Stops before the hypervisor serves a paravirtual call of the guest.',
    example: "name == 'SEND_IPI' && a0 == 3",
  },
  {
    filter: 'fault',
    label: 'Fault',
    description: 'Stops at the instruction that raised an exception, before the guest’s handler runs.',
    example: "name == 'PF' && address < 0x1000",
  },
  {
    filter: 'interrupt',
    label: 'Interrupt',
    description: 'Stops before an interrupt or NMI is delivered; INT n stops at its handler.',
    example: 'vector == 0x20',
  },
  {
    filter: 'exit',
    label: 'VM exit',
    description: 'Stops behind an instruction or event that left the guest for the hypervisor.',
    example: "reason == 'cpuid' && a0 == 0x40000000",
  },
  { filter: 'msr', label: 'MSR access', description: 'Stops before RDMSR and WRMSR.', example: "name == 'IA32_EFER' && write" },
  { filter: 'port', label: 'Port I/O', description: 'Stops before IN, OUT, INS and OUTS.', example: 'port == 0x3f8 && write' },
];

export const EXCEPTION_FILTERS: DebugProtocol.ExceptionBreakpointsFilter[] = FILTER_ROWS.map(({ filter, label, description, example }) => {
  const names = filter === 'hypercall' ? ['name', 'nr', 'a0', 'a1', 'a2', 'a3', 'a4', 'cpl'] : ['name', ...EVENT_FIELDS[filter]];
  return {
    ...{ filter, label, description, default: false, supportsCondition: true },
    conditionDescription: `${example}   (${names.slice(0, 8).join(', ')}, registers, variables)`,
  };
});

/** undefined: there is no such filter. */
export function filterSubject(id: string): BreakpointSubject | undefined {
  const row = FILTER_ROWS.find(({ filter }) => filter === id);
  if (row === undefined) return undefined;
  return row.filter === 'hypercall' ? { kind: 'hypercall', name: undefined } : { kind: 'event', class: row.filter };
}
