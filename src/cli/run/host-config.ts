// Run options to the host's configuration: reads the image and the modules.
import { BUILTIN_INITRD, tinyInitramfs } from '../../dap/launch/tiny-initramfs';
import type { HostConfig, VmConfig } from '../../machine/control/types';
import { readInput } from '../files/input-file';
import { type GuestOptions, guestsOf } from './guests';
import type { RunOptions } from './run-options';

/** Events the ring keeps; a trace file is fed by a sink that loses nothing, so the ring matters to nobody here. */
const TRACE_CAPACITY = 1 << 12;

export function hostConfig(options: RunOptions): HostConfig {
  return {
    pcpus: options.pcpus,
    policy: options.policy,
    neighbours: options.neighbours,
    seed: options.seed,
    ...(options.maxInstructions === undefined ? {} : { maxInstructions: options.maxInstructions }),
    traceCapacity: TRACE_CAPACITY,
    sharedMemory: false,
    tier: options.tier,
    ...(options.regions !== undefined && { regionProfile: true }),
    ...(options.stats !== undefined && { tierStatistics: true }),
    vms: guestsOf(options).map(vmConfig),
  };
}

function vmConfig(options: GuestOptions): VmConfig {
  return {
    name: options.name,
    image: { path: options.image, bytes: readInput('the image', options.image) },
    boot: options.boot,
    ...(options.fastBoot && { fastBoot: true }),
    modules: [
      ...(options.initrd === undefined ? [] : [{ path: options.initrd, args: '', bytes: initrdOf(options.initrd) }]),
      ...options.modules.map(({ path, args }) => ({ path, args, bytes: readInput('the module', path) })),
    ],
    append: options.append,
    memory: options.memory,
    maxMemory: options.maxMemory ?? options.memory,
    vcpus: options.vcpus,
    maxVcpus: options.maxVcpus ?? options.vcpus,
    hypervisor: options.hypervisor,
    model: options.model,
    ...(options.costs !== undefined && { costs: options.costs }),
    cpu: options.cpu,
    weight: options.weight,
    ...(options.cap !== undefined && { cap: options.cap }),
    ...(options.vcpuCap !== undefined && { vcpuCap: options.vcpuCap }),
    ...(options.affinity !== undefined && { affinity: options.affinity }),
    machine: options.machine,
    consoleDevice: options.consoleDevice,
    fwCfg: options.fwCfg.map(({ name, source }) => ({
      name,
      bytes: 'file' in source ? readInput('the fw_cfg file', source.file) : new TextEncoder().encode(source.string),
    })),
    onReset: options.onReset,
    ...(options.lostTicks !== undefined && { lostTicks: options.lostTicks }),
    rtcBaseUnixSeconds: options.rtcBase,
  };
}

function initrdOf(path: string): Uint8Array {
  return path === BUILTIN_INITRD ? tinyInitramfs() : readInput('the initrd', path);
}
