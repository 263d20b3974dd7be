// Privileged instructions, and those that are sensitive but not privileged: what a monitor must see, and what it sees if all it can do is let the guest's kernel run
// at a lower privilege and wait for traps. After Popek and Goldberg, Formal Requirements for Virtualizable Third Generation Architectures (CACM 1974), and Robin and
// Irvine, Analysis of the Intel Pentium's Ability to Support a Secure Virtual Machine Monitor (USENIX Security 2000), whose seventeen are among those with `wrong`.
import type { ExitReasonName } from '../../trace/exits.rows';

export interface SensitivityRow {
  /** As people call it; "#" stands for the number of the control, debug or segment register. */
  readonly name: string;
  /** Of the instruction rows: their helpers, or the encodings of those that have none. */
  readonly helpers?: readonly string[];
  readonly encodings?: readonly string[];
  /** privileged: faults at CPL 3. io: faults where CPL is above IOPL (and the I/O bitmap forbids the port). sensitive: does not fault, and shows or changes what is the monitor's. */
  readonly class: 'privileged' | 'io' | 'sensitive';
  /** What goes wrong where it does not trap. */
  readonly wrong?: string;
  /** The exit that it is, where a model lets it exit. */
  readonly exit?: ExitReasonName;
  /** What a paravirtualised kernel does instead: under classic Xen PV, and as a guest of KVM. */
  readonly xen?: string;
  readonly kvm?: string;
}

const REAL_CPL = 'checks the selector against the real CPL, which is not the one that the kernel believes in';
const SHOWS_CPL = 'shows the real CPL in the low bits of the selector';
const HOST_TABLE = "shows the host's table";
const MASK = 'the event channel upcall mask in shared memory (vcpu_info)';

