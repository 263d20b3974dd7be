// VM exit reasons: one row each. Numbers below 1000 are the SDM's basic exit reasons (vol 3 appendix C); the rest exist only under trap-and-emulate.
import type { FieldRow } from './field';

export interface ExitReasonRow {
  /** Stable name, used in statistics, traces and cost tables. */
  readonly name: string;
  /** Basic exit reason of the SDM, or a number from 1000 on where hardware has none. */
  readonly number: number;
  readonly doc: string;
  /** What a0, a1 and a2 of a 'vm-exit' event mean. */
  readonly args: readonly FieldRow[];
}

export const EXIT_REASON_ROWS = [
  {
    name: 'exception',
    number: 0,
    doc: 'An exception or NMI that the execution model intercepts.',
    args: [
      { name: 'vector', type: 'u8' },
      { name: 'errorCode', type: 'u32' },
      { name: 'address', type: 'linear' },
    ],
  },
  {
    name: 'external-interrupt',
    number: 1,
    doc: 'A host interrupt arrived while the guest ran (timer, event for this pCPU).',
    args: [{ name: 'vector', type: 'u8' }],
  },
  { name: 'triple-fault', number: 2, doc: 'A fault while delivering a double fault.', args: [] },
  { name: 'init', number: 3, doc: 'INIT signal.', args: [] },
  { name: 'sipi', number: 4, doc: 'Start-up IPI.', args: [{ name: 'vector', type: 'u8' }] },
  {
    name: 'interrupt-window',
    number: 7,
    doc: 'The guest became able to take the interrupt that waits for it.',
    args: [{ name: 'vector', type: 'u8' }],
  },
  { name: 'task-switch', number: 9, doc: 'Hardware task switch.', args: [{ name: 'selector', type: 'u16', unit: 'hex' }] },
  {
    name: 'cpuid',
    number: 10,
    doc: 'CPUID.',
    args: [
      { name: 'leaf', type: 'u32', unit: 'hex' },
      { name: 'subleaf', type: 'u32' },
    ],
  },
  { name: 'hlt', number: 12, doc: 'HLT.', args: [] },
  { name: 'invd', number: 13, doc: 'INVD.', args: [] },
  { name: 'invlpg', number: 14, doc: 'INVLPG.', args: [{ name: 'address', type: 'linear' }] },
  { name: 'rdpmc', number: 15, doc: 'RDPMC.', args: [{ name: 'counter', type: 'u32' }] },
  { name: 'rdtsc', number: 16, doc: 'RDTSC.', args: [] },
  { name: 'vmcall', number: 18, doc: 'VMCALL or VMMCALL: a hypercall.', args: [{ name: 'nr', type: 'u64' }] },
  {
    name: 'cr-access',
    number: 28,
    doc: 'MOV to or from a control register, CLTS, LMSW.',
    args: [
      { name: 'register', type: 'u8' },
      { name: 'value', type: 'u64' },
      { name: 'write', type: 'bool' },
    ],
  },
  {
    name: 'dr-access',
    number: 29,
    doc: 'MOV to or from a debug register.',
    args: [
      { name: 'register', type: 'u8' },
      { name: 'value', type: 'u64' },
    ],
  },
  {
    name: 'io',
    number: 30,
    doc: 'IN, OUT, INS or OUTS.',
    args: [
      { name: 'port', type: 'u16', unit: 'hex' },
      { name: 'size', type: 'u8', unit: 'bytes' },
      { name: 'write', type: 'bool' },
    ],
  },
  { name: 'rdmsr', number: 31, doc: 'RDMSR.', args: [{ name: 'msr', type: 'u32', unit: 'hex' }] },
  {
    name: 'wrmsr',
    number: 32,
    doc: 'WRMSR.',
    args: [
      { name: 'msr', type: 'u32', unit: 'hex' },
      { name: 'value', type: 'u64' },
    ],
  },
  { name: 'mwait', number: 36, doc: 'MWAIT.', args: [] },
  { name: 'monitor', number: 39, doc: 'MONITOR.', args: [{ name: 'address', type: 'linear' }] },
  { name: 'pause', number: 40, doc: 'PAUSE loop exit.', args: [] },
  {
    name: 'tpr-below-threshold',
    number: 43,
    doc: 'The task priority fell below that of a waiting interrupt.',
    args: [{ name: 'tpr', type: 'u8' }],
  },
  {
    name: 'apic-access',
    number: 44,
    doc: 'Access to the local APIC page.',
    args: [
      { name: 'offset', type: 'u32' },
      { name: 'value', type: 'u32' },
      { name: 'write', type: 'bool' },
    ],
  },
  { name: 'gdtr-idtr-access', number: 46, doc: 'LGDT, LIDT, SGDT or SIDT.', args: [{ name: 'address', type: 'linear' }] },
  { name: 'ldtr-tr-access', number: 47, doc: 'LLDT, LTR, SLDT or STR.', args: [{ name: 'selector', type: 'u16', unit: 'hex' }] },
  {
    name: 'ept-violation',
    number: 48,
    doc: 'A guest-physical address that the frame table does not map as asked.',
    args: [
      { name: 'gpa', type: 'gpa' },
      { name: 'access', type: 'u8' },
    ],
  },
  {
    name: 'mmio',
    number: 49,
    doc: 'Access to a device register in memory (EPT misconfiguration).',
    args: [
      { name: 'gpa', type: 'gpa' },
      { name: 'size', type: 'u8', unit: 'bytes' },
      { name: 'write', type: 'bool' },
    ],
  },
  { name: 'rdtscp', number: 51, doc: 'RDTSCP.', args: [] },
  { name: 'preemption-timer', number: 52, doc: 'The time slice of the vCPU, or a timer of the host, ran out.', args: [] },
  { name: 'wbinvd', number: 54, doc: 'WBINVD.', args: [] },
  { name: 'xsetbv', number: 55, doc: 'XSETBV.', args: [{ name: 'value', type: 'u64' }] },
  {
    name: 'page-fault',
    number: 1000,
    doc: 'Trap and emulate: a guest page fault, looked at for the shadow page tables.',
    args: [
      { name: 'errorCode', type: 'u32' },
      { name: 'address', type: 'linear' },
    ],
  },
  {
    name: 'page-table-write',
    number: 1001,
    doc: 'Trap and emulate: a write to a page that is a page table.',
    args: [
      { name: 'gpa', type: 'gpa' },
      { name: 'value', type: 'u64' },
    ],
  },
  { name: 'iret', number: 1002, doc: 'Trap and emulate: IRET.', args: [] },
  { name: 'syscall', number: 1003, doc: 'Trap and emulate: SYSCALL or SYSRET.', args: [] },
  { name: 'popf-if', number: 1004, doc: 'Trap and emulate: POPF that may change the interrupt flag.', args: [] },
  { name: 'cli-sti', number: 1005, doc: 'Trap and emulate: CLI or STI.', args: [] },
  { name: 'swapgs', number: 1006, doc: 'Trap and emulate: SWAPGS.', args: [] },
  { name: 'sensitive', number: 1007, doc: 'Trap and emulate: another sensitive instruction.', args: [] },
  {
    name: 'injection',
    number: 1008,
    doc: 'Trap and emulate: the hypervisor delivers an interrupt or exception itself.',
    args: [{ name: 'vector', type: 'u8' }],
  },
] as const satisfies readonly ExitReasonRow[];

export type ExitReasonName = (typeof EXIT_REASON_ROWS)[number]['name'];
