// One row per launch.json setting: what it must be, in words and as a check. Unknown names and wrong values give one message each.
import { COST_NAMES } from '../../machine/control/costs';
import { POLICY_NAMES } from '../../machine/control/policies';
import type { LaunchArguments, LaunchGuest } from '../../protocol/launch';
import { hypercallsNamed } from '../../pv/rows';
import { LAUNCH_LIMITS } from './defaults';
import { parseDurationNs, parseOffset, parseSize } from './values';

export interface LaunchField {
  readonly name: keyof LaunchArguments;
  /** Completes "must be …". */
  readonly mustBe: string;
  readonly accepts: (value: unknown) => boolean;
}

const text = (value: unknown): value is string => typeof value === 'string';
const flag = (value: unknown): boolean => typeof value === 'boolean';
const oneOf =
  (...names: string[]) =>
  (value: unknown): boolean =>
    text(value) && names.includes(value);
const integer =
  (low: number, high: number) =>
  (value: unknown): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;
const size = (value: unknown): boolean => text(value) && (parseSize(value) ?? 0) > 0;
const record = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const list =
  (item: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(item);
const onlyKeys = (value: Record<string, unknown>, ...keys: string[]) => Object.keys(value).every((key) => keys.includes(key));

const neighbour = (value: unknown): boolean =>
  record(value) &&
  onlyKeys(value, 'duty', 'absolute', 'period', 'pcpu') &&
  typeof value.duty === 'number' &&
  value.duty >= 0 &&
  value.duty <= 1 &&
  (value.absolute === undefined || flag(value.absolute)) &&
  (value.period === undefined || (text(value.period) && parseDurationNs(value.period) !== undefined)) &&
  (value.pcpu === undefined || integer(0, 63)(value.pcpu));

const offset = (value: unknown): boolean => text(value) && parseOffset(value) !== undefined;

const symbolFile = (value: unknown): boolean =>
  record(value) &&
  onlyKeys(value, 'file', 'offset', 'sections') &&
  text(value.file) &&
  (value.offset === undefined || (value.sections === undefined && offset(value.offset))) &&
  (value.sections === undefined || (record(value.sections) && Object.values(value.sections).every(offset)));

const fwCfgFile = (value: unknown): boolean =>
  record(value) &&
  onlyKeys(value, 'name', 'file', 'string') &&
  text(value.name) &&
  /^[^\s,]{1,55}$/.test(value.name) &&
  (value.file === undefined) !== (value.string === undefined) &&
  text(value.file ?? value.string);

const SIZE = 'a size such as "256M"';

/** What a VM is, also as one of several. */
const OF_A_GUEST: readonly (keyof LaunchGuest)[] = [
  ...(['image', 'boot', 'fastBoot', 'modules', 'append', 'initrd', 'memory', 'maxMemory', 'vcpus', 'maxVcpus'] as const),
  ...([
    'weight',
    'cap',
    'vcpuCap',
    'affinity',
    'machine',
    'consoleDevice',
    'fwCfg',
    'hypervisor',
    'model',
    'costs',
    'cpu',
    'lostTicks',
  ] as const),
  ...(['symbolFiles', 'moduleFolders', 'debugDirectories', 'sourceMap', 'hypercallBreakpoints', 'console'] as const),
];
const percent = (value: unknown): boolean => typeof value === 'number' && value >= 1 && value <= 100 * LAUNCH_LIMITS.pcpus;

const NAME: { name: keyof LaunchGuest; mustBe: string; accepts: (value: unknown) => boolean } = {
  name: 'name',
  mustBe: 'a short name of letters, digits, ".", "_" and "-"',
  accepts: (value) => text(value) && /^[A-Za-z0-9][\w.-]{0,30}$/.test(value),
};

export const LAUNCH_FIELDS: readonly LaunchField[] = [
  {
    name: 'guests',
    mustBe: 'a list of objects, each with an "image"',
    accepts: (value) => list(record)(value) && (value as []).length > 0,
  },
  { name: 'stopHolds', mustBe: '"host" or "vm"', accepts: oneOf('host', 'vm') },
  { name: 'heldClock', mustBe: '"stops" or "runs"', accepts: oneOf('stops', 'runs') },
  { name: 'policy', mustBe: '"fair", "round-robin" or "chaos"', accepts: oneOf(...POLICY_NAMES) },
  { name: 'weight', mustBe: 'a whole number from 1 to 65536', accepts: integer(1, 65_536) },
  { name: 'cap', mustBe: 'percent of one physical CPU, from 1 to 6400', accepts: percent },
  { name: 'vcpuCap', mustBe: 'percent of one physical CPU, from 1 to 6400', accepts: percent },
  {
    name: 'affinity',
    mustBe: 'a list of physical CPUs such as [0, 1]',
    accepts: (value) => list(integer(0, LAUNCH_LIMITS.pcpus - 1))(value) && (value as []).length > 0,
  },
  { name: 'image', mustBe: 'the path of a kernel image', accepts: (value) => text(value) && value.length > 0 },
  {
    name: 'boot',
    mustBe: '"auto", "pvh", "linux", "linux32", "multiboot" or "multiboot2"',
    accepts: oneOf('auto', 'pvh', 'linux', 'linux32', 'multiboot', 'multiboot2'),
  },
  { name: 'fastBoot', mustBe: 'true or false', accepts: flag },
  { name: 'modules', mustBe: 'a list of "path" or "path=arguments"', accepts: list(text) },
  { name: 'append', mustBe: 'a text', accepts: text },
  { name: 'initrd', mustBe: 'a path', accepts: text },
  { name: 'memory', mustBe: SIZE, accepts: size },
  { name: 'maxMemory', mustBe: SIZE, accepts: size },
  { name: 'vcpus', mustBe: `a whole number from 1 to ${LAUNCH_LIMITS.vcpus}`, accepts: integer(1, LAUNCH_LIMITS.vcpus) },
  { name: 'maxVcpus', mustBe: `a whole number from 1 to ${LAUNCH_LIMITS.vcpus}`, accepts: integer(1, LAUNCH_LIMITS.vcpus) },
  { name: 'pcpus', mustBe: `a whole number from 1 to ${LAUNCH_LIMITS.pcpus}`, accepts: integer(1, LAUNCH_LIMITS.pcpus) },
  {
    name: 'neighbours',
    mustBe: 'a list of { "duty": 0 to 1, "absolute"?: true or false, "period"?: "10ms", "pcpu"?: 0 }',
    accepts: list(neighbour),
  },
  { name: 'machine', mustBe: '"minimal" or "pc"', accepts: oneOf('minimal', 'pc') },
  { name: 'consoleDevice', mustBe: '"serial", "vga" or "both"', accepts: oneOf('serial', 'vga', 'both') },
  { name: 'fwCfg', mustBe: 'a list of { "name": "opt/…", "file": path } or { "name": "opt/…", "string": text }', accepts: list(fwCfgFile) },
  { name: 'hypervisor', mustBe: '"kvm", "xen" or "none"', accepts: oneOf('kvm', 'xen', 'none') },
  { name: 'model', mustBe: '"hw", "trap" or "pv"', accepts: oneOf('hw', 'trap', 'pv') },
  { name: 'costs', mustBe: `the name of a cost table: ${COST_NAMES.join(', ')}`, accepts: oneOf(...COST_NAMES) },
  { name: 'lostTicks', mustBe: '"lost" or "catch-up"', accepts: oneOf('lost', 'catch-up') },
  { name: 'cpu', mustBe: 'the name of a CPU model', accepts: text },
  { name: 'pace', mustBe: '"fast" or "realtime"', accepts: oneOf('fast', 'realtime') },
  { name: 'seed', mustBe: 'a whole number from 0 to 2^53 - 1', accepts: integer(0, Number.MAX_SAFE_INTEGER) },
  { name: 'record', mustBe: 'the path of a file to write', accepts: text },
  { name: 'replay', mustBe: 'the path of a recorded file', accepts: text },
  { name: 'snapshot', mustBe: 'the path of a saved state', accepts: text },
  { name: 'history', mustBe: '"off" or a size such as "256M"', accepts: (value) => value === 'off' || size(value) },
  { name: 'inThePast', mustBe: '"ask", "fork" or "refuse"', accepts: oneOf('ask', 'fork', 'refuse') },
  { name: 'tier', mustBe: '"interpreter" or "auto"', accepts: oneOf('interpreter', 'auto') },
  {
    name: 'traceEvents',
    mustBe: `a whole number from ${LAUNCH_LIMITS.traceEventsLeast} to ${LAUNCH_LIMITS.traceEvents}`,
    accepts: integer(LAUNCH_LIMITS.traceEventsLeast, LAUNCH_LIMITS.traceEvents),
  },
  { name: 'moduleFolders', mustBe: 'a list of folders with kernel modules', accepts: list(text) },
  { name: 'userFolders', mustBe: 'a list of folders with programs', accepts: list(text) },
  {
    name: 'symbolFiles',
    mustBe: 'a list of { "file": path, "offset": "0x…" } or { "file": path, "sections": { ".text": "0x…" } }',
    accepts: list(symbolFile),
  },
  { name: 'debugDirectories', mustBe: 'a list of folders', accepts: list(text) },
  {
    name: 'sourceMap',
    mustBe: 'an object from prefixes in the debug information to paths here',
    accepts: (value) => record(value) && Object.values(value).every(text),
  },
  { name: 'stopOnEntry', mustBe: 'true or false', accepts: flag },
  { name: 'stepIntoInterrupts', mustBe: 'true or false', accepts: flag },
  { name: 'stopOnExit', mustBe: 'true or false', accepts: flag },
  {
    name: 'hypercallBreakpoints',
    mustBe: 'a list of hypercalls such as "SEND_IPI" or "kvm:SEND_IPI"',
    accepts: list((value) => text(value) && hypercallsNamed(value).length > 0),
  },
  { name: 'console', mustBe: '"terminal", "debugConsole" or "none"', accepts: oneOf('terminal', 'debugConsole', 'none') },
  { name: 'traceFile', mustBe: 'the path of a file to write', accepts: text },
  { name: 'gdbPort', mustBe: 'a port number from 0 to 65535', accepts: integer(0, 65535) },
  { name: 'trace', mustBe: 'true or false', accepts: flag },
];

export const GUEST_FIELDS: readonly {
  readonly name: keyof LaunchGuest;
  readonly mustBe: string;
  readonly accepts: (value: unknown) => boolean;
}[] = [
  NAME,
  ...OF_A_GUEST.map((name) => LAUNCH_FIELDS.find((field) => field.name === name)!).map((field) => ({
    ...field,
    name: field.name as keyof LaunchGuest,
  })),
];

/** What clients add by themselves and we do not look at. */
export const CLIENT_KEYS: readonly string[] = [
  'type',
  'name',
  'request',
  'noDebug',
  'preLaunchTask',
  'postDebugTask',
  'internalConsoleOptions',
  'debugServer',
  'presentation',
  'serverReadyAction',
  'suppressMultipleSessionWarning',
  'linux',
  'windows',
  'osx',
];
