// LaunchArguments to the host's configuration: reads the image and modules, resolves defaults. The defaults are the command line's.
import { readFileSync } from 'node:fs';
import { DEFAULT_POLICY } from '../../machine/control/policies';
import type { HostConfig, ModuleConfig, NeighbourConfig, VmConfig } from '../../machine/control/types';
import type { LaunchArguments } from '../../protocol/launch';
import { dapErrors } from '../errors';
import { LAUNCH_DEFAULTS, LAUNCH_LIMITS } from './defaults';
import { BUILTIN_INITRD, tinyInitramfs } from './tiny-initramfs';
import { formatSize, parseDurationNs, parseSize } from './values';

/** What each VM is launched with: its own settings, and where it has none those of all. */
export function launchesOf(launch: LaunchArguments): (LaunchArguments & { name: string })[] {
  const { guests, ...around } = launch;
  if (guests === undefined) return [{ ...around, name: 'vm0' }];
  return guests.map((guest, index) => ({ ...around, ...guest, name: guest.name ?? `vm${index}` }));
}

export function hostConfig(launch: LaunchArguments): HostConfig {
  return {
    pcpus: launch.pcpus ?? LAUNCH_DEFAULTS.pcpus,
    policy: launch.policy ?? DEFAULT_POLICY,
    neighbours: (launch.neighbours ?? []).map(neighbourOf),
    seed: launch.seed ?? LAUNCH_DEFAULTS.seed,
    traceCapacity: launch.traceEvents ?? LAUNCH_DEFAULTS.traceEvents,
    sharedMemory: true,
    tier: launch.tier ?? LAUNCH_DEFAULTS.tier,
    vms: launchesOf(launch).map(vmConfig),
  };
}

function vmConfig(launch: LaunchArguments & { name: string }): VmConfig {
  const memory = sizeOf(launch.memory ?? LAUNCH_DEFAULTS.memory);
  const maxMemory = launch.maxMemory === undefined ? memory : sizeOf(launch.maxMemory);
  const image = readInput('image', launch.image);
  if (maxMemory > LAUNCH_LIMITS.memory) {
    throw dapErrors.badLaunch(
      `${formatSize(maxMemory)} of memory is more than one guest can have: at most ${formatSize(LAUNCH_LIMITS.memory)}.`,
    );
  }
  if (memory < LAUNCH_LIMITS.memoryLeast || memory % 4096 !== 0) {
    throw dapErrors.badLaunch(`"memory" is ${formatSize(memory)}: it must be at least 1M and whole pages of 4K.`);
  }
  const modules = (launch.modules ?? []).map(moduleOf);
  if (launch.initrd !== undefined) {
    const bytes = launch.initrd === BUILTIN_INITRD ? tinyInitramfs() : readInput('initrd', launch.initrd);
    modules.unshift({ path: launch.initrd, args: '', bytes });
  }
  const vcpus = launch.vcpus ?? LAUNCH_DEFAULTS.vcpus;
  return {
    name: launch.name,
    image: { path: launch.image, bytes: image },
    boot: launch.boot ?? LAUNCH_DEFAULTS.boot,
    ...(launch.fastBoot === undefined ? {} : { fastBoot: launch.fastBoot }),
    modules,
    append: launch.append ?? LAUNCH_DEFAULTS.append,
    memory,
    maxMemory,
    vcpus,
    maxVcpus: launch.maxVcpus ?? vcpus,
    hypervisor: launch.hypervisor ?? LAUNCH_DEFAULTS.hypervisor,
    model: launch.model ?? LAUNCH_DEFAULTS.model,
    ...(launch.costs !== undefined && { costs: launch.costs }),
    cpu: launch.cpu ?? LAUNCH_DEFAULTS.cpu,
    weight: launch.weight ?? LAUNCH_DEFAULTS.weight,
    ...(launch.cap !== undefined && { cap: launch.cap }),
    ...(launch.vcpuCap !== undefined && { vcpuCap: launch.vcpuCap }),
    ...(launch.affinity !== undefined && { affinity: launch.affinity }),
    machine: launch.machine ?? LAUNCH_DEFAULTS.machine,
    consoleDevice: launch.consoleDevice ?? LAUNCH_DEFAULTS.consoleDevice,
    fwCfg: (launch.fwCfg ?? []).map(({ name, file, string }) => ({
      name,
      bytes: file === undefined ? new TextEncoder().encode(string) : readInput('fwCfg', file),
    })),
    onReset: LAUNCH_DEFAULTS.onReset,
    ...(launch.lostTicks !== undefined && { lostTicks: launch.lostTicks }),
    rtcBaseUnixSeconds: LAUNCH_DEFAULTS.rtcBaseUnixSeconds,
  };
}

export function readInput(setting: string, path: string): Uint8Array {
  try {
    const bytes = readFileSync(path);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    throw dapErrors.unreadable(setting, path, reasonOf(error));
  }
}

export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
  };
  return (code && known[code]) || message;
}

function sizeOf(text: string): number {
  return parseSize(text) ?? 0;
}

function moduleOf(text: string): ModuleConfig {
  const equals = text.indexOf('=');
  const path = equals < 0 ? text : text.slice(0, equals);
  return { path, args: equals < 0 ? '' : text.slice(equals + 1), bytes: readInput('modules', path) };
}

function neighbourOf(neighbour: NonNullable<LaunchArguments['neighbours']>[number]): NeighbourConfig {
  return {
    duty: neighbour.duty,
    absolute: neighbour.absolute ?? LAUNCH_DEFAULTS.neighbour.absolute,
    periodNs: parseDurationNs(neighbour.period ?? LAUNCH_DEFAULTS.period) ?? 0,
    pcpu: neighbour.pcpu ?? LAUNCH_DEFAULTS.neighbour.pcpu,
    weight: LAUNCH_DEFAULTS.weight,
  };
}
