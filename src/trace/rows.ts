// Trace events: one row per kind. The same row drives the recorder's layout, exporters, filters and panels. Append only: the index is the kind's number.
import { EXIT_REASON_ROWS, type ExitReasonName } from './exits.rows';
import type { FieldRow } from './field';

export interface EventRow {
  /** Stable name: `TraceRecord.kind`. */
  readonly name: string;
  readonly doc: string;
  /** At most MAX_FIELDS. */
  readonly fields: readonly FieldRow[];
  /** What `durationNs` says, where it is not always 0. */
  readonly duration?: string;
}

export const MAX_FIELDS = 11;
/** `vm` or `vcpu` of an event that belongs to none. */
export const NOBODY = -1;

export const INTERFACE_NAMES = ['kvm', 'xen', 'hyperv'] as const;
export const RUN_STATES = ['running', 'runnable', 'blocked', 'offline'] as const;
export const SWITCH_REASONS = ['start', 'slice', 'preempted', 'blocked', 'yield', 'idle', 'offline', 'moved', 'capped'] as const;
export const TASK_KINDS = ['idle', 'vcpu', 'neighbour'] as const;
export const WAKE_REASONS = ['interrupt', 'nmi', 'kick', 'init', 'sipi', 'timer', 'start', 'event', 'store'] as const;
export const BLOCK_REASONS = ['hlt', 'mwait', 'wait-for-sipi', 'shutdown', 'poll', 'ferr'] as const;
export const DELIVERY_MODES = ['fixed', 'lowest', 'smi', 'remrd', 'nmi', 'init', 'startup', 'extint'] as const;
export const IPI_ORIGINS = ['icr', 'self', 'hypercall'] as const;
export const TIMER_NAMES = ['lapic', 'tsc-deadline', 'pit', 'rtc', 'uart', 'host'] as const;
/** Periodic timers whose ticks can be lost. */
export const TICK_SOURCES = ['lapic', 'pit', 'rtc', 'hpet'] as const;
export type TickSource = (typeof TICK_SOURCES)[number];
export const CONSOLE_STREAMS = ['serial', 'debug', 'screen', 'hvc'] as const;
export const POWER_EVENTS = ['power-on', 'debug-exit', 'reset', 'power-off', 'triple-fault', 'halted-forever', 'reboot', 'crash'] as const;
export const FLUSH_REASONS = ['pv-deferred', 'hypercall', 'frame-table'] as const;
export const INPUT_KINDS = ['console', 'register', 'memory', 'schedule', 'power', 'keyboard'] as const;
export const EVENT_SENDERS = ['guest', 'ipi', 'virq', 'dom0'] as const;
export const UPCALL_WAYS = ['none', 'apic-vector', 'vector', 'gsi'] as const;
export const GRANT_OPERATIONS = ['map', 'unmap', 'copy-from', 'copy-to'] as const;
/** In the order of their numbers (public/io/xs_wire.h). */
export const STORE_MESSAGES = [
  ...['control', 'directory', 'read', 'get-perms', 'watch', 'unwatch', 'transaction-start', 'transaction-end', 'introduce', 'release'],
  ...['get-domain-path', 'write', 'mkdir', 'rm', 'set-perms', 'watch-event', 'error', 'is-domain-introduced', 'resume', 'set-target'],
  ...['restrict', 'reset-watches', 'directory-part'],
] as const;
const EXIT_NAMES = EXIT_REASON_ROWS.map((row) => row.name);

const port: readonly FieldRow[] = [
  { name: 'port', type: 'u16', unit: 'hex' },
  { name: 'size', type: 'u8', unit: 'bytes' },
  { name: 'value', type: 'u32', unit: 'hex' },
];
const mmio: readonly FieldRow[] = [
  { name: 'gpa', type: 'gpa', unit: 'hex' },
  { name: 'size', type: 'u8', unit: 'bytes' },
  { name: 'value', type: 'u32', unit: 'hex' },
];
const msr: readonly FieldRow[] = [
  { name: 'msr', type: 'u32', unit: 'hex' },
  { name: 'value', type: 'u64', unit: 'hex' },
  { name: 'ok', type: 'bool' },
];
const vector: FieldRow = { name: 'vector', type: 'u8' };

