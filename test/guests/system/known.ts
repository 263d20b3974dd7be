// Checks that fail on an engine for a reason that is known. For a peer: where it differs from the manual. For our own: what is not there yet.
import type { EngineName } from './engines';

export interface Known {
  readonly engine: EngineName;
  readonly topic: string;
  /** How the checks' names begin. */
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
  { engine: 'hyperscope', topic: 'exceptions', checks: ['CR0.AM, RFLAGS.AC: #AC(0)'], reason: 'alignment is not checked yet' },
  {
    engine: 'hyperscope',
    topic: 'segmentation',
    checks: ['store through CS'],
    reason: 'the type of CS is not checked for stores while all segments are flat',
  },
];
