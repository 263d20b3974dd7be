// Xen's interface, call by call (xen/include/public/xen.h of Xen 4.17). The same rows drive handlers, traces, breakpoints, hover texts and the coverage table.
import type { ArgumentRow, CommandRow, HypercallRow, InterfaceRows } from '../types.rows';
import { CLASSIC_CALLS } from './classic/calls.rows';
import {
  ASSIST_COMMANDS,
  CONSOLE_COMMANDS,
  EVTCHN_COMMANDS,
  GRANT_COMMANDS,
  HVM_COMMANDS,
  MEMORY_COMMANDS,
  PHYSDEV_COMMANDS,
  SCHED_COMMANDS,
  VCPU_COMMANDS,
  VERSION_COMMANDS,
} from './commands.rows';
import { XEN_ERRORS } from './errors.rows';
import { XEN_CPUID, XEN_CPUID_BASE, XEN_CPUID_FEATURES, XEN_MSRS } from './features.rows';

const of = (nr: number, name: string) => ({ nr, name, symbol: `__HYPERVISOR_${name}`, caller: 'CPL 0' as const });
const all = { guests: ['pv', 'pvh', 'hvm'] } as const;
const pointer = (name: string, doc: string): ArgumentRow => ({ name, type: 'pointer', doc });
const count = (name: string, doc: string): ArgumentRow => ({ name, type: 'count', doc });
const command = (commands: readonly CommandRow[]): ArgumentRow => ({
  name: 'cmd',
  type: 'enum',
  doc: 'What is to be done.',
  texts: Object.fromEntries(commands.map(({ nr, symbol }) => [nr, symbol])),
});
const structure = pointer('arg', 'The structure of the command.');

const control = (nr: number, name: string, doc: string): HypercallRow => ({
  ...of(nr, name),
  args: [],
  state: 'refused',
  doc,
  result: 'never',
});

const own: readonly HypercallRow[] = [
  control(7, 'platform_op', 'The machine: for the control domain.'),
  {
    ...of(12, 'memory_op'),
    ...all,
    args: [command(MEMORY_COMMANDS), structure],
    commands: MEMORY_COMMANDS,
    state: 'works',
    doc: "The guest's memory: its size, its map, the balloon, Xen's pages in it. The upper bits of cmd count what is done already.",
    result: '0, or what was done, as the command says',
  },
  {
    ...of(13, 'multicall'),
    ...all,
    args: [pointer('callList', 'Entries of call, result and six arguments.'), count('nrCalls', 'How many.')],
    state: 'works',
    doc: 'Several calls at once, in order.',
    result: '0; each entry has the result of its call',
  },
  {
    ...of(15, 'set_timer_op'),
    ...all,
    args: [{ name: 'timeout', type: 'u64', doc: 'System time in ns; 0: none.' }],
    state: 'works',
    doc: 'VIRQ_TIMER once, at a system time.',
    result: 'always 0',
  },
  {
    ...of(17, 'xen_version'),
    ...all,
    args: [command(VERSION_COMMANDS), pointer('arg', 'Where the text or structure goes.')],
    commands: VERSION_COMMANDS,
    state: 'works',
    doc: 'Version, features and names of this Xen.',
    result: 'version, page size, or length of a text',
  },
  {
    ...of(18, 'console_io'),
    ...all,
    args: [command(CONSOLE_COMMANDS), count('count', 'Bytes.'), pointer('buffer', 'The text.')],
    commands: CONSOLE_COMMANDS,
    state: 'works',
    doc: 'The emergency console, which needs no ring.',
    result: '0, or bytes read',
  },
  {
    ...of(20, 'grant_table_op'),
    ...all,
    args: [command(GRANT_COMMANDS), pointer('list', 'Structures of the command.'), count('count', 'How many.')],
    commands: GRANT_COMMANDS,
    state: 'works',
    doc: 'Pages that domains let each other use.',
    result: '0; each structure has a status of its own',
  },
  {
    ...of(21, 'vm_assist'),
    ...all,
    args: [
      command(ASSIST_COMMANDS),
      {
        name: 'type',
        type: 'enum',
        texts: {
          0: '4gb_segments',
          1: '4gb_segments_notify',
          2: 'writable_pagetables',
          3: 'pae_extended_cr3',
          4: 'architectural_iopl',
          5: 'runstate_update_flag',
          32: 'm2p_strict',
        },
      },
    ],
    commands: ASSIST_COMMANDS,
    state: 'works',
    doc: 'Switches conveniences on: for PVH and HVM guests runstate_update_flag.',
    result: '0',
  },
  {
    ...of(24, 'vcpu_op'),
    ...all,
    args: [command(VCPU_COMMANDS), { name: 'vcpu', type: 'u64', doc: 'Its number.' }, structure],
    commands: VCPU_COMMANDS,
    state: 'works',
    doc: 'One vCPU: its areas in memory, timers, up and down.',
    result: '0, or what was asked',
  },
  control(27, 'xsm_op', 'Security modules: none is loaded.'),
  control(28, 'nmi_op', 'Callback for NMIs of classic PV guests.'),
  {
    ...of(29, 'sched_op'),
    ...all,
    args: [command(SCHED_COMMANDS), structure],
    commands: SCHED_COMMANDS,
    state: 'works',
    doc: 'Gives time up, sleeps, or ends the domain.',
    result: '0',
  },
  control(31, 'xenoprof_op', 'Profiling of the whole machine: dropped by Xen.'),
  {
    ...of(32, 'event_channel_op'),
    ...all,
    args: [command(EVTCHN_COMMANDS), structure],
    commands: EVTCHN_COMMANDS,
    state: 'works',
    doc: 'Event channels: virtual interrupts, notifications between vCPUs and domains.',
    result: '0',
  },
  {
    ...of(33, 'physdev_op'),
    ...all,
    args: [command(PHYSDEV_COMMANDS), structure],
    commands: PHYSDEV_COMMANDS,
    state: 'refused',
    doc: 'Physical interrupts and I/O ports: guests here have none.',
    result: 'never',
  },
  {
    ...of(34, 'hvm_op'),
    guests: ['pvh', 'hvm'],
    args: [command(HVM_COMMANDS), structure],
    commands: HVM_COMMANDS,
    state: 'works',
    doc: 'Parameters of PVH and HVM guests, delivery of events.',
    result: '0',
  },
  control(35, 'sysctl', 'The host: for the control domain.'),
  control(36, 'domctl', 'Other domains: for the control domain.'),
  control(37, 'kexec_op', 'Another kernel on the machine: for the control domain.'),
  control(38, 'tmem_op', 'Transcendent memory: dropped by Xen.'),
  control(39, 'argo_op', 'Messages between domains: not switched on.'),
  control(41, 'dm_op', 'Device models: for the control domain.'),
  control(42, 'hypfs_op', "Xen's file system of settings: for the control domain."),
  { ...control(48, 'arch_0', 'Machine checks: for the control domain.'), symbol: '__HYPERVISOR_mca' },
];

const hypercalls = [...own, ...CLASSIC_CALLS].sort((a, b) => a.nr - b.nr);

export const XEN_ROWS: InterfaceRows = {
  ...{ name: 'xen', title: 'Xen', cpuidBase: XEN_CPUID_BASE },
  ...{ cpuid: XEN_CPUID, features: XEN_CPUID_FEATURES, msrs: XEN_MSRS, hypercalls, errors: XEN_ERRORS },
};