export const EVENT_ROWS = [
  {
    name: 'lost',
    doc: 'Events between the one before and the one after were dropped by a reader that was too slow.',
    fields: [{ name: 'count', type: 'u64' }],
  },
  {
    name: 'vm-exit',
    doc: 'The guest crossed the border to the hypervisor; a0 to a2 are named by the reason (EXIT_REASON_ROWS).',
    fields: [
      { name: 'reason', type: 'enum', texts: EXIT_NAMES },
      { name: 'a0', type: 'u64', unit: 'hex' },
      { name: 'a1', type: 'u64', unit: 'hex' },
      { name: 'a2', type: 'u64', unit: 'hex' },
      { name: 'result', type: 'u64', unit: 'hex' },
    ],
    duration: "the exit's cost in virtual time",
  },
  {
    name: 'hypercall',
    doc: 'A paravirtual call with its arguments and what it returned.',
    fields: [
      { name: 'interface', type: 'enum', texts: INTERFACE_NAMES },
      { name: 'nr', type: 'u64' },
      { name: 'cpl', type: 'u8' },
      { name: 'a0', type: 'u64', unit: 'hex' },
      { name: 'a1', type: 'u64', unit: 'hex' },
      { name: 'a2', type: 'u64', unit: 'hex' },
      { name: 'a3', type: 'u64', unit: 'hex' },
      { name: 'a4', type: 'u64', unit: 'hex' },
      { name: 'a5', type: 'u64', unit: 'hex' },
      { name: 'result', type: 'i64' },
    ],
    duration: "the call's cost in virtual time",
  },
  { name: 'msr-read', doc: 'RDMSR of a register that the host owns; not ok: #GP.', fields: msr },
  { name: 'msr-write', doc: 'WRMSR of a register that the host owns; not ok: #GP.', fields: msr },
  { name: 'port-read', doc: 'IN from a device.', fields: port },
  { name: 'port-write', doc: 'OUT to a device.', fields: port },
  { name: 'mmio-read', doc: 'Load from a device register.', fields: mmio },
  { name: 'mmio-write', doc: 'Store to a device register.', fields: mmio },
  {
    name: 'cpuid',
    doc: 'CPUID and what it returned.',
    fields: [
      { name: 'leaf', type: 'u32', unit: 'hex' },
      { name: 'subleaf', type: 'u32', unit: 'hex' },
      { name: 'eax', type: 'u32', unit: 'hex' },
      { name: 'ebx', type: 'u32', unit: 'hex' },
      { name: 'ecx', type: 'u32', unit: 'hex' },
      { name: 'edx', type: 'u32', unit: 'hex' },
    ],
  },
  {
    name: 'interrupt-accepted',
    doc: 'The local APIC took an interrupt into its request register.',
    fields: [vector, { name: 'level', type: 'bool' }, { name: 'fromVcpu', type: 'i32' }],
  },
  { name: 'interrupt-injected', doc: 'An external interrupt was delivered through the IDT.', fields: [vector] },
  { name: 'interrupt-eoi', doc: 'End of interrupt; pv: by clearing the bit in memory.', fields: [vector, { name: 'pv', type: 'bool' }] },
  { name: 'nmi', doc: 'An NMI was delivered.', fields: [] },
  {
    name: 'exception',
    doc: 'An exception was delivered.',
    fields: [
      vector,
      { name: 'errorCode', type: 'u32', unit: 'hex' },
      { name: 'hasErrorCode', type: 'bool' },
      { name: 'address', type: 'linear', unit: 'hex' },
    ],
  },
  {
    name: 'ipi',
    doc: 'An inter-processor interrupt left for one target (-1: an APIC id that no vCPU has).',
    fields: [
      { name: 'target', type: 'i32' },
      vector,
      { name: 'mode', type: 'enum', texts: DELIVERY_MODES },
      { name: 'via', type: 'enum', texts: IPI_ORIGINS },
    ],
  },
  {
    name: 'timer-armed',
    doc: 'A timer was set.',
    fields: [
      { name: 'timer', type: 'enum', texts: TIMER_NAMES },
      { name: 'deadlineNs', type: 'ns', unit: 'ns' },
    ],
  },
  {
    name: 'timer-fired',
    doc: 'A timer expired.',
    fields: [
      { name: 'timer', type: 'enum', texts: TIMER_NAMES },
      { name: 'deadlineNs', type: 'ns', unit: 'ns' },
    ],
  },
  {
    name: 'sched-switch',
    doc: 'A pCPU changes from one task to another; the event belongs to the vCPU switched in, if there is one.',
    fields: [
      { name: 'pcpu', type: 'u16' },
      { name: 'previous', type: 'enum', texts: TASK_KINDS },
      { name: 'previousVm', type: 'i32' },
      { name: 'previousId', type: 'i32' },
      { name: 'next', type: 'enum', texts: TASK_KINDS },
      { name: 'nextVm', type: 'i32' },
      { name: 'nextId', type: 'i32' },
      { name: 'reason', type: 'enum', texts: SWITCH_REASONS },
    ],
  },
  {
    name: 'sched-wake',
    doc: 'A blocked vCPU became runnable.',
    fields: [
      { name: 'reason', type: 'enum', texts: WAKE_REASONS },
      { name: 'byVm', type: 'i32' },
      { name: 'byVcpu', type: 'i32' },
    ],
  },
  {
    name: 'sched-block',
    doc: 'A vCPU gave its pCPU up until something wakes it.',
    fields: [{ name: 'reason', type: 'enum', texts: BLOCK_REASONS }],
  },
  {
    name: 'run-state',
    doc: 'A vCPU changed its run state.',
    fields: [
      { name: 'from', type: 'enum', texts: RUN_STATES },
      { name: 'to', type: 'enum', texts: RUN_STATES },
      { name: 'pcpu', type: 'i32' },
    ],
  },
  {
    name: 'steal-update',
    doc: 'The steal area of a vCPU was brought up to date.',
    fields: [
      { name: 'gpa', type: 'gpa', unit: 'hex' },
      { name: 'stealNs', type: 'ns', unit: 'ns' },
      { name: 'addedNs', type: 'ns', unit: 'ns' },
      { name: 'version', type: 'u32' },
    ],
  },
  {
    name: 'pvclock-update',
    doc: 'The clock page of a vCPU was written.',
    fields: [
      { name: 'gpa', type: 'gpa', unit: 'hex' },
      { name: 'version', type: 'u32' },
      { name: 'tsc', type: 'u64' },
      { name: 'systemTimeNs', type: 'ns', unit: 'ns' },
    ],
  },
  { name: 'kick', doc: 'A vCPU was kicked out of HLT by another one (KICK_CPU).', fields: [{ name: 'target', type: 'i32' }] },
  {
    name: 'yield-to',
    doc: 'A vCPU offered its time to another one that is preempted.',
    fields: [
      { name: 'target', type: 'i32' },
      { name: 'done', type: 'bool' },
    ],
  },
  { name: 'tlb-flush', doc: 'The host flushed the TLB of a vCPU.', fields: [{ name: 'reason', type: 'enum', texts: FLUSH_REASONS }] },
  {
    name: 'console-output',
    doc: 'A byte left for a terminal.',
    fields: [
      { name: 'stream', type: 'enum', texts: CONSOLE_STREAMS },
      { name: 'byte', type: 'u8' },
    ],
  },
  {
    name: 'console-input',
    doc: 'A byte from a terminal entered the receiver.',
    fields: [
      { name: 'stream', type: 'enum', texts: CONSOLE_STREAMS },
      { name: 'byte', type: 'u8' },
    ],
  },
  {
    name: 'input',
    doc: 'A logged input from outside the guest.',
    fields: [
      { name: 'input', type: 'enum', texts: INPUT_KINDS },
      { name: 'length', type: 'u32', unit: 'bytes' },
    ],
  },
  { name: 'vcpu-start', doc: 'A vCPU left wait-for-SIPI at vector << 12.', fields: [vector] },
  {
    name: 'power',
    doc: 'The VM was switched on, reset, ended.',
    fields: [
      { name: 'event', type: 'enum', texts: POWER_EVENTS },
      { name: 'value', type: 'u32' },
    ],
  },
  {
    name: 'event-send',
    doc: 'Xen: an event channel of the guest got an event.',
    fields: [
      { name: 'port', type: 'u32' },
      { name: 'sender', type: 'enum', texts: EVENT_SENDERS },
      { name: 'target', type: 'i32' },
    ],
  },
  {
    name: 'event-upcall',
    doc: 'Xen: a vCPU is told that events are pending.',
    fields: [
      { name: 'way', type: 'enum', texts: UPCALL_WAYS },
      { name: 'number', type: 'u32' },
    ],
  },
  {
    name: 'grant',
    doc: 'Xen: a granted page was mapped, unmapped or copied.',
    fields: [
      { name: 'operation', type: 'enum', texts: GRANT_OPERATIONS },
      { name: 'ref', type: 'u32' },
      { name: 'gpa', type: 'gpa', unit: 'hex' },
      { name: 'status', type: 'i32' },
    ],
  },
  {
    name: 'xenstore',
    doc: 'Xen: a message to or from XenStore.',
    fields: [
      { name: 'type', type: 'enum', texts: STORE_MESSAGES },
      { name: 'reply', type: 'bool' },
      { name: 'transaction', type: 'u32' },
      { name: 'length', type: 'u32', unit: 'bytes' },
    ],
  },
  {
    name: 'tick-lost',
    doc: 'Ticks of a periodic timer came while the one before was still to be taken: the guest does not see them. Below 0: given later.',
    fields: [
      { name: 'timer', type: 'enum', texts: TICK_SOURCES },
      { name: 'ticks', type: 'i32' },
      { name: 'periodNs', type: 'ns', unit: 'ns' },
    ],
  },
] as const satisfies readonly EventRow[];

export type TraceKindName = (typeof EVENT_ROWS)[number]['name'];

/** Numbers of the kinds: `TraceKind['vm-exit']`. */
export const TraceKind = Object.fromEntries(EVENT_ROWS.map((row, index) => [row.name, index])) as Readonly<Record<TraceKindName, number>>;
/** Numbers of the exit reasons as the 'vm-exit' event stores them (not the SDM's). */
export const ExitReason = Object.fromEntries(EXIT_REASON_ROWS.map((row, index) => [row.name, index])) as Readonly<
  Record<ExitReasonName, number>
>;

export type { ExitReasonName, ExitReasonRow } from './exits.rows';
export { EXIT_REASON_ROWS } from './exits.rows';
