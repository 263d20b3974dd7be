// The options of `run`: one row each, in the order of the help.

import { parseCpuList } from '../../base/cpu-list';
import { LAUNCH_DEFAULTS, LAUNCH_LIMITS } from '../../dap/launch/defaults';
import { PROFILE_FORMATS } from '../../debug/profile/export/formats';
import { COST_NAMES, COST_TABLES } from '../../machine/control/costs';
import { DEFAULT_POLICY, POLICIES, POLICY_NAMES } from '../../machine/control/policies';
import { CPU_MODEL_NAMES } from '../../x86/models/parse-model';
import { listOption, type OptionRow, option } from '../args/option';
import {
  anyText,
  integer,
  nonEmpty,
  oneOf,
  parseFwCfg,
  parseModule,
  parseNeighbour,
  parsePercent,
  parseProfileEvery,
  parseSaveAt,
  parseTime,
  positiveSize,
  vmName,
} from '../args/values';
import { parseGuestText } from './guest-text';
import type { RunOptions } from './run-options';

const SIZE = 'a size such as 256M';
const FILE = { value: 'FILE', mustBe: 'the path of a file' } as const;
const percent = { value: 'PERCENT', mustBe: 'percent of one physical CPU, from 1 to 6400' } as const;
const cpus = { value: 'N', mustBe: `a whole number from 1 to ${LAUNCH_LIMITS.vcpus}` } as const;

