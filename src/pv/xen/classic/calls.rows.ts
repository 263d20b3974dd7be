// The calls that only classic PV guests make (xen/include/public/xen.h, arch-x86/xen-x86_64.h), each with the state of a domain that it works on. Such guests are not supported yet:
// each call is named in traces and answers -ENOSYS. What supports one comes into this folder: its state beside this file, its handler into calls/, its row's `needs` then goes.
import type { HypercallRow } from '../../types.rows';

/** What a classic PV domain has and a PVH or HVM one has not. */
const STATE = {
  p2m: 'the P2M and M2P tables: which machine frame is at which pseudo-physical one',
  pinned: 'types and reference counts of frames: pinned page tables that only Xen writes',
  traps: 'a virtual interrupt table',
  descriptors: 'GDT and LDT frames that Xen has checked',
  entries: 'entry points for events, failsafe and system calls',
  context: 'a kernel stack, segment bases and CR0.TS of a kernel that runs at CPL 3',
  debug: 'virtual debug registers',
  compat: 'nothing of its own: an older form of another call',
  counters: 'virtual performance counters',
} as const;

interface ClassicCall {
  readonly nr: number;
  readonly name: string;
  readonly doc: string;
  readonly needs: keyof typeof STATE;
}

const call = (nr: number, name: string, needs: ClassicCall['needs'], doc: string): ClassicCall => ({ nr, name, doc, needs });

const CALLS: readonly ClassicCall[] = [
  call(0, 'set_trap_table', 'traps', 'The virtual interrupt table.'),
  call(1, 'mmu_update', 'pinned', 'Checked writes of page tables and of the M2P table.'),
  call(2, 'set_gdt', 'descriptors', 'Loads the GDT.'),
  call(3, 'stack_switch', 'context', 'The kernel stack.'),
  call(4, 'set_callbacks', 'entries', 'Entry points for events.'),
  call(5, 'fpu_taskswitch', 'context', 'CR0.TS.'),
  call(6, 'sched_op_compat', 'compat', 'sched_op of before Xen 3.1.'),
  call(8, 'set_debugreg', 'debug', 'Writes a debug register.'),
  call(9, 'get_debugreg', 'debug', 'Reads a debug register.'),
  call(10, 'update_descriptor', 'descriptors', 'One entry of the GDT or LDT.'),
  call(14, 'update_va_mapping', 'pinned', 'One page-table entry by address.'),
  call(16, 'event_channel_op_compat', 'compat', 'event_channel_op of before Xen 3.2.2.'),
  call(19, 'physdev_op_compat', 'compat', 'physdev_op of before Xen 3.2.2.'),
  call(22, 'update_va_mapping_otherdomain', 'p2m', 'A page-table entry with a frame of another domain.'),
  call(23, 'iret', 'context', 'Return to user mode.'),
  call(25, 'set_segment_base', 'context', 'FS and GS base.'),
  call(26, 'mmuext_op', 'pinned', 'Pinned page tables, CR3 and TLB.'),
  call(30, 'callback_op', 'entries', 'Entry points for events, failsafe, system calls and NMIs.'),
  call(40, 'xenpmu_op', 'counters', 'Performance counters inside the guest.'),
];

export const CLASSIC_CALLS: readonly HypercallRow[] = CALLS.map(({ nr, name, doc, needs }) => ({
  ...{ nr, name, symbol: `__HYPERVISOR_${name}`, caller: 'CPL 0', args: [], state: 'refused', guests: ['pv'], result: 'never' },
  doc: `${doc} Of classic PV guests, which are not supported yet: they need ${STATE[needs]}.`,
}));