export const SENSITIVITY_ROWS: readonly SensitivityRow[] = [
  // Registers of the processor that are the host's.
  { name: 'SGDT', helpers: ['sgdt'], class: 'sensitive', wrong: HOST_TABLE, exit: 'sensitive' },
  { name: 'SIDT', helpers: ['sidt'], class: 'sensitive', wrong: HOST_TABLE, exit: 'sensitive' },
  { name: 'SLDT', helpers: ['sldt'], class: 'sensitive', wrong: "shows the host's selector", exit: 'sensitive' },
  { name: 'STR', helpers: ['str'], class: 'sensitive', wrong: "shows the host's selector", exit: 'sensitive' },
  { name: 'SMSW', helpers: ['smsw'], class: 'sensitive', wrong: "shows the host's CR0", exit: 'sensitive' },
  { name: 'PUSHF', encodings: ['9C'], class: 'sensitive', wrong: "pushes the real IF, not the guest's", xen: MASK },
  {
    name: 'POPF',
    helpers: ['popf'],
    class: 'sensitive',
    wrong: 'leaves IF and IOPL as they are, without a fault',
    exit: 'popf-if',
    xen: MASK,
  },
  {
    name: 'CPUID',
    helpers: ['cpuid'],
    class: 'sensitive',
    wrong: "shows the host's processor",
    exit: 'cpuid',
    xen: 'forced emulation (a prefix that traps)',
  },
  {
    name: 'RDTSC',
    helpers: ['rdtsc'],
    class: 'sensitive',
    wrong: "shows the host's time, unless CR4.TSD is set",
    exit: 'rdtsc',
    xen: 'the time page in shared memory',
    kvm: 'the kvmclock page, which needs one RDTSC',
  },
  {
    name: 'RDTSCP',
    helpers: ['rdtscp'],
    class: 'sensitive',
    wrong: "shows the host's time, unless CR4.TSD is set",
    exit: 'rdtscp',
    xen: 'the time page in shared memory',
    kvm: 'the kvmclock page',
  },
  { name: 'XGETBV', helpers: ['xgetbv'], class: 'sensitive', wrong: "shows the host's XCR0" },
  // The protection system.
  { name: 'LAR', helpers: ['lar'], class: 'sensitive', wrong: REAL_CPL },
  { name: 'LSL', helpers: ['lsl'], class: 'sensitive', wrong: REAL_CPL },
  { name: 'VERR', helpers: ['verr'], class: 'sensitive', wrong: REAL_CPL },
  { name: 'VERW', helpers: ['verw'], class: 'sensitive', wrong: REAL_CPL },
  { name: 'MOV from a segment register', encodings: ['8C /r'], class: 'sensitive', wrong: SHOWS_CPL },
  { name: 'PUSH of a segment register', encodings: ['06', '0E', '16', '1E', '0F A0', '0F A8'], class: 'sensitive', wrong: SHOWS_CPL },
  {
    name: 'MOV to a segment register',
    helpers: ['movToSegment'],
    class: 'sensitive',
    wrong: REAL_CPL,
    xen: 'set_segment_base for FS and GS',
  },
  { name: 'POP to a segment register', helpers: ['popEs', 'popSs', 'popDs', 'popFs', 'popGs'], class: 'sensitive', wrong: REAL_CPL },
  { name: 'load of a far pointer', helpers: ['les', 'lds', 'lss', 'lfs', 'lgs'], class: 'sensitive', wrong: REAL_CPL },
  { name: 'far JMP', helpers: ['jmpFarDirect', 'jmpFarIndirect'], class: 'sensitive', wrong: REAL_CPL },
  { name: 'far CALL', helpers: ['callFarDirect', 'callFarIndirect'], class: 'sensitive', wrong: REAL_CPL },
  { name: 'far RET', helpers: ['retFar'], class: 'sensitive', wrong: REAL_CPL },
  {
    name: 'INT n',
    helpers: ['intN'],
    class: 'sensitive',
    wrong: "checks the gate of the host's IDT against the real CPL",
    exit: 'sensitive',
    xen: 'set_trap_table beforehand',
  },
  {
    name: 'IRET',
    helpers: ['iret'],
    class: 'sensitive',
    wrong: 'leaves IF and IOPL as they are, and returns by the real CPL',
    exit: 'iret',
    xen: 'iret',
  },
  // IOPL.
  { name: 'CLI', helpers: ['cli'], class: 'io', exit: 'cli-sti', xen: MASK },
  { name: 'STI', helpers: ['sti'], class: 'io', exit: 'cli-sti', xen: MASK },
  { name: 'IN', helpers: ['inImmediate', 'inDx'], class: 'io', exit: 'io', xen: 'split drivers; physdev_op where it has the device' },
  { name: 'OUT', helpers: ['outImmediate', 'outDx'], class: 'io', exit: 'io', xen: 'split drivers; physdev_op where it has the device' },
  { name: 'INS', helpers: ['ins'], class: 'io', exit: 'io', xen: 'split drivers' },
  { name: 'OUTS', helpers: ['outs'], class: 'io', exit: 'io', xen: 'split drivers' },
  // Privileged.
  { name: 'LGDT', helpers: ['lgdt'], class: 'privileged', exit: 'gdtr-idtr-access', xen: 'set_gdt' },
  { name: 'LIDT', helpers: ['lidt'], class: 'privileged', exit: 'gdtr-idtr-access', xen: 'set_trap_table' },
  { name: 'LLDT', helpers: ['lldt'], class: 'privileged', exit: 'ldtr-tr-access', xen: 'mmuext_op SET_LDT' },
  { name: 'LTR', helpers: ['ltr'], class: 'privileged', exit: 'ldtr-tr-access', xen: 'stack_switch' },
  { name: 'LMSW', helpers: ['lmsw'], class: 'privileged', exit: 'cr-access', xen: 'fpu_taskswitch' },
  { name: 'CLTS', helpers: ['clts'], class: 'privileged', exit: 'cr-access', xen: 'fpu_taskswitch' },
  {
    name: 'MOV from CR#',
    helpers: ['movFromCr'],
    class: 'privileged',
    exit: 'cr-access',
    xen: 'CR2 in vcpu_info; others the kernel remembers',
  },
  {
    name: 'MOV to CR#',
    helpers: ['movToCr'],
    class: 'privileged',
    exit: 'cr-access',
    xen: 'mmuext_op NEW_BASEPTR (CR3), fpu_taskswitch (CR0.TS)',
  },
  { name: 'MOV from DR#', helpers: ['movFromDr'], class: 'privileged', exit: 'dr-access', xen: 'get_debugreg' },
  { name: 'MOV to DR#', helpers: ['movToDr'], class: 'privileged', exit: 'dr-access', xen: 'set_debugreg' },
  {
    name: 'INVLPG',
    helpers: ['invlpg'],
    class: 'privileged',
    exit: 'invlpg',
    xen: 'mmuext_op INVLPG_LOCAL',
    kvm: 'a bit in the steal time area, for a vCPU that does not run',
  },
  { name: 'INVPCID', helpers: ['invpcid'], class: 'privileged', exit: 'invlpg', xen: 'mmuext_op TLB_FLUSH_LOCAL' },
  { name: 'INVD', helpers: ['invd'], class: 'privileged', exit: 'wbinvd', xen: 'mmuext_op FLUSH_CACHE' },
  { name: 'WBINVD', helpers: ['wbinvd'], class: 'privileged', exit: 'wbinvd', xen: 'mmuext_op FLUSH_CACHE' },
  { name: 'HLT', helpers: ['hlt'], class: 'privileged', exit: 'hlt', xen: 'sched_op block' },
  { name: 'MONITOR', helpers: ['monitor'], class: 'privileged', xen: 'sched_op block' },
  { name: 'MWAIT', helpers: ['mwait'], class: 'privileged', exit: 'mwait', xen: 'sched_op block' },
  { name: 'RDMSR', helpers: ['rdmsr'], class: 'privileged', exit: 'rdmsr', xen: 'emulated behind a fault' },
  {
    name: 'WRMSR',
    helpers: ['wrmsr'],
    class: 'privileged',
    exit: 'wrmsr',
    xen: 'set_segment_base for FS and GS; set_timer_op; others emulated behind a fault',
    kvm: 'SEND_IPI instead of a write per target to the APIC',
  },
  { name: 'RDPMC', helpers: ['rdpmc'], class: 'privileged', xen: 'xenpmu_op' },
  { name: 'SWAPGS', helpers: ['swapgs'], class: 'privileged', exit: 'swapgs', xen: 'the hypervisor does it at each entry' },
  { name: 'STAC', helpers: ['stac'], class: 'privileged' },
  { name: 'CLAC', helpers: ['clac'], class: 'privileged' },
  { name: 'XSETBV', helpers: ['xsetbv'], class: 'privileged', exit: 'xsetbv', xen: 'emulated behind a fault' },
  { name: 'SYSRET', helpers: ['sysret'], class: 'privileged', xen: 'iret' },
  { name: 'SYSEXIT', helpers: ['sysexit'], class: 'privileged', xen: 'iret' },
  { name: 'RSM', helpers: ['rsm'], class: 'privileged' },
];