export const RUN_OPTIONS: readonly OptionRow<RunOptions>[] = [
  option(
    'boot',
    {
      value: 'auto|pvh|linux|linux32|multiboot|multiboot2',
      mustBe: '"auto", "pvh", "linux", "linux32", "multiboot" or "multiboot2"',
      doc: 'Boot protocol; auto: what the image offers. linux32: the 32-bit entry of a bzImage that has both.',
    },
    oneOf('auto', 'pvh', 'linux', 'linux32', 'multiboot', 'multiboot2'),
  ),
  option(
    'fastBoot',
    { doc: 'Unpack a Linux bzImage (gzip, xz, lz4 or zstd) instead of letting it unpack itself, and enter it by PVH.' },
    () => true,
  ),
  option(
    'initrd',
    { ...FILE, doc: 'Initial RAM disk: the first boot module. "builtin": a tiny one that only says that Linux is up.' },
    nonEmpty,
  ),
  listOption(
    'modules',
    { name: 'module', value: 'FILE[=ARGS]', mustBe: 'FILE or FILE=ARGS', doc: 'Boot module with its command line.' },
    parseModule,
  ),
  option('append', { value: 'TEXT', doc: "The guest's command line." }, anyText),
  option('memory', { value: 'SIZE', mustBe: SIZE, doc: `Memory of the guest: ${LAUNCH_DEFAULTS.memory}.` }, positiveSize),
  option('maxMemory', { value: 'SIZE', mustBe: SIZE, doc: 'Memory it may ever have: as much as --memory.' }, positiveSize),
  option('vcpus', { ...cpus, doc: `Virtual CPUs: ${LAUNCH_DEFAULTS.vcpus}.` }, integer(1, LAUNCH_LIMITS.vcpus)),
  option('maxVcpus', { ...cpus, doc: 'Virtual CPUs it may ever have: as many as --vcpus.' }, integer(1, LAUNCH_LIMITS.vcpus)),
  option(
    'pcpus',
    { value: 'N', mustBe: `a whole number from 1 to ${LAUNCH_LIMITS.pcpus}`, doc: `Physical CPUs of the host: ${LAUNCH_DEFAULTS.pcpus}.` },
    integer(1, LAUNCH_LIMITS.pcpus),
  ),
  listOption(
    'guest',
    {
      name: 'guest',
      value: '"IMAGE [options]"',
      mustBe: 'an image with options, in quotes: "kernel.elf --vcpus 2 --append \'a b\'"',
      doc: 'A VM, one of several on this host; it takes the options of the command line that it does not give itself.',
    },
    parseGuestText,
  ),
  listOption(
    'guest',
    {
      name: 'guests',
      ...FILE,
      doc: 'VMs from a JSON file: a list of objects with "image" and options by their names, paths beside the file.',
    },
    (path) => ({ file: path }),
  ),
  option('name', { value: 'NAME', mustBe: 'a name', doc: 'Name of the VM: vm0, vm1 and so on.' }, vmName),
  option(
    'weight',
    { value: 'N', mustBe: 'a whole number from 1 to 65536', doc: `Weight of each vCPU: ${LAUNCH_DEFAULTS.weight}.` },
    integer(1, 65_536),
  ),
  option(
    'cap',
    { ...percent, doc: 'Percent of one physical CPU that all its vCPUs together may use, in each 10 ms: no cap.' },
    parsePercent,
  ),
  option('vcpuCap', { ...percent, doc: 'The same for each vCPU: no cap.' }, parsePercent),
  option(
    'affinity',
    { value: 'LIST', mustBe: 'physical CPUs such as 0-1,3', doc: 'Physical CPUs that its vCPUs may run on: all.' },
    (text) => parseCpuList(text, LAUNCH_LIMITS.pcpus),
  ),
  option('serial', { ...FILE, doc: 'Write what the serial port sends into a file instead of to the terminal.' }, nonEmpty),
  option(
    'consoleOf',
    {
      value: 'NAME',
      mustBe: 'the name of a VM',
      doc: "Show this VM's console alone, and type on it. All, a name before each line; typed on is the first.",
    },
    vmName,
  ),
  option(
    'policy',
    {
      value: POLICY_NAMES.join('|'),
      mustBe: POLICY_NAMES.map((name) => `"${name}"`)
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1'),
      doc: `How vCPUs share the physical CPUs: ${DEFAULT_POLICY}. ${POLICIES.map(({ name, doc }) => `${name}: ${doc[0]!.toLowerCase()}${doc.slice(1)}`).join(' ')}`,
    },
    oneOf(...POLICY_NAMES),
  ),
  listOption(
    'neighbours',
    {
      name: 'neighbour',
      value: 'duty=0.5[,period=10ms][,pcpu=0][,absolute]',
      mustBe: 'duty=0.5[,period=10ms][,pcpu=0][,absolute], duty from 0 to 1',
      doc: 'Another load on a pCPU; absolute: it takes its share whatever others want.',
    },
    parseNeighbour,
  ),
  option(
    'machine',
    { value: 'minimal|pc', mustBe: '"minimal" or "pc"', doc: 'Devices; pc: also PCI, ACPI, HPET and a VGA text screen. minimal.' },
    oneOf('minimal', 'pc'),
  ),
  option(
    'consoleDevice',
    {
      value: 'serial|vga|both',
      mustBe: '"serial", "vga" or "both"',
      doc: 'What the console is: the serial port, the screen with its keyboard, or both (then typing goes to the serial port): both.',
    },
    oneOf('serial', 'vga', 'both'),
  ),
  listOption(
    'fwCfg',
    {
      name: 'fw-cfg',
      value: 'NAME,file=FILE|NAME,string=TEXT',
      mustBe: 'NAME,file=FILE or NAME,string=TEXT, the name of at most 55 characters',
      doc: 'A file for the guest in fw_cfg; names begin with "opt/".',
    },
    parseFwCfg,
  ),
  option(
    'hypervisor',
    {
      value: 'kvm|xen|none',
      mustBe: '"kvm", "xen" or "none"',
      doc: `Paravirtual interface shown to the guest: ${LAUNCH_DEFAULTS.hypervisor}.`,
    },
    oneOf('kvm', 'xen', 'none'),
  ),
  option(
    'model',
    {
      value: 'hw|trap|pv',
      mustBe: '"hw", "trap" or "pv"',
      doc: `Which events exit to the hypervisor, and what they cost: ${LAUNCH_DEFAULTS.model}.`,
    },
    oneOf('hw', 'trap', 'pv'),
  ),
  option(
    'costs',
    {
      value: COST_NAMES.join('|'),
      mustBe: `the name of a cost table: ${COST_NAMES.join(', ')}`,
      doc: `What exits cost, by a table of the execution model: its round one. ${COST_TABLES.map(({ name, doc }) => `${name}: ${doc}`).join(' ')}`,
    },
    oneOf(...COST_NAMES),
  ),
  option(
    'cpu',
    {
      value: 'MODEL[,+FEATURE][,-FEATURE]',
      mustBe: 'a CPU model',
      doc: `CPU model: ${CPU_MODEL_NAMES.join(', ')}; features are added and taken away by their names: ${LAUNCH_DEFAULTS.cpu}.`,
    },
    nonEmpty,
  ),
  option(
    'pace',
    {
      value: 'fast|realtime',
      mustBe: '"fast" or "realtime"',
      doc: 'fast: idle time is skipped; realtime: it is waited for, which is the default where standard input is a terminal.',
    },
    oneOf('fast', 'realtime'),
  ),
  option(
    'tier',
    {
      value: 'interpreter|auto|jit',
      mustBe: '"interpreter", "auto" or "jit"',
      doc: `How guest code runs; auto: what turns out hot is compiled; jit: nearly everything, for tests. No result depends on it: ${LAUNCH_DEFAULTS.tier}.`,
    },
    oneOf('interpreter', 'auto', 'jit'),
  ),
  option(
    'rtcBase',
    {
      value: 'TIME',
      mustBe: 'a time such as 2024-02-29T12:00:00Z, or seconds since 1970',
      doc: "What the guest's clock shows at power-on: 1970-01-01.",
    },
    parseTime,
  ),
  option(
    'seed',
    { value: 'N', mustBe: 'a whole number', doc: `Seed of everything that looks random: ${LAUNCH_DEFAULTS.seed}.` },
    integer(0),
  ),
  option('record', { ...FILE, doc: 'Write the log of inputs.' }, nonEmpty),
  option('replay', { ...FILE, doc: 'Take the inputs from a log instead of standard input.' }, nonEmpty),
  listOption(
    'saveAt',
    {
      name: 'save-at',
      value: '[VCPU:]INSTRUCTIONS=FILE',
      mustBe: 'INSTRUCTIONS=FILE or VCPU:INSTRUCTIONS=FILE',
      doc: 'Save the whole state when the vCPU has retired so many instructions, and go on.',
    },
    parseSaveAt,
  ),
  option('from', { ...FILE, doc: 'Start from a saved state of the same configuration.' }, nonEmpty),
  option(
    'history',
    {
      value: 'SIZE',
      mustBe: SIZE,
      doc: 'Record snapshots in so much memory, as debug sessions do to go back in the run: to see what it costs.',
    },
    positiveSize,
  ),
  option(
    'lostTicks',
    {
      value: 'lost|catch-up',
      mustBe: '"lost" or "catch-up"',
      doc: "Ticks of PIT, RTC, HPET and periodic local APIC that come too close are lost, or given later (KVM: only the PIT's are given later).",
    },
    oneOf('lost', 'catch-up'),
  ),
  option(
    'onReset',
    { value: 'stop|reboot', mustBe: '"stop" or "reboot"', doc: `What a reset does: ${LAUNCH_DEFAULTS.onReset}.` },
    oneOf('stop', 'reboot'),
  ),
  option(
    'maxInstructions',
    { value: 'N', mustBe: 'a whole number above 0', doc: 'Stop after so many instructions of all vCPUs together, with status 124.' },
    integer(1),
  ),
  option('until', { value: 'TEXT', mustBe: 'a text', doc: 'Stop with status 0 when the console has printed it.' }, nonEmpty),
  option('trace', { ...FILE, doc: 'Write every event as Chrome trace JSON (Perfetto reads it).' }, nonEmpty),
  option('stats', { ...FILE, doc: 'Write statistics as JSON.' }, nonEmpty),
  option(
    'regions',
    { ...FILE, doc: 'Write what was compiled: guest code, WebAssembly, how often entered and left where. Counting makes it slower.' },
    nonEmpty,
  ),
  option(
    'profile',
    {
      ...FILE,
      doc: `Take a profile of guest and hypervisor; the file's ending says the format: ${PROFILE_FORMATS.map(({ ending, doc }) => `${ending} ${doc}`).join('; ')}.`,
    },
    nonEmpty,
  ),
  option(
    'profileEvery',
    {
      value: 'TIME|N',
      mustBe: 'a time such as 1ms, or a number of instructions such as 1_000_000',
      doc: 'Distance of two samples of a vCPU, in virtual time that it runs or in instructions: 1ms.',
    },
    parseProfileEvery,
  ),
  listOption('symbols', { name: 'symbols', ...FILE, doc: 'Symbols for the profile beside those of the image: a vmlinux.' }, nonEmpty),
  option('help', { doc: 'Show this.' }, () => true),
];
