// launch.json's object, as it came from a client, to LaunchArguments: the first thing that is wrong is one message that says what to do.
import { resolve } from 'node:path';
import { didYouMean } from '../../base/did-you-mean';
import { UserError } from '../../base/user-error';
import { parseCpuModel } from '../../machine/control/cpu-models';
import type { LaunchArguments, LaunchGuest } from '../../protocol/launch';
import { dapErrors } from '../errors';
import { LAUNCH_DEFAULTS } from './defaults';
import { CLIENT_KEYS, GUEST_FIELDS, LAUNCH_FIELDS } from './fields';
import { BUILTIN_INITRD } from './tiny-initramfs';
import { parseSize } from './values';

export function parseLaunch(raw: unknown): LaunchArguments {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw dapErrors.badLaunch('the configuration must be an object.');
  const given = raw as Record<string, unknown>;
  for (const [key, value] of Object.entries(given)) {
    if (key.startsWith('__') || CLIENT_KEYS.includes(key)) continue;
    const field = LAUNCH_FIELDS.find(({ name }) => name === key);
    if (!field) throw unknownKey(key);
    if (value === undefined || value === null) continue;
    if (!field.accepts(value)) throw dapErrors.badLaunch(`"${key}" must be ${field.mustBe}, but it is ${shorten(value)}.`);
  }
  const several = (given.guests ?? undefined) as Record<string, unknown>[] | undefined;
  if (several !== undefined) {
    if (given.image !== undefined && given.image !== null)
      throw dapErrors.badLaunch('give "image" or "guests", not both: each of "guests" has its own "image".');
    for (const [index, guest] of several.entries()) checkGuest(guest, index);
    return withGuests(given, several);
  }
  return parseOne(given);
}

/** The settings of one VM among `guests`. */
function checkGuest(guest: Record<string, unknown>, index: number): void {
  const names = GUEST_FIELDS.map(({ name }) => name as string);
  for (const [key, value] of Object.entries(guest)) {
    const field = GUEST_FIELDS.find(({ name }) => name === key);
    if (!field) {
      const near = didYouMean(key, names);
      throw dapErrors.badLaunch(`"guests[${index}]" has no setting "${key}"${near ? `; did you mean "${near}"?` : '.'}`);
    }
    if (!field.accepts(value))
      throw dapErrors.badLaunch(`"${key}" of "guests[${index}]" must be ${field.mustBe}, but it is ${shorten(value)}.`);
  }
  if (guest.image === undefined) throw dapErrors.badLaunch(`"image" of "guests[${index}]" is missing: set it to the path of its kernel.`);
}

/** Each VM is checked as if it were alone. */
function withGuests(given: Record<string, unknown>, guests: readonly Record<string, unknown>[]): LaunchArguments {
  const { guests: _all, ...around } = given;
  const parsed = guests.map(({ name, ...own }, index) => ({ ...own, name: (name as string | undefined) ?? `vm${index}` }));
  for (const { name } of parsed) {
    if (parsed.filter((other) => other.name === name).length > 1)
      throw dapErrors.badLaunch(`two of "guests" are named "${name}": give each its own "name".`);
  }
  const resolved = parsed.map(({ name, ...own }) => {
    const launch = parseOne({ ...around, ...own });
    const kept = Object.fromEntries(Object.keys(own).map((key) => [key, launch[key as keyof LaunchArguments]]));
    return { ...kept, name, image: launch.image } as LaunchGuest;
  });
  return { ...parseOne({ ...around, image: resolved[0]!.image }), guests: resolved };
}

function parseOne(given: Record<string, unknown>): LaunchArguments {
  if (given.image === undefined || given.image === null) {
    throw dapErrors.badLaunch('"image" is missing: set it to the path of the ELF kernel to run.');
  }
  const parsed = Object.fromEntries(
    LAUNCH_FIELDS.flatMap(({ name }) => (given[name] === undefined || given[name] === null ? [] : [[name, given[name]]])),
  ) as unknown as LaunchArguments;
  checkTogether(parsed);
  return withAbsolutePaths(parsed);
}

/** Clients send absolute paths; from others, relative ones count from where the adapter was started. */
function withAbsolutePaths(launch: LaunchArguments): LaunchArguments {
  const absolute = { ...launch, image: resolve(launch.image) };
  for (const key of ['initrd', 'record', 'replay', 'snapshot', 'traceFile'] as const) {
    const path = launch[key];
    if (path !== undefined && !(key === 'initrd' && path === BUILTIN_INITRD)) absolute[key] = resolve(path);
  }
  if (launch.moduleFolders) absolute.moduleFolders = launch.moduleFolders.map((path) => resolve(path));
  if (launch.userFolders) absolute.userFolders = launch.userFolders.map((path) => resolve(path));
  if (launch.modules) {
    absolute.modules = launch.modules.map((text) => {
      const equals = text.indexOf('=');
      return equals < 0 ? resolve(text) : `${resolve(text.slice(0, equals))}${text.slice(equals)}`;
    });
  }
  if (launch.fwCfg) absolute.fwCfg = launch.fwCfg.map((each) => (each.file === undefined ? each : { ...each, file: resolve(each.file) }));
  if (launch.symbolFiles) absolute.symbolFiles = launch.symbolFiles.map((each) => ({ ...each, file: resolve(each.file) }));
  if (launch.debugDirectories) absolute.debugDirectories = launch.debugDirectories.map((each) => resolve(each));
  return absolute;
}

function unknownKey(key: string) {
  const near = didYouMean(
    key,
    LAUNCH_FIELDS.map(({ name }) => name),
  );
  return dapErrors.badLaunch(`there is no setting "${key}"${near ? `; did you mean "${near}"?` : '.'}`);
}

function checkTogether(launch: LaunchArguments): void {
  const { memory, maxMemory, vcpus = 1, maxVcpus, pcpus = 1, neighbours = [], cpu } = launch;
  if (cpu !== undefined) checkCpu(cpu, (launch.hypervisor ?? LAUNCH_DEFAULTS.hypervisor) !== 'none');
  if (launch.record !== undefined && launch.replay !== undefined) throw dapErrors.badLaunch('use "record" or "replay", not both.');
  if (memory !== undefined && maxMemory !== undefined && (parseSize(maxMemory) ?? 0) < (parseSize(memory) ?? 0)) {
    throw dapErrors.badLaunch(`"maxMemory" (${maxMemory}) is less than "memory" (${memory}).`);
  }
  if (maxVcpus !== undefined && maxVcpus < vcpus) throw dapErrors.badLaunch(`"maxVcpus" (${maxVcpus}) is less than "vcpus" (${vcpus}).`);
  const { affinity } = launch;
  if (affinity !== undefined && !affinity.some((pcpu) => pcpu < pcpus))
    throw dapErrors.badLaunch(`"affinity" names none of the physical CPUs: "pcpus" is ${pcpus}, the last is ${pcpus - 1}.`);
  for (const { pcpu } of neighbours) {
    if (pcpu !== undefined && pcpu >= pcpus) {
      throw dapErrors.badLaunch(`a neighbour is on pcpu ${pcpu}, but "pcpus" is ${pcpus}: the last is ${pcpus - 1}.`);
    }
  }
}

function checkCpu(cpu: string, hypervisor: boolean): void {
  try {
    parseCpuModel(cpu, hypervisor);
  } catch (error) {
    throw error instanceof UserError ? dapErrors.badLaunch(`"cpu": ${error.message}.`.replace(/[?]\.$/, '?')) : error;
  }
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
