// The Devices panel without its drawing: registers, tables and pending events in words; numbers by their units.
import type { DeviceCell, DeviceRegisterRow, DeviceRow, DevicesAnswer, DeviceTable, DeviceUnit } from '../../protocol/devices';
import { fromHex } from '../../protocol/wire';
import { t } from '../kit/texts';

export interface DevicesPanelState {
  filter: string;
  /** Devices that are unfolded; the others are folded, but for the first look. */
  open: readonly string[];
}
export const initialState: DevicesPanelState = { filter: '', open: ['events', 'lapic', 'io-apic', 'uart0'] };

const hex = (value: number | bigint, bits = 0): string => `0x${value.toString(16).padStart(Math.ceil(bits / 4), '0')}`;

/** "1.250 ms": three digits behind the point of the largest unit that fits. */
export function durationText(ns: number): string {
  const [size, unit] = ns >= 1e9 ? [1e9, 's'] : ns >= 1e6 ? [1e6, 'ms'] : ns >= 1e3 ? [1e3, 'µs'] : [1, 'ns'];
  return `${size === 1 ? ns : (ns / Number(size)).toFixed(3)} ${unit}`;
}

/** "in 1.250 ms", "now". */
export const awayText = (deadlineNs: number, nowNs: number): string =>
  deadlineNs > nowNs
    ? `in ${durationText(deadlineNs - nowNs)}`
    : deadlineNs === nowNs
      ? 'now'
      : `due ${durationText(nowNs - deadlineNs)} ago`;

function hertzText(hz: number): string {
  const [size, unit] = hz >= 1e6 ? [1e6, 'MHz'] : hz >= 1e3 ? [1e3, 'kHz'] : [1, 'Hz'];
  return `${hz / Number(size)} ${unit}`;
}

type Clocks = Pick<DevicesAnswer, 'nowNs' | 'guestNs' | 'guestStands'>;

/** A point on the guest's own clocks, in virtual time. While those stand still nobody knows when it comes. */
function pointText(atNs: number, { nowNs, guestNs, guestStands }: Clocks): string {
  const away = awayText(atNs, guestNs);
  return guestStands ? t('held ({0})', away) : `${durationText(nowNs + atNs - guestNs)} (${away})`;
}

