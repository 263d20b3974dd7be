// Values as people write them on the command line. Undefined: the text is not one.
import { LAUNCH_DEFAULTS, LAUNCH_LIMITS } from '../../dap/launch/defaults';
import { parseDurationNs, parseSize } from '../../dap/launch/values';
import type { NeighbourConfig } from '../../machine/control/types';

export const anyText = (text: string): string => text;
export const nonEmpty = (text: string): string | undefined => (text === '' ? undefined : text);

export const oneOf =
  <Name extends string>(...names: readonly Name[]) =>
  (text: string): Name | undefined =>
    names.find((name) => name === text);

/** A whole number, decimal or 0x…; underscores group digits. */
export const integer =
  (low: number, high = Number.MAX_SAFE_INTEGER) =>
  (text: string): number | undefined => {
    if (!/^(0x[0-9a-f_]+|\d[\d_]*)$/i.test(text)) return undefined;
    const value = Number(text.replaceAll('_', ''));
    return value >= low && value <= high ? value : undefined;
  };

export const positiveSize = (text: string): number | undefined => parseSize(text) || undefined;

export const parsePercent = (text: string): number | undefined => {
  const percent = /^\d+(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  return percent >= 1 && percent <= 100 * LAUNCH_LIMITS.pcpus ? percent : undefined;
};

export const vmName = (text: string): string | undefined => (/^[A-Za-z0-9][\w.-]{0,30}$/.test(text) ? text : undefined);

/** "duty=0.5[,absolute][,period=10ms][,pcpu=0]". */
export function parseNeighbour(text: string): NeighbourConfig | undefined {
  const { period, weight } = LAUNCH_DEFAULTS;
  const neighbour: NeighbourConfig = { duty: Number.NaN, ...LAUNCH_DEFAULTS.neighbour, periodNs: parseDurationNs(period) ?? 0, weight };
  const seen = new Set<string>();
  for (const part of text.split(',')) {
    const equals = part.indexOf('=');
    const key = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? undefined : part.slice(equals + 1);
    if (seen.has(key) || !setNeighbour(neighbour, key, value)) return undefined;
    seen.add(key);
  }
  return seen.has('duty') ? neighbour : undefined;
}

function setNeighbour(neighbour: NeighbourConfig, key: string, value: string | undefined): boolean {
  if (key === 'absolute') {
    neighbour.absolute = true;
    return value === undefined;
  }
  if (value === undefined) return false;
  if (key === 'duty') {
    if (!/^\d*\.?\d+$/.test(value)) return false;
    neighbour.duty = Number(value);
    return neighbour.duty <= 1;
  }
  const number = key === 'period' ? parseDurationNs(value) : key === 'pcpu' ? integer(0, LAUNCH_LIMITS.pcpus - 1)(value) : undefined;
  if (number === undefined) return false;
  if (key === 'period') neighbour.periodNs = number;
  else neighbour.pcpu = number;
  return true;
}

/** "FILE" or "FILE=ARGS". */
export function parseModule(text: string): { path: string; args: string } | undefined {
  const equals = text.indexOf('=');
  const path = equals < 0 ? text : text.slice(0, equals);
  return path === '' ? undefined : { path, args: equals < 0 ? '' : text.slice(equals + 1) };
}

/** A file of fw_cfg: its name, and where its bytes come from. */
export interface FwCfgOption {
  name: string;
  source: { file: string } | { string: string };
}

/** "opt/name,file=PATH" or "opt/name,string=TEXT", also with QEMU's "name=" in front. */
export function parseFwCfg(text: string): FwCfgOption | undefined {
  const match = /^(?:name=)?([^,\s]{1,55}),(file|string)=(.*)$/s.exec(text);
  const [, name, kind, value] = match ?? [];
  if (name === undefined || value === undefined || (kind === 'file' && value === '')) return undefined;
  return { name, source: kind === 'file' ? { file: value } : { string: value } };
}

/** Unix seconds: "2024-02-29T12:00:00Z", "2024-02-29", or a number of seconds. A time without a zone is UTC. */
export function parseTime(text: string): number | undefined {
  if (/^\d+$/.test(text)) return integer(0, 253_402_300_799)(text);
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text)) return undefined;
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(text.slice(10)) || text.length === 10 ? text : `${text}Z`;
  const ms = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(ms) || ms < 0 ? undefined : Math.floor(ms / 1000);
}

/** A place in a run: after so many instructions of one vCPU. */
export interface WantedPosition {
  vcpu: number;
  retired: number;
}

/** "1000000", or "1:1000000" for another vCPU than 0. */
export function parsePosition(text: string): WantedPosition | undefined {
  const match = /^(?:(\d+):)?([\d_]+)$/.exec(text);
  const retired = integer(0)(match?.[2] ?? '');
  const vcpu = integer(0, 63)(match?.[1] ?? '0');
  return match === null || retired === undefined || vcpu === undefined ? undefined : { vcpu, retired };
}

/** "POSITION=FILE". */
export function parseSaveAt(text: string): { at: WantedPosition; path: string } | undefined {
  const equals = text.indexOf('=');
  const at = parsePosition(text.slice(0, Math.max(equals, 0)));
  const path = text.slice(equals + 1);
  return equals < 0 || at === undefined || path === '' ? undefined : { at, path };
}

/** "1ms" of virtual time, or "1_000_000" instructions. */
export function parseProfileEvery(text: string): { every: number; unit: 'ns' | 'instructions' } | undefined {
  const ns = parseDurationNs(text);
  if (ns !== undefined) return { every: ns, unit: 'ns' };
  const instructions = integer(1)(text);
  return instructions === undefined ? undefined : { every: instructions, unit: 'instructions' };
}
