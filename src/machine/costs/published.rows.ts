// Cost tables from published measurements, each figure with its place in the source. A difference to native time is taken where the source gives both.
import type { CostFigure, CostTable } from './table';

const measured = (cycles: number, from: string): CostFigure => ({ cycles, basis: 'measured', from });
const derived = (cycles: number, from: string): CostFigure => ({ cycles, basis: 'derived', from });
const assumed = (cycles: number, from: string): CostFigure => ({ cycles, basis: 'assumed', from });
const measuredNs = (ns: number, from: string): CostFigure => ({ ns, basis: 'measured', from });
const assumedNs = (ns: number, from: string): CostFigure => ({ ns, basis: 'assumed', from });

const ADAMS =
  'K. Adams, O. Agesen: A Comparison of Software and Hardware Techniques for x86 Virtualization. ASPLOS 2006. 3.8 GHz Pentium 4 672';
const DALL =
  'C. Dall, S.-W. Li, J. T. Lim, J. Nieh, G. Koloventzos: ARM Virtualization: Performance and Architectural Implications. ISCA 2016. 2.1 GHz Xeon E5-2450';
const BARHAM = 'P. Barham et al.: Xen and the Art of Virtualization. SOSP 2003. 2.4 GHz dual Xeon';

const HW_2006: CostTable = {
  name: 'hw-2006',
  model: 'hw',
  doc: 'The first processors with hardware assistance: a round trip of 4 340 cycles.',
  source: ADAMS,
  cyclesPerNs: 3.8,
  figures: {
    io: measured(15_826, 'section 6.3, nanobenchmark "in": the whole instruction'),
    mmio: assumed(15_826, 'as "in": the device model is the same'),
  },
  otherwise: derived(2409 + 1931, 'table 1: VM entry and page-fault VM exit'),
};

const HW_2016: CostTable = {
  name: 'hw-2016',
  model: 'hw',
  doc: 'KVM on a server of 2012: a round trip of 1 300 cycles.',
  source: DALL,
  cyclesPerNs: 2.1,
  figures: {
    vmcall: measured(1300, 'table II, "Hypercall", KVM x86'),
    'apic-access': measured(2384, 'table II, "Interrupt Controller Trap", KVM x86'),
    'external-interrupt': derived(1300, 'table II, "Hypercall": an exit and an entry with nothing to do for the guest'),
    hlt: derived(4812, 'table II, "VM Switch", KVM x86: the vCPU is put aside and another one runs'),
    mwait: derived(4812, 'as HLT'),
    io: assumed(2384, 'as "Interrupt Controller Trap": decoded, and emulated in the kernel; to user space and back is more'),
    mmio: assumed(2384, 'as "Interrupt Controller Trap"'),
    wrmsr: assumed(1556, 'table II, "Virtual IRQ Completion": a write to the interrupt controller'),
  },
  otherwise: derived(1300, 'table II, "Hypercall", KVM x86'),
};

const BT_2006: CostTable = {
  name: 'bt-2006',
  model: 'trap',
  doc: 'Trap and emulate with binary translation: most sensitive instructions become a few others, faults are dear.',
  source: ADAMS,
  cyclesPerNs: 3.8,
  figures: {
    io: derived(3209 / 15, 'section 6.3, "in": fifteen times faster than native (3 209 cycles)'),
    'page-fault': derived(3927 - 1093, 'section 6.3, "pgfault": software VMM less native'),
    exception: derived(3223 - 889, 'section 6.3, "divzero": software VMM less native'),
    injection: assumed(3223 - 889, 'as "divzero": an event is delivered'),
    'page-table-write': measured(391, 'section 6.3, "ptemod"'),
    iret: derived(1000, 'section 6.3, "syscall": half of the 2 000 cycles that entry and return take more'),
    mmio: assumed(3223 - 889, 'as "divzero": a fault that is decoded'),
    'apic-access': assumed(3223 - 889, 'as "divzero": a fault that is decoded'),
    hlt: assumed(2000, 'as "syscall": the monitor is entered and left'),
    mwait: assumed(2000, 'as "syscall"'),
    vmcall: assumed(2000, 'as "syscall"'),
    cpuid: assumed(2000, 'as "syscall"'),
    'triple-fault': assumed(2000, 'as "syscall"'),
    'task-switch': assumed(2000, 'as "syscall"'),
    init: assumed(2000, 'as "syscall"'),
    sipi: assumed(2000, 'as "syscall"'),
  },
  otherwise: derived(35, 'section 6.3, "cr8wr": a privileged instruction that is translated in place'),
};

const PV_2003: CostTable = {
  name: 'pv-2003',
  model: 'pv',
  doc: 'Xen 1.0: differences between XenoLinux and Linux on the same machine.',
  source: BARHAM,
  cyclesPerNs: 2.4,
  figures: {
    'page-fault': measuredNs(1310, 'table 5, "Page fault": 2.73 less 1.42 us'),
    exception: measuredNs(340, 'table 5, "Prot fault": 1.40 less 1.06 us'),
    'cr-access': measuredNs(1200, 'table 4, "2p/0K": 1.97 less 0.77 us, a context switch'),
    hlt: assumedNs(1200, 'as a context switch'),
    mwait: assumedNs(1200, 'as a context switch'),
    'task-switch': assumedNs(1200, 'as a context switch'),
    io: assumedNs(1310, 'as a page fault: one that the hypervisor emulates'),
    mmio: assumedNs(1310, 'as a page fault: one that the hypervisor emulates'),
    'apic-access': assumedNs(1310, 'as a page fault: one that the hypervisor emulates'),
  },
  otherwise: assumedNs(340, 'as a protection fault: the hypervisor is entered and left'),
};

export const PUBLISHED_COSTS: readonly CostTable[] = [HW_2006, HW_2016, BT_2006, PV_2003];
