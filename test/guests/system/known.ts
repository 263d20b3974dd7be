// Checks that fail on an engine for a reason that is known. For a peer: where it differs from the manual. For our own: what is not there yet.
import type { EngineName } from './engines';
import { KNOWN_PEERS } from './known-peers';

export interface Known {
  readonly engine: EngineName;
  readonly topic: string;
  /** How the checks' names begin; "(end)": the topic does not come to its end. */
  readonly checks: readonly string[];
  readonly reason: string;
}

export const KNOWN: readonly Known[] = [
  { engine: 'qemu', topic: 'paging', checks: ['an implicit access'], reason: 'SDM vol 3 4.6.1: EFLAGS.AC does not open implicit accesses' },
  {
    engine: 'qemu',
    topic: 'syscall',
    checks: ['LSTAR', 'FMASK', 'KERNEL_GS_BASE', 'SYSENTER_EIP', 'EFER: a reserved bit'],
    reason: 'MSR values are not checked',
  },
  {
    engine: 'qemu',
    topic: 'syscall',
    checks: ['SYSENTER with', 'unexpected exception'],
    reason: 'its vendor is AMD: no SYSENTER in long mode',
  },
  { engine: 'bochs', topic: 'syscall', checks: ['FMASK: upper half'], reason: 'SDM vol 4 table 2-2: bits 63:32 are reserved' },
  {
    engine: 'qemu',
    topic: 'paging',
    checks: ['NX without EFER.NXE', 'an address bit above'],
    reason: 'SDM vol 3 4.7: P is 1 where a reserved bit is set',
  },
  { engine: 'qemu', topic: 'debug-registers', checks: ['DR7.GD', 'DR6.BD'], reason: 'general detect is not emulated' },
  { engine: 'qemu', topic: 'debug-registers', checks: ['MOV SS: behind'], reason: 'the trap is not held back behind MOV SS' },
  {
    engine: 'qemu',
    topic: 'debug-registers',
    checks: ['TF: between iterations'],
    reason: 'SDM vol 3 18.3.1.1: RF is 1 in what a trap between two iterations saves',
  },
  {
    engine: 'bochs',
    topic: 'debug-registers',
    checks: ['TF: between iterations'],
    reason: 'SDM vol 3 18.3.1.1: RF is 1 in what a trap between two iterations saves',
  },
  ...KNOWN_PEERS,
  {
    engine: 'qemu',
    topic: 'exceptions',
    checks: ['#DE: a fault saves RF'],
    reason: 'TCG does not save RF',
  },
  {
    engine: 'qemu',
    topic: 'exceptions',
    checks: [
      'INT n through a gate',
      'gate not present',
      'no gate type',
      'call gate in the IDT',
      'vector beyond',
      '#UD whose gate',
      'INT3 whose gate',
    ],
    reason: 'TCG takes 16 for 8 in the error code of a gate in 64-bit mode',
  },
  {
    engine: 'qemu',
    topic: 'exceptions',
    checks: ['RDMSR of an MSR', 'CR0.AM'],
    reason: 'TCG neither refuses unknown MSRs nor checks alignment',
  },
  { engine: 'qemu', topic: 'exceptions', checks: ['INT1:'], reason: 'TCG has no INT1' },
  {
    engine: 'qemu',
    topic: 'exceptions',
    checks: [
      'non-canonical load through RSP',
      'push to a non-canonical',
      'WRMSR of a non-canonical',
      'CR0:',
      'CR4:',
      'EFER:',
      'CR8:',
      '(end)',
    ],
    reason: 'TCG does not check what is written to control registers and MSRs, nor canonical stack addresses by #SS',
  },
  {
    engine: 'qemu',
    topic: 'segmentation',
    checks: [
      'limit ',
      'expand-down',
      'read-only data: store',
      'store through CS',
      'load through a null ES',
      'push beyond',
      'load through EBP',
      'load from execute',
    ],
    reason: 'TCG has no segment limits and types',
  },
  {
    engine: 'qemu',
    topic: 'segmentation',
    checks: ['SS: null with RPL 3', 'LTR null', 'LTR of a 16-bit TSS', 'LGDT of a non-canonical', 'LIDT of a non-canonical'],
    reason: 'TCG lets it through',
  },
  {
    engine: 'qemu',
    topic: 'paging-basic',
    checks: ['reserved bit in a PTE,', 'bit 13 of a 2 MiB page', 'PS in a PML4E'],
    reason: 'TCG reports reserved bits without P',
  },
  { engine: 'qemu', topic: 'far-transfers', checks: ['JMP to code with L and D'], reason: 'TCG lets it through' },
  { engine: 'qemu', topic: 'idt-gates-and-ist', checks: ['IRETQ, CS with L and D'], reason: 'TCG lets it through' },
  ...(['qemu', 'bochs'] as const).map((engine) => ({
    engine,
    topic: 'idt-gates-and-ist',
    checks: ['IRETQ, SS not present'],
    reason: "the manual has both: #SS(selector) in IRET's operation, #NP(selector) in its list of exceptions",
  })),
  {
    engine: 'qemu',
    topic: 'cpuid-consistency',
    checks: ['#UD where CPUID denies it: RDSEED', 'ARCH_CAPABILITIES', 'TSC_ADJUST', 'x2APIC register', 'CR4.VME', 'CR4.PVI'],
    reason: 'TCG has MSRs and CR4 bits that its CPUID does not show, and denies RDSEED with RDRAND only',
  },
  { engine: 'qemu', topic: 'vm86-32', checks: ['an offset above FFFFh', 'a push that wraps'], reason: 'TCG has no segment limits' },
  { engine: 'bochs', topic: 'exceptions', checks: ['CR0: NW without CD'], reason: 'Bochs lets it through' },
  { engine: 'bochs', topic: 'cpuid-consistency', checks: ['leaf 0Bh: SMT'], reason: 'Bochs gives one level with one processor' },
];
