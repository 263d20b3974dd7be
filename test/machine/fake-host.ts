// A host whose vCPUs run scripts, and helpers to drive it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControlCore } from '../../src/machine/control/control-core';
import type { ControlEvent, HostConfig, VmConfig } from '../../src/machine/control/types';
import { FakeEngine, type FakeScript } from './fake-engine';

const image = join(__dirname, '../../samples/minimal-asm/minimal.elf');

export function hostConfig(vm: Partial<VmConfig> = {}, host: Partial<HostConfig> = {}): HostConfig {
  return {
    pcpus: 1,
    neighbours: [],
    seed: 1,
    traceCapacity: 1 << 14,
    sharedMemory: false,
    ...host,
    vms: [
      {
        name: 'vm0',
        image: { path: image, bytes: readFileSync(image) },
        boot: 'auto',
        modules: [],
        append: '',
        memory: 4 << 20,
        maxMemory: 4 << 20,
        vcpus: 1,
        maxVcpus: vm.vcpus ?? 1,
        hypervisor: 'kvm',
        model: 'hw',
        cpu: 'max',
        weight: 1024,
        onReset: 'stop',
        rtcBaseUnixSeconds: 0,
        ...vm,
      },
    ],
  };
}

export function fakeCore(scripts: readonly FakeScript[], vm: Partial<VmConfig> = {}, host: Partial<HostConfig> = {}): ControlCore {
  return new ControlCore(hostConfig({ vcpus: scripts.length, ...vm }, host), {
    createEngine: (config) => new FakeEngine(config, scripts),
    cpuid: () => ({ eax: 0, ebx: 0, ecx: 0, edx: 0 }),
  });
}

/** Runs until it stops or ends; gives what came last and everything that was said. */
export function runCore(
  core: ControlCore,
  budget: () => number = () => 250_000,
): { last: ControlEvent; events: ControlEvent[]; text: string } {
  const events: ControlEvent[] = [];
  const listening = core.onEvent((event) => events.push(event));
  core.resume();
  while (core.running) {
    const result = core.advance(budget(), Number.POSITIVE_INFINITY);
    if (result === 'idle-for-ever') break;
  }
  listening.dispose();
  return { last: events.at(-1)!, events, text: consoleText(events) };
}

export function consoleText(events: readonly ControlEvent[]): string {
  return events
    .map((event) => (event.kind === 'console' && event.stream === 'serial' ? new TextDecoder().decode(event.bytes) : ''))
    .join('');
}