function numberText(value: bigint, bits: number | null, unit: DeviceUnit | null, clocks: Clocks): string {
  const plain = Number(value);
  switch (unit) {
    case 'ns':
      return durationText(plain);
    case 'virtual-ns':
      return pointText(plain, clocks);
    case 'hz':
      return hertzText(plain);
    case 'baud':
      return `${plain} baud`;
    case 'bytes':
      return `${plain} byte${plain === 1 ? '' : 's'}`;
    case 'unix-s':
      return new Date(plain * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC');
    case 'gpa':
    case 'port':
      return hex(value);
    case null:
      return bits === null ? String(value) : hex(value, bits);
  }
}

const yes = (value: boolean): string => (value ? 'yes' : 'no');

export function valueText({ value, bits, unit, members, meaning }: DeviceRegisterRow, clocks: Clocks): string {
  if (members !== null) return members.length === 0 ? 'none' : members.map((each) => hex(each, 8)).join(' ');
  if (value === null) return meaning === '' ? 'none' : '';
  if (typeof value === 'boolean') return yes(value);
  return numberText(fromHex(value), bits, unit, clocks);
}

/** What its bits and its value mean. */
export const meaningText = ({ meaning, set }: DeviceRegisterRow): string => [meaning, ...set].filter((part) => part !== '').join(', ');

export function cellText(cell: DeviceCell, { bits, unit }: DeviceTable['columns'][number], clocks: Clocks): string {
  if (cell === null) return '';
  if (typeof cell === 'boolean') return yes(cell);
  if (Array.isArray(cell)) return cell.join(', ');
  if (typeof cell === 'number') return numberText(BigInt(cell), bits, unit, clocks);
  return cell;
}

/** "ports 0x3f8–0x3ff"; "0xfee00000". */
export function placeText({ ports, mmio }: Pick<DeviceRow, 'ports' | 'mmio'>): string {
  const run = ({ base, size }: { base: number; size: number }) => (size === 1 ? hex(base) : `${hex(base)}–${hex(base + size - 1)}`);
  return [...(ports.length > 0 ? [`ports ${ports.map(run).join(', ')}`] : []), ...mmio.map((range) => `memory ${run(range)}`)].join('; ');
}

const matches = (filter: string, ...texts: string[]): boolean => texts.join(' ').toLowerCase().includes(filter.trim().toLowerCase());

const lapic = /^vcpu(\d+)\.lapic$/;
export interface DeviceView {
  /** Its section: that of the local APIC is the same for every vCPU. */
  key: string;
  title: string;
  registers: DeviceRegisterRow[];
  tables: DeviceTable[];
}

/** The interrupt controllers come first: what the others do ends there. */
const first = ['lapic', 'io-apic', 'pic'];
const rank = ({ key }: DeviceView): number => (first.includes(key) ? first.indexOf(key) : first.length);

/** Devices that tell of themselves, of the local APICs that of the vCPU. A filter that names no device shows the registers and rows that fit. */
export function devicesView(answer: DevicesAnswer, vcpu: number, filter: string): DeviceView[] {
  const views = answer.devices.flatMap((device) => {
    const of = lapic.exec(device.name)?.[1];
    if (device.registers.length + device.tables.length === 0 || (of !== undefined && Number(of) !== vcpu)) return [];
    const where = placeText(device);
    const title = of === undefined ? `${device.title}${where ? ` — ${where}` : ''}` : t('{0} of vCPU {1}', device.title, vcpu);
    const all = matches(filter, device.name, title);
    const registers = device.registers.filter((each) => all || matches(filter, each.name, valueText(each, answer), meaningText(each)));
    const tables = device.tables
      .map((table) => ({
        ...table,
        rows: table.rows.filter(
          (row) =>
            all ||
            matches(
              filter,
              ...row.cells.map((cell, i) => cellText(cell, table.columns[i] ?? { name: '', bits: null, unit: null }, answer)),
            ),
        ),
      }))
      .filter(({ rows }) => rows.length > 0);
    return registers.length + tables.length === 0 ? [] : [{ key: of === undefined ? device.name : 'lapic', title, registers, tables }];
  });
  return views.toSorted((a, b) => rank(a) - rank(b));
}

/** Those that tell nothing. */
export const silentDevices = ({ devices }: DevicesAnswer): string[] =>
  devices
    .filter(({ registers, tables, ports, mmio }) => registers.length + tables.length === 0 && ports.length + mmio.length > 0)
    .map((device) => `${device.title} (${placeText(device)})`);

export interface EventView {
  name: string;
  when: string;
  away: string;
  what: string;
}
/** "Next: Serial port in 1.500 µs": the first that is the guest's. */
export function nextText(answer: DevicesAnswer): string {
  const pending = answer.pending.filter(({ kind }) => kind !== 'background');
  const [next] = eventsView({ ...answer, pending });
  return next ? t('Next: {0} {1}', next.what || next.name, next.away) : t('Next: no device of this guest waits for a time');
}

const kinds = { input: 'input', guest: '', background: t('outside of this guest'), held: '' };

/** What happens next, first first. */
export function eventsView({ pending, devices, nowNs }: DevicesAnswer): EventView[] {
  return pending.map(({ name, deadlineNs, kind }) => {
    const device = devices.find((each) => name === each.name || name.startsWith(`${each.name}.`));
    const of = lapic.exec(name)?.[1];
    const what = device ? `${device.title}${of === undefined ? '' : ` of vCPU ${of}`}` : kinds[kind];
    // The time at which it comes is not known: the guest's clocks stand still.
    if (kind === 'held') return { name, when: t('held'), away: awayText(deadlineNs, nowNs), what };
    return { name, when: durationText(deadlineNs), away: awayText(deadlineNs, nowNs), what };
  });
}
