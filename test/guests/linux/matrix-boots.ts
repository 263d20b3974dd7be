// The boots of `npm run test:linux`.
import type { Boot } from './boots';

/** Of the generic kernel, whose payload is packed with xz: unpacked by the loader, and by itself. */
export const GENERIC_BOOTS: readonly Boot[] = [
  { machine: 'pc', hypervisor: 'kvm', vcpus: 2, cpu: 'x86-64-v3', entry: 'fast' },
  { machine: 'pc', hypervisor: 'none', vcpus: 1, cpu: 'x86-64-v3', entry: 'linux' },
  { machine: 'pc', hypervisor: 'xen', vcpus: 2, cpu: 'x86-64-v3', entry: 'fast' },
];
const RESET: Boot = { machine: 'pc', hypervisor: 'kvm', vcpus: 1, cpu: 'x86-64-v2', entry: 'fast', append: 'guest.reboot', end: 'reset' };

function everyBoot(): Boot[] {
  const all: Boot[] = [];
  for (const machine of ['minimal', 'pc'] as const)
    for (const hypervisor of ['kvm', 'none'] as const)
      for (const vcpus of [1, 4]) {
        const cpu = vcpus === 1 ? 'x86-64-v1' : 'max';
        for (const entry of ['fast', machine === 'pc' ? 'linux' : 'linux32'] as const) all.push({ machine, hypervisor, vcpus, cpu, entry });
      }
  for (const vcpus of [1, 4]) {
    const cpu = vcpus === 1 ? 'x86-64-v1' : 'max';
    all.push({ machine: 'minimal', hypervisor: 'xen', vcpus, cpu, entry: 'fast' });
    all.push({ machine: 'pc', hypervisor: 'xen', vcpus, cpu, entry: 'linux' });
  }
  return [
    ...all,
    { machine: 'minimal', hypervisor: 'kvm', vcpus: 16, cpu: 'x86-64-v3', entry: 'fast' },
    { machine: 'minimal', hypervisor: 'kvm', vcpus: 1, cpu: 'x86-64-v2', entry: 'vmlinux' },
    { machine: 'pc', hypervisor: 'none', vcpus: 4, cpu: 'x86-64-v3', entry: 'vmlinux' },
    RESET,
    { ...RESET, machine: 'minimal' },
    // By the keyboard controller, and by port 0xcf9.
    { ...RESET, append: 'guest.reboot reboot=k' },
    { ...RESET, append: 'guest.reboot reboot=p' },
  ];
}

/** Of the cloud kernel, whose payload is packed with lz4. */
export const BOOTS: readonly Boot[] = everyBoot();
